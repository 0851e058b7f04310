"""What a refusal says to do works: each way that it names is taken, and the file is read."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.support.errors import FormatError


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def ways(refused: Result) -> list[list[str]]:
    """Return the ways that an error names, as words of a command line."""
    assert refused.exit_code == 1 and isinstance(refused.exception, FormatError)
    said = re.search(r"Say it: (.*)\.$", refused.exception.hint)
    return [shlex.split(way) for way in said[1].split(", or ")] if said else []


SETTLED = {
    "two lists of words": (
        {"left": ["Oto", "was"], "right": ["oto", "be"], "ner": ["B-PER", "O"]},
        [{"PER": 1}, {"PER": 1}],
    ),
    "two lists of labels": (
        {"tokens": ["Oto", "Mira"], "gold": ["B-PER", "O"], "pred": ["B-PER", "B-LOC"]},
        [{"PER": 1}, {"LOC": 1, "PER": 1}],
    ),
    "two lists of spans": (
        {"text": "Oto left Turku.", "gold": [[0, 3, "PER"]], "pred": [[0, 3, "PER"], [9, 14, "LOC"]]},
        [{"PER": 1}, {"LOC": 1, "PER": 1}],
    ),
    "types without O": ("Oslo\tLOC\nTurku\tLOC\nMira\tPER\n", [{"LOC": 1, "PER": 1}]),
    "a label that may be O": ("Mira\tPER\nwas\tzz\nin\tzz\nOslo\tLOC\nand\tzz\nso\tzz\non\tzz\nup\tzz\nto\tzz\n", [{"LOC": 1, "PER": 1}]),
    "brackets": ("[Link here] and [Link there].\n", [{"Link": 2}]),
    "Cyrillic bytes": ("Мира\tB-PER\nушла\tO\nв\tO\nТурку\tB-LOC\n".encode("cp1251"), [{"LOC": 1, "PER": 1}] * 2),
}  # fmt: skip


@pytest.mark.parametrize(("content", "mentions"), SETTLED.values(), ids=SETTLED.keys())
def test_each_way_that_is_named_reads_the_file(
    content: object, mentions: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "in.txt"
    text = json.dumps(content) + "\n" if isinstance(content, dict) else content
    path.write_bytes(text if isinstance(text, bytes) else str(text).encode())
    found = []
    for way in ways(openner("count", path)):
        done = openner("count", path, *way, "--json")
        assert done.exit_code == 0, done.exception
        found.append(json.loads(done.stdout)[0]["types"])
    assert found == mentions


@pytest.mark.parametrize(
    ("content", "way"),
    [
        ("1\tMira\tM\tP\t_\t_\t0\tr\t_\tNE=PER\n2\tran\tM\tP\t_\t_\t0\tr\t_\tNE=O\n", ("--option", "key=NE")),
        ("Oslo\tLOC\nTurku\tLOC\nMira\tPER\n", ("--label", "1")),
        ('{"a": ["Oto"], "b": ["x"]}\n', ("--reader", "json_tokens", "--option", "tokens=a", "--option", "labels=b", "--option", "layout=lines")),
    ],
)  # fmt: skip
def test_what_the_user_says_is_taken_at_its_word(content: str, way: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(content)
    assert openner("count", path).exit_code == 1
    assert "settles" not in str(openner("count", path, *way).exception)
    assert "looks like" not in str(openner("count", path, *way).exception)


def test_what_is_doubtful_is_said_on_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text("Mira\tPERSON\nOto\tPERSON\nwas\tNONE\n")
    assert "no O, so NONE is read as O, though PERSON is more frequent" in openner("validate", path).stderr
