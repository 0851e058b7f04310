"""Tables in CSV with a token a row."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import inspect, open_file, raw_file
from openner_utils.support.errors import FormatError, OpenNERError
from tests.readers.own import changes, faults, mentions, read_fixture, read_text
from tests.reading import documents, sentences

KAGGLE = {"sentence": "Sentence #"}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sentence_named_in_each_row.csv", KAGGLE, ["Mira/B-per left/O", "Turku/B-geo rained/O ./O"]),
        ("sentence_named_once.csv", KAGGLE, ['Mira/B-per "/O said/O', "Turku/B-geo rained/O ./O"]),
        (
            "every_cell_quoted.tsv",
            {"delimiter": "\t", "header": False, "token": 0, "label": 1},
            ["Mira/B-PER Halon/I-PER left/O ./O", "Oto/B-PER sang/O well/O ./O"],
        ),
    ],
)
def test_what_is_read(name, options, expected) -> None:
    reading = read_fixture("csv_tokens", name, **options)
    assert sentences(reading) == expected
    assert documents(reading) == [2]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("rows", "expected", "flaws", "left_out"),
    [
        ('a,O\n",O\nb,O\n', ["a/O b/O"], [(3, "column-count")], []),
        ("a,O\nb\nc,O\n", ["a/O c/O"], [(3, "column-count")], []),
        ("a,O\n,B-PER\nb,O\n", ["a/O b/O"], [(3, "empty-token")], [(3, "B-PER", None, "empty-token")]),
        ("a,O\n,\n\nb,O\r\n", ["a/O", "b/O"], [], []),
        ('"a,b","B-""x"""\n', ['a,b/B-"x"'], [], []),
    ],
)
def test_a_row_that_is_none_is_a_fault_and_the_others_are_read(rows, expected, flaws, left_out) -> None:
    reading = read_text("csv_tokens", f"Word,Tag\n{rows}")
    assert sentences(reading) == expected
    assert faults(reading) == flaws
    assert changes(reading) == left_out


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"token": "Wort"}, "Unknown column 'Wort'. Did you mean 'Word'"),
        ({"label": 2}, "there is no column 2: the rows have 2"),
        ({"header": False}, "no line names the columns"),
        ({"delimiter": ";"}, "Unknown column 'Word'"),
    ],
)
def test_a_column_that_is_not_there_is_named(options, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("csv_tokens", "Word,Tag\nAda,B-PER\n", **options)


@pytest.mark.parametrize("token", ["said", ","])
def test_a_table_with_tabs_that_names_each_sentence_once_loses_no_row(token, tmp_path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text(
        f"Sentence #\tWord\tTag\nSentence: 1\tMira\tB-per\n\t{token}\tO\nSentence: 2\tTurku\tB-geo\n\t.\tO\n"
    )
    opened = open_file(path)
    assert opened.format.reader == "csv_tokens"
    assert sentences(opened.reading) == [f"Mira/B-per {token}/O", "Turku/B-geo ./O"]


CELL = st.text(st.sampled_from('ab",;é \t'), min_size=1, max_size=4).filter(str.strip)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(CELL, st.sampled_from(["O", "B-PER", "I-a,b"])), min_size=1, max_size=4),
        min_size=1,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.booleans(),
)
def test_what_is_written_is_read(text, delimiter, quoting, once) -> None:
    file = io.StringIO()
    table = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    table.writerow(["Sentence #", "Word", "Tag"])
    for number, sentence in enumerate(text):
        for position, row in enumerate(sentence):
            table.writerow(["" if once and position else f"Sentence: {number}", *row])
    reading = read_text("csv_tokens", file.getvalue(), delimiter=delimiter, sentence="Sentence #")
    assert [list(zip(*row, strict=True)) for row in reading.columns.rows()] == text
    assert not reading.faults


def test_mentions_of_a_sentence_end_with_it() -> None:
    reading = read_text("csv_tokens", "Word,Tag,s\nAda,B-PER,1\nAda,B-PER,2\n", sentence="s")
    assert mentions(reading) == [["PER: Ada"], ["PER: Ada"]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('token,label\n"New\nYork",B-LOC\nran,O\n', 2),
        ('token,label,note\nAda,B-PER,"a, b\nc, d"\nran,O,\n', 2),
    ],
)
def test_a_line_break_in_a_cell_is_named_by_its_line(tmp_path, text, line) -> None:
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(FormatError, match=rf":{line}: .* is no row of cells.*no cell holds a line break"):
        open_file(tmp_path / "f.csv")


def test_a_line_break_in_a_cell_is_named_where_no_header_is(tmp_path) -> None:
    (tmp_path / "f.csv").write_text('"Ada","B-PER"\n"New\nYork","B-LOC"\n"ran","O"\n' * 3)
    opened = inspect(raw_file(tmp_path / "f.csv"))
    assert [(fault.line, fault.flaw) for fault in opened.faults] == [
        (line, "column-count") for line in (2, 6, 10)
    ]
    assert opened.columns.tokens.to_pylist() == ["Ada", "ran"] * 3


@pytest.mark.parametrize("said", ["", "ab", "\\t", 5])
@pytest.mark.parametrize("reader", ["csv_tokens", "csv_sentences", "csv_spans"])
def test_a_delimiter_that_is_none_is_an_error_of_options(reader: str, said: object, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("Word,Tag\nAda,B-PER\n")
    with pytest.raises(OpenNERError, match=f"options of the reader {reader}: delimiter: Input should be"):
        open_file(path, Format(reader, None, {"delimiter": said}))
