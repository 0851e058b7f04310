"""Models and data resampled together: a second view of the difference of two systems, by drawing anew instead of by a formula.

Scores vary because another test set would hold other sentences and because another training would start from another seed, and both
have to be counted, or the whole is underestimated (Sälevä, Ataman and Lignos 2025, arXiv 2509.22612, who resample replications of
models and of data). Here a resample draws units (sentences or documents) with replacement, the same for both systems, and seeds with
replacement, for each system its own; seeds and units are crossed, so this is the bootstrap of two crossed factors that Owen (2007)
calls the pigeonhole bootstrap.

Three known faults of it are mended:

- ``k`` drawn of ``k`` seeds vary by (k - 1) / k too little, so ``k - 1`` are drawn (the bootstrap of McCarthy and Snowden 1985).
- What is noise of single cells, of one seed on one unit, moves a resample when units are drawn, when seeds are, and when both are: three
  times (McCullagh 2000; Owen 2007). How much that is follows from the same resamples with all seeds in each; quantiles move
  closer by so much that it counts once.
- That a spread is known from few seeds gives resamples no heavier tails, so the distances of quantiles from the difference are stretched
  from the normal to Student's t (the idea of Hesterberg 2015, *expanded percentile interval*), with degrees of freedom by
  Satterthwaite (1946).

`scoring.significance` decides, everywhere. It adds mentions where nothing varies, and this does not: here two systems of which one is
right and the other wrong on every unit differ without any doubt. How often intervals hold the truth is simulated in
``tests/scoring/test_resampling.py``.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from openner_utils.scoring.significance import Counts, Floats, Interval, Units, f1
from openner_utils.support.errors import OpenNERError

RESAMPLES = 10_000
MOST_UNITS = 2_000
"""More units than these are put together, neighbours first: sums of independent units are independent units, and enough of them."""
QUANTILE = 0.975
"""The quantile of resamples, on each side, that is stretched: there are always enough resamples beyond it."""
_CHUNK = 1 << 21  # drawn units that are looked at together


@dataclass(frozen=True, slots=True)
class Resampled:
    """Mean F1 of b minus that of a (fractions), and how far resamples lie from it.

    ``below`` and ``above``: the distances to the quantiles 1 - `QUANTILE` and `QUANTILE`; ``se``: their standard deviation, both with
    the noise of cells counted once; ``df``: how well that is known.
    """

    value: float
    below: float
    above: float
    se: float
    df: float

    def interval(self, level: float) -> Interval:
        """Return the interval that would miss the truth with probability ``level``, inside -1 to 1."""
        stretch = float(stats.t.ppf(1 - level / 2, self.df) / stats.norm.ppf(QUANTILE))
        return Interval(
            self.value,
            max(-1.0, self.value - stretch * self.below),
            min(1.0, self.value + stretch * self.above),
        )


def difference(
    a: Counts, b: Counts, units: Units | None = None, resamples: int = RESAMPLES, seed: int = 0
) -> Resampled:
    """Return how much better ``b`` is than ``a`` on the same sentences, from ``resamples`` of models and data; equal for equal ``seed``.

    ``a``, ``b``: counts [n_seeds, n_sentences, 3] (right, predicted, reference), with whatever numbers of seeds; ``units``
    [n_sentences]: see `significance.Units`. With one seed on either side only units are drawn, and the claim is about the models as
    they were trained. Raises `OpenNERError` when the two were not scored on the same sentences, or on fewer than two units.
    """
    if a.shape[1:] != b.shape[1:]:
        raise OpenNERError(
            f"Two systems were scored on {a.shape[1]} and {b.shape[1]} sentences. Compare them on the same ones."
        )
    sides = [blocks(of_units(side, units)) for side in (a, b)]
    n = sides[0].shape[1]
    if n < 2:
        raise OpenNERError(
            f"{n} unit(s) cannot be resampled. Compare systems on two sentences or documents at least."
        )
    several = min(len(side) for side in sides) > 1
    seeds_of = tuple(len(side) for side in sides)
    drawn, of_data = np.concatenate(
        [_drawn(draws, sides) for draws in _draws(n, seeds_of, several, resamples, seed)], axis=1
    )
    each = [f1(side.sum(axis=1)) for side in sides]
    value = float(each[1].mean() - each[0].mean())
    low, high = np.quantile(drawn, [1 - QUANTILE, QUANTILE])
    whole, data = float(drawn.var()), float(of_data.var())
    seeds = [float(scores.var(ddof=1)) / len(scores) for scores in each] if several else []
    cells = max(0.0, whole - data - sum(seeds))
    variance = data + max(0.0, sum(seeds) - cells)
    shrink = math.sqrt(variance / whole) if whole > 0 else 1.0
    spread = data**2 / (n - 1) + sum(
        part**2 / (len(scores) - 1) for part, scores in zip(seeds, each, strict=False)
    )
    df = max(1.0, min(n - 1.0, variance**2 / spread)) if spread > 0 else n - 1.0
    return Resampled(
        value,
        shrink * max(0.0, value - float(low)),
        shrink * max(0.0, float(high) - value),
        math.sqrt(variance),
        df,
    )


def of_units(counts: Counts, units: Units | None) -> Counts:
    """Return the counts of whole units [n_seeds, n_units, 3]."""
    if units is None:
        return counts
    summed = np.zeros((int(units.max(initial=-1)) + 1, counts.shape[0], 3), counts.dtype)
    np.add.at(summed, units, counts.swapaxes(0, 1))
    return summed.swapaxes(0, 1)


def blocks(counts: Counts, most: int = MOST_UNITS) -> Counts:
    """Return counts of at most so many units: where there are more, of blocks of neighbours of about equal number."""
    n = counts.shape[1]
    if n <= most:
        return counts
    return np.add.reduceat(counts, np.arange(most) * n // most, axis=1)


def _sizes(resamples: int, n: int) -> Iterator[int]:
    """Yield numbers of resamples that are drawn together."""
    at_once = max(1, _CHUNK // n)
    for start in range(0, resamples, at_once):
        yield min(at_once, resamples - start)


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Some resamples: how often each unit is drawn [size, n], and how often each seed of either system [size, k] (none where only
    units are drawn).
    """

    units: NDArray[np.uint16]
    seeds: tuple[NDArray[np.int64], ...]


@lru_cache(maxsize=1)
def _draws(n: int, seeds: tuple[int, ...], several: bool, resamples: int, seed: int) -> tuple[_Draws, ...]:
    """Return all resamples of ``n`` units and so many seeds, in parts that are looked at together.

    Several systems are mostly compared on the same test set, one pair after the other, and draw the same.
    """
    random = np.random.default_rng(seed)
    return tuple(
        _Draws(
            _times(random, size, n, n).astype(np.uint16),
            tuple(_times(random, size, k, k - 1) for k in seeds) if several else (),
        )
        for size in _sizes(resamples, n)
    )


def _drawn(draws: _Draws, sides: list[Counts]) -> Floats:
    """Return the difference in each resample of models and data, and of the same data with all seeds [2, size]."""
    times = draws.units.astype(np.float64)
    size, n = times.shape
    means: list[list[Floats]] = []
    for side, counts in enumerate(sides):
        k = len(counts)
        totals = times @ counts.swapaxes(0, 1).reshape(n, k * 3).astype(np.float64)
        right, predicted, reference = np.moveaxis(totals.reshape(size, k, 3), 2, 0)
        named = predicted + reference
        scores = np.divide(2 * right, named, out=np.zeros_like(named), where=named > 0)
        all_seeds = scores.mean(axis=1)
        some = (scores * draws.seeds[side]).sum(axis=1) / (k - 1) if draws.seeds else all_seeds
        means.append([some, all_seeds])
    return np.array(means[1]) - np.array(means[0])


def _times(random: np.random.Generator, size: int, n: int, draws: int) -> NDArray[np.int64]:
    """Return how often each of ``n`` is drawn in ``draws`` with replacement, ``size`` times over [size, n]."""
    chosen = random.integers(n, size=(size, draws)) + np.arange(size)[:, None] * n
    return np.bincount(chosen.ravel(), minlength=size * n).reshape(size, n)
