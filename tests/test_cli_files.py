"""The commands for one's own files: what they print, where, and how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils import cli
from openner_utils.errors import OpenNERError

FLAWED = "Ada B-PER\nran O\n\nPort I-LOC\nSaid I-LOC\n"


@pytest.fixture
def flawed(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text(FLAWED)
    return tmp_path / "in.txt"


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_validate(flawed: Path) -> None:
    done = openner("validate", flawed)
    assert done.exit_code == 1
    assert done.stdout == (
        f"{flawed}:4: invalid transition O → I-LOC at token 'Port'\n"
        f"{flawed}: 2 sentences, 4 tokens, 1 problems\n"
    )
    assert done.stderr == (
        f"{flawed}: read as delimited, IOB2: single blanks between columns (--separator), "
        "B- begins mentions, so taken for IOB2 (--scheme)\n"
    )
    assert openner("validate", flawed, "--scheme", "IOB1").exit_code == 1
    (report,) = json.loads(openner("validate", flawed, "--json").stdout)
    assert report["problems"] == [
        {"line": 4, "kind": "transition", "what": "invalid transition O → I-LOC at token 'Port'"}
    ]


def test_repair_undo_convert_and_validate(flawed: Path) -> None:
    out, ledger, back, converted = (flawed.with_name(name) for name in ("out", "ledger.csv", "back", "bioes"))
    assert "1 labels repaired" in openner("repair", flawed, "-o", out, "--ledger", ledger).stdout
    assert openner("validate", out).exit_code == 0
    assert ledger.read_text().splitlines()[1] == f"{flawed},4,1,0,I-LOC,B-LOC,conlleval"
    assert openner("undo", out, ledger, "-o", back).exit_code == 0 and back.read_text() == FLAWED
    assert openner("convert", out, "-o", converted, "--to", "BIOES").exit_code == 0
    assert converted.read_text() == "Ada S-PER\nran O\n\nPort B-LOC\nSaid E-LOC\n"


def test_count_and_score_as_json(flawed: Path) -> None:
    (row,) = json.loads(openner("count", flawed, "--json").stdout)
    assert row == {
        "file": str(flawed),
        "sentences": 2,
        "tokens": 4,
        "mentions": 2,
        "types": {"LOC": 1, "PER": 1},
    }
    scored = json.loads(openner("score", flawed, flawed, flawed, "--json").stdout)
    assert {each["convention"] for each in scored["scores"]} == {"conlleval", "discard", "untyped"}
    assert scored["scores"][0]["f1_deviation"] == 0
    assert "100.00 ±0.00" in openner("score", flawed, flawed, flawed).stdout
    assert "2 mentions (LOC 1, PER 1)" in openner("count", flawed).stdout


def test_standardize(flawed: Path) -> None:
    done = openner("standardize", flawed, "-o", flawed.with_name("out"), "--map", "PER=", "--core")
    assert done.stdout.startswith("LOC → LOC, PER → dropped → ")


def test_a_folder_becomes_a_folder(flawed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert openner("repair", flawed.parent, "-o", out, "--to", "IO").exit_code == 0
    assert (out / "in.txt").read_text().startswith("Ada I-PER\n")


def test_card_new(flawed: Path) -> None:
    done = openner("card", "new", flawed, "--id", "mine")
    assert done.exit_code == 0 and (flawed.parent / "mine.yaml").is_file()
    assert "guessed: single blanks between columns\n" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["repair", "{}", "-o", "x", "--option", "header"], "expected NAME=VALUE"),
        (["standardize", "{}", "-o", "x", "--map", "PER"], "expected OLD=NEW"),
        (["validate", "{}", "--scheme", "IOB3"], "Did you mean 'IOB"),
        (["validate", "{}", "--reader", "brats"], "Did you mean 'brat'"),
        (["validate", "{}", "--allow", "empty-tokens"], "Did you mean 'empty-token'"),
        (["validate", "{}", "--option", "heather=true"], "heather"),
        (["convert", "{}", "-o", "x", "--to", "BIOS"], "Did you mean 'BIOES'"),
    ],
)
def test_mistakes(words: list[str], message: str, flawed: Path) -> None:
    done = openner(*(word.format(flawed) for word in words))
    assert isinstance(done.exception, OpenNERError) and message in str(done.exception)
