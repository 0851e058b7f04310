"""Two views of the same differences: what the test of `scoring.significance` decides, and what resampling models and data shows.

The test decides, in every table of the report. The other view (`scoring.resampling`) makes no use of its formulas, so that where both
say the same, the decision does not hang on them; where they do not, the difference lies so near to what chance brings that it should
not be built on.
"""

from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis.systems import Pairs, matched
from openner_utils.config.params import Compare
from openner_utils.scoring.resampling import RESAMPLES, difference
from openner_utils.scoring.significance import holm

COLUMNS = ["low_resampled", "high_resampled", "agrees"]


@dataclass(frozen=True, slots=True)
class Other:
    """A comparison on which the views disagree: ``what`` it is of, the difference in points with both intervals, which one is ``clear``.

    ``clear``: whether it is the test that calls it beyond chance, and not the resamples.
    """

    what: str
    value: float
    low: float
    high: float
    low_resampled: float
    high_resampled: float
    clear: bool


@dataclass(frozen=True, slots=True)
class Views:
    """How many comparisons were seen both ways, of how many ``resamples``, and on which the views disagree."""

    compared: int
    resamples: int
    others: tuple[Other, ...]


NOTHING = Views(0, 0, ())
"""Where nothing was compared."""


def beside(
    found: pd.DataFrame,
    pairs: Pairs,
    how: Compare,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Return the rows of ``found`` (`analysis.systems.compared` of the same ``pairs``) by both views: with `COLUMNS`, behind ``clear``.

    ``low_resampled`` and ``high_resampled``: the interval of resampled models and data, in points, at the level at which Holm's method
    judged the row; empty on a test set of one unit. ``agrees``: whether it leaves out zero exactly where the row is clear.
    """
    rows = []
    decisions = holm(found["p_raw"].tolist(), 1 - how.confidence)
    for (_, a, b), decision, clear in zip(matched(pairs), decisions, found["clear"], strict=True):
        units, _ = a.places.units
        if units.max() < 1:
            rows.append((float("nan"), float("nan"), not clear))
            continue
        bounds = difference(a.counts, b.counts, units, resamples).interval(decision.level)
        leaves_out = bounds.low > 0 or bounds.high < 0
        rows.append((100 * bounds.low, 100 * bounds.high, leaves_out == bool(clear)))
    both = pd.concat([found, pd.DataFrame(rows, columns=COLUMNS, index=found.index)], axis=1)
    behind = list(found.columns).index("clear") + 1
    return both[[*found.columns[:behind], *COLUMNS, *found.columns[behind:]]]


def findings(both: pd.DataFrame, names: list[str]) -> Views:
    """Return on which rows of `beside` the views disagree; a row is called by its columns ``names``."""
    others = both[~both["agrees"].astype(bool)]
    return Views(
        len(both),
        RESAMPLES,
        tuple(
            Other(
                ", ".join(str(row[name]) for name in names),
                float(row["difference"]),
                float(row["low"]),
                float(row["high"]),
                float(row["low_resampled"]),
                float(row["high_resampled"]),
                bool(row["clear"]),
            )
            for row in others.to_dict("records")
        ),
    )
