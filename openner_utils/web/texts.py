"""Many texts as one array of code points: what is counted for each character is counted for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.characters import (
    INSIDE,
    SCRIPTS,
    UNSPACED,
    WORD,
    Codes,
    codes,
    kinds,
    scripts,
    word_starts,
)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """``codes``: all characters, with a line end behind each text; ``bounds``: where each text begins [n_texts + 1]."""

    codes: Codes
    bounds: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Return texts as one array."""
        bounds = np.fromiter(
            accumulate((len(text) + 1 for text in texts), initial=0), np.int64, len(texts) + 1
        )
        return cls(codes("\n".join([*texts, ""])), bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def rows(self) -> NDArray[np.int64]:
        """Return which text each character is of [n_characters]."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def letters_by_script(self) -> NDArray[np.int64]:
        """Return how many letters and marks of each script a text has [n_texts, len(SCRIPTS)]; of Zyyy none are counted."""
        found = np.bincount(
            self.rows() * len(SCRIPTS) + scripts()[self.codes], minlength=len(self) * len(SCRIPTS)
        )
        counts = found.reshape(len(self), len(SCRIPTS))
        counts[:, 0] = 0
        return counts

    def units(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the units of all texts begin and end [n_units], as places in ``codes``.

        A unit is a word, or a letter of a script without blanks between words.
        """
        kind = kinds()[self.codes]
        begins = word_starts(kind) | (kind == UNSPACED)
        starts = np.flatnonzero(begins)
        # A word ends at the first character behind it that is neither of it nor inside it.
        belongs = (kind == WORD) | (kind == INSIDE)
        stops = np.flatnonzero(~belongs | begins)
        ends = np.append(stops, len(kind))[np.searchsorted(stops, starts, "right")]
        ends[kind[starts] == UNSPACED] = starts[kind[starts] == UNSPACED] + 1
        return starts, ends
