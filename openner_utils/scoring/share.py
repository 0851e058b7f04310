"""Which share of the distance between two systems a third one covers, with its interval."""

import math
from collections.abc import Sequence

from scipy import stats

from openner_utils.scoring.significance import Counts, Difference, Interval, Units, difference

Triple = tuple[Counts, Counts, Counts, Units | None]
"""The counts of a, b and c on the same sentences of one test set, and the sentences' units."""


def share(sets: Sequence[Triple], confidence: float) -> Interval:
    """Return which share of the way from a to c leads to b: (F1 of b - F1 of a) / (F1 of c - F1 of a).

    Of several test sets the mean differences are compared. The interval is that of a ratio of two means that vary together
    (Fieller 1954), with the variances of `significance.difference`; how the two vary together follows from the third
    difference, that of b and c. It is unbounded (from -inf to inf) where c may be no better than a; the share is NaN where they
    are equal.
    """
    value, of_value = _mean([difference(a, b, units) for a, b, _, units in sets])
    whole = [difference(a, c, units) for a, _, c, units in sets]
    total, of_total = _mean(whole)
    _, of_rest = _mean([difference(b, c, units) for _, b, c, units in sets])
    if not total or not math.isfinite(of_value + of_total + of_rest):
        return Interval(value / total if total else math.nan, -math.inf, math.inf)
    together = (of_value + of_total - of_rest) / 2
    square = float(stats.t.ppf((1 + confidence) / 2, sum(each.df for each in whole))) ** 2
    # The shares s with (value - s total)² at most square × the variance of (value - s total): between the roots of a parabola.
    a, b, c = total**2 - square * of_total, value * total - square * together, value**2 - square * of_value
    if a <= 0:
        return Interval(value / total, -math.inf, math.inf)
    half = math.sqrt(max(0.0, b**2 - a * c))
    return Interval(value / total, (b - half) / a, (b + half) / a)


def _mean(found: Sequence[Difference]) -> tuple[float, float]:
    """Return the mean of differences on different test sets, and its variance."""
    count = len(found)
    return sum(each.value for each in found) / count, sum(each.se**2 for each in found) / count**2
