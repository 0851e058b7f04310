"""The page that lists formats by example: its readers and options are those that there are."""

import re

import pytest

from openner_utils.readers import READERS, module_of
from openner_utils.support import paths

PAGE = (paths.ROOT / "docs/how-to/formats.md").read_text(encoding="utf-8")
ROWS = [
    row for row in re.findall(r"^\| (.*) \| (.*) \|$", PAGE, re.MULTILINE) if row[1] != "reader and options"
]
"""Example, and reader with options, of each row."""


def reader_of(row: int) -> str:
    """Return the reader of a row; ``the same`` is that of the row above."""
    named = re.match(r"`(\w+)`", ROWS[row][1])
    return named[1] if named else reader_of(row - 1)


def test_the_page_lists_every_reader() -> None:
    assert {reader_of(row) for row in range(len(ROWS))} == set(READERS)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_options_on_the_page_are_those_of_the_reader(row: int) -> None:
    told = ROWS[row][1].split(";", 1)
    named = re.findall(r"`(?!--)(\w+)(?:=[^`]*)?`", told[1]) if len(told) > 1 else []
    known = module_of(reader_of(row)).Options.model_fields
    assert set(named) - {"list", "lines", "strip"} <= set(known), (ROWS[row], sorted(known))
