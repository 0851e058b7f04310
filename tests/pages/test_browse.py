"""Browsing: what is shown of sentences and predictions, the controls, and the notebook that uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pyarrow as pa
import pytest
from bs4 import BeautifulSoup

from openner_utils.core import releases
from openner_utils.core.columns import from_rows
from openner_utils.pages.browse.controls import GOLD_ONLY, NO_SECOND, Browser
from openner_utils.pages.browse.filters import DIFFERENCE, SEEN, UNSEEN, Counted, Filter
from openner_utils.pages.browse.page import page
from openner_utils.pages.browse.selection import Choice, Library, Model
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


def started(artifacts: Path) -> tuple[Library, Choice]:
    library = Library(artifacts)
    return library, library.default()


def marks(html: str) -> list[list[str]]:
    """Return the marked mentions in each cell: words, then tag."""
    cells = BeautifulSoup(html, "html.parser").select("td")
    return [
        [f"{mark.bdi.get_text()}|{mark.span.get_text()}" for mark in cell.select("mark")] for cell in cells
    ]


def test_nothing_to_browse_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(OpenNERError, match="make reproduce"):
        Library(tmp_path).default()


def test_without_predictions_gold_mentions_are_shown_and_that_is_said(tmp_path: Path) -> None:
    write_releases(tmp_path)
    library, choice = started(tmp_path)
    assert choice == Choice("gazette", "eng", "test")
    html = page(library, choice)
    assert "no predictions for this part yet" in html and "predicted</th>" not in html
    assert marks(html) == [["Ada|PER", f"{NASTY}|ORG", "Oslo|LOC"], []]
    assert "<script" not in html


def test_a_run_on_the_standardized_release_stands_beside_its_types(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    dated = release(
        "gazette", "eng", "test", [(tokens, ["O"] * (len(tokens) - 1) + ["B-DATE"]) for tokens, _ in TEST]
    )
    releases.write_table(tmp_path / "standardize" / "standardized" / "gazette.parquet", dated)
    unit = tmp_path / "train" / "minilm-multilingual"
    for said, expected in (
        ({}, "core types only"),
        ({"release": "standardized"}, "types that the corpus annotates"),
    ):
        (unit / "run.json").write_text(json.dumps(said), encoding="utf-8")
        html = page(*started(tmp_path))
        assert expected in html
        assert any("DATE" in mark for cell in marks(html) for mark in cell) == bool(said)


def test_gold_and_prediction_stand_side_by_side_and_differences_are_told_in_words(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    library, choice = started(tmp_path)
    assert str(choice.model) == "minilm · multilingual · labels release · seed 1"
    html = page(library, choice)
    gold, predicted, *rest = marks(html)
    assert gold == ["Ada|PER ✓", f"{NASTY}|ORG ✗ missed", "Oslo|LOC ✗ missed"]
    assert predicted == ["Ada|PER ✓", "in|LOC + spurious", "Oslo|PER + spurious"]
    assert rest == [[], []]
    first = BeautifulSoup(html, "html.parser").select("td")[1].get_text()
    assert " ".join(first.split()) == f"AdaPER ✓ met {NASTY} inLOC + spurious OsloPER + spurious"


def test_only_sentences_with_a_difference(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    library, _ = started(tmp_path)
    first, second = library.models("gazette", "eng", "test")
    wrong = Filter(error=DIFFERENCE)
    assert [
        each.number for each in library.sentences(Choice("gazette", "eng", "test", first, None, wrong))
    ] == [0]
    perfect = Choice("gazette", "eng", "test", second, None, wrong)
    assert library.sentences(perfect) == () and "No sentences with a difference" in page(library, perfect)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        (Filter(), [0, 1]),
        (Filter(text="OSLO met"), [0]),
        (Filter(text="Oslo nothing"), []),
        (Filter(type="LOC"), [0]),
        (Filter(type="DATE"), []),
        (Filter(error="spurious"), [0]),
        (Filter(error="boundary"), []),
        (Filter(rule="invalid I-"), [1]),
        (Filter(known=UNSEEN), [0]),
        (Filter(known=SEEN), []),
        (Filter(text="nothing", rule="invalid I-"), [1]),
    ],
)
def test_a_filter_keeps_the_sentences_that_have_what_it_asks_for(
    tmp_path: Path, asked: Filter, numbers: list[int]
) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    line = {"file": "", "line": 7, "rule": "invalid I-"}  # the second sentence begins on line 7
    releases.write_table(tmp_path / "clean" / "gazette.ledger.parquet", pa.Table.from_pylist([line]))
    library = Library(tmp_path)
    model, _ = library.models("gazette", "eng", "test")
    shown = library.sentences(Choice("gazette", "eng", "test", model, None, asked))
    assert [each.number for each in shown] == numbers
    assert library.rules("gazette") == ("invalid I-",) and library.rules("sahafa") == ()


def test_two_models_stand_side_by_side_with_their_scores_on_what_is_shown(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    library = Library(tmp_path)
    first, second = library.models("gazette", "eng", "test")
    html = page(library, Choice("gazette", "eng", "test", first, second))
    assert "seed 1: precision 33.3, recall 33.3, F1 33.3 (3 gold mentions)" in html
    assert "seed 2: precision 100.0, recall 100.0, F1 100.0 (3 gold mentions)" in html
    _, _, other, *_ = marks(html)
    assert other == ["Ada|PER ✓", f"{NASTY}|ORG ✓", "Oslo|LOC ✓"]
    assert str(Counted.of([])) == "precision 0.0, recall 0.0, F1 0.0 (0 gold mentions)"


def test_replies_stand_beside_what_was_read_of_them(tmp_path: Path) -> None:
    write_releases(tmp_path)
    unit = tmp_path / "prompt" / "tiny-json"
    releases.write_table(unit / "predictions.parquet", predictions("gazette", "eng", PREDICTED, PROMPTED))
    part = {"corpus": "gazette", "language": "eng", "split": "test"}
    told = {"system": "tiny", "format": "json", "decoding": "free", "control": False, "faults": ""} | part
    rows = [
        told | {"sentence": 0, "reply": f"[{NASTY}]", "lost": "Rome [LOC]: absent from text"},
        told | {"sentence": 1, "reply": "never", "lost": "", "control": True},
    ]
    releases.write_table(unit / "answered.parquet", pa.Table.from_pylist(rows))
    library, choice = started(tmp_path)
    text = BeautifulSoup(page(library, choice), "html.parser").get_text()
    assert f"[{NASTY}] — lost: Rome [LOC]: absent from text" in text and "never" not in text
    assert "<script" not in page(library, choice)


def test_controls_filter_jump_and_offer_what_there_is(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    browser = Browser(Library(tmp_path))
    assert [value for _, value in browser.script.options] == ["", "Arab", "Latn"]
    browser.second.index = 1
    assert "seed 2: precision 100.0" in browser.view.value
    browser.text.value = "nothing"
    assert "1 to 1 of 1 sentences (words: nothing)" in browser.view.value
    browser.text.value = ""
    browser.type.value = "PER"
    assert "sentences (type: PER)" in browser.view.value
    browser.split.value = "train"
    assert browser.second.value == NO_SECOND and "No sentences (type: PER)" in browser.view.value
    browser.type.value = ""
    browser.jump.value = 13
    assert "11 to 20 of 25" in browser.view.value
    browser.script.value = "Arab"
    assert browser.corpus.options == ("sahafa",) and browser.choice.corpus == "sahafa"
    browser.script.value = ""
    assert browser.corpus.options == ("gazette", "sahafa") and browser.choice.corpus == "sahafa"


def test_sentences_that_nobody_was_asked_about_are_left_out(tmp_path: Path) -> None:
    write_releases(tmp_path)
    releases.write_table(
        tmp_path / "prompt" / "tiny-json" / "predictions.parquet",
        predictions("gazette", "eng", PREDICTED[:1]),
    )
    library, choice = started(tmp_path)
    assert [each.number for each in library.sentences(choice)] == [0]


def test_text_from_right_to_left_finds_its_own_direction(tmp_path: Path) -> None:
    write_releases(tmp_path)
    html = page(Library(tmp_path), Choice("sahafa", "ara", "test"))
    cell = BeautifulSoup(html, "html.parser").select_one("td")
    assert cell is not None and cell["dir"] == "auto" and "plaintext" in cell["style"]
    assert cell.mark.bdi.get_text() == "دجلة" and cell.mark.span["dir"] == "ltr"


def test_controls_lead_from_choice_to_choice(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    browser = Browser(Library(tmp_path))
    assert "Predicted by minilm" in browser.view.value and browser.back.disabled and browser.forth.disabled
    browser.error.value = DIFFERENCE
    assert "1 to 1 of 1 sentences with a difference" in browser.view.value
    browser.split.value = "train"
    assert (
        browser.model.label == GOLD_ONLY
        and browser.error.disabled
        and "1 to 10 of 25 sentences" in browser.view.value
    )
    for _ in range(5):
        browser.forth.click()
    assert "21 to 25 of 25" in browser.view.value and browser.forth.disabled
    browser.back.click()
    assert "11 to 20 of 25" in browser.view.value
    browser.corpus.value = "sahafa"
    assert browser.choice == Choice("sahafa", "ara", "test") and "دجلة" in browser.view.value


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
    assert str(Model(Path("x"), tuple(run[key] for key in releases.RUN_KEYS))) == name


def menus(browser: Browser) -> dict[str, widgets.Dropdown]:
    return {name: getattr(browser, name) for name in ("corpus", "language", "split", "model")}


def test_no_menu_is_ever_blank_and_all_agree_with_the_page(tmp_path: Path) -> None:
    """Every sequence of three choices, made as the browser makes them: by a position in a menu."""
    write_releases(tmp_path)
    write_predictions(tmp_path)
    releases.write_table(
        tmp_path / "prompt" / "tiny-json" / "predictions.parquet",
        pa.concat_tables(
            [
                predictions("gazette", "eng", PREDICTED, PROMPTED),
                predictions("sahafa", "ara", [["O", "B-LOC"]], PROMPTED),
            ]
        ),
    )
    library = Library(tmp_path)
    seen: set[tuple[Choice, bool]] = set()

    def check(browser: Browser) -> None:
        for name, menu in menus(browser).items():
            assert menu.index is not None and menu.label, f"the menu {name} shows nothing"
        choice = browser.choice
        assert (browser.corpus.value, browser.language.value, browser.split.value) == (
            choice.corpus,
            choice.language,
            choice.split,
        )
        assert browser.model.value == (choice.model or GOLD_ONLY)
        assert browser.model.options == (
            GOLD_ONLY,
            *library.models(choice.corpus, choice.language, choice.split),
        )
        assert browser.error.disabled == (choice.model is None)
        assert browser.view.value == page(library, choice)
        seen.add((choice, bool(browser.note.value)))

    def follow(steps: tuple[tuple[str, int], ...]) -> None:
        browser = Browser(library)
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


def test_a_model_that_did_not_predict_a_part_gives_way_and_that_is_said(tmp_path: Path) -> None:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    browser = Browser(Library(tmp_path))
    browser.corpus.value = "sahafa"
    assert browser.note.value == (
        "<p>minilm · multilingual · labels release · seed 1 has no predictions for Sahafa (sahafa), Arabic, test.</p>"
    )
    assert browser.model.label == GOLD_ONLY and "Gold mentions only" in browser.view.value
    browser.corpus.value = "gazette"
    browser.split.value = "test"
    assert browser.note.value == "" and "Choose a model" in browser.view.value
    browser.model.index = 1
    assert "Predicted by minilm" in browser.view.value and browser.note.value == ""


def test_a_model_is_kept_where_it_predicted_the_next_part_too(tmp_path: Path) -> None:
    write_releases(tmp_path)
    both = [predictions("gazette", "eng", PREDICTED), predictions("sahafa", "ara", [["O", "B-LOC"]])]
    path = tmp_path / "train" / "minilm-multilingual" / "predictions.parquet"
    releases.write_table(path, pa.concat_tables(both))
    browser = Browser(Library(tmp_path))
    model = browser.model.value
    browser.corpus.value = "sahafa"
    assert browser.model.value == model == browser.choice.model and browser.note.value == ""
    assert browser.model.index == 1


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
