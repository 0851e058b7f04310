"""Passages that are no running text, by rules that anybody can check: each says why, and none hangs on a language.

The rules are of the kind of C4 (Raffel et al. 2020), Gopher (Rae et al. 2021) and FineWeb (Penedo et al. 2024), in what does
not depend on lists of words; bounds are ours where theirs count characters of English. They find menus and code, not bad prose.
"""

from collections import Counter
from functools import cache

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.characters import BLANK, UNSPACED, WORD, Codes, codes, kinds, words_before

FEWEST_LETTERS = 0.6
"""Least share of letters, marks and digits among characters that are no white space."""
MOST_REPEATED = 0.2
"""Largest share of characters in lines that stand there twice or more, the first time aside (Gopher)."""
SHORT, SHORT_LENGTH, MOST_SHORT, FEWEST_LINES = 5, 40, 0.67, 4
"""A short line has fewer words, and fewer characters; largest share of short lines (FineWeb) where there are at least so many."""
_CODE = "{}<>;=|\\[]_#$^~`"
MOST_CODE = 0.08
"""Largest share of characters that code and markup are full of."""

FEW_LETTERS, REPEATED, MENU, CODE, FILLER = (
    "boilerplate: few letters", "boilerplate: repeated lines", "boilerplate: short lines", "boilerplate: code or markup",
    "boilerplate: placeholder text",
)  # fmt: skip
"""What is wrong with a passage."""


def boilerplate(text: str) -> str:
    r"""Return why a passage is no running text, or nothing.

    >>> boilerplate("Home\nNews\nSport\nWeather\nContact")
    'boilerplate: short lines'
    """
    code = codes(text)
    return found(text, code, words_before(code))


def found(text: str, code: Codes, before: NDArray[np.float64]) -> str:
    """Return what `boilerplate` does, from a text's code points and the words before each offset."""
    kind = kinds()[code]
    dark = np.count_nonzero(kind != BLANK)
    if np.count_nonzero(_of_code()[code]) > MOST_CODE * dark:
        return CODE
    if np.count_nonzero((kind == WORD) | (kind == UNSPACED)) < FEWEST_LETTERS * dark:
        return FEW_LETTERS
    if "orem ipsum" in text:
        return FILLER
    return _of_lines(text, before) if "\n" in text else ""


def _of_lines(text: str, before: NDArray[np.float64]) -> str:
    lines = text.split("\n")
    often = Counter(lines)
    repeated = sum(len(line) * (number - 1) for line, number in often.items() if number > 1)
    if repeated > MOST_REPEATED * len(text):
        return REPEATED
    ends = np.cumsum(np.array([len(line) + 1 for line in lines]))
    starts = np.concatenate(([0], ends[:-1]))
    counts, lengths = before[ends - 1] - before[starts], ends - 1 - starts
    filled = np.count_nonzero(lengths)
    short = np.count_nonzero((counts < SHORT) & (lengths < SHORT_LENGTH) & (lengths > 0))
    return MENU if filled >= FEWEST_LINES and short > MOST_SHORT * filled else ""


@cache
def _of_code() -> NDArray[np.bool_]:
    """Return which characters code and markup are full of [1,114,112]."""
    table = np.zeros(0x110000, np.bool_)
    table[[ord(each) for each in _CODE]] = True
    return table
