"""Passages that are no running text, by rules that anybody can check: each says why, and none hangs on a language.

The rules are of the kind of C4 (Raffel et al. 2020), Gopher (Rae et al. 2021) and FineWeb (Penedo et al. 2024), in what does
not depend on lists of words; bounds are ours where theirs count characters of English. They find menus and code, not bad prose.
"""

import unicodedata
from collections import Counter

from openner_utils.web.characters import words_before

FEWEST_LETTERS = 0.6
"""Least share of letters, marks and digits among characters that are no white space."""
MOST_REPEATED = 0.2
"""Largest share of characters in lines that stand there twice or more, the first time aside (Gopher)."""
SHORT, MOST_SHORT, FEWEST_LINES = 5, 0.67, 4
"""Words of a short line; largest share of short lines (FineWeb) where there are at least so many lines."""
_CODE = frozenset("{}<>;=|\\[]_#$^~`")
MOST_CODE = 0.08
"""Largest share of characters that code and markup are full of."""

FEW_LETTERS, REPEATED, MENU, CODE, FILLER = (
    "boilerplate: few letters", "boilerplate: repeated lines", "boilerplate: short lines", "boilerplate: code or markup",
    "boilerplate: placeholder text",
)  # fmt: skip
"""What is wrong with a passage."""


def boilerplate(text: str) -> str:
    """Return why a passage is no running text, or nothing.

    >>> boilerplate("Home\\nNews\\nSport\\nWeather\\nContact")
    'boilerplate: short lines'
    """
    if "lorem ipsum" in text.lower():
        return FILLER
    counts = Counter(text)
    dark = sum(number for character, number in counts.items() if not character.isspace())
    code = sum(counts[character] for character in _CODE)
    if code > MOST_CODE * dark:
        return CODE
    letters = sum(
        number for character, number in counts.items() if character.isalnum() or _is_mark(character)
    )
    if letters < FEWEST_LETTERS * dark:
        return FEW_LETTERS
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    if len(lines) < 2:
        return ""
    often = Counter(lines)
    repeated = sum(len(line) * (number - 1) for line, number in often.items())
    if repeated > MOST_REPEATED * sum(map(len, lines)):
        return REPEATED
    if len(lines) >= FEWEST_LINES:
        short = sum(len(line) < 40 and words_before(line)[-1] < SHORT for line in lines)
        if short > MOST_SHORT * len(lines):
            return MENU
    return ""


def _is_mark(character: str) -> bool:
    return not character.isascii() and ord(character) >= 0x300 and unicodedata.category(character)[0] == "M"
