"""Words with their labels glued to them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.readers.reading import NO_LABEL
from tests.readers.own import faults, mentions, read_fixture, read_text
from tests.reading import documents, sentences


def test_pipes_of_spacy() -> None:
    reading = read_fixture("glued_fields", "pipes_between_fields.iob", fields=3)
    assert mentions(reading) == [["PERSON: Mira"], ["PERSON: Oto"], ["GPE: Turku"]]
    assert faults(reading) == []


def test_slash_tags_without_prefix_are_labels_in_io() -> None:
    reading = read_fixture("glued_fields", "slash_tags_without_prefix.txt", separator="/")
    assert sentences(reading) == [
        "Mira/PERSON left/O",
        "Oto/PERSON sang/O",
        "it/O rained/O",
        "in/O Turku/LOCATION",
    ]
    assert faults(reading) == []


def test_the_last_slash_parts_word_and_label() -> None:
    reading = read_fixture("glued_fields", "slash_in_word.txt", separator="/")
    assert sentences(reading) == ["Ada/B-PER and/or/O 1//2/O", "ran/O", "Oslo/B-LOC"]
    assert documents(reading) == [2, 1]
    assert reading.columns.lines.tolist() == [1, 1, 1, 2, 4]


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("slash_missing.txt", (2, "missing-label")),
        ("slash_without_word.txt", (1, "empty-token")),
        ("slash_without_label.txt", (1, "empty-label")),
    ],
)
def test_what_is_wrong_is_a_fault_with_its_line(name, flaw) -> None:
    assert faults(read_fixture("glued_fields", name, separator="/")) == [flaw]


@pytest.mark.parametrize(
    ("text", "options", "flaws", "left"),
    [
        ("a|O b|x|B-X\n", {"fields": 3}, [(1, "missing-label")], ["a|O/ b/B-X"]),
        ("a| b|O\n", {}, [(1, "empty-label")], ["a/ b/O"]),
        ("|O b|O\n", {}, [(1, "empty-token")], ["|O/ b/O"]),
        ("a\n||O\n", {}, [(1, "missing-label")], ["a/", "|/O"]),
        ("1/2/O\n\n\nb/O\r\n", {"separator": "/"}, [], ["1/2/O", "b/O"]),
    ],
)
def test_a_word_without_label_is_a_fault_and_a_token(text, options, flaws, left) -> None:
    reading = read_text("glued_fields", text, **options)
    assert faults(reading) == flaws
    assert [sentence.replace(NO_LABEL, "") for sentence in sentences(reading)] == left


def test_a_blank_line_ends_a_document() -> None:
    assert documents(read_text("glued_fields", "a|O\nb|O\n\nc|O")) == [2, 1]


FIELD = st.text("ab|é/", min_size=1, max_size=3)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(FIELD, st.sampled_from(["O", "B-x", "LOC"])), min_size=1), min_size=1),
    st.integers(2, 4),
)
def test_what_is_written_is_read(text, fields) -> None:
    lines = [" ".join("|".join([word, *["x"] * (fields - 2), label]) for word, label in row) for row in text]
    reading = read_text("glued_fields", "\n".join(lines), fields=fields)
    assert [list(zip(*row, strict=True)) for row in reading.columns.rows()] == text
