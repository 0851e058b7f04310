"""What a small part of corpora still covers of the whole: types, forms of mentions, and what sentences are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.unify import draws
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.pruning import Candidates, Numbers, Options, prune

PROBES = 2000
"""Sentences for which the nearest kept one is looked up, drawn by their keys out of all corpora."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve: what ``kept`` sentences cover, as shares of 1.

    ``types``: the pairs of corpus and type with a mention among them. ``mentions``: the different mention texts of these
    pairs, whatever their case. ``semantic``: the mean, over sentences of all corpora, of the largest cosine similarity to a
    kept one.
    """

    strategy: str
    k: int
    kept: int
    types: float
    mentions: float
    semantic: float


class Whole:
    """What there is to be covered: the corpora, and the probes' vectors."""

    def __init__(self, corpora: Sequence[Corpus], collection: Sequence[Candidates]) -> None:
        self._collection = collection
        self._forms = [_forms(corpus) for corpus in corpora]
        self._of_types = sum(len({type for type, _ in each[1]}) for each in self._forms)
        self._of_forms = sum(len(set(each[1])) for each in self._forms)
        self._probes = _probes(collection)

    def point(self, strategy: str, k: int, kept: Sequence[Numbers]) -> Point:
        """Return what sentences cover; ``kept`` are their numbers, for each corpus."""
        types = forms = 0
        for numbers, (sentences, of_mentions) in zip(kept, self._forms, strict=True):
            held = np.isin(sentences, numbers)
            found = {form for form, holds in zip(of_mentions, held.tolist(), strict=True) if holds}
            forms += len(found)
            types += len({type for type, _ in found})
        return Point(
            strategy, k, sum(map(len, kept)), types / max(self._of_types, 1), forms / max(self._of_forms, 1), self._semantic(kept),
        )  # fmt: skip

    def _semantic(self, kept: Sequence[Numbers]) -> float:
        nearest = np.full(len(self._probes), -1.0, np.float32)
        for numbers, each in zip(kept, self._collection, strict=True):
            for start in range(0, len(numbers), _CHUNK):
                some = each.vectors[numbers[start : start + _CHUNK]]
                np.maximum(nearest, (self._probes @ some.T).max(axis=1), out=nearest)
        return float(nearest.mean()) if len(nearest) else 1.0


def curves(
    corpora: Sequence[Corpus], collection: Sequence[Candidates], each: Sequence[Options], sizes: Sequence[int]
) -> Iterator[Point]:
    """Yield points of the curves of several ways to prune, for pools of at most each of ``sizes``.

    ``plain`` has no pools: it gets as many sentences as the first way kept at each size, so that both can be compared.
    """
    whole = Whole(corpora, collection)
    largest = max(sizes)
    counts: dict[int, int] = {}
    for options in each:
        plain = options.strategy == "plain"
        full = None if plain else prune(collection, _of_size(options, largest))
        for size in sorted(sizes):
            found = full or prune(collection, _of_size(options, size, counts.get(size, options.most)))
            kept = [found.kept(one.corpus, None if plain else size) for one in collection]
            counts.setdefault(size, sum(map(len, kept)))
            yield whole.point(options.strategy, size, kept)


def _of_size(options: Options, k: int, most: int | None = None) -> Options:
    return Options(k, options.strategy, options.offset, options.sign, options.distance, most, options.seed)


def _forms(corpus: Corpus) -> tuple[NDArray[np.int32], list[tuple[str, str]]]:
    """Return the sentence of each mention, and its type and text without case."""
    mentions = corpus.mentions()
    tokens = [token.casefold() for token in corpus.columns.tokens.to_pylist()]
    forms = [
        (mentions.types[type], " ".join(tokens[start:end]))
        for start, end, type in zip(
            mentions.start.tolist(), mentions.end.tolist(), mentions.type.tolist(), strict=True
        )
    ]
    return mentions.sentence, forms


def _probes(collection: Sequence[Candidates]) -> NDArray[np.float32]:
    """Return the vectors of the sentences that come first by their keys."""
    if not collection:
        return np.zeros((0, 0), np.float32)
    of = np.concatenate([np.full(len(one.keys), number) for number, one in enumerate(collection)])
    at = np.concatenate([np.arange(len(one.keys)) for one in collection])
    first = draws.order(np.concatenate([one.keys for one in collection]), seed=0)[:PROBES]
    found = [collection[corpus].vectors[row] for corpus, row in zip(of[first], at[first], strict=True)]
    return np.stack(found) if found else np.zeros((0, 0), np.float32)
