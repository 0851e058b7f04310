"""Say how often the tests of this compendium err: the simulation that ``python -m benchmarks significance`` wrote."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from openner_utils.analysis import methods
from openner_utils.pages import tables
from openner_utils.pages.wording.methods import sentences
from openner_utils.support import paths

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
    """The tables of `analysis.methods`, and what they say, one sentence a line."""

    tables: dict[str, pd.DataFrame]
    summary: list[str]


def run() -> Result:
    """Return the simulation in tables and words."""
    found = tables.read(SIMULATED)
    return Result(methods.tables(found), sentences(methods.findings(found)))
