"""YAML and JSON of any kind: read within limits, or refused with file and line."""

import json
from pathlib import Path

import pytest

from openner_utils.catalog import card_at
from openner_utils.config import params, profiles
from openner_utils.support.documents import MOST_BYTES, read_json, read_mapping, read_yaml
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 10)}]\n" for n in range(8)
)
YAML = {
    "a list": ("- a\n", ":1: a list, where lines"),
    "a list after a comment": ("# why\n\n- a\n", ":3: a list"),
    "a text": ("just words\n", ":1: a text"),
    "a number": ("3\n", ":1: a number"),
    "a date as the whole": ("2024-01-01\n", ":1: a date"),
    "a number as a key": ("name: a\n1: b\n", ":2: the key 1 is a number"),
    "a mark that does not fit": (
        "name: a\nday: !!bool x\n",
        ":2: 'x' cannot be read as what it is marked or looks like (bool)",
    ),
    "a mark of a list that does not fit": (
        "a: !!set [a]\n",
        ": a list or mapping is marked as what it is not",
    ),
    "a date that is none": ("name: a\nday: 2024-99-99\n", ":2: '2024-99-99' cannot be read"),
    "a huge number": ("name: a\n\nsize: " + "1" * 5000 + "\n", ":3: '1111"),
    "a number beyond all limits": (
        "name: a\nbytes: 9007199254740993\n",
        ":2: '9007199254740993' is beyond the largest",
    ),
    "a hexadecimal number": (
        "bytes: 0xFFFFFFFFFFFFFFFFFF\n",
        ":1: '0xFFFFFFFFFFFFFFFFFF' is a number in another notation",
    ),
    "an octal number": (
        "a:\n- 010\n",
        ":2: '010' is a number in another notation; write it in decimal digits",
    ),
    "a time of day": ("a: 1:30\n", ":1: '1:30' is a number in another notation"),
    "nested lists": ("a: " + "[" * 200_000 + "]" * 200_000, ":1: nested more than"),
    "nested dashes": ("a:\n" + "- " * 100_000 + "x\n", ":2: nested more than"),
    "nested mappings": ("\n".join(" " * n + "a:" for n in range(200)), ":65: nested more than"),
    "billion laughs": (LAUGHS, ":6: more than 1,000,000 values"),
    "an alias of itself": ("a: &a [*a]\n", ":1: an alias of what it lies in"),
    "an alias of nothing": ("a: *b\n", ":1: found undefined alias"),
    "a tag of Python": ("a: !!python/object/apply:os.system [x]\n", ":1: could not determine a constructor"),
    "a key twice": ("a: 1\na: 2\n", ":2: the key 'a' stands there twice"),
    "a list as a key": ("? [a]\n: b\n", ":1: found unhashable key"),
    "a control character": ("a: b\nc: \x07\n", ":2: control characters are not allowed"),
    "never closed": ("a: [\n", ":2: "),
}
"""Trouble → what a file holds, and how the error goes on after the file's name."""


@pytest.mark.parametrize("trouble", YAML)
def test_yaml_is_refused_with_its_line(trouble: str, tmp_path: Path) -> None:
    text, message = YAML[trouble]
    (tmp_path / "profiles").mkdir()
    paths = [
        tmp_path / "x.yaml",
        tmp_path / "params.yaml",
        tmp_path / "profiles" / "sample.yaml",
        tmp_path / "profiles" / "y.yaml",
    ]
    for path in paths:
        path.write_text(text)
    for read in (
        lambda: read_mapping(paths[0]),
        lambda: card_at(paths[0]),
        lambda: params.load(params.Whole, paths[1]),
        lambda: profiles.use("y", Place(tmp_path)),
    ):
        with pytest.raises(OpenNERError) as refused:
            read()
        assert f".yaml{message}" in str(refused.value)
        assert len(str(refused.value)) < 700


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"a: \xff\n", "not valid UTF-8"), (b"a: b\n" * (MOST_BYTES // 5 + 1), "at most 33,554,432 are read")],
    ids=["not UTF-8", "too large"],
)
def test_a_file_that_cannot_be_text_of_ours(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    for read in (read_yaml, read_json):
        with pytest.raises(OpenNERError, match=message):
            read(tmp_path / "x.yaml")


def test_a_folder_and_nothing_at_all(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "Is a directory"), (tmp_path / "absent", "No such file")):
        for read in (read_yaml, read_json):
            with pytest.raises(OpenNERError, match=message):
                read(path)


def test_aliases_within_reason_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("\ufeffa: &a {b: 1}\nc: {<<: *a, d: 2}\n", encoding="utf-8")
    assert read_mapping(tmp_path / "x.yaml") == {"a": {"b": 1}, "c": {"b": 1, "d": 2}}
    (tmp_path / "x.yaml").write_text("# nothing\n")
    assert read_mapping(tmp_path / "x.yaml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "b": }', r"x\.json:2: Expecting value"),
        ("[" * 100_000 + "]" * 100_000, r"x\.json: nested too deeply"),
        ("[" + "1" * 5000 + "]", r"x\.json: Exceeds the limit"),
        ("", r"x\.json:1: Expecting value"),
    ],
    ids=["broken", "nested", "a huge number", "empty"],
)
def test_json_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(OpenNERError, match=message):
        read_json(tmp_path / "x.json")


def test_json_that_is_right_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"ö": [1, None]}))
    assert read_json(tmp_path / "x.json") == {"ö": [1, None]}
