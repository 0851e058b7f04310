"""Browsing: what is shown of sentences and predictions, the controls, and the notebook that uses them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
import pytest
from bs4 import BeautifulSoup

from openner_utils.core import releases
from openner_utils.core.columns import from_rows
from openner_utils.pages import browse
from openner_utils.support import paths, progress
from openner_utils.support.errors import OpenNERError

ROOT = Path(__file__).parent.parent.parent
NASTY = "<script>alert(1)</script>"
TEST = [
    (["Ada", "met", NASTY, "in", "Oslo"], ["B-PER", "O", "B-ORG", "O", "B-LOC"]),
    (["Nothing", "here"], ["O", "O"]),
]
PREDICTED = [["B-PER", "O", "O", "B-LOC", "B-PER"], ["O", "O"]]


def release(corpus: str, language: str, split: str, rows: list[tuple[list[str], list[str]]]) -> pa.Table:
    columns = from_rows(rows)
    return releases.release_table(corpus, language, split, columns, columns)


ENCODER = {
    "system": "minilm", "regime": "multilingual", "labels_from": "release",
    "format": "", "decoding": "", "policy": "", "control": False, "seed": 1,
}  # fmt: skip
PROMPTED = {
    "system": "tiny", "regime": "", "labels_from": "",
    "format": "json", "decoding": "free", "policy": "cursor", "control": False, "seed": 1,
}  # fmt: skip


def predictions(
    corpus: str, language: str, labels: list[list[str]], run: dict[str, Any] = ENCODER
) -> pa.Table:
    return releases.prediction_table(run, (corpus, language, "test"), range(len(labels)), labels)


def write_releases(artifacts: Path) -> None:
    gazette = pa.concat_tables(
        [release("gazette", "eng", "train", TEST[1:] * 25), release("gazette", "eng", "test", TEST)]
    )
    sahafa = release("sahafa", "ara", "test", [(["زار", "دجلة"], ["O", "B-LOC"])])
    for name in ("core", "standardized"):
        for corpus, table in (("gazette", gazette), ("sahafa", sahafa)):
            releases.write_table(artifacts / "standardize" / name / f"{corpus}.parquet", table)


def write_predictions(artifacts: Path) -> None:
    table = pa.concat_tables(
        [
            predictions("gazette", "eng", PREDICTED),
            predictions("gazette", "eng", [TEST[0][1], ["O", "O"]], ENCODER | {"seed": 2}),
        ]
    )
    releases.write_table(artifacts / "train" / "minilm-multilingual" / "predictions.parquet", table)


def forget() -> None:
    for cached in (browse.parts, browse._runs, browse.sentences):
        cached.cache_clear()


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(paths, "ARTIFACTS", tmp_path)
    monkeypatch.delenv(progress.SIDE_FILE, raising=False)
    forget()
    yield tmp_path
    forget()


def marks(html: str) -> list[list[str]]:
    """Return the marked mentions in each cell: words, then tag."""
    cells = BeautifulSoup(html, "html.parser").select("td")
    return [
        [f"{mark.bdi.get_text()}|{mark.span.get_text()}" for mark in cell.select("mark")] for cell in cells
    ]


def test_nothing_to_browse_says_what_to_run(artifacts: Path) -> None:
    with pytest.raises(OpenNERError, match="make reproduce"):
        browse.default()


def test_without_predictions_gold_mentions_are_shown_and_that_is_said(artifacts: Path) -> None:
    write_releases(artifacts)
    choice = browse.default()
    assert choice == browse.Choice("gazette", "eng", "test")
    html = browse.page(choice)
    assert "no predictions for this part yet" in html and "predicted</th>" not in html
    assert marks(html) == [["Ada|PER", f"{NASTY}|ORG", "Oslo|LOC"], []]
    assert "<script" not in html


def test_gold_and_prediction_stand_side_by_side_and_differences_are_told_in_words(artifacts: Path) -> None:
    write_releases(artifacts)
    write_predictions(artifacts)
    choice = browse.default()
    assert str(choice.model) == "minilm · multilingual · labels release · seed 1"
    gold, predicted, *rest = marks(browse.page(choice))
    assert gold == ["Ada|PER ✓", f"{NASTY}|ORG ✗ missed", "Oslo|LOC ✗ missed"]
    assert predicted == ["Ada|PER ✓", "in|LOC + spurious", "Oslo|PER + spurious"]
    assert rest == [[], []]


def test_only_sentences_with_a_difference(artifacts: Path) -> None:
    write_releases(artifacts)
    write_predictions(artifacts)
    first, second = browse.models("gazette", "eng", "test")
    assert [
        each.number for each in browse.sentences(browse.Choice("gazette", "eng", "test", first, True))
    ] == [0]
    perfect = browse.Choice("gazette", "eng", "test", second, True)
    assert browse.sentences(perfect) == () and "No sentences with a difference" in browse.page(perfect)


def test_sentences_that_nobody_was_asked_about_are_left_out(artifacts: Path) -> None:
    write_releases(artifacts)
    releases.write_table(
        artifacts / "prompt" / "tiny-json" / "predictions.parquet",
        predictions("gazette", "eng", PREDICTED[:1]),
    )
    assert [each.number for each in browse.sentences(browse.default())] == [0]


def test_text_from_right_to_left_finds_its_own_direction(artifacts: Path) -> None:
    write_releases(artifacts)
    cell = BeautifulSoup(browse.page(browse.Choice("sahafa", "ara", "test")), "html.parser").select_one("td")
    assert cell is not None and cell["dir"] == "auto"
    assert cell.mark.bdi.get_text() == "دجلة" and cell.mark.span["dir"] == "ltr"


def test_tokens_that_touch_are_written_without_a_blank() -> None:
    row = {"tokens": ["北", "京", "A", "!"], "starts": [0, 1, 3, 4], "ends": [1, 2, 4, 5]}
    assert browse.gaps(row) == (" ", "", " ", "")
    assert browse.gaps({"tokens": ["a", "b"], "starts": None, "ends": None}) == (" ", " ")


def test_controls_lead_from_choice_to_choice(artifacts: Path) -> None:
    write_releases(artifacts)
    write_predictions(artifacts)
    browser = browse.Browser(browse.default())
    assert "Predicted by minilm" in browser.view.value and browser.back.disabled and browser.forth.disabled
    browser.errors_only.value = True
    assert "1 to 1 of 1 sentences with a difference" in browser.view.value
    browser.split.value = "train"
    assert (
        browser.model.label == browse.GOLD_ONLY
        and browser.errors_only.disabled
        and "1 to 10 of 25 sentences" in browser.view.value
    )
    for _ in range(5):
        browser.forth.click()
    assert "21 to 25 of 25" in browser.view.value and browser.forth.disabled
    browser.back.click()
    assert "11 to 20 of 25" in browser.view.value
    browser.corpus.value = "sahafa"
    assert browser.choice == browse.Choice("sahafa", "ara", "test") and "دجلة" in browser.view.value


@pytest.mark.parametrize(
    ("run", "name"),
    [
        (ENCODER, "minilm · multilingual · labels release · seed 1"),
        (ENCODER | {"labels_from": "published"}, "minilm · multilingual · labels published · seed 1"),
        (PROMPTED, "tiny · json · free · grounding cursor · seed 1"),
        (PROMPTED | {"control": True}, "tiny · json · free · grounding cursor · control · seed 1"),
        (
            PROMPTED | {"format": "inline", "decoding": "constrained", "policy": "offsets", "seed": 3},
            "tiny · inline · constrained · grounding offsets · seed 3",
        ),
    ],
)
def test_a_run_has_a_name_that_tells_it_from_others(run: dict[str, Any], name: str) -> None:
    assert str(browse.Model(Path("x"), tuple(run[key] for key in releases.RUN_KEYS))) == name


def menus(browser: browse.Browser) -> dict[str, widgets.Dropdown]:
    return {name: getattr(browser, name) for name in ("corpus", "language", "split", "model")}


def test_no_menu_is_ever_blank_and_all_agree_with_the_page(artifacts: Path) -> None:
    """Every sequence of three choices, made as the browser makes them: by a position in a menu."""
    write_releases(artifacts)
    write_predictions(artifacts)
    releases.write_table(
        artifacts / "prompt" / "tiny-json" / "predictions.parquet",
        pa.concat_tables(
            [
                predictions("gazette", "eng", PREDICTED, PROMPTED),
                predictions("sahafa", "ara", [["O", "B-LOC"]], PROMPTED),
            ]
        ),
    )
    seen: set[tuple[browse.Choice, bool]] = set()

    def check(browser: browse.Browser) -> None:
        for name, menu in menus(browser).items():
            assert menu.index is not None and menu.label, f"the menu {name} shows nothing"
        choice = browser.choice
        assert (browser.corpus.value, browser.language.value, browser.split.value) == (
            choice.corpus,
            choice.language,
            choice.split,
        )
        assert browser.model.value == (choice.model or browse.GOLD_ONLY)
        assert browser.model.options == (
            browse.GOLD_ONLY,
            *browse.models(choice.corpus, choice.language, choice.split),
        )
        assert browser.errors_only.disabled == (choice.model is None)
        assert browser.view.value == browse.page(choice)
        seen.add((choice, bool(browser.note.value)))

    def follow(steps: tuple[tuple[str, int], ...]) -> None:
        browser = browse.Browser(browse.default())
        for name, position in steps:
            menus(browser)[name].index = position
            check(browser)
        if len(steps) < 3:
            for name, menu in menus(browser).items():
                for position in range(len(menu.options)):
                    follow((*steps, (name, position)))

    follow(())
    assert {choice.corpus for choice, _ in seen} == {"gazette", "sahafa"}
    assert {choice.split for choice, _ in seen} == {"train", "test"}
    assert {choice.model and choice.model.keys[0] for choice, _ in seen} == {None, "minilm", "tiny"}


def test_a_model_that_did_not_predict_a_part_gives_way_and_that_is_said(artifacts: Path) -> None:
    write_releases(artifacts)
    write_predictions(artifacts)
    browser = browse.Browser(browse.default())
    browser.corpus.value = "sahafa"
    assert browser.note.value == (
        "<p>minilm · multilingual · labels release · seed 1 has no predictions for Sahafa, Arabic, test.</p>"
    )
    assert browser.model.label == browse.GOLD_ONLY and "Gold mentions only" in browser.view.value
    browser.corpus.value = "gazette"
    browser.split.value = "test"
    assert browser.note.value == "" and "Choose a model" in browser.view.value
    browser.model.index = 1
    assert "Predicted by minilm" in browser.view.value and browser.note.value == ""


def test_a_model_is_kept_where_it_predicted_the_next_part_too(artifacts: Path) -> None:
    write_releases(artifacts)
    both = [predictions("gazette", "eng", PREDICTED), predictions("sahafa", "ara", [["O", "B-LOC"]])]
    path = artifacts / "train" / "minilm-multilingual" / "predictions.parquet"
    releases.write_table(path, pa.concat_tables(both))
    browser = browse.Browser(browse.default())
    model = browser.model.value
    browser.corpus.value = "sahafa"
    assert browser.model.value == model == browser.choice.model and browser.note.value == ""
    assert browser.model.index == 1


def test_controls_appear_only_where_somebody_can_use_them(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_releases(artifacts)
    assert isinstance(browse.explore(), browse.widgets.VBox)
    monkeypatch.setenv(progress.SIDE_FILE, "side")
    assert isinstance(browse.explore(), browse.HTML)


def test_the_notebook_runs_unattended_and_shows_a_page(tmp_path: Path) -> None:
    write_releases(tmp_path / "artifacts")
    write_predictions(tmp_path / "artifacts")
    out = tmp_path / "page.ipynb"
    environment = os.environ | {"OPENNER_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "openner_utils.pipeline.runner",
        str(ROOT / "notebooks" / "00_explore.py"),
        str(out),
    ]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    [output] = [output for cell in cells for output in cell.get("outputs", [])]
    assert "Predicted by minilm" in "".join(output["data"]["text/html"])
