"""How like a mention's text what stands in the sentence must be: three levels, each asked about what the one before lost.

- ``exact``: the characters are the same; blanks take no part.
- ``normalized``: they are the same once case, Unicode form and what cannot be seen are taken away (`normalized`).
- ``fuzzy``: some tokens are at least `THRESHOLD` like it: 2 × the longest common subsequence of characters, over the
  characters of both, normalized (the Indel similarity of RapidFuzz; difflib's ratio has the same form). All runs of tokens
  that are most alike are its places.

Token borders are ``strict`` (a text stands from border to border) or ``snapped``: where it stands nowhere so, it may begin or
end inside a token, and that whole token belongs to it, for particles that are written together with names.
"""

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rapidfuzz.distance import Indel

from openner_utils.core.document import Span
from openner_utils.llm.places import Places, visible

Matching = Literal["exact", "normalized", "fuzzy"]
MATCHINGS: tuple[Matching, ...] = get_args(Matching)
Borders = Literal["strict", "snapped"]
BORDERS: tuple[Borders, ...] = get_args(Borders)

THRESHOLD = 0.8
"""The least similarity of a fuzzy place."""
_CUT = THRESHOLD - 1e-9  # four of five are 0.8, whatever binary numbers make of it
LONGEST_FUZZY = 200
"""Characters of the longest text that is looked for fuzzily."""
COMPARISONS = 1_000_000
"""Runs of tokens that one sentence is compared with fuzzily, a second's work; texts beyond are absent."""


def normalized(text: str) -> str:
    """Return text without blanks, format characters, case and differences of Unicode form.

    Compatibility caseless matching of the Unicode Standard (chapter 3.13, D146), blanks and category Cf taken out.

    >>> normalized("I\\u0308 STRASSE") == normalized("ï straße"), normalized("ＡＢ\\u200bＣ")
    (True, 'abc')
    """
    if text.isascii():
        return visible(text).lower()
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", folded).casefold())
    return "".join(each for each in visible(folded) if unicodedata.category(each) != "Cf")


@dataclass(frozen=True, slots=True)
class Way:
    """One round of looking for texts: at which level, and whether inside tokens."""

    level: Matching
    snapped: bool = False


def ways(matching: Matching, borders: Borders) -> tuple[Way, ...]:
    """Return the rounds up to a level, the strictest first."""
    levels = MATCHINGS[: MATCHINGS.index(matching) + 1]
    inside = (False, True) if borders == "snapped" else (False,)
    return tuple(
        Way(level, snapped) for level in levels for snapped in inside if not (level == "fuzzy" and snapped)
    )


class Finder:
    """Where texts stand in one sentence, whose tokens are ``words`` as they are shown."""

    def __init__(self, words: Sequence[str]) -> None:
        self.exact = Places(words)
        self._words = words
        self._normalized: Places | None = None
        self._fuzzy: dict[str, tuple[Span, ...]] = {}
        self._left = COMPARISONS

    @property
    def normalized(self) -> Places:
        """The places of normalized texts."""
        if self._normalized is None:
            # A token of which nothing would be left stays as it is.
            self._normalized = Places([normalized(word) or word for word in self._words])
        return self._normalized

    def find(self, text: str, way: Way) -> tuple[Span, ...]:
        """Return the places of a text (without blanks) from left to right, by one way alone."""
        if way.level == "fuzzy":
            return self._most_alike(normalized(text))
        places, key = (self.exact, text) if way.level == "exact" else (self.normalized, normalized(text))
        return places.around(key) if way.snapped else places.of(key)

    def holds(self, text: str, matching: Matching) -> bool:
        """Return whether the characters of a text stand in the sentence, whatever the borders of tokens."""
        if text in self.exact.text:
            return True
        return matching != "exact" and bool(key := normalized(text)) and key in self.normalized.text

    def _most_alike(self, key: str) -> tuple[Span, ...]:
        if key not in self._fuzzy:
            self._fuzzy[key] = self._compared(key) if 0 < len(key) <= LONGEST_FUZZY else ()
        return self._fuzzy[key]

    def _compared(self, key: str) -> tuple[Span, ...]:
        best, found = _CUT, list[Span]()
        text = self.normalized.text
        for span, start, end in self._runs(len(key)):
            if not self._left:
                return ()
            self._left -= 1
            like = Indel.normalized_similarity(key, text[start:end])
            if like > best:
                best, found = like, [span]
            elif like == best and found:
                found.append(span)
        return tuple(found)

    def _runs(self, length: int) -> Iterator[tuple[Span, int, int]]:
        """Yield the runs of tokens, with their offsets, that may be alike enough to a text of so many characters."""
        starts = [*self.normalized.starts, len(self.normalized.text)]
        # 2 × the shorter over the sum of both bounds the similarity.
        shortest = math.ceil(length * _CUT / (2 - _CUT))
        longest = math.floor(length * (2 - _CUT) / _CUT)
        for first, start in enumerate(starts[:-1]):
            last = bisect_left(starts, start + shortest, first + 1)
            while last < len(starts) and starts[last] - start <= longest:
                yield Span(first, last), start, starts[last]
                last += 1
