"""Planted flaws: a larger dose holds a smaller one, each kind breaks its encoding, and what is read is what repair makes of it."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis.planting import (
    ENCODINGS,
    ILLEGAL_END,
    ILLEGAL_START,
    KINDS,
    START,
    TYPE,
    UNREADABLE,
    Reading,
    Sites,
    complete,
    mixed,
    repairs_of,
    sites,
    uniform,
)
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2, recode
from openner_utils.core.repair import repair
from openner_utils.core.validation import validate
from openner_utils.scoring.mentions import mentions_under
from tests.strategies import TYPES, label_rows, with_tokens

SENTENCE = ["B-PER", "I-PER", "I-PER", "O", "B-LOC"]


def made(rows: list[list[str]], kind: str, seed: int = 1) -> Sites:
    """The sites of label rows in IOB2, whose invalid transitions are repaired first."""
    columns = repair(from_rows(with_tokens(rows)))
    encoding = ENCODINGS[kind]
    written = columns if encoding is IOB2 else recode(columns, IOB2, encoding)
    keys = mixed(np.arange(len(rows), dtype=np.uint64))
    return sites(complete(written, encoding, TYPES), kind, keys, seed)


def mentions(reading: Reading) -> list[tuple[int, int, str]]:
    found = reading.mentions
    return [
        (int(s), int(e), found.types[t]) for s, e, t in zip(found.start, found.end, found.type, strict=True)
    ]


PLAIN = [(0, 3, "PER"), (4, 5, "LOC")]


@pytest.mark.parametrize(
    ("kind", "repaired", "discarded"),
    [
        (START, PLAIN, []),  # made to begin, the mentions are what they were
        (ILLEGAL_START, [(0, 1, "PER"), (1, 3, "PER"), (4, 5, "LOC")], None),
        (ILLEGAL_END, PLAIN, None),
    ],
)
def test_what_every_mention_flawed_is_read_as(kind, repaired, discarded) -> None:
    found = made([SENTENCE], kind).read(1.0)
    assert mentions(found["conlleval"]) == repaired
    assert ("discard" in found) == (discarded is not None) == ("discard" in repairs_of(kind))
    if discarded is not None:
        assert mentions(found["discard"]) == discarded
    assert found["none"].left_out.all() and not found["conlleval"].left_out.any()


def test_another_type_inside_makes_two_mentions_or_cuts_one() -> None:
    """A mention of one token cannot have it; one of three is broken after its first or its second token."""
    seen = set()
    for seed in range(40):
        where = made([SENTENCE], TYPE, seed)
        assert (len(where.chance), len(where.sentence)) == (1, 2)
        found = where.read(1.0)
        first, second, rest = mentions(found["conlleval"])
        assert first[0] == 0 and first[2] == "PER" and second == (first[1], 3, second[2]) and rest == PLAIN[1]
        assert mentions(found["discard"]) == [first, rest]
        seen.add((first[1], second[2]))
    assert seen == {(cut, type) for cut in (1, 2) for type in ("LOC", "ORG")}


def test_an_unreadable_label_is_none_and_what_follows_it_is_repaired() -> None:
    cuts = set()
    for seed in range(40):
        found = made([["B-PER", "I-PER", "I-PER"]], UNREADABLE, seed).read(1.0)
        left = tuple((start, end) for start, end, _ in mentions(found["conlleval"]))
        cuts.add(left)
        assert mentions(found["discard"]) == [(0, s[1], "PER") for s in left if s[0] == 0]
        assert found["none"].left_out.tolist() == [True]
    assert cuts == {((1, 3),), ((0, 1), (2, 3)), ((0, 2),)}


def test_two_mentions_of_one_type_side_by_side_would_become_one_so_the_second_is_no_site() -> None:
    where = made([["B-PER", "B-PER", "B-LOC"]], START)
    assert where.start.tolist() == [0, 2] and len(where.sentence) == 3


@pytest.mark.parametrize("kind", KINDS)
@given(rows=label_rows(IOB2), seed=st.integers(0, 99))
def test_doses_are_nested_and_each_flaw_is_invalid(kind, rows, seed) -> None:
    where = made(rows, kind, seed)
    doses = [0.0, 0.1, 0.3, 0.7, 1.0]
    for less, more in itertools.pairwise(doses):
        assert not (where.flawed(less) & ~where.flawed(more)).any()
    nothing, everything = where.read(0.0), where.read(1.0)
    assert not nothing["none"].left_out.any()
    hit = np.unique(np.searchsorted(where.columns.sentences, where.start, side="right") - 1)
    assert np.flatnonzero(everything["none"].left_out).tolist() == hit.tolist()
    if kind == START:  # conlleval gives back each mention that had its I- for B-
        assert mentions(everything["conlleval"]) == mentions(nothing["conlleval"])


@given(rows=label_rows(IOB2))
def test_without_flaws_each_repair_reads_what_its_convention_does(rows) -> None:
    columns = complete(from_rows(with_tokens(rows)), IOB2, TYPES)
    found = sites(columns, START, mixed(np.arange(len(rows), dtype=np.uint64)), 0).read(0.0)
    for convention in ("conlleval", "discard"):
        wanted = mentions_under(columns, convention)
        assert found[convention].mentions.start.tolist() == wanted.start.tolist()
        assert found[convention].mentions.end.tolist() == wanted.end.tolist()
    invalid = [bool(validate(row, IOB2)) for row in rows]
    assert found["none"].left_out.tolist() == invalid


def test_numbers_from_places_are_even_and_alike_on_every_machine() -> None:
    values = uniform(mixed(np.arange(100_000, dtype=np.uint64)))
    assert values.min() >= 0 and values.max() < 1
    counts = np.histogram(values, 20, (0, 1))[0]
    assert np.abs(counts - 5000).max() < 350  # five standard deviations
    # Of SplitMix64 with the seed 0, as its authors publish it.
    assert mixed(np.zeros(1, np.uint64))[0] == 0xE220A8397B1DCDAF
