"""Counts, rates and agreement of annotators."""

import numpy as np
import pytest

from openner_utils.scoring.significance import interval
from openner_utils.web.agreement import EVERY, agreement, kappa
from openner_utils.web.counting import count, rates, units_of
from tests.web.marked import named

FIRST = [
    named("Ada saw Oslo", ("Ada", "PER"), ("Oslo", "LOC"), number=1),
    named("Bo saw Rome", ("Bo", "PER"), ("Rome", "LOC"), number=2),
    named("Ada aliona Kisumu", ("Ada", "PER"), number=3, language="swa"),
]
SECOND = [
    named("Ada saw Oslo", ("Ada", "PER"), ("Oslo", "ORG"), number=1),
    named("Bo saw Rome", ("Bo", "PER"), number=2),
    named("Ada aliona Kisumu", ("Ada", "PER"), ("Kisumu", "LOC"), number=3, language="swa"),
]


def test_counts_are_by_passage_and_type():
    found = count(FIRST, SECOND)
    assert found.types == ("LOC", "ORG", "PER")
    assert found.values.tolist() == [
        [[0, 0, 1], [0, 1, 0], [1, 1, 1]],
        [[0, 0, 1], [0, 0, 0], [1, 1, 1]],
        [[0, 1, 0], [0, 0, 0], [1, 1, 1]],
    ]
    assert count(FIRST, SECOND, typed=False).values.tolist() == [[[2, 2, 2]], [[1, 1, 2]], [[1, 2, 1]]]


def test_equal_places_of_other_passages_are_other_places():
    assert (
        count(
            [named("Ada"), named("Bo", number=1)], [named("Ada"), named("Bo", ("Bo", "PER"), number=1)]
        ).values.sum()
        == 1
    )


def test_other_passages_cannot_be_counted():
    with pytest.raises(ValueError, match="other passages"):
        count(FIRST, SECOND[::-1])


def test_nothing_at_all_is_counted():
    nothing = [named("Ada", number=1), named("Bo", number=2)]
    found = rates(count(nothing, nothing).values.sum(axis=1, dtype=np.int64), units_of("ab"))
    assert (found.score.reference, found.f1.value, found.f1.low, found.f1.high) == (0, 0, 0, 1)


def test_intervals_of_shares_are_those_of_the_mentions_that_they_are_of():
    draw = np.random.default_rng(1)
    named_, gold = draw.integers(0, 5, 80), draw.integers(0, 5, 80)
    totals = np.stack([np.minimum(named_, gold) // 2, named_, gold], axis=1).astype(np.int64)
    found = rates(totals, np.arange(80))
    assert found.precision.value == pytest.approx(found.score.precision)
    assert found.recall.value == pytest.approx(found.score.recall)
    for each in (found.precision, found.recall, found.f1):
        assert 0 < each.low < each.value < each.high < 1
    assert found.f1 == interval(totals[None], 0.95, np.arange(80))
    # Each mention a unit of its own, right or not: precision is a binomial share, and so is its exact interval.
    alone = np.stack([np.arange(60) < 45, np.ones(60), np.ones(60)], axis=1).astype(np.int64)
    assert rates(alone, np.arange(60)).precision.low == pytest.approx(
        0.6214, abs=0.01
    )  # Clopper and Pearson, 45 of 60
    assert rates(alone, np.arange(60)).precision.high == pytest.approx(0.8528, abs=0.01)


def test_documents_make_intervals_wider_than_their_passages():
    totals = np.array([[3, 3, 3], [3, 3, 3], [0, 3, 3], [0, 3, 3]] * 10, np.int64)
    together = rates(totals, np.arange(40) // 2).precision
    apart = rates(totals, np.arange(40)).precision
    assert together.high - together.low > apart.high - apart.low


def test_agreement_by_language_and_type():
    rows = agreement(FIRST, SECOND)
    assert [(row.language, row.type) for row in rows] == [
        (EVERY, EVERY), (EVERY, "LOC"), (EVERY, "ORG"), (EVERY, "PER"),
        ("eng", EVERY), ("eng", "LOC"), ("eng", "ORG"), ("eng", "PER"),
        ("swa", EVERY), ("swa", "LOC"), ("swa", "PER"),
    ]  # fmt: skip
    whole = rows[0]
    assert (whole.passages, whole.both) == (3, 4)
    assert whole.mentions.f1.value == pytest.approx(6 / 10)
    assert whole.spans is not None
    assert whole.spans.f1.value == pytest.approx(8 / 10)
    assert whole.kappa == pytest.approx((3 / 4 - 9 / 16) / (7 / 16))
    assert rows[3].mentions.f1.value == 1


def test_f1_is_the_same_both_ways_and_precision_turns_into_recall():
    for one, other in zip(agreement(FIRST, SECOND), agreement(SECOND, FIRST), strict=True):
        assert one.mentions.f1.value == other.mentions.f1.value
        assert one.mentions.precision.value == other.mentions.recall.value
        assert one.kappa == other.kappa


def test_kappa_by_hand():
    assert kappa(
        [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    ) == pytest.approx(0.4)
    assert kappa([]) is None
