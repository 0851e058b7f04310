"""Intervals and tests behave: planted differences are found, equal systems are not told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.errors import OpenNERError
from openner_utils.significance import difference, f1, holm, interval, mean_f1


def system(quality: float, seed: int, sentences: int = 200, seeds: int = 3) -> np.ndarray:
    """Counts of a system that finds each of 2 mentions per sentence with probability ``quality``."""
    rng = np.random.default_rng(seed)
    right = rng.binomial(2, quality, size=(seeds, sentences))
    return np.stack([right, np.full_like(right, 2), np.full_like(right, 2)], axis=-1).astype(np.int64)


def test_f1_of_counts():
    counts = np.array([[1, 2, 2], [0, 0, 0], [0, 3, 0]])
    assert f1(counts).tolist() == [0.5, 0.0, 0.0]


def test_mean_f1_averages_seeds_not_counts():
    counts = np.array([[[1, 1, 1]], [[0, 3, 1]]])
    assert mean_f1(counts) == 0.5


def test_interval_holds_the_value_and_shrinks_with_more_sentences():
    small, large = (interval(system(0.7, 1, n), 500, 0.95, 1) for n in (50, 800))
    for found in (small, large):
        assert found.low <= found.value <= found.high
    assert large.high - large.low < (small.high - small.low) / 2


def test_planted_difference_is_found():
    found = difference(system(0.6, 1), system(0.75, 2), 999, 0.95, 1)
    assert found.p < 0.01
    assert found.interval.low > 0


def test_equal_systems_give_uniform_p_values():
    p_values = [
        difference(system(0.7, 2 * n, 80), system(0.7, 2 * n + 1, 80), 199, 0.95, n).p for n in range(120)
    ]
    assert 0.01 <= np.mean([p <= 0.1 for p in p_values]) <= 0.2
    assert 0.4 <= np.mean(p_values) <= 0.6


def test_the_same_system_twice_has_no_difference():
    same = system(0.7, 1)
    found = difference(same, same, 199, 0.95, 1)
    assert (found.interval.value, found.p) == (0.0, 1.0)


def test_result_depends_on_the_seed_only():
    a, b = system(0.6, 1), system(0.65, 2)
    assert difference(a, b, 299, 0.95, 5) == difference(a, b, 299, 0.95, 5)
    assert difference(a, b, 299, 0.95, 5).p != difference(a, b, 299, 0.95, 6).p


def test_other_sentences_are_refused():
    with pytest.raises(OpenNERError, match="200 and 100 sentences"):
        difference(system(0.6, 1), system(0.6, 1, 100), 199, 0.95, 1)


def test_different_numbers_of_seeds_can_be_compared():
    assert difference(system(0.5, 1, seeds=3), system(0.8, 2, seeds=1), 499, 0.95, 1).p < 0.01


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.9], [1.0, 1.0]), ([], []), ([0.2], [0.2])],
)
def test_holm_by_hand(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_and_keeps_order(p_values):
    adjusted = holm(p_values)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    assert sorted(range(len(p_values)), key=lambda n: (p_values[n], n)) == sorted(
        range(len(p_values)), key=lambda n: (adjusted[n], p_values[n], n)
    )
