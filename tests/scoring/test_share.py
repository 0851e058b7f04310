"""The share of a distance: as it is, with an interval that covers it, and without one where there is no distance."""

import math

import numpy as np
import pytest

from openner_utils.scoring.share import share


def counts(right: np.ndarray) -> np.ndarray:
    """Counts of one seed, in which each sentence has two mentions, of which so many are right."""
    return np.stack([right, np.full_like(right, 2), np.full_like(right, 2)], axis=1)[None].astype(np.int64)


def drawn(draw: np.random.Generator, *shares: float, sentences: int = 200) -> list[np.ndarray]:
    """Systems that are right on ever more of the same mentions."""
    luck = draw.random((sentences, 2))
    return [counts((luck < share).sum(axis=1)) for share in shares]


def test_a_share_is_that_of_the_differences():
    a, b, c = (counts(np.full(10, right)) for right in (0, 1, 2))
    assert share([(a, b, c, None)], 0.95).value == pytest.approx(0.5)
    assert share([(a, a, c, None), (a, c, c, None)], 0.95).value == pytest.approx(0.5)


def test_the_interval_covers_the_true_share_as_often_as_it_says():
    draw = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        found = share([(*drawn(draw, 0.5, 0.6, 0.8), None)], 0.95)
        hits += found.low <= 1 / 3 <= found.high
    assert 0.92 <= hits / 300 <= 0.99


def test_several_test_sets_say_more_than_one():
    draw = np.random.default_rng(2)
    one = [(*drawn(draw, 0.5, 0.6, 0.8), None)]
    more = [*one, *((*drawn(draw, 0.5, 0.6, 0.8), None) for _ in range(5))]
    wide, narrow = (share(sets, 0.95) for sets in (one, more))
    assert narrow.high - narrow.low < (wide.high - wide.low) / 1.8


def test_without_a_distance_there_are_no_bounds():
    draw = np.random.default_rng(3)
    a, b, c = drawn(draw, 0.5, 0.52, 0.51)
    found = share([(a, b, c, None)], 0.95)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert math.isnan(share([(a, b, a, None)], 0.95).value)
    assert share([(a[:, :1], b[:, :1], c[:, :1], None)], 0.95).high == math.inf, "one sentence varies not"
