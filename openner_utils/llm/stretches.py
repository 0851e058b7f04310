"""The stretches that are equal in two texts, in order: a changed inline reply, and the sentence it should repeat."""

from collections import Counter
from difflib import SequenceMatcher
from itertools import accumulate

STEPS = 50_000_000
"""Pairs of equal characters (or of equal runs) that the alignment of a changed text looks at, some seconds' work; what is
not aligned by then stays unaligned."""
RUN = 8
"""Characters of the runs by which long stretches are found."""


def equal_stretches(reply: str, sentence: str) -> tuple[list[tuple[int, int, int]], bool]:
    """Return the stretches that are equal in both texts, in order, as (offset in each, length); whether all were found.

    The longest one first, then those to its left and right (Ratcliff and Obershelp's gestalt pattern matching, Dr. Dobb's
    Journal 1988), until `STEPS` are done.

    >>> equal_stretches("AnnmetBo", "AnnsawBo")
    ([(0, 0, 3), (6, 6, 2)], True)
    """
    # Runs of characters are rarer than characters, so the long stretches are found among runs, which takes far fewer
    # steps; only what is left between them is compared by characters.
    searches = [_Search(reply, sentence, RUN), _Search(reply, sentence, 1)]
    left = STEPS
    todo = [(0, len(reply), 0, len(sentence))]
    found: list[tuple[int, int, int]] = []
    while todo:
        start, end, from_, to = todo.pop()
        for search in searches:
            left -= search.steps(start, end)
            if left < 0:
                return sorted(found), False
            here, there, length = search.longest(start, end, from_, to)
            if length:
                found.append((here, there, length))
                todo.append((here + length, end, there + length, to))
                todo.append((start, here, from_, there))
                break
    return sorted(found), True


class _Search:
    """The search for the longest equal stretch of at least ``run`` characters."""

    def __init__(self, reply: str, sentence: str, run: int) -> None:
        runs, others = (
            [text[at : at + run] for at in range(len(text) - run + 1)] for text in (reply, sentence)
        )
        self._run = run
        self._matcher = SequenceMatcher(None, runs, others, autojunk=False)
        counts = Counter(others)
        self._steps = list(accumulate((counts[item] for item in runs), initial=0))

    def steps(self, start: int, end: int) -> int:
        """Return the pairs that a search looks at: each run of the reply's range with all equal ones."""
        return self._steps[end - self._run + 1] - self._steps[start] if end - start >= self._run else 0

    def longest(self, start: int, end: int, from_: int, to: int) -> tuple[int, int, int]:
        """Return the longest stretch equal in a range of the reply and one of the sentence."""
        short = self._run - 1
        if end - start <= short or to - from_ <= short:
            return start, from_, 0
        here, there, length = self._matcher.find_longest_match(start, end - short, from_, to - short)
        return here, there, length + short if length else 0
