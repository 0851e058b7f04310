"""What the stages have written of all corpora, from which pages take their corpus's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.core.releases import read_table
from openner_utils.pages import tables

_WHOLE = (*COUNTS, "repaired", "found", "expected", "difference", "published", "from_published")
"""Columns of counts, which stay whole numbers where one is missing."""
_TEXT = ("core", "expected_by", "published_by", "published_reason")
"""Columns in which nothing may stand in any row."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of all corpora, and the folder of artifacts that they and those of each corpus lie in."""

    artifacts: Path
    comparison: pd.DataFrame
    contamination: pd.DataFrame
    repairs: pd.DataFrame
    types: pd.DataFrame

    @classmethod
    def read(cls, artifacts: Path) -> "Found":
        """Return what the stages have written."""
        return cls(artifacts, *(audited(artifacts / name) for name in _OF_ALL))

    def standardized(self, corpus: str) -> pa.Table:
        """Return a corpus's standardized release."""
        return read_table(self.artifacts / _standardized(corpus))

    def changes(self, corpus: str) -> pd.DataFrame:
        """Return a corpus's ledger."""
        changes: pd.DataFrame = read_table(self.artifacts / _ledger(corpus)).to_pandas()
        return changes

    def sources(self, corpus: str) -> Sequence[Path]:
        """Return the files that a corpus's page is made of."""
        return [self.artifacts / name for name in (_ledger(corpus), _standardized(corpus), *_OF_ALL)]


_OF_ALL = (
    Path("audit", "comparison.csv"),
    Path("audit", "contamination.csv"),
    Path("audit", "repairs.csv"),
    Path("standardize", "types.csv"),
)


def _standardized(corpus: str) -> Path:
    return Path("standardize", "standardized", f"{corpus}.parquet")


def _ledger(corpus: str) -> Path:
    return Path("clean", f"{corpus}.ledger.parquet")


def audited(path: Path) -> pd.DataFrame:
    """Return a table of the stages that describe corpora, with whole numbers for counts and no missing texts."""
    frame = tables.read(path)
    frame = frame.astype({name: "Int64" for name in _WHOLE if name in frame})
    return frame.assign(**{name: frame[name].astype(object).fillna("") for name in _TEXT if name in frame})
