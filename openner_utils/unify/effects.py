"""Means over texts, each with a weight, and how sure they are."""

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
    effect = float(np.average(differences, weights=weights))
    more = float(weights.mean())
    w, d = np.append(weights, [more, more]), np.append(differences, [1.0, -1.0])
    mean = float(np.average(d, weights=w))
    n = len(d)
    se = math.sqrt(float(np.sum(w**2 * (d - mean) ** 2)) / float(w.sum()) ** 2 * n / (n - 1))
    half = float(stats.t.ppf(1 - level / 2, n - 1)) * se
    p = float(stats.t.sf(mean / se, n - 1))
    return effect, max(mean - half, -1.0), min(mean + half, 1.0), p
