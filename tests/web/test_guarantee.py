"""The threshold: what it promises holds in simulation, also where mentions of a document are right or wrong together."""

import numpy as np
import pytest
from scipy import stats

from openner_utils.web.guarantee import Guarantee, Judged, guarantee, thresholds

TARGET, CONFIDENCE = 0.8, 0.9
REPEATS = 300


def documents(draw, count, together):
    """Draw judged mentions: a score in tenths, right with a chance that grows with it (0.55 to 0.95).

    ``together``: of a document either all mentions are right or none is, and it may have many.
    """
    found = []
    for number in range(count):
        size = int(draw.choice([1, 2, 20] if together else [1, 2, 3]))
        score = draw.integers(0, 11) / 10
        luck = draw.random()
        for _ in range(size):
            luck = luck if together else draw.random()
            score = score if together else draw.integers(0, 11) / 10
            found.append(Judged(f"d{number}", float(score), bool(luck < 0.55 + 0.4 * score)))
    return found


def pooled(mentions):
    """Return what a pool tells of mentions."""
    return [(each.document, each.score) for each in mentions]


def alone(*scores):
    """Return a pool of documents with one mention each."""
    return [(f"p{number}", score) for number, score in enumerate(scores)]


def true_precision(threshold):
    """Return the precision of mentions from a score on, which here is that of documents, too."""
    scores = np.arange(11) / 10
    return float((0.55 + 0.4 * scores[scores >= threshold]).mean())


@pytest.mark.parametrize("together", [False, True])
def test_the_promise_is_broken_no_more_often_than_is_said(together):
    draw = np.random.default_rng(5)
    broken = kept = 0
    for _ in range(REPEATS):
        pool = pooled(documents(draw, 100, together))
        found = guarantee(documents(draw, 150, together), pool, TARGET, CONFIDENCE)
        if found.threshold is not None:
            kept += 1
            broken += true_precision(found.threshold) <= TARGET
    # With a chance of exactly 0.1 each time, more than this happens once in a thousand tests.
    assert broken <= stats.binom.ppf(0.999, REPEATS, 1 - CONFIDENCE)
    assert kept > REPEATS / 2, "a threshold that is never found would break no promise"


def test_counting_every_mention_of_a_document_would_break_it():
    """Why one mention of each document is drawn: the same test on all of them breaks the promise far too often."""
    draw = np.random.default_rng(5)
    broken = 0
    for _ in range(REPEATS):
        pool = pooled(documents(draw, 100, True))
        each_alone = [
            Judged(f"{each.document} {number}", each.score, each.right)
            for number, each in enumerate(documents(draw, 150, True))
        ]
        found = guarantee(each_alone, pool, TARGET, CONFIDENCE)
        broken += found.threshold is not None and true_precision(found.threshold) <= TARGET
    assert broken > stats.binom.ppf(0.999, REPEATS, 1 - CONFIDENCE)


def test_the_p_value_is_the_upper_tail_of_the_binomial():
    calibration = [Judged(f"d{n}", 1.0, n != 0) for n in range(30)]
    found = guarantee(calibration, alone(*[1.0] * 14), 0.9, 0.5)
    assert found.tests[0].documents == 30
    assert found.tests[0].right == 29
    assert found.tests[0].p == pytest.approx(0.9**30 + 30 * 0.9**29 * 0.1)
    assert found.threshold == 1.0


def test_the_search_ends_at_the_first_threshold_that_fails():
    calibration = [Judged(f"a{n}", 0.9, True) for n in range(40)]
    calibration += [Judged(f"b{n}", 0.6, False) for n in range(20)]
    calibration += [Judged(f"c{n}", 0.3, True) for n in range(4000)]  # would pass again, if it were asked
    found = guarantee(calibration, alone(*[0.9] * 50 + [0.6] * 30 + [0.3] * 30), 0.9, 0.9)
    assert found.threshold == 0.9
    assert [test.threshold for test in found.tests] == [0.9, 0.6]


@pytest.mark.parametrize("calibration", [[], [Judged("d", 1.0, True)], [Judged("d", 0.1, True)] * 100])
def test_too_little_is_no_guarantee(calibration):
    found = guarantee(calibration, alone(*[1.0, 0.9, 0.8] * 99), 0.9, 0.9)
    assert found.threshold is None
    assert not found.accepts(1.0)


def test_a_pool_without_mentions_has_no_threshold():
    assert guarantee([Judged(f"d{n}", 1.0, True) for n in range(99)], [], 0.9, 0.9) == Guarantee(
        0.9, 0.9, None, ()
    )


def test_what_is_drawn_does_not_depend_on_what_is_right():
    """Labels decide whether a drawn mention counts as right, never which is drawn: with all labels turned, all drawn are."""
    calibration = [Judged(f"d{n % 50}", 0.5, n % 3 == 0) for n in range(200)]
    turned = [Judged(each.document, each.score, not each.right) for each in calibration]
    one, other = (guarantee(each, alone(*[0.5] * 9), 0.5, 0.5).tests[0] for each in (calibration, turned))
    assert one.right + other.right == one.documents == 50


def test_thresholds_leave_the_shares_of_the_pool():
    pool = [n / 100 for n in range(100)]
    found = thresholds(alone(*pool))
    assert [sum(score >= each for score in pool) for each in found] == [10 * n for n in range(1, 11)]
    assert thresholds(alone(*[0.5] * 9)) == [0.5]


def test_the_first_threshold_accepts_enough_documents_and_mentions_do_not_count():
    pool = alone(*(n / 100 for n in range(100)))
    assert [len([1 for _, score in pool if score >= each]) for each in thresholds(pool, 35)] == [
        40,
        50,
        60,
        70,
        80,
        90,
        100,
    ]
    assert thresholds([("one document", n / 100) for n in range(100)], 2) == []


@pytest.mark.parametrize(("target", "confidence"), [(0, 0.9), (1, 0.9), (0.9, 0), (0.9, 1)])
def test_what_nobody_can_promise_is_refused(target, confidence):
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        guarantee([], [], target, confidence)
