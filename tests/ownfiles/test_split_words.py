"""Edges of mentions inside words are findings with their lines."""

import json

import pytest

from openner_utils.ownfiles.find import find
from openner_utils.ownfiles.opening import inspect
from tests.readers.test_guess_kinds import raw

FOUND = {
    "an end inside a word": (
        "Ada ran to Oslo",
        [0, 3],
        [11, 13],
        ["a mention ends inside the word 'Oslo', before 'lo'"],
    ),
    "a begin inside a word": (
        "xAda ran to Oslo",
        [1, 4],
        [12, 16],
        ["a mention begins inside the word 'xAda', before 'Ada'"],
    ),
    "an end at an apostrophe": ("Ada's men ran", [0, 3], [6, 9], []),
    "an end at a hyphen": ("Ada-like men ran", [0, 3], [9, 12], []),
    "whole words": ("Ada ran to Oslo", [0, 3], [11, 15], []),
    "a script without blanks": ("\u7c73\u62c9\u79bb\u5f00", [0, 2], [3, 4], []),
}


@pytest.mark.parametrize(("text", "first", "second", "expected"), FOUND.values(), ids=FOUND.keys())
def test_a_divided_word_is_found_on_its_line(
    text: str, first: list[int], second: list[int], expected: list[str]
) -> None:
    entry = {"text": text, "entities": [[*first, "PER"], [*second, "LOC"]]}
    plain = {"text": "Bo sat", "entities": [[0, 2, "PER"]]}
    opened = inspect(raw(json.dumps(plain) + "\n" + json.dumps(entry) + "\n")).strict()
    found = [(each.line, each.what) for each in find(opened) if each.flaw == "split-word"]
    assert found == [(2, what) for what in expected]


def test_what_a_table_was_taken_for_and_the_other_value_of_a_switch_are_said() -> None:
    opened = inspect(raw("Ada,B-PER\nran,O\n"))
    assert "token in column 0, label in column 1, columns counted from 0" in opened.told
    assert (
        "token in column 'Word', label in column 'Tag' (" in inspect(raw("Word,Tag\nAda,B-PER\nran,O\n")).told
    )
    early = inspect(raw(json.dumps({"text": "Ada ran", "entities": [[0, 2, "PER"]]}) + "\n"))
    assert any("or give --option inclusive=true." in each.hint for each in find(early))
