"""What the filters of Explore keep, as a file: whole, told with its place, never over another file."""

import csv
import io
import json
from pathlib import Path

import pytest

from openner_utils.pages.browse.controls import Browser
from openner_utils.pages.browse.export import export
from openner_utils.pages.browse.filters import DIFFERENCE, Filter
from openner_utils.pages.browse.selection import Choice, Library
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests.pages.test_browse import NASTY, PREDICTED, TEST, started, write_predictions, write_releases


@pytest.fixture
def chosen(tmp_path: Path) -> tuple[Library, Choice]:
    write_releases(tmp_path)
    write_predictions(tmp_path)
    return started(tmp_path)


def test_json_lines_hold_all_that_is_kept_with_its_place(
    chosen: tuple[Library, Choice], tmp_path: Path
) -> None:
    library, choice = chosen
    assert export(library, choice, tmp_path / "all.jsonl") == len(TEST)
    first, second = map(json.loads, (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines())
    assert (first["corpus"], first["language"], first["split"], first["sentence"]) == (
        "gazette",
        "eng",
        "test",
        0,
    )
    assert first["tokens"] == TEST[0][0] and first["text"] == " ".join(TEST[0][0])
    for side, labels in (("gold", TEST[0][1]), ("predicted", PREDICTED[0])):
        told = [(each["start"], each["end"], each["type"], each["text"]) for each in first[side]]
        assert told == [
            (n, n + 1, label[2:], TEST[0][0][n]) for n, label in enumerate(labels) if label != "O"
        ]
    assert first["errors"] and "minilm" in first["predicted_by"] and "reply" not in first
    assert second["gold"] == second["predicted"] == second["errors"] == []


def test_only_what_the_filters_keep_is_written_and_no_formula(
    chosen: tuple[Library, Choice], tmp_path: Path
) -> None:
    library, choice = chosen
    asked = Choice(choice.corpus, choice.language, choice.split, choice.model, None, Filter(error=DIFFERENCE))
    assert export(library, asked, tmp_path / "some.csv") == 1
    (row,) = csv.DictReader(io.StringIO((tmp_path / "some.csv").read_text(encoding="utf-8")))
    assert row["gold"] == f"Ada [PER]; {NASTY} [ORG]; Oslo [LOC]" and "tokens" not in row
    assert row["predicted"] == "Ada [PER]; in [LOC]; Oslo [PER]"


def test_nothing_is_overwritten_and_what_cannot_be_written_says_why(
    chosen: tuple[Library, Choice], tmp_path: Path
) -> None:
    library, choice = chosen
    (tmp_path / "mine.csv").write_text("mine")
    nothing = Choice(choice.corpus, choice.language, choice.split, filter=Filter(text="nowhere"))
    for name, asked, said in (
        ("mine.csv", choice, "exists, and is not overwritten"),
        ("a.txt", choice, "must end in .jsonl or .csv"),
        ("new.csv", nothing, "keep no sentence"),
    ):
        with pytest.raises(OpenNERError, match=said):
            export(library, asked, tmp_path / name)
    assert (tmp_path / "mine.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["mine.csv"]


def test_the_button_says_what_it_wrote_and_where_or_why_not(tmp_path: Path) -> None:
    write_releases(tmp_path / "artifacts")
    browser = Browser(Library(tmp_path / "artifacts"), Place(tmp_path))
    browser.file.value = "kept.jsonl"
    browser.text.value = "nothing"
    browser.save.click()
    assert browser.note.value == "<p>1 sentence written to kept.jsonl.</p>"
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 1
    browser.save.click()
    assert "is not overwritten" in browser.note.value
    browser.file.value = "<b>.txt"
    browser.save.click()
    assert "&lt;b&gt;.txt" in browser.note.value
