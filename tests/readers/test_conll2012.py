"""Mentions in parentheses, as CoNLL-2012 writes them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.own import faults, layers, mentions, read_fixture, read_text
from tests.reading import documents, sentences

TWO = {"token": 0, "label": 1}


def test_two_columns() -> None:
    reading = read_fixture("conll2012", "parentheses.tsv", **TWO)
    assert mentions(reading) == [
        ["PERSON: Mira Halon", "PERSON: Oto", "GPE: Turku"],
        ["GPE: Turku", "DATE: May 5 , 2001"],
    ]
    assert faults(reading) == []


def test_nested_mentions_are_layers_and_documents_have_a_begin() -> None:
    reading = read_fixture("conll2012", "parentheses_nested.conll")
    assert mentions(reading) == [["ORG: University of Oslo"], ["ORG: Ada"], ["PERSON: Bo"]]
    assert layers(reading) == ["0:2-3 GPE 1", "1:0-1 PERSON 1"]
    assert documents(reading) == [2, 1]
    assert reading.columns.lines.tolist() == [2, 3, 4, 6, 10]


@pytest.mark.parametrize(
    ("rows", "flaws", "left"),
    [
        ("a (X*\nb *\n", [(1, "bad-span")], ["a/O b/O"]),
        ("a *)\nb (X)\n", [(1, "bad-span")], ["a/O b/B-X"]),
        ("a B-X\nb (X)\n", [(1, "unknown-label")], ["a/O b/B-X"]),
        ("a\nb (X)\n", [(1, "column-count")], ["b/B-X"]),
        ("a (X*)*\nb (*)\n", [(1, "unknown-label"), (2, "unknown-label")], ["a/O b/O"]),
        ("a (X*\n\nb *)\n", [(1, "bad-span"), (3, "bad-span")], ["a/O", "b/O"]),
        ("a \nb (X)\n", [(1, "column-count")], ["b/B-X"]),
        ("a (Y*\nb (X)*)\r\n", [], ["a/B-Y b/I-Y"]),
    ],
)
def test_what_is_wrong_is_a_fault_and_the_rest_is_read(rows, flaws, left) -> None:
    reading = read_text("conll2012", rows, **TWO)
    assert faults(reading) == flaws
    assert sentences(reading) == left


@st.composite
def nested(draw) -> tuple[int, list[tuple[int, int]]]:
    """Draw the length of a sentence and ranges in it that lie inside one another or apart, all different."""
    length = draw(st.integers(1, 6))
    spans = draw(st.sets(st.tuples(st.integers(0, length), st.integers(0, length)), max_size=6))
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        crossing = any(s < start < e < end or start < s < end < e for s, e in kept)
        if start < end and not crossing:
            kept.append((start, end))
    return length, kept


@settings(deadline=None)
@given(nested())
def test_what_is_written_is_read(drawn) -> None:
    length, spans = drawn
    cells = [
        "".join(f"(T{s}_{e}" for s, e in sorted(spans, key=lambda span: -span[1]) if s == number)
        + "*"
        + ")" * sum(e == number + 1 for _, e in spans)
        for number in range(length)
    ]
    reading = read_text("conll2012", "".join(f"w {cell}\n" for cell in cells), **TWO)
    found = [f"T{one.start}_{one.end}" for one in reading.layers]
    found += [name.split(": ")[0] for name in mentions(reading)[0]]
    assert sorted(found) == sorted(f"T{s}_{e}" for s, e in spans)
    assert all(one.type == f"T{one.start}_{one.end}" for one in reading.layers)
    assert not reading.faults
