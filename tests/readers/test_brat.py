"""BRAT standoff: a text and the annotations beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.curation.clean import clean, undo_spans
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect, raw_file
from openner_utils.readers.reading import Reading
from openner_utils.support.errors import FormatError
from tests.reading import FIXTURES, FLAWS, card, documents, fixture, read, sentences

BRAT = card("brat", scheme="spans")


def removals(reading: Reading) -> list[tuple[int, int, str | None, str | None, str]]:
    return [(row.line, row.sentence, row.before, row.after, row.rule) for row in reading.changes]


@pytest.mark.parametrize(
    ("name", "expected", "removed"),
    [
        (
            "mentions_in_two_lines",
            ["Ada/B-PER ran/O ./O", "Oslo/B-LOC", "Ada/O Byron/B-PER Ltd/O"],
            [(4, 1, "10 18 LOC", "10 14 LOC", "cut at sentence end")],
        ),
        (
            "discontinuous",
            ["Ada/O and/O Max/B-PER Byron/I-PER", "ran/O"],
            [(1, 0, "0 3;12 17 PER", None, "discontinuous")],
        ),
        ("crlf_text", ["Ada/B-PER ran/O", "to/O Oslo/B-LOC"], []),
        (
            "begins_at_line_end",
            ["Ada/O", "Oslo/B-LOC"],
            [(1, 1, "3 8 LOC", "4 8 LOC", "white space at edge"), (2, 1, "3 4 LOC", None, "blank span")],
        ),
        ("line_separator_in_note", ["Ada/B-PER"], []),
        (
            "tabs_and_broken_text",
            ["Ada/B-PER Byron/I-PER came/B-MISC", "to/O New/B-LOC", "Town/O ./O"],
            [(2, 1, "18 26 LOC", "18 21 LOC", "cut at sentence end")],
        ),
    ],
)
def test_what_is_read(name, expected, removed) -> None:
    reading = fixture(f"{name}.txt", BRAT)
    assert sentences(reading) == expected
    assert removals(reading) == removed
    assert documents(reading) == [len(expected)]


def test_other_annotations_are_counted() -> None:
    counts = fixture("mentions_in_two_lines.txt", BRAT).counts
    assert counts == {"annotation that is no mention": 1, "note": 1}


def test_text_that_goes_on_in_the_next_line_is_counted() -> None:
    assert fixture("tabs_and_broken_text.txt", BRAT).counts == {"line that goes on with a mention's text": 1}


def test_offsets_count_carriage_returns() -> None:
    columns = fixture("crlf_text.txt", BRAT).columns
    assert columns.starts is not None and columns.starts.tolist() == [0, 4, 9, 12]
    assert columns.lines.tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("name", "place", "what"),
    [
        ("text_and_annotation_differ", ".ann:2: ", "the text at 4 7 is 'ran', not 'sat'"),
        ("span_outside_text", ".ann:2: ", "span 0 9 lies outside the text"),
        ("no_span", ".ann:1: ", "no text-bound annotation.*Write T1<TAB>TYPE"),
        ("number_too_long", ".ann:1: ", "no text-bound annotation"),
        ("without_annotation", ".ann: ", "missing beside its text"),
        ("latin1_declared_utf8", ".txt:2: ", "byte 0xe1 is not valid utf-8"),
    ],
)
def test_what_is_refused_names_file_and_line(name, place, what) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(f"{name}.txt", BRAT)
    assert name + place in str(caught.value)


@pytest.mark.parametrize("name", ["mentions_in_two_lines", "discontinuous", "begins_at_line_end"])
def test_published_spans_come_back(name) -> None:
    reading = fixture(f"{name}.txt", BRAT)
    cleaned = clean(reading, BRAT, BRAT.files[0])
    annotations = (FIXTURES / f"{name}.ann").read_text().split("\n")
    published = sorted(
        f"{spans} {type}"
        for line in annotations
        if line.startswith("T")
        for type, spans in [line.split("\t")[1].split(" ", 1)]
    )
    restored = undo_spans(cleaned.repaired, cleaned.ledger)
    assert sorted(span for sentence in restored for span in sentence) == published


lines = st.sampled_from(
    [
        "T1\tPER 0 3\tAda",
        "T2\tLOC 4 8",
        "T3\tX 2 5;6 7\tx",
        "#1\tnote",
        "R1",
        "\n",
        "\r\n",
        "T",
        "T1\tPER 3 0\t",
        "\u2028",
    ]
)


@given(
    text=st.binary(max_size=30) | st.text("Ada Oslo\n\r\u0301\u2028").map(str.encode),
    annotations=st.binary(max_size=30)
    | st.lists(lines, max_size=8).map(lambda parts: "".join(parts).encode()),
)
def test_any_bytes_give_a_reading_or_an_error_that_names_the_file(
    text, annotations, tmp_path_factory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text)
    path.with_suffix(".ann").write_bytes(annotations)
    of = card("brat", allow=FLAWS)
    try:
        assert isinstance(read(path, of, of.files[0]), Reading)
    except FormatError as error:
        assert "any." in str(error)


def test_offsets_in_utf16_units_are_named_and_can_be_read(tmp_path) -> None:
    (tmp_path / "f.txt").write_text("😀 Ada\nBo", encoding="utf-8")
    (tmp_path / "f.ann").write_text("T1\tPER 3 6\tAda\nT2\tPER 7 9\tBo\nT3\tX 3 4;5 6\tA a\n")
    raw = raw_file(tmp_path / "f.ann")
    found = inspect(raw).faults
    assert [(fault.line, "UTF-16 units" in fault.what) for fault in found] == [(1, True), (2, True)]
    assert "Count offsets in characters, or give another --option offsets=…" in found[0].hint
    opened = inspect(raw, Format(options={"offsets": "utf16"}))
    assert sentences(opened.reading) == ["😀/O Ada/B-PER", "Bo/B-PER"]
    assert (opened.faults, removals(opened.reading)) == ((), [(3, 0, "3 4;5 6 X", None, "discontinuous")])
