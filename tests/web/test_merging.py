"""Merging: cases worked by hand, and what holds of any two annotators."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.web.likeness import exact
from openner_utils.web.mentions import TextMention
from openner_utils.web.merging import (
    ALONE,
    CHOSEN,
    CLASHES,
    DROPPED,
    FREE,
    JOINED,
    JOINT,
    OUTCOMES,
    SAME,
    SHORTER,
    UNLIKE,
    merge,
    overlap,
)
from tests.web.marked import places

ALIKE = {frozenset({"person", "writer"}): 0.76, frozenset({"person", "poet"}): 0.75}


def alike(one, other):
    return ALIKE.get(frozenset({one, other}), exact(one, other))


def mentions(text):
    """Return mentions written as ``0-8 LOC .9, 9-12 PER``; a plus stands between joined labels."""
    found = []
    for part in filter(None, text.split(", ")):
        span, type, *score = part.split()
        start, end = span.split("-")
        found.append(
            TextMention(int(start), int(end), type.replace("+", JOINT), float(score[0]) if score else None)
        )
    return found


# First annotator, second annotator, result, what became of each.
CASES = [
    ("", "", "", [], []),
    ("0-3 PER", "", "0-3 PER", [ALONE], []),
    ("0-3 PER", "4-8 LOC", "0-3 PER, 4-8 LOC", [ALONE], [ALONE]),
    ("0-3 PER", "3-8 PER", "0-3 PER, 3-8 PER", [ALONE], [ALONE]),  # they touch, and share nothing
    ("0-3 PER", "0-3 PER", "0-3 PER", [SAME], [SAME]),
    ("0-8 LOC", "0-13 LOC", "0-13 LOC", [JOINED], [JOINED]),  # New York, New York City: 8 of 13
    ("0-8 writer", "0-13 person", "0-13 person+writer", [JOINED], [JOINED]),
    ("0-3 person", "0-3 poet", "", [UNLIKE], [UNLIKE]),  # a likeness of 0.75 is not above 0.75
    ("0-4 ORG", "0-15 ORG", "0-15 ORG", [SHORTER], [FREE]),  # Bank, Bank of England: 4 of 15
    ("0-4 ORG", "0-15 LOC", "0-15 LOC", [SHORTER], [FREE]),
    ("0-4 ORG", "0-8 ORG", "0-8 ORG", [JOINED], [JOINED]),  # exactly half
    ("0-4 ORG", "0-9 ORG", "0-9 ORG", [SHORTER], [FREE]),  # just under
    ("0-5 A, 5-10 B", "4-6 C", "0-5 A, 5-10 B", [FREE, FREE], [SHORTER]),
    ("0-4 A, 6-9 B", "3-7 C", "0-4 A, 6-9 B", [FREE, FREE], [SHORTER]),  # of equal length: the earlier
    ("0-10 A", "0-5 A, 5-10 A", "0-10 A", [JOINED], [JOINED, SHORTER]),  # two halves: the left one is first
    ("0-10 A, 12-14 B", "0-10 C, 12-14 B", "12-14 B", [UNLIKE, SAME], [UNLIKE, SAME]),
]


@pytest.mark.parametrize(("first", "second", "result", "of_first", "of_second"), CASES)
def test_cases_by_hand(first, second, result, of_first, of_second):
    found = merge(mentions(first), mentions(second), alike)
    assert places(found.mentions) == places(mentions(result))
    assert (list(found.first), list(found.second)) == (of_first, of_second)


@pytest.mark.parametrize(
    ("clash", "first", "second", "result", "ends"),
    [
        ("drop", "0-3 A .9", "0-3 B .8", "", (UNLIKE, UNLIKE)),
        ("surer", "0-3 A .9", "0-3 B .8", "0-3 A", (CHOSEN, UNLIKE)),
        ("surer", "0-3 A .7", "0-4 B .8", "0-4 B", (UNLIKE, CHOSEN)),
        ("surer", "0-3 A .9", "0-4 B .8", "0-3 A", (CHOSEN, UNLIKE)),
        ("surer", "0-3 A .8", "0-4 B .8", "0-4 B", (UNLIKE, CHOSEN)),  # equally sure: the longer
        ("surer", "0-3 A .9", "0-4 B", "0-4 B", (UNLIKE, CHOSEN)),  # no score: as sure as can be
        ("longer", "0-3 A .9", "0-4 B .1", "0-4 B", (UNLIKE, CHOSEN)),
        ("longer", "0-3 B .9", "0-3 A .1", "0-3 A", (UNLIKE, CHOSEN)),  # equally long: by the alphabet
    ],
)
def test_unlike_labels_of_one_place_are_a_choice(clash, first, second, result, ends):
    found = merge(mentions(first), mentions(second), alike, clash)
    assert places(found.mentions) == places(mentions(result))
    assert (*found.first, *found.second) == ends


def test_scores_say_how_much_both_stand_for_a_mention():
    found = merge(mentions("0-3 A .8, 5-8 A .8, 10-12 A"), mentions("0-3 A .4, 15-17 A, 20-22 A .6"), exact)
    assert [each.score for each in found.mentions] == pytest.approx([0.6, 0.4, 0.5, 0.5, 0.3])


def test_two_that_become_one_give_way_to_something_longer():
    found = merge(mentions("0-4 A, 6-30 B"), mentions("0-8 A"), exact)
    assert places(found.mentions) == [(6, 30, "B")]
    assert (found.first, found.second) == ((SHORTER, FREE), (SHORTER,))


def test_a_mention_beside_a_clash_stays():
    found = merge(mentions("0-6 A, 8-11 B"), mentions("5-12 C"), exact)  # 8-11 and 5-12 are 3 of 7
    assert places(found.mentions) == [(5, 12, "C")]
    found = merge(mentions("0-6 A, 8-12 B"), mentions("5-12 C"), exact)  # 4 of 7 clash, and leave 0-6 alone
    assert places(found.mentions) == [(0, 6, "A")]
    assert (found.first, found.second) == ((FREE, UNLIKE), (UNLIKE,))


@st.composite
def flat(draw):
    """Draw mentions that do not overlap each other."""
    edges = sorted(draw(st.sets(st.integers(0, 24), max_size=10)))
    labels = st.sampled_from(["person", "writer", "poet", "place"])
    scores = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0])
    return [
        TextMention(start, end, draw(labels), draw(scores))
        for start, end in itertools.pairwise(edges)
        if draw(st.booleans())
    ]


@given(flat(), flat(), st.sampled_from(CLASHES))
def test_nothing_overlaps_nothing_is_made_up_and_every_mention_has_its_end(first, second, clash):
    found = merge(first, second, alike, clash)
    for one, other in zip(found.mentions[:-1], found.mentions[1:], strict=True):
        assert one.end <= other.start
    assert {each.span for each in found.mentions} <= {each.span for each in (*first, *second)}
    assert (len(found.first), len(found.second)) == (len(first), len(second))
    account = found.account()
    assert set(account) <= set(OUTCOMES)
    assert account.total() == len(first) + len(second)
    pairs = account[SAME] + account[JOINED]
    single = account[ALONE] + account[FREE] + account[CHOSEN]
    assert pairs % 2 == 0
    assert len(found.mentions) == pairs // 2 + single
    assert account.total() - pairs - single == sum(account[reason] for reason in DROPPED)


@given(flat(), flat(), st.sampled_from(CLASHES))
def test_it_does_not_matter_who_is_the_first(first, second, clash):
    one, other = merge(first, second, alike, clash), merge(second, first, alike, clash)
    assert places(one.mentions) == places(other.mentions)
    assert [each.score for each in one.mentions] == pytest.approx([each.score for each in other.mentions])
    assert (one.first, one.second) == (other.second, other.first)


@given(flat())
def test_an_annotator_merged_with_itself_stays_what_it_is(mentions):
    found = merge(mentions, mentions, alike)
    assert places(found.mentions) == places(mentions)
    assert found.first == found.second == (SAME,) * len(mentions)


@given(flat(), flat())
def test_a_mention_that_overlaps_none_is_kept(first, second):
    found = merge(first, second, alike)
    for mention, end in zip(first, found.first, strict=True):
        lonely = not any(overlap(mention, other) for other in second)
        assert (end == ALONE) == lonely
        assert not lonely or places([mention])[0] in places(found.mentions)
