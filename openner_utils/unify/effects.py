"""Means over texts or sentences, each with a weight, and how sure they are."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def weighted(
    weights: NDArray[np.float64], differences: NDArray[np.float64], level: float
) -> tuple[float, float, float, float]:
    """Return a weighted mean of differences in [-1, 1], its interval, and the one-sided p that it is not above zero.

    Two more values, +1 and -1, each with the mean weight, stand in interval and p (compare Agresti and Coull 1998).
    """
    mean, variance, n = _with_two_more(weights, differences)
    effect = float(np.average(differences, weights=weights))
    return effect, *_interval(mean, variance, n - 1, level)


def over_seeds(
    weights: NDArray[np.float64], sums: NDArray[np.float64], level: float
) -> tuple[float, float, float, float]:
    """Return a weighted mean of differences over units and seeds, its interval, and the one-sided p that it is not above zero.

    ``weights`` [n_units]; ``sums`` [n_seeds, n_units]: differences times weights. As in `weighted` two more units, +1 and -1, stand in
    interval and p. The variance is that over units of the seeds' mean, and that over seeds of the whole; degrees of freedom are those of
    Satterthwaite (1946). With one seed the claim is about the taggers as they were trained.
    """
    held = weights > 0
    w, by_seed = weights[held], sums[:, held]
    differences = np.clip(by_seed.mean(axis=0) / w, -1, 1)
    mean, of_units, n = _with_two_more(w, differences)
    seeds = len(by_seed)
    of_seeds = float(np.var(by_seed.sum(axis=1) / w.sum(), ddof=1)) / seeds if seeds > 1 else 0.0
    variance = of_units + of_seeds
    df = variance**2 / (of_units**2 / (n - 1) + of_seeds**2 / max(seeds - 1, 1))
    return float(np.average(differences, weights=w)), *_interval(mean, variance, df, level)


def apart(
    one: tuple[NDArray[np.float64], NDArray[np.float64]],
    other: tuple[NDArray[np.float64], NDArray[np.float64]],
    level: float,
) -> tuple[float, float, float, float]:
    """Return how much larger a share of ``one`` is than that of ``other``, its interval, and the one-sided p that it is not.

    Each is a part and its whole, counts [n_seeds, n_units] on the same units. Two units more stand in each share, one wholly in the part
    and one not, so that a share of nothing is a half, and not known. The variance is that of the difference of two ratios (its linear term), over
    units and over seeds, as in `over_seeds`.
    """
    shares, of_units, more, of_seeds, known = [], [], 0.0, [], True
    for part, whole in (one, other):
        by_unit = whole.mean(axis=0)
        held = by_unit[by_unit > 0]
        weight = float(held.mean()) if len(held) else 1.0
        total = float(by_unit.sum()) + 2 * weight
        share = (float(part.mean(axis=0).sum()) + weight) / total
        shares.append((share, float(part.sum()) / float(whole.sum()) if whole.any() else share))
        known &= bool(whole.any())
        of_units.append((part.mean(axis=0) - share * by_unit) / total)
        of_seeds.append((part.sum(axis=1) - share * whole.sum(axis=1)) / total)
        more += (weight / total) ** 2 * (share**2 + (1 - share) ** 2)
    difference = of_units[0] - of_units[1]
    seeds = len(of_seeds[0])
    n = int(np.count_nonzero(one[1].any(axis=0) | other[1].any(axis=0))) + 4
    units = (float(np.sum(difference**2)) + more) * n / (n - 1)
    between = float(np.var(of_seeds[0] - of_seeds[1], ddof=1)) / seeds if seeds > 1 else 0.0
    variance = units + between
    df = variance**2 / (units**2 / (n - 1) + between**2 / max(seeds - 1, 1))
    mean = shares[0][0] - shares[1][0]
    effect = shares[0][1] - shares[1][1] if known else mean
    return effect, *_interval(mean, variance, df, level)


def _with_two_more(
    weights: NDArray[np.float64], differences: NDArray[np.float64]
) -> tuple[float, float, int]:
    """Return the weighted mean of differences and of +1 and -1, its variance, and the number of values."""
    more = float(weights.mean())
    w, d = np.append(weights, [more, more]), np.append(differences, [1.0, -1.0])
    mean = float(np.average(d, weights=w))
    n = len(d)
    return mean, float(np.sum(w**2 * (d - mean) ** 2)) / float(w.sum()) ** 2 * n / (n - 1), n


def _interval(mean: float, variance: float, df: float, level: float) -> tuple[float, float, float]:
    """Return the bounds of a mean in [-1, 1], and the one-sided p that it is not above zero."""
    se = math.sqrt(variance)
    half = float(stats.t.ppf(1 - level / 2, df)) * se
    return max(mean - half, -1.0), min(mean + half, 1.0), float(stats.t.sf(mean / se, df))
