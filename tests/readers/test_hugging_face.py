"""Datasets of Hugging Face as one JSON object."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.support.errors import FormatError
from tests.readers.own import faults, read_fixture, read_text
from tests.reading import sentences

NAMES = ["O", "B-PER", "I-PER"]
COLUMNS = {"tokens": [["Mira", "Halon"], ["Oto"]], "ner_tags": [[1, 2], [1]], "id": ["0", "1"]}


def test_features_name_the_labels_of_rows() -> None:
    reading = read_fixture("json_tokens", "rows_beside_features.json", layout="rows")
    assert sentences(reading) == ["Mira/B-PER Halon/I-PER left/O", "Oto/B-PER"]
    assert faults(reading) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [(NAMES, ["Mira/B-PER Halon/I-PER", "Oto/B-PER"]), ([], ["Mira/1 Halon/2", "Oto/1"])],
)
def test_labels_of_columns_have_the_names_that_are_given(names, expected) -> None:
    assert sentences(read_text("json_tokens", json.dumps(COLUMNS), layout="columns", names=names)) == expected


def test_a_number_without_name_is_a_fault_and_read_as_o() -> None:
    reading = read_text("json_tokens", json.dumps(COLUMNS), layout="columns", names=NAMES[:2])
    assert faults(reading) == [(1, "unknown-label")]
    assert sentences(reading) == ["Mira/B-PER Halon/O", "Oto/B-PER"]


def test_a_row_that_is_cut_short_is_a_fault() -> None:
    row = {"row": {"tokens": ["a"], "ner_tags": ["O"]}, "truncated_cells": ["tokens"]}
    assert faults(read_text("json_tokens", json.dumps({"rows": [row]}), layout="rows")) == [(1, "bad-json")]


@pytest.mark.parametrize(
    ("content", "layout", "what"),
    [
        ('{"tokens": [', "columns", "not valid JSON"),
        ("[" * 100_000, "rows", "not valid JSON"),
        ("[]", "columns", "no object of columns"),
        ("{}", "columns", "no object of columns"),
        ('{"tokens": "a"}', "columns", "no object of columns"),
        ('{"tokens": [["a"]], "ner_tags": []}', "columns", "the columns have 0, 1 rows"),
        ('{"rows": [1]}', "rows", "no list of rows"),
        ('{"features": []}', "rows", "no list of rows"),
    ],
)
def test_what_is_no_table_is_refused(content, layout, what) -> None:
    with pytest.raises(FormatError, match=what):
        read_text("json_tokens", content, layout=layout)


ROWS = st.lists(st.lists(st.tuples(st.text("aé", min_size=1), st.integers(0, 2)), min_size=1), min_size=1)


@settings(deadline=None)
@given(ROWS, st.booleans())
def test_what_is_written_is_read(text, viewer) -> None:
    rows = [{"tokens": [word for word, _ in row], "ner_tags": [tag for _, tag in row]} for row in text]
    if viewer:
        features = [{"name": "ner_tags", "type": {"feature": {"names": NAMES}}}]
        content = {"features": features, "rows": [{"row": row} for row in rows]}
        reading = read_text("json_tokens", json.dumps(content), layout="rows")
    else:
        content = {key: [row[key] for row in rows] for key in ("tokens", "ner_tags")}
        reading = read_text("json_tokens", json.dumps(content), layout="columns", names=NAMES)
    assert sentences(reading) == [" ".join(f"{word}/{NAMES[tag]}" for word, tag in row) for row in text]
