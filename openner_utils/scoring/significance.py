"""Intervals and tests for F1 over test sentences (or documents) and training seeds, from one variance.

Everything works on mention counts per seed and sentence, [n_seeds, n_sentences, 3] (right, predicted, reference). The
statistic is the micro F1 of each seed, averaged over seeds. It varies for two reasons: another test set would hold other
sentences, and another training would start from another seed. Both are crossed (every seed is tested on every
sentence), so the variance is that of a mean over two crossed random factors, V = M_units + M_seeds - M_cells (Searle,
Casella and McCulloch 1992, section 4.3; Owen 2007): the spread over sentences of the seeds' mean, plus the spread over seeds,
less what both hold of the sentences' own noise. Sentences enter by their influence on F1 (the linear term of its Taylor
series, as in survey statistics), documents by the sum of their sentences. A difference is judged by Student's t, so that p values have no lower bound. Few
seeds say little about their own spread, and where they happen to agree would promise too much: so the degrees of freedom
are those of a variance (Satterthwaite 1946) in which the seeds vary as much as the upper bound of what they show.

With one seed on either side the seeds' spread is unknown: then the claim is about the models as they were trained.
How often the test errs, and what it can see, is measured by ``python -m benchmarks significance`` (docs/log.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from openner_utils.support.errors import OpenNERError

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Units = NDArray[np.int64]
"""For each sentence the number of the unit that it belongs to, from 0: sentences of one document are not independent."""

POWER = 0.80

BOUND, BOUND_OF_ONE = 0.95, 0.80
"""How sure the upper bound of the seeds' spread is: in a difference, which large families judge in the tails of t, and in a
single F1. Simulation sets them (``python -m benchmarks significance``)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean F1 of b minus that of a (fractions), its standard error and degrees of freedom, and the two-sided p.

    ``seed_se`` is the part of the standard error that the seeds alone have (NaN where a side has one seed).
    """

    value: float
    se: float
    df: float
    p: float
    seed_se: float

    def interval(self, level: float) -> Interval:
        """Return the interval that leaves out zero exactly if p is below ``level``."""
        half = _t(1 - level / 2, self.df) * self.se
        return Interval(self.value, max(-1.0, self.value - half), min(1.0, self.value + half))

    def detectable(self, level: float, power: float = POWER) -> float:
        """Return the smallest true difference that a test at ``level`` finds with probability ``power``.

        It is the noncentrality of t at which the test has this power, times the standard error; infinite where not even
        a difference of 1 would be found.
        """
        if not math.isfinite(self.se):
            return math.inf
        critical = _t(1 - level / 2, self.df)
        # A quantile of the estimated standard error turns the critical value into a bound of the noncentrality.
        bound = critical * math.sqrt(stats.chi2.ppf(0.999, self.df) / self.df) + 5
        effect = optimize.brentq(lambda nc: stats.nct.sf(critical, self.df, nc) - power, 0.0, bound)
        found = float(effect) * self.se
        return found if found <= 1 else math.inf


def f1(counts: NDArray[np.int64]) -> Floats:
    """Return F1 of counts [..., 3]; 0 where undefined."""
    total = (counts[..., 1] + counts[..., 2]).astype(np.float64)
    return np.divide(2.0 * counts[..., 0], total, out=np.zeros_like(total), where=total > 0)


def mean_f1(counts: Counts) -> float:
    """Return the micro F1 of each seed, averaged over seeds."""
    return float(f1(counts.sum(axis=1)).mean())


def interval(counts: Counts, confidence: float, units: Units | None = None) -> Interval:
    """Return mean F1 with its interval over units and, where there are several, seeds.

    F1 = 2J / (1 + J), where J is the share of right mentions among all that the reference or the prediction has. J is a
    proportion, so its interval is the exact one (Clopper and Pearson 1934) for the number of independent mentions
    that would vary as much (Korn and Graubard 1998): it stays right where J is near 0 or 1, also when nothing or
    everything is right. ``units`` [n_sentences]: see `Units`; by default each sentence is one.
    """
    effects = _effects(_summed(counts, units))
    share = effects.value / (2 - effects.value)
    named = counts.sum(axis=1)
    trials = float((named[:, 1] + named[:, 2] - named[:, 0]).mean())
    variance, df = effects.variance()
    if trials < 1 or not math.isfinite(variance):  # no mention, or a single unit: nothing is known
        return Interval(effects.value, 0.0, 1.0)
    tail = (1 - confidence) / 2
    if variance > 0:
        variance *= (2 / (2 - effects.value) ** 2) ** 2  # from F1 to J
        independent = share * (1 - share) / variance
        independent *= (_t(1 - tail, max(trials - 1, 1.0)) / _t(1 - tail, df)) ** 2
        trials = min(trials, independent)
    right = share * trials
    low = 0.0 if share <= 0 else float(stats.beta.ppf(tail, right, trials - right + 1))
    high = 1.0 if share >= 1 else float(stats.beta.ppf(1 - tail, right + 1, trials - right))
    return Interval(effects.value, 2 * low / (1 + low), 2 * high / (1 + high))


def mean_interval(systems: Sequence[tuple[Counts, Units | None]], confidence: float) -> Interval:
    """Return the mean F1 over several test sets, each counting the same, with its interval.

    ``systems``: counts of one system on each test set, all with the same seeds, and its units. The test sets are taken as
    given: another time their sentences and the seeds would be others, not the languages. Raises `OpenNERError` where
    the numbers of seeds differ.
    """
    numbers = {counts.shape[0] for counts, _ in systems}
    if len(numbers) != 1:
        raise OpenNERError(
            f"A mean over test sets needs the same seeds on each, not {sorted(numbers)} of them."
        )
    each = [_effects(_summed(counts, units)) for counts, units in systems]
    count = len(each)
    whole = _Effects(
        each=np.mean([one.each for one in each], axis=0),
        influence=np.concatenate([one.influence for one in each]) / count,
        cells=sum(one.cells for one in each) / count**2,
        total=sum(one.total for one in each),
    )
    if count == 1:
        return interval(systems[0][0], confidence, systems[0][1])
    variance, df = whole.variance()
    if any(not one.variance()[0] or not math.isfinite(one.variance()[0]) or not one.total for one in each):
        # A test set where nothing varies, or nothing is known, has exact bounds of its own: the mean of all bounds.
        bounds = [interval(counts, confidence, units) for counts, units in systems]
        low, high = (float(np.mean(side)) for side in zip(*((b.low, b.high) for b in bounds), strict=True))
        return Interval(whole.value, low, high)
    half = _t((1 + confidence) / 2, df) * math.sqrt(variance)
    return Interval(whole.value, max(0.0, whole.value - half), min(1.0, whole.value + half))


def difference(a: Counts, b: Counts, units: Units | None = None) -> Difference:
    """Return how much better ``b`` is than ``a`` on the same sentences; they may have different numbers of seeds.

    Two mentions are added to what the units vary, one that only a has right and one that only b has right: without them
    two systems that are right on the same few mentions would differ by exactly 0 without any doubt (the idea of Agresti
    and Min 2005 for paired proportions). Raises `OpenNERError` when the two were not scored on the same sentences.
    """
    if a.shape[1:] != b.shape[1:]:
        raise OpenNERError(
            f"Two systems were scored on {a.shape[1]} and {b.shape[1]} sentences. Compare them on the same ones."
        )
    first, second = _effects(_summed(a, units)), _effects(_summed(b, units))
    value = second.value - first.value
    n = len(first.influence)
    # What a single training would have been with another seed is not known, so the other side's seeds say nothing either.
    sides = [first, second] if min(first.seeds, second.seeds) > 1 else []
    seed_se = math.sqrt(sum(side.seed_square for side in sides)) if sides else math.nan
    if n < 2 or not first.total + second.total:
        return Difference(value, math.inf, 1.0, 1.0, seed_se)
    over_units = _square(second.influence - first.influence) + _one_mention_each(first, second)
    variance = over_units + sum(side.seed_part for side in sides)
    df = _degrees(over_units, n, sides, BOUND)
    se = math.sqrt(variance)
    return Difference(value, se, df, float(2 * stats.t.sf(abs(value) / se, df)), seed_se)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a family of tests decides about one of them: Holm's adjusted p, and the ``level`` it was judged at."""

    p: float
    level: float
    clear: bool


def holm(p_values: Sequence[float], level: float) -> list[Decision]:
    """Return the decisions of Holm's step-down method (1979) on a family of tests, in the given order.

    The smallest p is judged at ``level`` / m, the next at ``level`` / (m - 1), and so on to the first that fails, at
    whose level all others are judged. The interval of a difference at its decision's level leaves out zero exactly if it is
    clear.
    """
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    decisions: dict[int, Decision] = {}
    highest, failed = 0.0, False
    step = level
    for rank, number in enumerate(order):
        left = len(p_values) - rank
        highest = max(highest, min(1.0, left * p_values[number]))
        if not failed:
            step = level / left
            failed = p_values[number] >= step
        decisions[number] = Decision(highest, step, not failed)
    return [decisions[number] for number in range(len(p_values))]


@dataclass(frozen=True, slots=True, eq=False)
class _Effects:
    """F1 of each seed, and what its mean varies with.

    ``each`` [n_seeds]; ``influence`` [n_units]: what each unit adds to the mean, whose squares sum to a variance;
    ``cells``: the part of `seed_square` that is the units' noise; ``total``: predicted and reference mentions, mean over
    seeds.
    """

    each: Floats
    influence: Floats
    cells: float
    total: float

    @property
    def value(self) -> float:
        """Mean F1 over seeds."""
        return float(self.each.mean())

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        return len(self.each)

    @property
    def seed_square(self) -> float:
        """Variance of the seeds' F1 over their number; 0 for one seed."""
        return float(self.each.var(ddof=1)) / self.seeds if self.seeds > 1 else 0.0

    @property
    def seed_part(self) -> float:
        """Variance of the mean that the seeds alone bring; 0 where it is too small to be seen."""
        return max(0.0, self.seed_square - self.cells)

    def variance(self) -> tuple[float, float]:
        """Return variance and degrees of freedom of the mean."""
        n = len(self.influence)
        if n < 2:
            return math.inf, 1.0
        over_units = _square(self.influence)
        return over_units + self.seed_part, _degrees(
            over_units, n, [self] if self.seeds > 1 else [], BOUND_OF_ONE
        )


def _effects(counts: Counts) -> _Effects:
    """Return the effects of units and seeds on F1. ``counts``: [n_seeds, n_units, 3]."""
    seeds, n = counts.shape[:2]
    totals = counts.sum(axis=1)
    each = f1(totals)
    total = (totals[:, 1] + totals[:, 2]).astype(np.float64)
    # F1 = 2 right / total; a unit moves it by (2 right - F1 total) of the unit, over the whole total.
    moved = 2 * counts[..., 0] - each[:, None] * (counts[..., 1] + counts[..., 2])
    influence = np.divide(moved, total[:, None], out=np.zeros_like(moved), where=total[:, None] > 0)
    mean = influence.mean(axis=0)
    cells = 0.0
    if seeds > 1 and n > 1:
        cells = float(((influence - mean) ** 2).sum()) / (seeds - 1) * n / (n - 1) / seeds
    return _Effects(each, mean, cells, float(total.mean()))


def _degrees(over_units: float, n: int, sides: Sequence[_Effects], bound: float) -> float:
    """Return the degrees of freedom of a variance over ``n`` units and the seeds of some systems.

    The seeds of each side are taken to vary as much as the upper ``bound`` of what they show, all sides together; the side
    with the fewest seeds says how well that is known. Never fewer than these seeds have.
    """
    if not sides:
        return n - 1.0
    fewest = min(side.seeds for side in sides) - 1
    total = fewest * len(sides)
    most = total / float(stats.chi2.ppf(1 - bound, total))

    def satterthwaite(parts: Sequence[float], squares: Sequence[float]) -> float:
        spread = over_units**2 / (n - 1) + sum(square**2 for square in squares) / fewest
        return (over_units + sum(parts)) ** 2 / spread if spread else n - 1.0

    as_seen = satterthwaite([side.seed_part for side in sides], [side.seed_square for side in sides])
    upper = [max(0.0, most * side.seed_square - side.cells) for side in sides]
    return max(float(fewest), min(as_seen, satterthwaite(upper, upper)))


def _square(influence: Floats) -> float:
    """Return the variance of a sum of independent influences [n_units], whose mean is 0."""
    n = len(influence)
    return float((influence**2).sum()) * n / (n - 1)


def _one_mention_each(a: _Effects, b: _Effects) -> float:
    """Return the variance of two mentions more, one that only ``a`` has right and one that only ``b`` has right."""
    right, missed = (
        [(2 * r - side.value * (1 + r)) / max(side.total, 1.0) for side in (a, b)] for r in (1, 0)
    )
    return (right[0] - missed[1]) ** 2 + (right[1] - missed[0]) ** 2


def _summed(counts: Counts, units: Units | None) -> Counts:
    """Return counts per unit [n_seeds, n_units, 3]."""
    if units is None:
        return counts
    summed = np.zeros((int(units.max(initial=-1)) + 1, counts.shape[0], 3), np.int64)
    np.add.at(summed, units, counts.swapaxes(0, 1))
    return summed.swapaxes(0, 1)


def _t(quantile: float, df: float) -> float:
    return float(stats.t.ppf(quantile, df))
