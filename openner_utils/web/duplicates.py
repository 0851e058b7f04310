"""Near duplicates among passages: MinHash signatures of runs of words, and bands of them by which alike ones meet.

Broder (1997) on resemblance; bands as in FineWeb (Penedo et al. 2024): 14 bands of 8 hashes over runs of five words. A word is a
word, or a letter in scripts without blanks, so that every script is compared. Case, marks between words and white space do not
count. Two passages that share a band are near duplicates if at least `SIMILAR` of all their hashes agree, which estimates the
Jaccard similarity of their runs with a standard error of at most 0.05.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from openner_utils.web.texts import Texts

BANDS, ROWS = 14, 8
HASHES = BANDS * ROWS
RUN = 5
"""Words of a run."""
SIMILAR = 0.75
"""Least share of equal hashes of near duplicates."""
NOTHING = np.uint32(0xFFFFFFFF)
"""Each hash of a passage without a word."""
_SEED = 20241216  # any number; another one finds the same duplicates but for some near the border
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))

Signatures: TypeAlias = NDArray[np.uint32]
"""Hashes [n_passages, HASHES]."""
Hashed: TypeAlias = NDArray[np.uint64]


def signatures(texts: Sequence[str]) -> Signatures:
    """Return the MinHash signatures of texts; that of a text without a word is `NOTHING` throughout."""
    found = np.full((len(texts), HASHES), NOTHING, np.uint32)
    shingles, rows = runs(texts)
    if not len(shingles):
        return found
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    narrow = (shingles >> np.uint64(32)).astype(np.uint32)
    factors, terms = _permutations()
    for number in range(HASHES):
        # A random linear permutation of 32 bits (Broder et al. 1998), of numbers that are mixed already.
        found[rows[first], number] = np.minimum.reduceat(narrow * factors[number] + terms[number], first)
    return found


def runs(texts: Sequence[str]) -> tuple[Hashed, NDArray[np.int64]]:
    """Return a number for each run of `RUN` words of each text, and of which text it is, in order [n_runs] each.

    A text of fewer words has one run, all of it. Equal runs have equal numbers; different ones, but for one pair in 2⁶⁴, do not.
    """
    batch = Texts.of([unicodedata.normalize("NFC", text.lower()) for text in texts])
    starts, ends = batch.units()
    words = _hashed(batch, starts, ends)
    row = batch.rows()[starts]
    many = np.bincount(row, minlength=len(texts))
    first = np.cumsum(many) - many
    length = np.minimum(many, RUN)[row]  # of the runs of each word's text
    begins = np.arange(len(words)) - first[row] <= many[row] - length
    at, length = np.flatnonzero(begins), length[begins]
    total = words[at]
    padded = np.concatenate((words, np.zeros(RUN, np.uint64)))
    for place in range(1, RUN):
        total = total * _BASE + np.where(place < length, padded[at + place], np.uint64(0))
    return _mixed(total), row[at]


def bands(found: Signatures) -> Hashed:
    """Return a number for each band of signatures [n_passages, BANDS]: equal bands have equal numbers."""
    keys = np.zeros((len(found), BANDS), np.uint64)
    split = found.reshape(len(found), BANDS, ROWS)
    for place in range(ROWS):
        keys = _mixed(keys * _BASE + split[:, :, place])
    return keys


class Kept:
    """Passages that are kept so far, to which others are compared one after the other: the order of asking decides."""

    def __init__(self, similar: float = SIMILAR) -> None:
        self._similar = similar
        self._signatures = np.zeros((1024, HASHES), np.uint32)
        self._count = 0
        self._by_band: list[dict[int, list[int]]] = [{} for _ in range(BANDS)]

    def like(self, signature: Signatures, keys: Sequence[int]) -> int | None:
        """Return the number (by order of `add`) of the first kept passage that is nearly the same, or None.

        ``signature`` [HASHES] and ``keys`` [BANDS] are rows of `signatures` and of `bands`.
        """
        met: set[int] = set()
        for of_band, key in zip(self._by_band, keys, strict=True):
            if key in of_band:
                met.update(of_band[key])
        if not met or (signature[0] == NOTHING and (signature == NOTHING).all()):
            return None
        numbers = sorted(met)
        shares = (self._signatures[numbers] == signature).mean(axis=1)
        alike = np.flatnonzero(shares >= self._similar)
        return numbers[alike[0]] if len(alike) else None

    def add(self, signature: Signatures, keys: Sequence[int]) -> None:
        """Keep a passage."""
        if self._count == len(self._signatures):
            self._signatures = np.concatenate((self._signatures, np.zeros_like(self._signatures)))
        self._signatures[self._count] = signature
        for of_band, key in zip(self._by_band, keys, strict=True):
            of_band.setdefault(key, []).append(self._count)
        self._count += 1


def _hashed(batch: Texts, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Hashed:
    """Return a number for each unit: a polynomial in its characters, from sums over all before, modulo 2⁶⁴."""
    powers, inverse = _powers(len(batch.codes))
    sums = np.zeros(len(batch.codes) + 1, np.uint64)
    np.cumsum(batch.codes * powers, out=sums[1:])
    return _mixed((sums[ends] - sums[starts]) * inverse[starts])


_made: list[Hashed] = []


def _powers(length: int) -> tuple[Hashed, Hashed]:
    """Return the first powers of `_BASE` and of its inverse; the longest so far are remembered."""
    if not _made or len(_made[0]) < length:
        _made[:] = [
            np.multiply.accumulate(np.concatenate((np.ones(1, np.uint64), np.full(length, base, np.uint64))))
            for base in (_BASE, _INVERSE)
        ]
    return _made[0][:length], _made[1][:length]


def _mixed(values: Hashed) -> Hashed:
    """Return numbers whose bits hang on all bits of those given (the last step of SplitMix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashed = values ^ (values >> np.uint64(31))
    return mixed


@cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return odd factors and terms of the permutations [HASHES] each."""
    drawn = _mixed(np.arange(1, 2 * HASHES + 1, dtype=np.uint64) * _BASE + np.uint64(_SEED)) >> np.uint64(32)
    return drawn[:HASHES].astype(np.uint32) | np.uint32(1), drawn[HASHES:].astype(np.uint32)
