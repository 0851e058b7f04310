"""A line of text, a line with a Python list."""

from pathlib import Path

import pytest

from openner_utils import readers
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Nested
from openner_utils.support.errors import FormatError
from tests.reading import card, documents, fixture, sentences

LISTS = card("text_and_list", scheme="spans")


def test_text_and_list_stand_in_turns() -> None:
    reading = fixture("list_after_text.txt", LISTS)
    assert sentences(reading) == ["Ada/B-PER ran/B-X to/I-X Oslo/I-X ./O", "[/O 1/O ]/O ran/O"]
    assert documents(reading) == [1, 1]
    assert reading.columns.lines.tolist() == [1] * 5 + [4] * 4
    assert reading.columns.starts is not None and reading.columns.starts.tolist()[:5] == [0, 4, 8, 11, 15]
    assert reading.layers == (Nested(2, 0, 3, 4, "LOC", 1),)


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("list_text_differs.txt", 2, "is no mention of the line before"),
        ("list_is_code.txt", 2, "is no Python list"),
        ("list_too_deep.txt", 2, "is no Python list"),
        ("list_too_long.txt", 2, "longer than 100000 characters"),
        ("list_missing_at_end.txt", 5, "'' is no Python list"),
        ("list_missing_at_file_end.txt", 3, "the last text has no list"),
        ("list_missing_between.txt", 2, "is no Python list"),
    ],
)
def test_what_is_refused_names_file_and_line(name: str, line: int, what: str) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, LISTS)
    assert f"{name}:{line}: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("Ada ran\n[(0, 3, 'P', 'Ada')\nBo\n[(0, 2, 'P', 'Bo')]\n", [2], ["Ada/O ran/O", "Bo/B-P"]),
        ("Ada ran\nBo\n[(0, 2, 'P', 'Bo')]\n", [2], ["Ada/O ran/O", "Bo/B-P"]),
        ("Ada ran\n\nBo\n[(0, 2, 'P', 'Bo')]\n", [2], ["Ada/O ran/O", "Bo/B-P"]),
    ],
)
def test_after_a_list_that_is_none_reading_goes_on(text, lines, expected) -> None:
    reading = readers.read(RawFile(Path("f"), "f", text.encode()), Layout("text_and_list"))
    assert [fault.line for fault in reading.faults] == lines
    assert sentences(reading) == expected
