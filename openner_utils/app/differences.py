"""Models that were scored on the same file, against each other: differences with intervals, judged as in the report."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from openner_utils.ownfiles.score_interval import CONFIDENCE
from openner_utils.support.rounding import signed


def differences(counts: Mapping[str, NDArray[np.int32]]) -> list[tuple[str, ...]]:
    """Return a row for each two systems: both names, b minus a in points of F1, its interval, and whether it is beyond chance.

    ``counts``: right, predicted and reference mentions of each sentence [n_sentences, 3], by system. All pairs are one family (Holm).
    """
    from openner_utils.scoring.significance import difference, holm  # SciPy takes its time

    names = list(combinations(counts, 2))
    found = [difference(*(counts[name][None].astype(np.int64) for name in pair)) for pair in names]
    rows: list[tuple[str, ...]] = []
    for pair, each, decision in zip(
        names, found, holm([each.p for each in found], 1 - CONFIDENCE), strict=True
    ):
        bounds = each.interval(decision.level)
        interval = f"{signed(100 * bounds.low)} to {signed(100 * bounds.high)}"
        rows.append((*pair, signed(100 * each.value), interval, "yes" if decision.clear else "no"))
    return rows
