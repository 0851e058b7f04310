"""Intervals and tests for F1, over test sentences and training seeds.

Everything works on mention counts per seed and sentence, [n_seeds, n_sentences, 3] (right, predicted, reference),
so that a resample is a sum of integers and no model or scorer runs again. The statistic is the micro F1 of each
seed, averaged over seeds. Sentences are resampled as a whole, because mentions in one sentence are not independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.errors import OpenNERError

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean F1 of ``b`` minus that of ``a``: interval, two-sided p, and the smallest difference that would show.

    ``detectable`` is half the width of the interval: a true difference below it would mostly go unseen with
    this test set and these seeds.
    """

    interval: Interval
    p: float
    detectable: float


def f1(counts: NDArray[np.int64]) -> Floats:
    """Return F1 of counts [..., 3]; 0 where undefined."""
    total = (counts[..., 1] + counts[..., 2]).astype(np.float64)
    return np.divide(2.0 * counts[..., 0], total, out=np.zeros_like(total), where=total > 0)


def mean_f1(counts: Counts) -> float:
    """Return the micro F1 of each seed, averaged over seeds."""
    return float(f1(counts.sum(axis=1)).mean())


def interval(counts: Counts, resamples: int, confidence: float, seed: int) -> Interval:
    """Return mean F1 with its percentile bootstrap interval over sentences and seeds.

    Source of the method: Efron and Tibshirani (1993), chapter 13; two levels are resampled, seeds and sentences.
    """
    values = _resampled(counts, resamples, np.random.default_rng(seed))
    low, high = np.quantile(values, _tails(confidence))
    return Interval(mean_f1(counts), float(low), float(high))


def difference(a: Counts, b: Counts, resamples: int, confidence: float, seed: int) -> Difference:
    """Return how much better ``b`` is than ``a`` on the same sentences.

    The interval is a paired bootstrap: both systems see the same resampled sentences. The p value is an
    approximate randomization test (Noreen 1989; Dror et al. 2018): sentences swap their two systems at random,
    all seeds of a sentence together. Raises `OpenNERError` when the two were not scored on the same sentences.
    """
    if a.shape[1:] != b.shape[1:]:
        raise OpenNERError(
            f"Two systems were scored on {a.shape[1]} and {b.shape[1]} sentences. Compare them on the same ones."
        )
    rng = np.random.default_rng(seed)
    observed = mean_f1(b) - mean_f1(a)
    weights = _sentence_weights(a.shape[1], resamples, rng)
    values = _weighted(b, weights, rng) - _weighted(a, weights, rng)
    low, high = np.quantile(values, _tails(confidence))
    p = _randomization(a, b, abs(observed), resamples, rng)
    return Difference(Interval(observed, float(low), float(high)), p, float(high - low) / 2)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for several tests by Holm's step-down method (1979), in the given order."""
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, number in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[number]))
        adjusted[number] = highest
    return adjusted


def _tails(confidence: float) -> tuple[float, float]:
    return (1 - confidence) / 2, (1 + confidence) / 2


def _sentence_weights(sentences: int, resamples: int, rng: np.random.Generator) -> Counts:
    """Return how often each sentence is drawn [resamples, sentences]."""
    return rng.multinomial(sentences, np.full(sentences, 1 / sentences), size=resamples).astype(np.int64)


def _weighted(counts: Counts, weights: Counts, rng: np.random.Generator) -> Floats:
    """Return mean F1 under each resample's sentence weights, seeds resampled too [resamples]."""
    n_seeds = counts.shape[0]
    totals = np.einsum("rs,nsk->rnk", weights, counts, optimize=True)
    drawn = rng.integers(0, n_seeds, size=(len(weights), n_seeds))
    return f1(np.take_along_axis(totals, drawn[:, :, None], axis=1)).mean(axis=1)


def _resampled(counts: Counts, resamples: int, rng: np.random.Generator) -> Floats:
    return _weighted(counts, _sentence_weights(counts.shape[1], resamples, rng), rng)


def _randomization(a: Counts, b: Counts, observed: float, resamples: int, rng: np.random.Generator) -> float:
    """Return the share of random swaps that differ at least as much as what was observed."""
    swap = rng.integers(0, 2, size=(resamples, a.shape[1])).astype(np.int64)
    # Both systems keep their own number of seeds: only the sums of sentences change places.
    a_totals, b_totals = a.sum(axis=1), b.sum(axis=1)
    a_swapped, b_swapped = np.einsum("rs,nsk->rnk", swap, a), np.einsum("rs,nsk->rnk", swap, b)
    a_mean, b_mean = a_swapped.mean(axis=1, keepdims=True), b_swapped.mean(axis=1, keepdims=True)
    if a.shape[0] == b.shape[0]:
        new_a, new_b = a_totals - a_swapped + b_swapped, b_totals - b_swapped + a_swapped
    else:
        new_a, new_b = a_totals - a_swapped + b_mean, b_totals - b_swapped + a_mean
    differences = f1(new_b).mean(axis=1) - f1(new_a).mean(axis=1)
    # A hair's breadth keeps equal differences equal in floating point.
    return float((np.sum(np.abs(differences) >= observed - 1e-12) + 1) / (resamples + 1))
