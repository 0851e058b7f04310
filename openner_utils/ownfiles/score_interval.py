"""How far F1 on a file may be off: the interval that other sentences (or documents) like the file's would give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import right
from openner_utils.support.words import counted

CONFIDENCE = 0.95
BySentence = Mapping[str, NDArray[np.int32]]
"""Convention → right, predicted and reference mentions of each sentence [n_sentences, 3]."""


@dataclass(frozen=True, slots=True)
class Margin:
    """The interval of the F1 of all types under a convention, as fractions, and the units that it is over: how many of what."""

    low: float
    high: float
    n: int
    unit: str

    @property
    def over(self) -> str:
        """The units in words."""
        return counted(self.n, self.unit)


def by_sentence(gold: Mentions, found: Mentions, length: int, n_sentences: int) -> NDArray[np.int32]:
    """Return right, predicted and reference mentions of each sentence [n_sentences, 3]; places lie from 0 to ``length``."""
    again = right(gold, found, length)
    sides = (found.sentence[again], found.sentence, gold.sentence)
    return np.stack([np.bincount(each, minlength=n_sentences) for each in sides], axis=1).astype(np.int32)


def margins(
    predictions: Sequence[BySentence], documents: NDArray[np.int64] | None = None
) -> dict[str, Margin]:
    """Return convention → interval of F1, the mean over ``predictions``, which are runs of one system (`significance.interval`).

    ``documents`` says how many sentences each document has, where that is known. Sentences of one document resemble each
    other, so documents are the units where there are as many as in the pipeline (`one_system.FEWEST_DOCUMENTS`).
    """
    from openner_utils.analysis.one_system import FEWEST_DOCUMENTS  # pandas and SciPy take their time
    from openner_utils.scoring.significance import interval

    units = None
    if documents is not None and len(documents) >= FEWEST_DOCUMENTS:
        units = np.repeat(np.arange(len(documents)), documents)
    found = {}
    for convention in predictions[0]:
        counts = np.stack([each[convention] for each in predictions]).astype(np.int64)
        bounds = interval(counts, CONFIDENCE, units)
        n = counts.shape[1] if units is None else int(units[-1]) + 1
        found[convention] = Margin(bounds.low, bounds.high, n, "sentence" if units is None else "document")
    return found
