"""The bulk form holds what the objects hold, and refuses what cannot be."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import Columns, concat, encode_names, from_rows, offsets_of
from openner_utils.core.document import Sentence
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.repair import repair
from tests.strategies import label_rows, with_tokens

TWO = [(["Ada", "ran"], ["B-PER", "O"]), (["Oslo"], ["B-LOC"])]


def columns(**changes) -> Columns:
    fields = {
        "tokens": pa.array(["Ada", "ran", "Oslo"]),
        "labels": np.array([1, 0, 2], np.int32),
        "names": ("O", "B-PER", "B-LOC"),
        "sentences": np.array([0, 2, 3]),
        "documents": np.array([0, 2]),
        "lines": np.array([1, 2, 4], np.int32),
    }
    return Columns(**fields | changes)


def test_rows_come_back() -> None:
    made = from_rows(TWO, "x.txt")
    assert list(made.rows()) == [(tuple(tokens), tuple(labels)) for tokens, labels in TWO]
    assert list(columns().rows()) == list(made.rows())
    assert (made.lines.tolist(), made.n_sentences, len(made)) == ([1, 2, 4], 2, 3)
    assert made.label_strings().to_pylist() == ["B-PER", "O", "B-LOC"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.zeros(2, np.int32)}, "3 tokens, 2 labels"),
        ({"lines": np.zeros(4, np.int32)}, "and 4 lines"),
        ({"sentences": np.array([0, 2])}, "Sentence offsets must rise from 0 to 3"),
        ({"sentences": np.array([1, 3])}, "Sentence offsets"),
        ({"sentences": np.array([0, 2, 2, 3])}, "one token or more"),
        ({"documents": np.array([0, 1])}, "Document offsets must rise from 0 to 2"),
        ({"documents": np.array([0, 0, 2])}, "Document offsets"),
    ],
)
def test_inconsistent_columns_are_refused(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        columns(**changes)


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tokens but 1 labels"):
        from_rows([(["a", "b"], ["O"])])


def test_positions() -> None:
    made = columns(documents=np.array([0, 1, 2]))
    assert made.first.tolist() == [True, False, True]
    assert made.sentence_of.tolist() == [0, 0, 1]
    assert made.document_of.tolist() == [0, 1]


def test_rename_merges_equal_spellings() -> None:
    renamed = from_rows([(["a", "b", "c"], ["OUT", "O", "PER"])]).rename(["O", "O", "I-PER"])
    assert renamed.names == ("O", "I-PER")
    assert [labels for _, labels in renamed.rows()] == [("O", "O", "I-PER")]


def test_names_begin_with_outside() -> None:
    ids, names = encode_names(["B-PER", "O", "B-PER"])
    assert (ids.tolist(), names) == ([1, 0, 1], ("O", "B-PER"))


def test_offsets() -> None:
    assert offsets_of([2, 1]).tolist() == [0, 2, 3]
    assert offsets_of([]).tolist() == [0]
    assert offsets_of(np.array([3], np.int32)).dtype == np.int64


def test_nothing_is_a_legal_content() -> None:
    for empty in (from_rows([]), concat([])):
        assert (len(empty), empty.n_sentences, list(empty.rows())) == (0, 0, [])
        assert len(decode(repair(empty), IOB2)) == 0


def test_concat_keeps_documents_and_offsets() -> None:
    offsets = {"starts": np.array([0, 4, 0], np.int32), "ends": np.array([3, 7, 4], np.int32)}
    joined = concat([columns(**offsets), columns(names=("B-X", "O", "B-Y"), **offsets)], "all")
    assert joined.names == ("O", "B-PER", "B-LOC", "B-X", "B-Y")
    assert joined.label_strings().to_pylist() == ["B-PER", "O", "B-LOC", "O", "B-X", "B-Y"]
    assert (joined.sentences.tolist(), joined.documents.tolist()) == ([0, 2, 3, 5, 6], [0, 2, 4])
    assert joined.starts is not None and joined.starts.tolist() == [0, 4, 0, 0, 4, 0]
    assert concat([columns(**offsets), columns()]).starts is None


@given(rows=label_rows(IOB2))
def test_columns_hold_what_sentences_hold(rows) -> None:
    made = repair(from_rows(with_tokens(rows)))
    objects = [Sentence(tokens, IOB2.decode(labels)) for tokens, labels in made.rows()]
    found = decode(made, IOB2)
    assert len(found) == sum(len(sentence.mentions) for sentence in objects)
    for start, end, number, type in zip(found.start, found.end, found.sentence, found.type, strict=True):
        text = " ".join(made.tokens.to_pylist()[start:end])
        mentions = objects[number].mentions
        assert (text, found.types[type]) in [(objects[number].text_of(m), m.type) for m in mentions]


@given(pieces=st.lists(label_rows(IOB2), min_size=1, max_size=4))
def test_concat_is_the_rows_one_after_the_other(pieces) -> None:
    joined = concat([from_rows(with_tokens(rows)) for rows in pieces])
    assert [list(labels) for _, labels in joined.rows()] == [row for rows in pieces for row in rows]
    assert len(joined.documents) == len(pieces) + 1


def test_sentences_are_picked_in_the_order_asked_for_and_as_often():
    columns = from_rows([(["a", "b"], ["B-X", "I-X"]), (["c"], ["O"]), (["d", "e"], ["O", "B-Y"])])
    picked = columns.pick(np.array([2, 0, 2], np.int32))
    rows = list(columns.rows())
    assert list(picked.rows()) == [rows[2], rows[0], rows[2]]
    assert picked.lines.tolist() == [
        *columns.lines[3:].tolist(),
        *columns.lines[:2].tolist(),
        *columns.lines[3:].tolist(),
    ]
    assert len(columns.pick(np.array([], np.int32))) == 0
