"""A judge's lists, worked by hand, and the judge beside the truth."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.web.judging import Calibration, calibrated, judge, scored
from openner_utils.web.mentions import TextMention
from tests.web.marked import annotated, named, places

TEXT = "Ada Lovelace met Charles in London at noon."


def test_lists_by_hand():
    found = named(TEXT, ("Ada", "PER"), ("met", "ORG"), ("London", "ORG"), ("Charles", "PER"))
    verdict = judge(
        found, named(TEXT, ("Ada Lovelace", "PER"), ("Charles", "PER"), ("London", "LOC"), ("noon", "DATE"))
    )
    assert places(verdict.right) == [(17, 24, "PER")]
    assert places(verdict.wrong) == [(0, 3, "PER"), (28, 34, "ORG")]  # borders, type
    assert places(verdict.extra) == [(13, 16, "ORG")]
    assert places(verdict.missing) == [(38, 42, "DATE")]
    assert (verdict.faithfulness, verdict.completeness) == (1 / 4, 1 / 4)


def test_nothing_has_no_share():
    verdict = judge(named(TEXT), named(TEXT))
    assert (verdict.faithfulness, verdict.completeness, verdict.named) == (None, None, 0)
    assert judge(named(TEXT), named(TEXT, ("Ada", "PER"))).completeness == 0
    assert calibrated([], [], []) == Calibration(0, None, None, None, None, None)


def test_scores_are_those_of_the_judge_for_the_same_mention():
    found = annotated(
        TEXT, TextMention(0, 3, "PER", 0.9), TextMention(17, 24, "PER"), TextMention(28, 34, "LOC", 0.9)
    )
    judges = annotated(
        TEXT, TextMention(0, 3, "PER", 0.2), TextMention(17, 24, "PER"), TextMention(28, 34, "ORG", 1)
    )
    assert [each.score for each in scored([found], [judges])[0].mentions] == [0.2, 1.0, 0.0]


def test_a_judge_that_is_right_agrees_with_the_truth_and_one_that_is_turned_does_not():
    gold = [named(TEXT, ("Ada", "PER"), ("London", "LOC")), named("Bo left Oslo", ("Bo", "PER"), number=1)]
    found = [named(TEXT, ("Ada", "PER"), ("met", "ORG")), named("Bo left Oslo", ("Oslo", "LOC"), number=1)]
    right = calibrated(found, gold, gold)
    assert right == Calibration(3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 1.0)
    turned = [named(TEXT, ("met", "ORG")), named("Bo left Oslo", ("Oslo", "LOC"), number=1)]
    wrong = calibrated(found, turned, gold)
    assert (wrong.judged_precision, wrong.true_precision, wrong.judged_recall) == (2 / 3, 1 / 3, 1.0)
    assert wrong.kappa == pytest.approx(-0.8)


@st.composite
def some(draw):
    edges = sorted(draw(st.sets(st.integers(0, len(TEXT)), max_size=8)))
    types = st.sampled_from(["PER", "LOC"])
    pairs = itertools.pairwise(edges)
    return annotated(TEXT, *(TextMention(*pair, draw(types)) for pair in pairs if draw(st.booleans())))


@given(some(), some())
def test_every_mention_is_in_one_list(found, judges):
    verdict = judge(found, judges)
    lists = [*verdict.right, *verdict.wrong, *verdict.extra]
    assert sorted(places(lists)) == sorted(places(found.mentions))
    assert set(verdict.missing) <= set(judges.mentions)
    assert len(verdict.right) + len(verdict.missing) <= verdict.wanted
    back = judge(judges, found)
    assert places(back.right) == places(verdict.right)
    assert places(back.extra) == places(verdict.missing)
