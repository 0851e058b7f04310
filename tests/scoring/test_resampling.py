"""Models and data resampled together: a plain loop finds the same, intervals hold the truth, and equal systems do not differ."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from openner_utils.scoring import significance
from openner_utils.scoring.resampling import MOST_UNITS, Resampled, blocks, difference, of_units
from openner_utils.scoring.significance import Counts, f1
from openner_utils.support.errors import OpenNERError


def system(random: np.random.Generator, seeds: int, hard: np.ndarray, spread: float, skill: float) -> Counts:
    """Counts of an encoder on sentences of two mentions, some of them hard; each seed has a skill of its own."""
    own = skill + spread * random.standard_normal(seeds)[:, None]
    right = random.binomial(2, stats.norm.cdf(own + hard))
    return np.stack([right, np.full_like(right, 2), np.full_like(right, 2)], axis=-1)


def truth(spread: float, skill: float, hardness: float = 0.8) -> float:
    """The expected F1 of such a system: that of a normal threshold with all spreads together."""
    return float(stats.norm.cdf(skill / np.sqrt(1 + spread**2 + hardness**2)))


def plain(a: Counts, b: Counts, resamples: int, seed: int) -> tuple[float, float, float]:
    """The same in a loop, drawing in another order: standard deviation and the distances of two quantiles from the difference."""
    random = np.random.default_rng(seed)
    found, of_data = [], []
    every = [[f1(counts[number].sum(axis=0)) for number in range(len(counts))] for counts in (a, b)]
    value = np.mean(every[1]) - np.mean(every[0])
    for _ in range(resamples):
        units = [random.integers(a.shape[1]) for _ in range(a.shape[1])]
        means, whole = [], []
        for counts in (a, b):
            drawn = [random.integers(len(counts)) for _ in range(len(counts) - 1)] or [0]
            scores = []
            for number in range(len(counts)):
                right, predicted, reference = (
                    sum(int(counts[number, unit, k]) for unit in units) for k in range(3)
                )
                scores.append(2 * right / (predicted + reference) if predicted + reference else 0.0)
            means.append(sum(scores[number] for number in drawn) / len(drawn))
            whole.append(sum(scores) / len(scores))
        found.append(means[1] - means[0])
        of_data.append(whole[1] - whole[0])
    seeds = sum(np.var(each, ddof=1) / len(each) for each in every) if min(map(len, every)) > 1 else 0.0
    if not seeds:
        found = of_data
    cells = max(0.0, np.var(found) - np.var(of_data) - seeds)
    once = np.var(of_data) + max(0.0, seeds - cells)
    low, high = np.quantile(found, [0.025, 0.975])
    shrink = np.sqrt(once / np.var(found))
    return float(np.sqrt(once)), shrink * float(value - low), shrink * float(high - value)


@pytest.mark.parametrize(("one", "other"), [(3, 3), (2, 4), (1, 1)])
def test_a_plain_loop_finds_the_same(one: int, other: int) -> None:
    random = np.random.default_rng(one)
    hard = 0.8 * random.standard_normal(40)
    a, b = system(random, one, hard, 0.3, 0.5), system(random, other, hard, 0.3, 0.9)
    found = difference(a, b, seed=1)
    sd, below, above = plain(a, b, 1_500, 2)
    assert found.value == pytest.approx(significance.difference(a, b).value)
    assert found.se == pytest.approx(sd, rel=0.08)
    assert found.below == pytest.approx(below, abs=0.25 * sd)
    assert found.above == pytest.approx(above, abs=0.25 * sd)


@pytest.mark.parametrize(
    ("seeds", "sentences", "spread"), [(3, 60, 0.05), (3, 150, 0.15), (5, 100, 0.25), (10, 60, 0.1)]
)
def test_intervals_hold_the_truth(seeds: int, sentences: int, spread: float) -> None:
    """Of 400 comparisons of two systems, one of which is better, 95 % intervals hold the true difference in 90 to 98.5 %."""
    random = np.random.default_rng(seeds * sentences)
    true = truth(spread, 0.9) - truth(spread, 0.6)
    held = 0
    for number in range(400):
        hard = 0.8 * random.standard_normal(sentences)
        a, b = system(random, seeds, hard, spread, 0.6), system(random, seeds, hard, spread, 0.9)
        found = difference(a, b, resamples=400, seed=number).interval(0.05)
        held += found.low <= true <= found.high
    assert 0.90 <= held / 400 <= 0.985, held / 400


def test_the_seeds_are_part_of_it() -> None:
    """Two trainings of one recipe differ by their seeds alone: drawing sentences only, one would see a difference where there is none."""
    random = np.random.default_rng(3)
    hard = 0.8 * random.standard_normal(400)
    a, b = (system(random, 4, hard, 0.4, 0.6) for _ in range(2))
    both, data = difference(a, b), difference(a.sum(axis=0)[None], b.sum(axis=0)[None])
    assert both.se > 1.5 * data.se


@given(st.integers(1, 4), st.integers(2, 12), st.integers(0, 10_000))
def test_a_system_does_not_differ_from_itself(seeds: int, sentences: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    named = random.integers(0, 4, (seeds, sentences, 2))
    named[:, :, 1] = named[:1, :, 1]
    right = random.integers(0, named.min(axis=2) + 1)
    counts = np.concatenate([right[..., None], named], axis=2)
    found = difference(counts, counts, resamples=200, seed=seed)
    interval = found.interval(0.05)
    assert found.value == 0 and interval.low <= 0 <= interval.high
    again = difference(counts, counts, resamples=200, seed=seed)
    assert again == found, "equal for equal seeds"


def test_a_lower_level_gives_a_wider_interval_inside_what_f1_can_be() -> None:
    found = Resampled(0.9, 0.05, 0.2, 0.1, 4.0)
    narrow, wide = found.interval(0.05), found.interval(0.001)
    assert wide.low < narrow.low < 0.9 and narrow.high == wide.high == 1.0
    stretch = stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975)
    assert narrow.low == pytest.approx(0.9 - 0.05 * stretch)


def test_documents_are_drawn_as_wholes() -> None:
    counts = np.array([[[1, 1, 2], [0, 1, 0], [2, 2, 2]]])
    assert of_units(counts, np.array([0, 1, 0])).tolist() == [[[3, 3, 4], [0, 1, 0]]]
    random = np.random.default_rng(1)
    # A document is right or wrong as a whole.
    a, b = (np.repeat(system(random, 1, np.zeros(12), 0.0, 0.5), 20, axis=1) for _ in range(2))
    documents = np.repeat(np.arange(12), 20)
    assert difference(a, b, documents).se > 1.5 * difference(a, b).se


def test_many_units_are_put_together_and_nothing_is_lost() -> None:
    counts = np.random.default_rng(1).integers(0, 3, (2, MOST_UNITS * 2 + 7, 3))
    fewer = blocks(counts)
    assert fewer.shape == (2, MOST_UNITS, 3) and (fewer.sum(axis=1) == counts.sum(axis=1)).all()
    assert blocks(counts[:, :50]) is not None and blocks(counts[:, :50]).shape[1] == 50
    random = np.random.default_rng(2)
    hard = 0.8 * random.standard_normal(3 * MOST_UNITS)
    a, b = (system(random, 3, hard, 0.1, skill) for skill in (0.5, 0.9))
    found, beside = difference(a, b, resamples=2_000), significance.difference(a, b)
    assert found.se == pytest.approx(beside.se, rel=0.25)
    assert float(f1(fewer.sum(axis=1)).mean()) == significance.mean_f1(counts)


def test_a_hundred_thousand_sentences_and_ten_seeds_in_ten_seconds_and_a_gibibyte() -> None:
    random = np.random.default_rng(4)
    hard = 0.8 * random.standard_normal(100_000)
    a, b = (system(random, 10, hard, 0.1, skill) for skill in (0.5, 0.55))
    tracemalloc.start()
    start = time.process_time()
    difference(a, b)
    assert time.process_time() - start < 10
    assert tracemalloc.get_traced_memory()[1] < 2**30
    tracemalloc.stop()


@pytest.mark.parametrize(("of_a", "of_b", "message"), [(3, 4, "3 and 4 sentences"), (1, 1, "cannot be resampled")])  # fmt: skip
def test_what_cannot_be_compared_is_refused(of_a: int, of_b: int, message: str) -> None:
    with pytest.raises(OpenNERError, match=message):
        difference(np.ones((2, of_a, 3), np.int64), np.ones((2, of_b, 3), np.int64))
