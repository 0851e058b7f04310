"""Sentences that stand in several places, the same or nearly the same: in two splits, in two corpora, in one part twice.

Two sentences are the *same* when their tokens are, in Unicode NFC and without case, and *nearly the same* when the
sets of their token trigrams have a Jaccard similarity of at least `SIMILAR`. Both searches are exact: nothing is
sampled or hashed away. A *part* is one corpus, language and split. Sentences of fewer than `SHORTEST` tokens
(datelines, headings) repeat by nature and are left out.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openner_utils.core.releases import PART, RELEASE, in_order

SHORTEST = 5
SIMILAR = 0.8

COLUMNS = (*PART, "sentence", "tokens")
"""The columns of a release table that are needed here."""

Ints: TypeAlias = NDArray[np.int64]

_CHUNK = 1 << 21  # candidate pairs, or trigrams of pairs, that are looked at together
_SLACK = 1e-9  # keeps 0.8 · 15 from being more than 12


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """The sentences of many release tables as numbers.

    ``parts``: one row per part, in order; ``part`` and ``sentence``: where each sentence stands [n_sentences];
    ``key``: its text, a number that the same sentences share [n_sentences]. ``ids`` are the normalized tokens of
    each text, with ``offsets`` [n_texts + 1]. ``similar`` is the least similarity of near duplicates.
    """

    parts: pd.DataFrame
    part: Ints
    sentence: Ints
    key: Ints
    ids: NDArray[np.int32]
    offsets: Ints
    similar: float

    @property
    def n_texts(self) -> int:
        """Number of different texts."""
        return len(self.offsets) - 1

    def of_split(self, split: str) -> NDArray[np.bool_]:
        """Return which sentences are of a split [n_sentences]."""
        return (self.parts["split"] == split).to_numpy()[self.part]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of nearly the same texts: two keys, of which neither order means anything, and their similarity."""

    one: Ints
    other: Ints
    similarity: NDArray[np.float64]


def read(tables: Iterable[pa.Table], shortest: int = SHORTEST, similar: float = SIMILAR) -> Sentences:
    """Return the sentences of release tables that have at least ``shortest`` tokens.

    Tables are taken one after the other, so that no more than one needs to be in memory; of their columns only
    `COLUMNS` are used.
    """
    vocabulary: dict[str, int] = {}
    texts: dict[bytes, int] = {}
    ids, keys = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    places = [RELEASE.empty_table().select([*PART, "sentence"]).to_pandas()]
    for table in tables:
        long = table.filter(pc.greater_equal(pc.list_value_length(table["tokens"]), shortest))
        tokens = _numbered(pc.list_flatten(long["tokens"]).combine_chunks(), vocabulary)
        ends = np.cumsum(pc.list_value_length(long["tokens"]).to_numpy(), dtype=np.int64)
        known = len(texts)
        raw, bounds = tokens.tobytes(), np.concatenate((np.zeros(1, np.int64), ends)) * tokens.itemsize
        key = [texts.setdefault(raw[start:end], len(texts)) for start, end in pairwise(bounds.tolist())]
        keys.append(np.array(key, np.int64))
        # A text is kept where it stands first.
        ids += [tokens[start // 4 : end // 4] for start, end in _first(keys[-1], bounds, known)]
        places.append(long.select([*PART, "sentence"]).to_pandas())
    lengths = np.fromiter((len(text) // 4 for text in texts), np.int64, len(texts))
    where = pd.concat(places, ignore_index=True)
    parts = in_order(where[PART].drop_duplicates())
    number = pd.Series(np.arange(len(parts)), pd.MultiIndex.from_frame(parts))
    return Sentences(
        parts=parts,
        part=number.reindex(pd.MultiIndex.from_frame(where[PART])).to_numpy(np.int64),
        sentence=where["sentence"].to_numpy(np.int64),
        key=np.concatenate(keys),
        ids=np.concatenate(ids),
        offsets=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        similar=similar,
    )


def normalized(token: str) -> str:
    """Return a token as it is compared: NFC, without case.

    >>> normalized("E\u0301COLE")
    'école'
    """
    return unicodedata.normalize("NFC", token).casefold()


def _numbered(tokens: pa.StringArray, vocabulary: dict[str, int]) -> NDArray[np.int32]:
    """Return the numbers of normalized tokens; new ones are added to the vocabulary."""
    encoded = tokens.dictionary_encode()
    spelled = map(normalized, encoded.dictionary.to_pylist())
    number = np.array([vocabulary.setdefault(token, len(vocabulary)) for token in spelled], np.int32)
    return number[encoded.indices.to_numpy()] if len(tokens) else number


def _first(key: Ints, bounds: Ints, known: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each text that has not been met before, in the order of the keys."""
    fresh, at = np.unique(key, return_index=True)
    for position in at[fresh >= known].tolist():
        yield int(bounds[position]), int(bounds[position + 1])


# --- pairs of nearly the same texts -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Sets:
    """The trigrams of each text that other texts have, too, from rare to frequent: ``trigrams`` with ``starts``.

    ``sizes`` are the numbers of all its different trigrams [n_texts]; those that are missing here come first.
    """

    trigrams: Ints
    starts: Ints
    sizes: Ints
    kinds: int

    @property
    def owner(self) -> Ints:
        return np.repeat(np.arange(len(self.sizes)), np.diff(self.starts))

    @property
    def position(self) -> Ints:
        """Place of each trigram in its text's whole set, from the rarest on."""
        alone = self.sizes - np.diff(self.starts)
        return np.arange(len(self.trigrams)) + (alone - self.starts[:-1])[self.owner]


def near_pairs(sentences: Sentences) -> Pairs:
    """Return all pairs of different texts that are nearly the same.

    Two sets can only be similar enough if they share one of their rarest trigrams, if their sizes are near, and if
    enough trigrams follow the shared one; so an index over the rarest ones finds every pair without comparing all
    (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007; Xiao and others 2008).
    """
    sets, similar = _sets(sentences), sentences.similar
    packed = sets.owner * sets.kinds + sets.trigrams
    found = [_verified(sets, packed, one, other, similar) for one, other in _candidates(sets, similar)]
    parts = (
        zip(*found, strict=True)
        if found
        else ([np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)])
    )
    return Pairs(*map(np.concatenate, parts))


def _sets(sentences: Sentences) -> _Sets:
    lengths = np.diff(sentences.offsets)
    ids = sentences.ids.astype(np.int64)
    words = int(ids.max(initial=0)) + 1
    # Bigrams are numbered before the third word joins, so that the product stays far below 2**63.
    _, bigram = np.unique(ids[:-1] * words + ids[1:], return_inverse=True)
    owner = np.repeat(np.arange(len(lengths)), np.maximum(lengths - 2, 0))
    ends = np.cumsum(np.maximum(lengths - 2, 0))
    at = np.arange(len(owner)) + (sentences.offsets[:-1] - ends + np.maximum(lengths - 2, 0))[owner]
    code = bigram[at] * words + ids[at + 2]
    del bigram, ids, at
    order = np.argsort(code, kind="stable")
    new = np.diff(code[order], prepend=-1) != 0
    del code
    group = np.cumsum(new) - 1
    times = np.bincount(group)
    # What occurs once in all texts can only tell them apart: it counts, and need not be stored.
    common = times > 1
    rank = np.zeros(len(times), np.int64)
    rank[np.flatnonzero(common)[np.argsort(times[common], kind="stable")]] = np.arange(int(common.sum()))
    stored = common[group]
    alone = np.bincount(owner[order[~stored]], minlength=len(lengths))
    kinds = max(int(common.sum()), 1)
    packed = np.unique(owner[order[stored]] * kinds + rank[group[stored]])
    owner, trigrams = np.divmod(packed, kinds)
    shared = np.bincount(owner, minlength=len(lengths))
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(shared)))
    return _Sets(trigrams, starts, alone + shared, kinds)


def _candidates(sets: _Sets, similar: float) -> Iterator[tuple[Ints, Ints]]:
    """Yield different pairs of texts that share one of their rarest trigrams, the one with the smaller set first."""
    owner, position = sets.owner, sets.position
    at_least = np.ceil(similar * sets.sizes - _SLACK).astype(np.int64)
    rare = position <= (sets.sizes - at_least)[owner]
    trigram, owner, position = sets.trigrams[rare], owner[rare], position[rare]
    size = sets.sizes[owner]
    order = np.lexsort((owner, size, trigram))
    trigram, owner, position, size = trigram[order], owner[order], position[order], size[order]
    # Partners stand behind in the run of one trigram, as long as their sets are not too large.
    most = int(size.max(initial=0)) + 1
    largest = np.minimum(np.floor(size / similar + _SLACK).astype(np.int64), most - 1)
    until = np.searchsorted(trigram * most + size, trigram * most + largest, side="right")
    partners = until - np.arange(len(order)) - 1
    entries = np.flatnonzero(partners)
    # All entries of one text come into one chunk, where its pairs are made different.
    entries = entries[np.argsort(owner[entries], kind="stable")]
    for some in _chunks(partners[entries], owner[entries]):
        left = np.repeat(entries[some], partners[entries[some]])
        ends = np.cumsum(partners[entries[some]])
        right = (
            left
            + 1
            + np.arange(len(left))
            - np.repeat(ends - partners[entries[some]], partners[entries[some]])
        )
        needed = np.ceil(similar / (1 + similar) * (size[left] + size[right]) - _SLACK)
        possible = np.minimum(size[left] - position[left], size[right] - position[right]) >= needed
        pairs = np.unique(owner[left[possible]] * len(sets.sizes) + owner[right[possible]])
        if len(pairs):
            yield np.divmod(pairs, len(sets.sizes))


def _chunks(weights: Ints, unit: Ints) -> Iterator[slice]:
    """Yield slices of about `_CHUNK` weight; what is of one ``unit``, and so stands together, is not parted."""
    ends = np.flatnonzero(np.diff(unit, append=-1)) + 1
    block = np.cumsum(weights)[ends - 1] // _CHUNK
    start = 0
    for stop in ends[np.diff(block, append=-1) != 0].tolist():
        yield slice(start, stop)
        start = stop


def _verified(
    sets: _Sets, packed: Ints, one: Ints, other: Ints, similar: float
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Return those of the pairs that are similar enough, with their similarity."""
    counts = np.diff(sets.starts)
    shared = np.zeros(len(one), np.int64)
    for some in _chunks(counts[one], np.arange(len(one))):
        each = counts[one[some]]
        pair = np.repeat(np.arange(len(each)), each)
        ends = np.cumsum(each)
        trigram = sets.trigrams[sets.starts[one[some]][pair] + np.arange(len(pair)) - (ends - each)[pair]]
        wanted = other[some][pair] * sets.kinds + trigram
        place = np.minimum(np.searchsorted(packed, wanted), len(packed) - 1)
        shared[some] = np.bincount(pair, packed[place] == wanted, minlength=len(each))
    union = sets.sizes[one] + sets.sizes[other] - shared
    similarity = shared / np.maximum(union, 1)
    near = similarity >= similar - _SLACK
    return one[near], other[near], similarity[near]


# --- what follows from them -------------------------------------------------------------------------------------
