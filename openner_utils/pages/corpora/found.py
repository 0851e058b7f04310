"""What the stages hand over of all corpora, from which pages take their corpus's rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.core.artifacts import (
    ANSWER,
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
CARDS = {"question": "power", "table": "cards"}
"""The table that says which differences could be found on each test set, where encoders were compared."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of all corpora, and the artifacts that they and those of each corpus are among."""

    inputs: Inputs
    comparison: pd.DataFrame
    contamination: pd.DataFrame
    repairs: pd.DataFrame
    types: pd.DataFrame
    power: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def read(cls, inputs: Inputs, compared: bool = False) -> "Found":
        """Return what the stages have handed over; where encoders were ``compared``, what could be found on each test set, too."""
        power = [inputs.frame(ANSWER, **CARDS)] if compared else []
        return cls(inputs, *map(inputs.frame, _OF_ALL), *power)

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
        power = [self.inputs.path(ANSWER, **CARDS)] if len(self.power) else []
        return [*each, *map(self.inputs.path, _OF_ALL), *power]
