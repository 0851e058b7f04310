"""Say how often the tests of this compendium err: the simulation that ``python -m benchmarks significance`` wrote."""

from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis import methods
from openner_utils.core.artifacts import Artifact
from openner_utils.pages import tables
from openner_utils.pages.wording.methods import sentences
from openner_utils.stages import Work
from openner_utils.support.records import Record

READS: tuple[Artifact, ...] = ()
WRITES: tuple[Artifact, ...] = ()
"""The page is all there is."""
SIMULATED = "significance.csv"


class Params(Record):
    """The stage uses no block of params.yaml."""


@dataclass(frozen=True, slots=True)
class Result:
    """The tables of `analysis.methods`, and what they say, one sentence a line."""

    tables: dict[str, pd.DataFrame]
    summary: list[str]


def run(work: Work, params: Params) -> Result:
    """Return the simulation in tables and words."""
    found = tables.read(work.place.benchmarks / SIMULATED)
    return Result(methods.tables(found), sentences(methods.findings(found)))
