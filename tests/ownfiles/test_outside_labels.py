"""Labels of one's own files that mean O beside O: read so when they are said, counted, and left as they are."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openner_utils.cli.main import app

TAGS = "ko gn\nMira ne-b-per\nHalon ne-i-per\nestuvo es\nen es\nTurku ne-b-loc\n\n" * 3
BESIDE_O = "yo\tlang1\nBo\tI-PER\nsaw\tlang2\n.\tO\nLu\tB-PER\n\n" * 3


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs a command in a folder of its own and returns what it says; another exit code than 0 fails."""
    monkeypatch.chdir(tmp_path)
    Path("tags.txt").write_text(TAGS)
    Path("lang.tsv").write_text(BESIDE_O)

    def of(command: str) -> str:
        done = CliRunner().invoke(app, shlex.split(command))
        assert done.exit_code == 0, done.output
        return done.output

    return of


def test_tags_of_languages_beside_entities(run: Callable[[str], str]) -> None:
    told = run("count tags.txt --outside gn --outside es")
    assert "18 tokens, 6 mentions (loc 3, per 3)" in told
    assert "read as O: gn 3, es 6" in told


@pytest.mark.parametrize("file", ["tags.txt", "lang.tsv"])
def test_the_hint_names_what_to_say_and_that_works(file: str, run: Callable[[str], str]) -> None:
    said = ""
    for _ in range(3):
        done = CliRunner().invoke(app, shlex.split(f"count {file} {said}"))
        if done.exit_code == 0:
            break
        found = re.findall(r"--outside [^\s);]+", str(done.exception))
        assert found and not set(found) & set(re.findall(r"--outside \S+", said)), done.exception
        said = " ".join([said, *found])
    assert "6 mentions" in run(f"count {file} {said}")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("repair lang.tsv -o out.tsv", BESIDE_O.replace("I-PER", "B-PER")),
        ("repair lang.tsv -o out.tsv --method discard", BESIDE_O.replace("I-PER", "O")),
        ("repair lang.tsv -o out.tsv --to BIOES", re.sub("[BI]-PER", "S-PER", BESIDE_O)),
    ],
)
def test_what_is_written_keeps_them(command: str, expected: str, run: Callable[[str], str]) -> None:
    run(f"{command} --scheme IOB2 --outside lang1 --outside lang2")
    assert Path("out.tsv").read_text() == expected


def test_types_are_renamed_beside_them(run: Callable[[str], str]) -> None:
    outside = "--scheme IOB2 --outside lang1 --outside lang2"
    run(f"repair lang.tsv -o lang.tsv {outside}")
    run(f"standardize lang.tsv -o out.tsv --map PER=LOC {outside}")
    assert Path("out.tsv").read_text() == re.sub("[BI]-PER", "B-LOC", BESIDE_O)


def test_a_repair_is_undone_with_them_in_place(run: Callable[[str], str]) -> None:
    outside = "--scheme IOB2 --outside lang1 --outside lang2"
    run(f"repair lang.tsv -o out.tsv --ledger ledger.csv {outside}")
    rows = Path("ledger.csv").read_text().splitlines()
    assert len(rows) == 4 and all("conlleval" in row for row in rows[1:])
    run(f"undo out.tsv ledger.csv -o back.tsv {outside}")
    assert Path("back.tsv").read_text() == BESIDE_O


def test_a_prediction_with_them_is_scored_as_without(run: Callable[[str], str]) -> None:
    Path("plain.tsv").write_text(re.sub(r"lang[12]", "O", BESIDE_O))
    told = run("score plain.tsv lang.tsv --scheme IOB2 --outside lang1 --outside lang2")
    assert "100.00" in told


@pytest.mark.parametrize("more", ["", "here\tO\n"])
def test_a_text_that_slipped_into_the_place_of_a_label_is_no_outside(run, tmp_path, more: str) -> None:
    (tmp_path / "slip.tsv").write_text("Ada\tB-PER\nsleeps\t" + "'" * 400 + f"O\n{more}")
    done = CliRunner().invoke(app, shlex.split("repair slip.tsv -o out.tsv --scheme IOB2"))
    assert done.exit_code == 1
    said = done.output + str(done.exception)
    assert "slip.tsv:2: a label of 401 characters" in said and "--outside" not in said and len(said) < 1500
