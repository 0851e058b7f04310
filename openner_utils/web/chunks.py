"""Documents cut into passages of about as many words, at ends of sentences, of which one is taken from each document.

FiNERweb cuts FineWeb-2 into chunks of 256 words and takes one of each document. Here a document of more than that is cut into the
fewest parts that hold no more on average, all about as long, so that no short rest is left over.
"""

import hashlib
import math
import unicodedata
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.characters import codes, words_before
from openner_utils.web.segmenting import end_at, marks

WORDS = 256
"""Most words of a passage on average (FiNERweb)."""
SLACK = 0.25
"""How far from an equal share, in parts of it, an end of a sentence may lie to be cut at."""

_JOINING = "\u17d2\u1039\u200d\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"
"""What belongs to the letter behind it: signs that put it below (Khmer, Burmese), joiners, vowels that stand first (Thai, Lao)."""


class Chunk(NamedTuple):
    """Offsets of a part of a text, without white space at its edges, in code points."""

    start: int
    end: int


def chunks(text: str, words: int = WORDS) -> list[Chunk]:
    """Return the parts of a text in order; together they hold all of it but white space between them.

    Between two parts lies an end of a sentence, or, where none is near, a border of words, or, in scripts without blanks, of
    letters. A part has at most (1 + 2 · `SLACK`) · ``words`` words.
    """
    code = codes(text)
    before = words_before(code)
    share = float(before[-1]) / max(1, math.ceil(before[-1] / words))
    cuts = [0]
    if before[-1] > words:
        places = marks(text, code)
        for number in range(1, math.ceil(before[-1] / words)):
            cut = _cut(text, before, places, share * number, SLACK * share)
            if cut > cuts[-1]:
                cuts.append(cut)
    cuts.append(len(text))
    parts = (_stripped(text, start, end) for start, end in pairwise(cuts))
    return [each for each in parts if each.end > each.start]


def chosen(document: str, count: int) -> int:
    """Return which of ``count`` chunks of a document is taken: a hash of the document's id decides, so not always the first.

    >>> sorted({chosen(f"https://example.org/{page}", 3) for page in range(20)})
    [0, 1, 2]
    """
    digest = hashlib.sha256(document.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") % count


def _cut(
    text: str, before: NDArray[np.float64], places: NDArray[np.int64], target: float, slack: float
) -> int:
    """Return where to cut: the end of a sentence that is nearest to ``target`` words, by at most ``slack`` of them, or a border there.

    ``before``: words before each offset; ``places``: where sentences may end.
    """
    first, last = np.searchsorted(before[places], (target - slack, target + slack))
    near = places[first:last]
    for place in near[np.argsort(np.abs(before[near] - target), kind="stable")].tolist():
        if end := end_at(text, place):
            return end
    return _border(text, int(np.searchsorted(before, target, "right")) - 1)


def _border(text: str, offset: int) -> int:
    """Return the nearest offset at or before ``offset`` that parts no letter from its marks."""
    while offset > 0 and (unicodedata.category(text[offset])[0] == "M" or text[offset - 1] in _JOINING):
        offset -= 1
    return offset


def _stripped(text: str, start: int, end: int) -> Chunk:
    part = text[start:end]
    return Chunk(start + len(part) - len(part.lstrip()), start + len(part.rstrip()))
