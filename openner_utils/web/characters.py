"""What a character is for cutting, counting and comparing text in any script: tables over all of Unicode, used on arrays.

Words are counted in scripts that put blanks between them. In scripts that do not, each letter counts as a part of a word, so
that a passage of 256 words holds about as much everywhere: `LETTERS_PER_WORD`.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import regex
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.uint32]
"""Code points of a text [n_characters]."""

OTHER, BLANK, WORD, INSIDE, UNSPACED = range(5)
"""Kinds of characters: what is none of these; white space; letters, marks and digits; what may stand inside a word (apostrophes,
joiners, the full stop of abbreviations); letters and marks of scripts without blanks between words."""

LETTERS_PER_WORD = {
    "Hani": 1.7, "Bopo": 3.0, "Hira": 3.1, "Kana": 3.1, "Thai": 5.4, "Laoo": 5.4, "Khmr": 5.2, "Mymr": 6.3, "Tibt": 5.6,
    "Lana": 5.4, "Tale": 5.4, "Talu": 5.4, "Java": 5.4, "Bali": 5.4,
}  # fmt: skip
"""Letters and marks that stand for one word of English, for each script without blanks between words.

Measured on texts that say the same. Hani, kana and Thai: 123 news documents of NTREX-128 in Chinese, Japanese and Thai beside
English. Khmer, Burmese, Tibetan: 1, 4 and 5 stories of Global African Storybook beside Italian, Polish and Romanian, so roughly. The
others are not measured: Lao and its neighbours are given Thai's figure.
"""

SCRIPTS = (
    "Zyyy", "Latn", "Cyrl", "Grek", "Arab", "Hebr", "Hani", "Hira", "Kana", "Hang", "Thai", "Laoo", "Khmr", "Mymr",
    "Tibt", "Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym", "Sinh", "Ethi", "Geor", "Armn",
    "Mong", "Thaa", "Syrc", "Copt", "Tfng", "Nkoo", "Adlm", "Vaii", "Cher", "Cans", "Bopo", "Yiii", "Olck", "Mtei",
    "Cakm", "Lana", "Tale", "Talu", "Java", "Bali", "Sund", "Bugi", "Batk", "Lepc", "Limb", "Saur", "Sylo", "Rohg",
    "Osge", "Lisu", "Plrd", "Hmng", "Hmnp", "Wcho", "Nagm", "Toto", "Goth", "Runr", "Ogam",
)  # fmt: skip
"""ISO 15924 codes of scripts that are told apart; Zyyy is what has none, or one that is not listed."""

_ALL = 0x110000
_LAST = 0x33480
"""No letter stands at this code point or behind it."""
_INSIDE = "'’.·\u00ad\u200c\u200d\u2060\u05f3\u05f4"


def codes(text: str) -> Codes:
    """Return the code points of a text; it holds no half of a surrogate pair."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@cache
def kinds() -> NDArray[np.uint8]:
    """Return the kind of each character [1,114,112]."""
    table = np.full(_ALL, OTHER, np.uint8)
    table[_places(r"\p{White_Space}")] = BLANK
    table[_places(r"[\p{L}\p{M}\p{N}]")] = WORD
    unspaced = np.isin(scripts(), [SCRIPTS.index(code) for code in LETTERS_PER_WORD])
    unspaced[0x30FC] = True  # the long mark of kana, which is of no script of its own
    table[unspaced] = UNSPACED
    table[[ord(each) for each in _INSIDE]] = INSIDE
    return table


@cache
def weights() -> NDArray[np.float64]:
    """Return how much of a word a letter of a script without blanks is [1,114,112]; 0 for all other characters."""
    each = np.array([1 / LETTERS_PER_WORD.get(code, LETTERS_PER_WORD["Kana"]) for code in SCRIPTS])
    return np.where(kinds() == UNSPACED, each[scripts()], 0.0)


@cache
def scripts() -> NDArray[np.uint8]:
    """Return the script of each letter or mark, as its place in `SCRIPTS` [1,114,112]; 0 for what is none."""
    table = np.zeros(_ALL, np.uint8)
    for place, code in enumerate(SCRIPTS[1:], 1):
        table[_places(rf"\p{{Script={code}}}")] = place
    letters = np.zeros(_ALL, np.bool_)
    letters[_places(r"[\p{L}\p{M}]")] = True
    return np.where(letters, table, 0).astype(np.uint8)


@cache
def sentence_marks() -> str:
    """Return all characters with the Unicode property Sentence_Terminal, and the shads of Tibetan, which lack it."""
    return "".join(map(chr, _places(r"\p{Sentence_Terminal}"))) + "།༎༏༐༑"


def word_starts(kind: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return at which characters a word of a script with blanks begins [n_characters], from the kind of each.

    A character that may stand inside a word divides none if letters are on both of its sides (as UAX #29, rules WB5 to WB12).
    """
    word = kind == WORD
    before = np.zeros_like(word)
    before[1:] = word[:-1]
    before[2:] |= word[:-2] & (kind[1:-1] == INSIDE)
    return word & ~before


def words_before(code: Codes) -> NDArray[np.float64]:
    """Return how many words stand before each offset of a text [n_characters + 1], parts of words counted as such."""
    before = np.zeros(len(code) + 1)
    np.cumsum(weights()[code] + word_starts(kinds()[code]), out=before[1:])
    return before


def words(text: str) -> float:
    """Return how many words a text has.

    >>> words("Don't stop"), round(words("北京大学"), 1)
    (2.0, 2.4)
    """
    return float(words_before(codes(text))[-1])


@cache
def _characters() -> str:
    return "".join(map(chr, range(_LAST)))


def _places(pattern: str) -> Sequence[int]:
    """Return the code points that a pattern for one character matches; variation selectors beyond `_LAST` are left out."""
    runs = regex.finditer(f"{pattern}+", _characters())
    return [code for run in runs for code in range(run.start(), run.end())]
