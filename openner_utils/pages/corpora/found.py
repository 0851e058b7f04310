"""What the stages hand over of all corpora, from which pages take their corpus's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.core.artifacts import (
    COMPARISON,
    CONTAMINATION,
    LEDGER,
    REPAIRS,
    STANDARDIZED,
    TYPES,
    Inputs,
    Memory,
)

_OF_ALL = (COMPARISON, CONTAMINATION, REPAIRS, TYPES)
_OF_EACH = (LEDGER, STANDARDIZED)
READS = (*_OF_EACH, *_OF_ALL)
"""What the pages are made of."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of all corpora, and the artifacts that they and those of each corpus are among."""

    inputs: Inputs
    comparison: pd.DataFrame
    contamination: pd.DataFrame
    repairs: pd.DataFrame
    types: pd.DataFrame

    @classmethod
    def read(cls, inputs: Inputs) -> "Found":
        """Return what the stages have handed over."""
        return cls(inputs, *map(inputs.frame, _OF_ALL))

    @property
    def in_memory(self) -> bool:
        """Whether the tables lie nowhere on the disk."""
        return isinstance(self.inputs.store, Memory)

    def standardized(self, corpus: str) -> pa.Table:
        """Return a corpus's standardized release."""
        return self.inputs.table(STANDARDIZED, corpus=corpus)

    def ledger(self, corpus: str) -> pa.Table:
        """Return a corpus's ledger."""
        return self.inputs.table(LEDGER, corpus=corpus)

    def sources(self, corpus: str) -> Sequence[Path]:
        """Return the files that a corpus's page is made of."""
        each = (self.inputs.path(artifact, corpus=corpus) for artifact in _OF_EACH)
        return [*each, *map(self.inputs.path, _OF_ALL)]
