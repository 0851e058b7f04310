"""Each command opens each of its files once, whatever is wrong with them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import collections, json, os, sys
watched = set(json.loads(sys.argv[1]))
opened = collections.Counter()
def look(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = os.fspath(arguments[0])
        mode = arguments[1] if isinstance(arguments[1], str) else ""
        if path in watched and "w" not in mode:
            opened[path] += 1
sys.addaudithook(look)
from typer.testing import CliRunner
from openner_utils.cli.main import app
found = []
for words in json.loads(sys.argv[2]):
    opened.clear()
    CliRunner().invoke(app, words)
    found.append(dict(opened))
print(json.dumps(found))
"""
CLEAN = "Ada\tB-PER\nran\tO\n\nOslo\tB-LOC\n"
FLAWED = "a\tB-PER\n\tO\nb\nc\t\nd\tXYZ\ne\tB-LOC\n\nf\tI-LOC\n"
"""Of four kinds, and an invalid transition."""
JSON = '{"tokens": ["Ada", "ran"], "ner_tags": ["B-PER", "O"]}\n{"tokens": ["ran"], "ner_tags": null}\n'
PLUS = "# global.columns = ID FORM X:NER\n1\tAda\tI-PER\n2\tran\tO\n"
TWO = "Ada\tB-PER\tB-PER\nran\tO\tO\n"
"""Two columns of labels: a reference and a prediction."""
ALLOW = [
    word
    for flaw in ("empty-label", "empty-token", "missing-label", "unknown-label")
    for word in ("--allow", flaw)
]
COMMANDS: dict[str, list[str]] = {
    "validate": ["validate"],
    "repair": ["repair", "-o", "{out}", "--ledger", "{out}.csv"],
    "repair in place": ["repair", "-o", "{in}"],
    "convert": ["convert", "-o", "{out}", "--to", "IO"],
    "standardize": ["standardize", "-o", "{out}"],
    "count": ["count"],
    "card new": ["card", "new", "--id", "mine", "-o", "{out}.yaml"],
}


@pytest.mark.parametrize(
    ("content", "more"),
    [(CLEAN, []), (FLAWED, []), (FLAWED, ALLOW), (JSON, []), (PLUS, []), ("Oto saw Mira.\n", [])],
    ids=["clean", "flawed", "flawed, allowed", "JSON", "CoNLL-U Plus", "prose"],
)
def test_each_command_opens_its_file_once(content: str, more: list[str], tmp_path: Path) -> None:
    calls, watched = [], []
    for number, words in enumerate(COMMANDS.values()):
        path = tmp_path / f"in{number}.txt"  # a repair in place changes its file
        path.write_text(content)
        out = tmp_path / f"out{number}"
        words = [word.replace("{out}", str(out)).replace("{in}", str(path)) for word in words]
        calls.append([*words, str(path), *([] if words[0] == "card" else more)])
        watched.append(str(path))
    found = opens(watched, calls)
    assert dict(zip(COMMANDS, found, strict=True)) == dict(
        zip(COMMANDS, ({path: 1} for path in watched), strict=True)
    )


@pytest.mark.parametrize("content", [CLEAN, FLAWED, TWO], ids=["clean", "flawed", "two columns of labels"])
def test_score_opens_each_of_its_files_once(content: str, tmp_path: Path) -> None:
    gold, found = tmp_path / "gold.txt", tmp_path / "found.txt"
    gold.write_text(content)
    found.write_text(content)
    watched = [str(gold), str(found)]
    calls = [["score", *watched, *ALLOW], ["score", *watched], ["score", str(gold), str(gold), *ALLOW]]
    of_two, refused, of_one = opens(watched, calls)
    assert of_two == refused == dict.fromkeys(watched, 1)
    assert of_one == {str(gold): 1}


def test_brat_opens_both_of_its_files_once(tmp_path: Path) -> None:
    text, annotations = tmp_path / "a.txt", tmp_path / "a.ann"
    text.write_text("Ada Lo ran\n")
    annotations.write_text("T1\tPER 0 6\tAda Lo\nT2\tPER 0 99\tAda\n")
    watched = [str(text), str(annotations)]
    (found,) = opens(watched, [["validate", str(text)]])
    assert found == dict.fromkeys(watched, 1)


def opens(watched: list[str], calls: list[list[str]]) -> list[dict[str, int]]:
    """Return how often each call of the command line opens each watched file for reading."""
    arguments = [sys.executable, "-c", PROGRAM, json.dumps(watched), json.dumps(calls)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    counted: list[dict[str, int]] = json.loads(done.stdout)
    return counted
