"""Mentions in brackets."""

import pytest

from openner_utils.readers.reading import Nested
from openner_utils.support.errors import FormatError
from tests.reading import card, documents, fixture, sentences


def test_brackets_nest_and_are_written_with_a_backslash_in_the_text() -> None:
    reading = fixture("brackets_nested.txt", card("bracketed"))
    assert sentences(reading) == [
        "University/B-ORG of/I-ORG Oslo/I-ORG and/O Ada/B-PER",
        r"[/O 1/O ]/O a/O \/O b/O",
        "Ada/B-PER Byron/I-PER 's/O",
    ]
    assert documents(reading) == [2, 1]
    assert reading.columns.lines.tolist() == [1] * 5 + [2] * 6 + [4] * 3
    assert reading.columns.starts is not None and reading.columns.starts.tolist()[:5] == [0, 11, 14, 19, 23]
    assert reading.layers == (Nested(1, 0, 2, 3, "LOC", 1),)


@pytest.mark.parametrize(
    ("name", "line", "what"),
    [
        ("bracket_never_closed.txt", 2, r"\[PER is never closed"),
        ("bracket_never_opened.txt", 2, "] where no mention is open"),
        ("bracket_without_type.txt", 1, r"\[ without a type and a blank"),
        ("bracket_of_nothing.txt", 1, "holds no text"),
        ("backslash_alone.txt", 1, "a single backslash"),
    ],
)
def test_what_is_refused_names_file_and_line(name, line, what) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("bracketed"))
    assert f"{name}:{line}: " in str(caught.value)
