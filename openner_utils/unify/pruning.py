"""Pruning: a small part of each corpus in which every type is met and few sentences are alike.

The method is B2NER's (Yang et al. 2025, section 3.2), whose code was not published. Each type of each corpus has a pool of
``k`` sentences. Sentences are visited at random; one that has a mention of a type whose pool is not full is added to it with
probability 1 - (its largest cosine similarity to the pool). Of a sentence that is kept all mentions stay. What is kept is the
union of the pools, and up to k / 5 sentences without a mention per corpus.

What happens in one pool has nothing to do with another one, so pools are filled one by one, and sentences are compared with a
pool in blocks: between two additions nothing changes. The result is that of the loop over sentences, one at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from openner_utils.support.errors import OpenNERError
from openner_utils.unify import draws
from openner_utils.unify.corpora import Corpus

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

K = 400
NEGATIVES = 5
"""One ``NEGATIVES``-th of k is the most of sentences without a mention, per corpus."""
Strategy = Literal["diverse", "threshold", "random", "plain", "k-centre"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
Sign = Literal["stricter", "equation"]
SIGNS: tuple[Sign, ...] = get_args(Sign)
_DIGITS = 6
"""Digits of a similarity that count, so that the same text has a similarity of 1."""
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Options:
    """How to prune.

    ``strategy``: ``diverse`` is the paper's; ``threshold`` adds what is at least ``distance`` (1 - cosine) away from all of the
    pool; ``random`` is the same number per type without a look at similarity; ``k-centre`` adds what is farthest from the
    pool each time (Gonzalez 1985); ``plain`` draws ``most`` sentences whatever their types.

    ``offset`` is the paper's b, whose sign is not clear there: the equation adds it to the probability, the text (appendix
    B.4) calls a higher one stricter. ``sign`` says which: ``stricter`` takes it off, ``equation`` adds it. The first
    sentence of a pool is added in either case.
    """

    k: int = K
    strategy: Strategy = "diverse"
    offset: float = 0.0
    sign: Sign = "stricter"
    distance: float = 0.1
    most: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.k < 1:
            raise OpenNERError(f"k is {self.k}; a pool holds 1 sentence or more.")
        if self.strategy == "plain" and self.most is None:
            raise OpenNERError("The strategy plain draws a number of sentences: say how many (most).")
        for name, given in (("offset", self.offset), ("distance", self.distance)):
            if not np.isfinite(given):
                raise OpenNERError(f"{name} is {given}; a number is wanted, such as 0.1.")

    @property
    def negatives(self) -> int:
        """Most sentences without a mention, per corpus."""
        return self.k // NEGATIVES

    def below(self, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the largest similarity to a pool must be below for a sentence to enter it, by the numbers drawn.

        A number in [0, 1) is less than the probability 1 - similarity ± b just then.
        """
        b = self.offset if self.sign == "equation" else -self.offset
        return 1.0 + b - drawn


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The sentences of one corpus: ``keys`` (see `draws`), ``vectors`` of length 1 [n_sentences, n_dimensions].

    ``of_type``: for each type the numbers of the sentences that have a mention of it; ``empty`` those without any mention.
    """

    corpus: str
    keys: draws.Keys
    vectors: Floats
    of_type: dict[str, Numbers]
    empty: Numbers

    @classmethod
    def of(cls, corpus: Corpus, vectors: Floats) -> "Candidates":
        """Return the sentences of a corpus with their vectors."""
        if len(vectors) != corpus.columns.n_sentences:
            raise ValueError(f"{corpus.columns.n_sentences} sentences, but {len(vectors)} vectors")
        if len(broken := np.flatnonzero(~np.isfinite(vectors).all(axis=1))):
            at = corpus.origins[int(broken[0])]
            raise OpenNERError(
                f"{corpus.name}: {len(broken):,} sentence vectors have values that are no finite numbers, the first that of {at.id} "
                f"({at.file}). Nothing can be compared with them: use another encoder."
            )
        mentions = corpus.mentions()
        of_type = {
            type: np.unique(mentions.sentence[mentions.type == number]).astype(np.int64)
            for number, type in enumerate(mentions.types)
        }
        empty = np.setdiff1d(np.arange(len(vectors)), mentions.sentence)
        found = {type: numbers for type, numbers in of_type.items() if len(numbers)}
        return cls(corpus.name, draws.keys(corpus), vectors, found, empty)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The sentences that one type of one corpus has added, in the order of adding, out of ``candidates``.

    The type is empty for sentences that were drawn whatever their types, and `NEGATIVE` for those without a mention.
    """

    corpus: str
    type: str
    members: Numbers
    candidates: int


NEGATIVE = "(no mention)"


@dataclass(frozen=True, slots=True, eq=False)
class Pruned:
    """What was kept: the pools of all corpora, in their order and, within each, in the order of the types' names."""

    options: Options
    pools: tuple[Pool, ...]

    def kept(self, corpus: str, k: int | None = None) -> Numbers:
        """Return the numbers of the sentences that are kept of a corpus, rising.

        With a smaller ``k`` they are those that pruning with it would have kept: pools grow alike until they are full.
        """
        pools = [pool for pool in self.pools if pool.corpus == corpus]
        cut = [
            pool.members if k is None else pool.members[: k // NEGATIVES if pool.type == NEGATIVE else k]
            for pool in pools
        ]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *cut]))


def prune(collection: Sequence[Candidates], options: Options) -> Pruned:
    """Return what is kept of several corpora; the order of corpora and of sentences makes no difference."""
    if options.strategy == "plain":
        return Pruned(options, tuple(_plain(collection, options)))
    pools: list[Pool] = []
    for each in collection:
        visited = draws.order(each.keys, options.seed)
        rank = np.empty(len(visited), np.int64)
        rank[visited] = np.arange(len(visited))
        for type, numbers in sorted(each.of_type.items()):
            in_order = numbers[np.argsort(rank[numbers])]
            pools.append(Pool(each.corpus, type, _pool(each, type, in_order, options), len(numbers)))
        empty = each.empty[np.argsort(rank[each.empty])]
        pools.append(Pool(each.corpus, NEGATIVE, empty[: options.negatives], len(empty)))
    return Pruned(options, tuple(pools))


def _plain(collection: Sequence[Candidates], options: Options) -> list[Pool]:
    """Return sentences drawn out of all corpora together, one pool per corpus."""
    whole = np.concatenate([each.keys for each in collection]) if collection else np.zeros(0, np.uint64)
    edges = np.cumsum([0, *(len(each.keys) for each in collection)])
    drawn = draws.order(whole, options.seed)[: options.most]
    return [
        Pool(each.corpus, "", drawn[(drawn >= start) & (drawn < end)] - start, len(each.keys))
        for each, start, end in zip(collection, edges[:-1], edges[1:], strict=True)
    ]


def _pool(of: Candidates, type: str, in_order: Numbers, options: Options) -> Numbers:
    """Return what the pool of a type adds out of sentences that are visited ``in_order``."""
    if options.strategy == "random":
        return in_order[: options.k]
    if options.strategy == "k-centre":
        return _farthest(of.vectors, in_order, options.k)
    if options.strategy == "threshold":
        below = np.full(len(in_order), np.nextafter(1.0 - options.distance, 2.0))
    else:
        below = options.below(draws.uniform(of.keys[in_order], options.seed, type))
    return _filled(of.vectors, in_order, below, options.k)


def _filled(vectors: Floats, in_order: Numbers, below: NDArray[np.float64], k: int) -> Numbers:
    """Return the sentences that a pool adds: the first one, and those whose similarities to the pool are all ``below``."""
    if not len(in_order):
        return in_order
    pool = np.empty((min(k, len(in_order)), vectors.shape[1]), np.float32)
    taken: list[int] = [int(in_order[0])]
    pool[0] = vectors[in_order[0]]
    for start in range(1, len(in_order), _BLOCK):
        if len(taken) >= k:
            break
        block, limits = in_order[start : start + _BLOCK], below[start : start + _BLOCK]
        found = vectors[block]
        nearest = _rounded(found @ pool[: len(taken)].T).max(axis=1)
        # Similarities to a pool only grow with it, so what may not enter now may not enter later.
        still = np.flatnonzero(nearest < limits)
        block, limits, found, nearest = block[still], limits[still], found[still], nearest[still]
        among = _rounded(found @ found.T)
        at = 0
        while at < len(block) and len(taken) < k:
            # Until one is added similarities stay, so the next one to enter is the first that may.
            may = nearest[at:] < limits[at:]
            first = int(may.argmax())
            if not may[first]:
                break
            at += first
            pool[len(taken)] = found[at]
            taken.append(int(block[at]))
            np.maximum(nearest, among[at], out=nearest)
            at += 1
    return np.array(taken, np.int64)


def _rounded(similarities: Floats) -> Floats:
    return np.round(similarities, _DIGITS, out=similarities)


def _farthest(vectors: Floats, in_order: Numbers, k: int) -> Numbers:
    """Return the first sentence and then, each time, the one whose largest similarity to those before is least."""
    if not len(in_order):
        return in_order
    found = vectors[in_order]
    at, taken = 0, [0]
    nearest = np.full(len(in_order), -np.inf, np.float32)
    while len(taken) < min(k, len(in_order)):
        np.maximum(nearest, _rounded(found @ found[at]), out=nearest)
        nearest[at] = np.inf
        at = int(nearest.argmin())
        taken.append(at)
    return in_order[np.array(taken)]
