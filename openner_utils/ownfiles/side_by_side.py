"""Two files with the same tokens, sentence by sentence, however each of them is cut into parts."""

from collections.abc import Iterator, Sequence

import numpy as np

from openner_utils.core.columns import Columns, concat
from openner_utils.ownfiles.differences import NEAR


class TokensDifferError(Exception):
    """Two files do not have the same tokens and sentences; `differences` says where and how.

    ``around``: of both, the last sentence that is the same, and what comes after it, near the difference at least.
    """

    def __init__(self, sides: Sequence["_Side"]) -> None:
        super().__init__()
        self.around = [side.around(min(len(each.rest) for each in sides) + NEAR) for side in sides]


class _Side:
    """One of the two files: ``rest`` is what of it is not yet compared."""

    def __init__(self, parts: Iterator[Columns]) -> None:
        self._parts = parts
        self.rest = next(parts)
        self._before = self.rest.some(0, 0)

    def more(self) -> bool:
        """Go on by a part, and tell whether there is one."""
        part = next(self._parts, None)
        if part is not None:
            self.rest = concat([self.rest, part], part.file) if len(self.rest) else part
        return part is not None

    def taken(self, sentences: int) -> Columns:
        """Return the next sentences, which are compared now."""
        found = self.rest.some(0, sentences)
        self.rest = self.rest.some(sentences, self.rest.n_sentences)
        self._before = found.some(sentences - 1, sentences)
        return found

    def around(self, tokens: int) -> Columns:
        """Return the sentence before, and what comes after it: so many tokens, if there are so many."""
        while len(self.rest) < tokens and self.more():
            pass
        return concat([self._before, self.rest], self.rest.file)


def side_by_side(
    reference: Iterator[Columns], prediction: Iterator[Columns]
) -> Iterator[tuple[Columns, Columns]]:
    """Yield the same sentences of two files, some at a time; given are the parts of each, at least one.

    Raises `TokensDifferError` where tokens or sentence ends differ.
    """
    sides = _Side(reference), _Side(prediction)
    while True:
        ours, theirs = (side.rest for side in sides)
        shorter = min(len(ours), len(theirs))
        if not _same(ours, theirs, shorter):
            raise TokensDifferError(sides)
        # The last sentence of one may go on in the other: then the next part tells.
        whole = min(int(rest.sentences.searchsorted(shorter, "right")) - 1 for rest in (ours, theirs))
        if whole:
            yield sides[0].taken(whole), sides[1].taken(whole)
        behind, ahead = sorted(sides, key=lambda side: len(side.rest))
        if behind.more():
            continue
        if len(ahead.rest) > len(behind.rest):
            raise TokensDifferError(sides)
        if not ahead.more():
            return


def _same(ours: Columns, theirs: Columns, count: int) -> bool:
    """Return whether the first tokens of both are the same, and begin sentences in both or in neither."""
    tokens = ours.tokens.slice(0, count).equals(theirs.tokens.slice(0, count))
    return tokens and np.array_equal(ours.first[:count], theirs.first[:count])
