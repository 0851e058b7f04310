"""Texts with spans in CSV."""

import csv

import pytest

from openner_utils.readers.reading import Nested
from openner_utils.support.errors import FormatError
from tests.readers.own import read_text
from tests.reading import card, documents, fixture, read, sentences

TEXTS, SPANS = {}, {"layout": "spans"}


@pytest.mark.parametrize(
    ("name", "options", "expected", "lines", "of_documents"),
    [
        (
            "line_end_in_quotes.csv",
            TEXTS,
            ["Ada/B-PER ran/O", 'to/O "/O Oslo/B-LOC "/O ,/O', "Linz/B-LOC", "none/O"],
            [2, 2, 3, 3, 3, 3, 3, 4, 5],
            [2, 1, 1],
        ),
        ("python_list_in_column.csv", {"delimiter": ";"}, ["Ada/B-PER ran/O"], [2, 2], [1]),
        ("span_rows.csv", SPANS, ["Ada/B-X saw/I-X", "Oslo/B-LOC", "ran/O"], [2, 2, 3, 6], [2, 1]),
    ],
)
def test_what_is_read(name, options, expected, lines, of_documents) -> None:
    reading = fixture(name, card("csv_spans", options))
    assert sentences(reading) == expected
    assert reading.columns.lines.tolist() == lines
    assert documents(reading) == of_documents


def test_offsets_are_those_of_the_text_without_its_quotes() -> None:
    columns = fixture("line_end_in_quotes.csv", card("csv_spans")).columns
    assert columns.starts is not None and columns.starts.tolist() == [0, 4, 8, 11, 12, 16, 18, 0, 0]


def test_an_inner_span_is_kept_as_a_layer_under_the_line_of_its_row() -> None:
    reading = fixture("span_rows.csv", card("csv_spans", SPANS))
    assert reading.layers == (Nested(2, 0, 0, 1, "PER", 1),)
    assert [(row.line, row.before, row.rule) for row in reading.changes] == [(2, "0 3 PER", "overlap")]


@pytest.mark.parametrize(
    ("name", "options", "line", "what"),
    [
        ("code_in_column.csv", TEXTS, 2, "is no list of spans"),
        ("quote_never_closed.csv", TEXTS, 3, "the row that begins here is no CSV"),
        ("row_too_short.csv", TEXTS, 4, "1 column.* where the header names 2"),
        ("column_missing.csv", TEXTS, 1, "Unknown column 'text'. Did you mean 'Text'"),
        ("column_twice.csv", TEXTS, 1, "two columns 'text'"),
        ("span_outside_text.csv", TEXTS, 5, "outside the text"),
        ("carriage_return_unquoted.csv", TEXTS, 3, "is no CSV"),
        ("span_rows_unsorted.csv", SPANS, 4, "text 'x' comes a second time"),
        ("span_rows_with_two_texts.csv", SPANS, 3, "the text differs"),
        ("span_rows_with_fraction.csv", SPANS, 2, "'0.0' '3.0' 'PER' is no span"),
        ("empty.txt", TEXTS, 0, "holds no sentence"),
        ("latin1_declared_utf8.txt", TEXTS, 2, "byte 0xe1 is not valid utf-8"),
    ],
)
def test_what_is_refused_names_file_and_line(name, options, line, what) -> None:
    with pytest.raises(FormatError, match=what) as caught:
        fixture(name, card("csv_spans", options))
    assert (f"{name}:{line}: " if line else f"{name}: ") in str(caught.value)


@pytest.mark.parametrize(
    ("types", "expected"),
    [('"labels": ["A"]', [(0, "A")]), ('"label": "A"', [(0, "A")]), ('"labels": ["A", "B"]', [(0, "A"), (1, "B")]), ('"labels": []', [])],
)  # fmt: skip
def test_the_types_of_a_span_stand_under_label_or_labels(types: str, expected: list[tuple[int, str]]) -> None:
    cell = f'[{{"start": 0, "end": 3, {types}}}]'.replace('"', '""')
    reading = read_text("csv_spans", f'text,label\nAda ran,"{cell}"\n', spans="label")
    flat = [(0, label[2:]) for label in reading.columns.names if label != "O"]
    assert flat + [(one.layer, one.type) for one in reading.layers] == expected
    assert [fault.flaw for fault in reading.faults] == ([] if expected else ["bad-span"])


def test_a_long_text_is_read_and_the_limit_of_the_csv_module_stays_as_it_was(tmp_path) -> None:

    path, limit = tmp_path / "long.csv", csv.field_size_limit()
    path.write_text("text,entities\n" + "a " * limit + ",[]\n")
    of = card("csv_spans")
    assert len(read(path, of, of.files[0]).columns) == limit
    assert csv.field_size_limit() == limit
