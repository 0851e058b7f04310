"""Browsing: what is shown of sentences and predictions, the controls, and the notebook that uses them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from bs4 import BeautifulSoup

from openner_utils import browse, paths, progress, releases
from openner_utils.columns import from_rows
from openner_utils.errors import OpenNERError

ROOT = Path(__file__).parent.parent
NASTY = "<script>alert(1)</script>"
TEST = [
    (["Ada", "met", NASTY, "in", "Oslo"], ["B-PER", "O", "B-ORG", "O", "B-LOC"]),
    (["Nothing", "here"], ["O", "O"]),
]
PREDICTED = [["B-PER", "O", "O", "B-LOC", "B-PER"], ["O", "O"]]


def release(corpus: str, language: str, split: str, rows: list[tuple[list[str], list[str]]]) -> pa.Table:
    columns = from_rows(rows)
    return releases.release_table(corpus, language, split, columns, columns)


def predictions(corpus: str, language: str, labels: list[list[str]], seed: int = 1) -> pa.Table:
    run = {
        "system": "minilm",
        "regime": "multilingual",
        "labels_from": "release",
        "variant": "",
        "seed": seed,
    }
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
            predictions("gazette", "eng", [TEST[0][1], ["O", "O"]], seed=2),
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
        browser.model.value is None
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
        "openner_utils.runner",
        str(ROOT / "notebooks" / "00_explore.py"),
        str(out),
    ]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    [output] = [output for cell in cells for output in cell.get("outputs", [])]
    assert "Predicted by minilm" in "".join(output["data"]["text/html"])
