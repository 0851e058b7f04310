"""Say how often the tests of this compendium err: the simulation that ``python -m benchmarks significance`` wrote."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from openner_utils import paths, tables
from openner_utils.params import load

STAGE = "methods"
SIMULATED = paths.BENCHMARKS / "significance.csv"


def inputs() -> list[Path]:
    """Return the table of the simulation."""
    return [SIMULATED]


def outputs() -> list[Path]:
    """Return nothing beside the page."""
    return []


@dataclass(frozen=True, slots=True)
class Result:
    """``equal``: both systems vary alike over seeds; ``unequal``: one does not vary; ``documents``: sentences in tens.

    One row per setting: sentences, seeds, spread over seeds (points of F1), and the rates found (percent).
    """

    equal: pd.DataFrame
    unequal: pd.DataFrame
    documents: pd.DataFrame
    confidence: float


RATES = ["type_1", "ignoring_seeds", "coverage", "coverage_f1", "power", "family_wise"]


def run() -> Result:
    """Return the simulation in three tables."""
    found = tables.read(SIMULATED)
    found[RATES] *= 100
    alike = found["spread"] == found["other_spread"]
    single = found["document"] == 1
    columns = ["sentences", "seeds", "spread", *RATES[:4], "detectable", *RATES[4:]]
    return Result(
        found.loc[alike & single, columns],
        found.loc[~alike, ["sentences", "seeds", "spread", "other_spread", *columns[3:-1]]],
        found.loc[~single, [*columns[:3], "document", *columns[3:-1]]],
        load("compare").compare.confidence,
    )
