"""What a command that refuses a file says works when it is followed, and what was said of the file is said again."""

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openner_utils.cli.files import app
from openner_utils.ownfiles.ledger import COLUMNS

FLAWED = "Ada\tI-PER\nran\tO\nhome\t\nOslo\tB-LOC\n"
GIVEN = "--scheme BIO --allow empty-label --option header=false"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(command: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, shlex.split(command))
    return done.exit_code, f"{done.output}{done.exception or ''}"


@pytest.mark.parametrize("command", ["convert", "standardize"])
def test_the_repair_that_is_named_is_given_the_same_options(command: str) -> None:
    Path("a b.tsv").write_text(FLAWED)
    more = "--to BIOES" if command == "convert" else ""
    code, told = said(f"{command} 'a b.tsv' -o out.tsv {more} {GIVEN}")
    assert code == 1 and "invalid transition O → I-PER. Repair it: " in told and not Path("out.tsv").exists()
    repair = told.split("Repair it: openner ")[1]
    assert said(repair.replace("-o OUT", "-o out.tsv"))[0] == 0
    assert Path("out.tsv").read_text() == FLAWED.replace("I-PER", "S-PER" if more else "B-PER").replace(
        "B-LOC", "S-LOC" if more else "B-LOC"
    ).replace("home\t\n", "home\tO\n")


def test_validation_names_the_repair_with_the_same_options() -> None:
    Path("a.tsv").write_text(FLAWED)
    told = said(f"validate a.tsv {GIVEN}")[1]
    assert (
        "Repair it: openner repair FILE --scheme IOB2 --option header=false --allow empty-label -o OUT."
        in told
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            "Ada\tO\nBo\tI-PER\n\nC\tB-PER\nD\tB-PER,B-LOC\n\nF\tB-LOC\n",
            "a.tsv:5: 'B-PER,B-LOC' holds the labels",
        ),
        ("Ada\tB-PER\nBo\tB-B-PER\nC\tI-B-PER\n", "a.tsv:2: the type 'B-PER' is itself a label"),
        ("Ada\tB-PER\nBo\tI-B-PER\nC\tB-cell\n", "a.tsv:2: the type 'B-PER' is itself a label"),
    ],
)
def test_labels_of_layers_and_doubled_ones_are_listed_among_good_ones(content: str, what: str) -> None:
    Path("a.tsv").write_text(content)
    code, told = said("validate a.tsv")
    assert code == 1 and what in told and "B-cell" not in told


@pytest.mark.parametrize("option", ["--option separator=/", "--separator /"])
def test_a_separator_is_checked_by_the_reader_that_takes_it(option: str) -> None:
    Path("a.txt").write_text("Ada/B-PER ran/O\n")
    assert "1 mention (PER 1)" in said(f"count a.txt --reader glued_fields {option}")[1]
    code, told = said(f"count a.txt {option}")
    assert code == 1 and said(f"count a.txt {told.split('another reader: ')[1]}")[0] == 0


def test_a_table_of_unknown_columns_is_read_as_the_error_says() -> None:
    Path("a.csv").write_text("id,who,kind\n1,Ada,I-PER\n2,ran,O\n")
    code, told = said("count a.csv")
    assert code == 1 and said(f"count a.csv {told.split('for instance: ')[1]}")[0] == 0


def test_a_ledger_is_told_by_its_columns() -> None:
    Path("l.csv").write_text(",".join(COLUMNS) + "\na.tsv,1,0,0,I-PER,B-PER,conlleval,b.tsv\n")
    assert (
        "l.csv:1: the ledger of a repair, which is not read. It holds changes: openner undo"
        in said("count l.csv")[1]
    )


def test_one_value_is_a_list_of_one() -> None:
    Path("a.txt").write_text("<p><PER>Ada</PER> ran</p>\n" * 3)
    counts = [said(f"count a.txt --reader inline_xml --option ignore={value}")[1] for value in ("p", "[p]")]
    assert counts[0] == counts[1] and "3 mentions (PER 3)" in counts[0]


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("conlleval", "1 invalid transition, 1 label repaired, white space taken off 1 label →"),
        ("none", "1 invalid transition left, 0 labels repaired, white space taken off 1 label →"),
    ],
)
def test_white_space_that_is_taken_off_is_no_repair(method: str, told: str) -> None:
    Path("a.tsv").write_text("Ada\tI-PER\nran\tO\n\nOslo\tB-LOC \n")
    assert told in said(f"repair a.tsv --scheme BIO -o out.tsv --method {method}")[1]


def test_a_synonym_names_the_standardized_type() -> None:
    Path("a.tsv").write_text("Ada\tB-HERO\nran\tO\n")
    assert (
        "PERSON is no standardized entity type. Give --map HERO=PER."
        in said("standardize a.tsv -o b.tsv --map HERO=PERSON")[1]
    )


@pytest.mark.parametrize(
    ("change", "hint"), [("name", "give it its name back: out.tsv"), ("label", "before any other change")]
)
def test_undo_says_what_applies(change: str, hint: str) -> None:
    Path("a.tsv").write_text("Ada\tI-PER\nran\tO\n")
    assert said("repair a.tsv --scheme BIO -o out.tsv --ledger l.csv")[0] == 0
    found = Path("out.tsv")
    if change == "name":
        found = found.rename("other.tsv")
    else:
        found.write_text("Ada\tB-LOC\nran\tO\n")
    code, told = said(f"undo {found} l.csv -o back.tsv --scheme BIO")
    # That a label differs may have either reason; that the name does has one.
    assert code == 1 and hint in told and ("JSON" in told) == (change == "label")
