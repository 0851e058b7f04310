"""Sentences that are too long: where they are cut, what goes along, and that everything comes back."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from openner_utils.catalog import Card
from openner_utils.core.encoding import ENCODINGS, IOB2, decode
from openner_utils.curation.clean import Cleaned, clean, undo, undo_spans, undo_tokens
from openner_utils.curation.cutting import NO_PLACE, RULE, cuts
from openner_utils.readers import read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Nested
from tests.reading import card, documents
from tests.strategies import TYPES, labels


@pytest.mark.parametrize(
    ("text", "longest", "pieces"),
    [
        ("a b . c d . e", 4, ["a b .", "c d . e"]),
        ("a b . c d . e", 6, ["a b . c d .", "e"]),
        ("a b c d e . f", 3, ["a b c d e .", "f"]),  # none is near enough: the first that comes
        ("a b c d e f g", 3, ["a b c d e f g"]),
        ("a ! ? . . . b c", 6, ["a ! ? . . .", "b c"]),
        ("a … b c", 3, ["a …", "b c"]),
        ("« a . » b c", 4, ["« a . »", "b c"]),
        ('" a . " b c', 4, ['" a . "', "b c"]),
        ('a . " b " c d', 5, ["a .", '" b " c d']),
        ("( a . ) b c d", 4, ["( a . )", "b c d"]),
        ("Mr. X ran . c d", 4, ["Mr. X ran .", "c d"]),
        ("he ran. She fell. Then", 4, ["he ran. She fell.", "Then"]),
        ("the U.S. Army vs. us now", 3, ["the U.S. Army vs. us now"]),
        ("3.5 4.5 5.5 a b", 3, ["3.5 4.5 5.5 a b"]),
        ("我 走 。 你 来 。", 4, ["我 走 。", "你 来 。"]),
        ("a ؟ b ۔ c d", 4, ["a ؟ b ۔", "c d"]),
        ("a । b ။ c d", 4, ["a । b ။", "c d"]),
        ("a ነው። b c d", 3, ["a ነው።", "b c d"]),
        ("a ！ b ？ c d", 4, ["a ！ b ？", "c d"]),
        (". . . . a", 3, [". . . .", "a"]),
    ],
)
def test_where_a_sentence_is_cut(text: str, longest: int, pieces: list[str]) -> None:
    tokens = text.split()
    begins = [0, *cuts(tokens, np.zeros(len(tokens), np.bool_), longest), len(tokens)]
    assert [" ".join(tokens[a:b]) for a, b in pairwise(begins)] == pieces


def cleaned(content: str, of: Card) -> Cleaned:
    return clean(read(raw(content), Layout.of(of)), of, of.files[0])


def raw(content: str) -> RawFile:
    return RawFile(Path("f"), "f", content.encode())


def columns(options: dict[str, Any] | None = None, **fields: Any) -> Card:
    return card("delimited", {"separator": "space"} | (options or {}), **fields)


def test_a_mention_is_never_cut_nor_are_two_that_touch() -> None:
    content = "a O\n. O\nYahoo B-ORG\n! I-ORG\nInc I-ORG\n. B-PER\nX B-PER\n. O\nb O\n"
    found = cleaned(content, columns(longest=2))
    assert [" ".join(tokens) for tokens, _ in found.repaired.rows()] == ["a .", "Yahoo ! Inc . X .", "b"]
    assert found.counts[NO_PLACE] == 1 and found.counts[f"ledger: {RULE}"] == 2
    rows = [
        (row["line"], row["sentence"], row["token"], row["before"], row["after"])
        for row in found.ledger.to_pylist()
    ]
    assert rows == [(3, 1, 0, "", "Yahoo"), (9, 2, 0, "", "b")]


def test_a_nested_mention_is_not_cut_and_goes_along() -> None:
    content = "a O\n. O\nb O B-LOC\n. O I-LOC\nc O I-LOC\n. O\nd O\n"
    found = cleaned(content, columns({"label": 1, "extra": 2}, longest=2))
    assert [" ".join(tokens) for tokens, _ in found.repaired.rows()] == ["a .", "b . c .", "d"]
    assert found.layers == (Nested(3, 1, 0, 3, "LOC", 1),)


def test_documents_stay_whole() -> None:
    content = "-DOCSTART- O\n\na O\n. O\nb O\n. O\n\n-DOCSTART- O\n\nc O\n. O\nd O\n"
    of = columns({"docstart": True}, longest=2)
    found = cleaned(content, of)
    assert np.diff(found.repaired.documents).tolist() == [2, 2]
    assert documents(read(raw(content), Layout.of(of))) == [1, 1]


def test_spans_come_back() -> None:
    content = '{"text": "Ada ran. Ada B. fell. Oslo sank.", "entities": [[0, 3, "PER"], [9, 15, "PER"], [9, 12, "PER"], [22, 27, "LOC"]]}\n'
    of = card("json_spans", scheme="spans", longest=4)
    found = cleaned(content, of)
    assert [" ".join(tokens) for tokens, _ in found.repaired.rows()] == [
        "Ada ran .",
        "Ada B . fell .",
        "Oslo sank .",
    ]
    published = ["0 3 PER", "22 27 LOC", "9 12 PER", "9 15 PER"]
    assert undo_spans(found.repaired, found.ledger) == [published]
    spans = [row for row in found.ledger.to_pylist() if row["token"] < 0]
    assert {(row["sentence"], row["before"]) for row in spans} == {(1, "9 12 PER"), (2, "22 27 LOC")}


words = st.sampled_from(["a", "Bo", ".", "!", "。", '"', ")", "Mr.", "ነው።", ""])


@given(data=st.data(), longest=st.integers(1, 6), scheme=st.sampled_from(sorted(ENCODINGS)))
def test_cutting_changes_borders_alone_and_is_undone(data: st.DataObject, longest: int, scheme: str) -> None:
    one = st.tuples(words, labels(ENCODINGS[scheme]))
    rows = data.draw(st.lists(st.lists(one, min_size=1, max_size=25), min_size=1, max_size=3))
    rows = [row for row in rows if any(word for word, _ in row)]
    assume(rows)
    content = "\n\n".join("\n".join(f"{word} {label}" for word, label in row) for row in rows)
    fields = {"scheme": scheme, "types": {type: type for type in TYPES}, "allow": ("empty-token",)}
    whole, parted = (cleaned(content, columns(**fields, **more)) for more in ({}, {"longest": longest}))
    assert parted.repaired.tokens.equals(whole.repaired.tokens)
    for one_of, other in ((whole.published, parted.published), (whole.repaired, parted.repaired)):
        assert one_of.label_strings().equals(other.label_strings())
    of_whole, of_parts = decode(whole.repaired, IOB2), decode(parted.repaired, IOB2)
    assert (of_whole.start.tolist(), of_whole.end.tolist()) == (
        of_parts.start.tolist(),
        of_parts.end.tolist(),
    )
    ignored = {"sentences", NO_PLACE, f"ledger: {RULE}"}
    assert {what: n for what, n in whole.counts.items() if what not in ignored} == {
        what: n for what, n in parted.counts.items() if what not in ignored
    }
    of = columns(**fields)
    assert undo(parted.repaired, parted.ledger, of) == undo(whole.repaired, whole.ledger, of)
    assert undo_tokens(parted.repaired, parted.ledger) == undo_tokens(whole.repaired, whole.ledger)
    assert (np.diff(parted.repaired.sentences) > longest).sum() == parted.counts.get(NO_PLACE, 0)
