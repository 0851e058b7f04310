"""Splits that share as little as they can: no near-duplicate across, documents whole where sizes allow it, few mentions in common.

Sentences are joined to *clusters*: those that are the same or nearly the same (`curation.duplicates`), however many steps apart, are one,
and a cluster is never cut. Clusters of one document are joined to *bundles*, which are cut only where the shares could not be met
otherwise. Bundles are put into splits from the largest to the smallest, each where the largest part is missing.

Then, with as many bundles of each class of size (in sentences and in mentions) in each split, it is decided anew which: first test, then
dev grow by the bundle that makes splits share least (greedy graph growing, Karypis and Kumar 1998), then bundles of a class change places
in pairs while that helps (Kernighan and Lin 1970). What is made small is the number of texts of mentions that stand in several splits, each
counted once for every further split (the connectivity metric of hypergraph partitioning). To find the least is NP-hard, and
this is a local minimum. Without the classes, sentences without a mention would gather in test, since they share nothing.

Everything that decides is the sentence's place and content: the same files give the same splits in any order, on every machine.
"""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from openner_utils.core.releases import SPLITS
from openner_utils.curation.duplicates import COLUMNS, Ints, Pairs, near_pairs, read
from openner_utils.support.errors import OpenNERError

TRAIN, DEV, TEST = range(3)
TOLERANCE = 0.01
"""By how many of all sentences, as a share, a split may miss its own share for the sake of mentions and documents."""
ALIKE = 1.1
"""Bundles are of a class whose numbers of sentences, and of mentions, differ by less than about this factor; small numbers are equal."""
_PASSES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The sentences that are divided.

    ``tokens`` [n]; ``places`` [n]: file and number, different for all; ``documents`` [n]: the number of each sentence's document, -1
    where its file tells none; ``owner`` and ``mention`` [n_mentions]: the sentence of each mention and a number of its text.
    """

    tokens: Sequence[Sequence[str]]
    places: Sequence[tuple[str, int]]
    documents: Ints
    owner: Ints
    mention: Ints

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True, eq=False)
class Related:
    """Which sentences of a pool are the same or nearly so.

    ``clusters`` [n]; ``key`` [n]: a number of the text, the same for the same sentences, -1 for those too short to be compared;
    ``near``: pairs of these numbers.
    """

    clusters: Ints
    key: Ints
    near: Pairs


@dataclass(frozen=True, slots=True)
class Shared:
    """What the splits of a pool have in common.

    ``sizes``: sentences of train, dev and test; ``clusters`` of near-duplicates that stand in several splits; ``contaminated``:
    dev and test sentences of which train holds the same or nearly the same; ``documents`` and ``mentions``: those, by their texts, that stand in
    several splits; ``unseen``: share of the mentions of dev and test whose text train lacks, NaN without any.
    """

    sizes: tuple[int, int, int]
    clusters: int
    contaminated: int
    documents: int
    mentions: int
    unseen: tuple[float, float]


def related(pool: Pool) -> Related:
    """Return which sentences belong together; those of fewer than `duplicates.SHORTEST` tokens repeat by nature and stay alone."""
    n = len(pool)
    columns = {"corpus": [""] * n, "language": [""] * n, "split": ["train"] * n, "sentence": range(n)}
    tokens = pa.array(pool.tokens, pa.list_(pa.string()))
    table = pa.table({**{name: pa.array(values) for name, values in columns.items()}, "tokens": tokens})
    sentences = read([table.select(COLUMNS)])
    near = near_pairs(sentences)
    key = np.full(n, -1, np.int64)
    key[sentences.sentence] = sentences.key
    # A node for each sentence, and one for each text, to which its sentences and the texts near it are tied.
    one = np.concatenate((sentences.sentence, n + near.one))
    other = np.concatenate((n + sentences.key, n + near.other))
    return Related(_components(one, other, n + sentences.n_texts)[:n], key, near)


def _components(one: Ints, other: Ints, nodes: int) -> Ints:
    """Return the component of each node of a graph [n_nodes] that has these edges."""
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def cut(pool: Pool, near: Related, dev: float, test: float) -> NDArray[np.int8]:
    """Return the split of each sentence [n]: `TRAIN`, `DEV` or `TEST`.

    ``dev`` and ``test`` are shares of the sentences, together below 1; a split of share 0 stays empty. Raises `OpenNERError`
    where that cannot be, because the clusters are too few or too large.
    """
    if min(dev, test) < 0 or dev + test <= 0 or dev + test >= 1:
        raise OpenNERError(
            f"Shares of {dev:g} for dev and {test:g} for test cannot be: each is 0 or more, and both together are more than 0 and "
            "less than 1."
        )
    targets = np.array([1 - dev - test, dev, test]) * len(pool)
    ranks = _ranks(pool)
    bundles, splits = _placed(pool, near.clusters, targets, ranks)
    missing = [SPLITS[split] for split in range(3) if targets[split] > 0 and not (splits == split).any()]
    if missing:
        raise OpenNERError(
            f"Nothing is left for {' and '.join(missing)}: {len(pool)} sentences are "
            f"{len(np.unique(near.clusters))} clusters of near-duplicates, too few or too large to be divided so. Ask for other shares."
        )
    splits = _refined(pool, bundles, splits, targets, ranks)
    return splits[bundles].astype(np.int8)


def by_hash(pool: Pool, dev: float, test: float) -> NDArray[np.int8]:
    """Return splits of the same shares by a hash of the sentence's place, whatever they share: what `cut` is compared with."""
    ranks = _ranks(pool)
    splits = np.zeros(len(pool), np.int8)
    order = sorted(range(len(pool)), key=lambda at: ranks[at])
    first, second = round(test * len(pool)), round((test + dev) * len(pool))
    splits[order[:first]], splits[order[first:second]] = TEST, DEV
    return splits


def _ranks(pool: Pool) -> list[str]:
    """Return what orders sentences, and bundles by their least: a hash of the place [n]."""
    return [hashlib.sha256(f"{file}\n{number}".encode()).hexdigest() for file, number in pool.places]


def shared(pool: Pool, near: Related, splits: NDArray[np.int8]) -> Shared:
    """Return what splits [n] of a pool have in common."""
    clusters = _stand(near.clusters, splits)
    long = near.key >= 0
    trained = np.zeros(int(max(near.key.max(initial=-1), near.near.one.max(initial=-1), near.near.other.max(initial=-1))) + 1, np.bool_)  # fmt: skip
    trained[near.key[long & (splits == TRAIN)]] = True
    like = trained.copy()
    like[near.near.one] |= trained[near.near.other]
    like[near.near.other] |= trained[near.near.one]
    told = pool.documents >= 0
    documents = _stand(pool.documents[told], splits[told])
    of_mention = splits[pool.owner]
    mentions = _stand(pool.mention, of_mention)
    known = mentions[pool.mention, TRAIN]
    unseen = [float((~known[of_mention == split]).mean()) if (of_mention == split).any() else float("nan") for split in (DEV, TEST)]  # fmt: skip
    sizes = np.bincount(splits, minlength=3)
    return Shared(
        (int(sizes[0]), int(sizes[1]), int(sizes[2])),
        int((clusters.sum(axis=1) > 1).sum()),
        int(like[near.key[long & (splits != TRAIN)]].sum()),
        int((documents.sum(axis=1) > 1).sum()),
        int((mentions.sum(axis=1) > 1).sum()),
        (unseen[0], unseen[1]),
    )


def _stand(thing: Ints, splits: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return in which splits each thing stands [n_things, 3]."""
    found = np.zeros((int(thing.max(initial=-1)) + 1, 3), np.bool_)
    found[thing, splits] = True
    return found


# --- sizes ------------------------------------------------------------------------------------------------------


def _placed(
    pool: Pool, clusters: Ints, targets: NDArray[np.float64], ranks: Sequence[str]
) -> tuple[Ints, Ints]:
    """Return the bundle of each sentence, and the split of each bundle; documents are cut, the largest first, until sizes are met."""
    slack = max(1.0, TOLERANCE * len(pool))
    whole = pool.documents >= 0
    while True:
        bundles = _bundles(clusters, pool.documents, whole)
        sizes = np.bincount(bundles)
        mentions = np.bincount(bundles[pool.owner], minlength=len(sizes))
        splits = _by_size(sizes, mentions, _least(bundles, ranks), targets)
        have = np.bincount(splits, sizes, minlength=3)
        joined = np.unique(bundles[whole])
        joined = joined[sizes[joined] > 1]
        if (np.abs(have - targets) <= slack).all() or not len(joined):
            return bundles, splits
        largest = sizes[joined].max()
        whole = whole & (sizes[bundles] < largest)


def _bundles(clusters: Ints, documents: Ints, whole: NDArray[np.bool_]) -> Ints:
    """Return the bundle of each sentence: clusters that share a document, of the sentences that are ``whole`` with theirs."""
    count = int(clusters.max(initial=-1)) + 1
    nodes = count + int(documents.max(initial=-1)) + 1
    edges = (clusters[whole], count + documents[whole])
    return np.unique(_components(*edges, nodes)[clusters], return_inverse=True)[1].astype(np.int64)


def _least(bundles: Ints, ranks: Sequence[str]) -> list[str]:
    """Return the least rank of the sentences of each bundle, which tells it from all others whatever the order of files."""
    order = np.array(sorted(range(len(ranks)), key=lambda at: ranks[at]), np.int64)
    _, first = np.unique(bundles[order], return_index=True)
    return [ranks[order[at]] for at in first]


def _by_size(sizes: Ints, mentions: Ints, ranks: Sequence[str], targets: NDArray[np.float64]) -> Ints:
    """Return the split of each bundle: from the largest on, that which lacks the largest part of its sentences and has room.

    Of equal size those with most mentions come first, so that mentions are shared out as sentences are. Where none has room, it is the split
    that lacks most sentences.
    """
    lacks = targets.tolist()
    splits = np.zeros(len(sizes), np.int64)
    for bundle in sorted(range(len(sizes)), key=lambda at: (-sizes[at], -mentions[at], ranks[at])):
        room = [at for at in range(3) if targets[at] > 0 and lacks[at] >= sizes[bundle]]
        split = max(room, key=lambda at: lacks[at] / targets[at]) if room else int(np.argmax(lacks))
        splits[bundle] = split
        lacks[split] -= int(sizes[bundle])
    return splits


# --- mentions ---------------------------------------------------------------------------------------------------


class _Refining:
    """Bundles in splits, and of each text of a mention how many bundles of each split have it [n_texts, 3]."""

    def __init__(self, pool: Pool, bundles: Ints, splits: Ints) -> None:
        texts = int(pool.mention.max(initial=-1)) + 1
        packed = np.unique(bundles[pool.owner] * max(texts, 1) + pool.mention)
        self.bundle, self.text = np.divmod(packed, max(texts, 1))
        self.sizes = np.bincount(bundles)
        mentions = np.bincount(bundles[pool.owner], minlength=len(self.sizes))
        scale = np.log(ALIKE)
        classes = np.stack([np.log(self.sizes), np.log(np.maximum(mentions, 0.5))]) / scale
        self.kind = np.unique(np.floor(classes), axis=1, return_inverse=True)[1].ravel()
        self.splits = splits
        edges = np.searchsorted(self.bundle, np.arange(len(self.sizes) + 1))
        self.texts = [self.text[start:end] for start, end in itertools.pairwise(edges)]
        order = np.argsort(self.text, kind="stable")
        self.by_text = self.bundle[order]
        self.edges = np.searchsorted(self.text[order], np.arange(texts + 1))
        self.counts = np.zeros((texts, 3), np.int64)
        np.add.at(self.counts, (self.text, splits[self.bundle]), 1)
        self.have = np.bincount(splits, self.sizes, minlength=3).astype(np.int64)

    def changes(self) -> Ints:
        """Return by how much more the splits would share if each bundle moved to each split [n_bundles, 3]."""
        left = self.counts[self.text, self.splits[self.bundle]] == 1
        found = np.stack(
            [
                np.bincount(self.bundle, (self.counts[self.text, split] == 0).astype(np.int64) - left, len(self.sizes))
                for split in range(3)
            ],
            axis=1,
        ).astype(np.int64)  # fmt: skip
        found[np.arange(len(found)), self.splits] = 0
        return found

    @property
    def shared(self) -> int:
        """How many texts stand in several splits, each counted for every further one."""
        return int(np.maximum((self.counts > 0).sum(axis=1) - 1, 0).sum())

    def having(self, text: int) -> Ints:
        """Return the bundles that have a text."""
        return self.by_text[self.edges[text] : self.edges[text + 1]]

    def change(self, bundle: int, to: int) -> int:
        """Return by how much more the splits would share if a bundle moved to another."""
        texts, before = self.texts[bundle], int(self.splits[bundle])
        return int((self.counts[texts, to] == 0).sum() - (self.counts[texts, before] == 1).sum())

    def move(self, bundle: int, to: int) -> int:
        """Move a bundle, and return by how much more the splits share."""
        texts, before = self.texts[bundle], int(self.splits[bundle])
        change = self.change(bundle, to)
        self.counts[texts, before] -= 1
        self.counts[texts, to] += 1
        self.have[before] -= self.sizes[bundle]
        self.have[to] += self.sizes[bundle]
        self.splits[bundle] = to
        return change


def _refined(
    pool: Pool, bundles: Ints, splits: Ints, targets: NDArray[np.float64], ranks: Sequence[str]
) -> Ints:
    """Return the splits of the bundles, with as many of each class in each, so that they share few mentions."""
    rank = np.argsort(np.argsort(np.array(_least(bundles, ranks))))
    most = targets + max(1.0, TOLERANCE * len(pool))
    state = _Refining(pool, bundles, splits.copy())
    kinds = np.zeros((int(state.kind.max(initial=-1)) + 1, 3), np.int64)
    np.add.at(kinds, (state.kind, splits), 1)
    grown = _Refining(pool, bundles, np.full_like(splits, TRAIN))
    for split in (TEST, DEV):
        _grow(grown, split, kinds[:, split].copy(), most[split], rank)
    if grown.shared < state.shared and (np.abs(grown.have - targets) <= most - targets).all():
        state = grown
    wanted = [split for split in range(3) if targets[split] > 0]
    for _ in range(_PASSES):
        if not sum(_exchanged(state, a, b, most, rank) for a in wanted for b in wanted if a < b):
            break
    return state.splits


def _grow(state: _Refining, split: int, quota: Ints, most: float, rank: Ints) -> None:
    """Move bundles of `TRAIN` to a split, of each class as many as ``quota`` says, always the one after which least is shared."""
    changes = state.changes()[:, split]
    waiting = [
        (int(changes[bundle]), int(rank[bundle]), int(bundle)) for bundle in np.flatnonzero(state.splits == TRAIN)
    ]  # fmt: skip
    heapify(waiting)
    while waiting and quota.any():
        change, at, bundle = heappop(waiting)
        kind = state.kind[bundle]
        if state.splits[bundle] != TRAIN or not quota[kind] or state.have[split] + state.sizes[bundle] > most:
            continue
        now = state.change(bundle, split)
        if now > change:
            heappush(waiting, (now, at, bundle))
            continue
        state.move(bundle, split)
        quota[kind] -= 1
        for text in state.texts[bundle]:
            # A text that is new to the split, or left to one bundle of train, makes others cheaper.
            if state.counts[text, split] == 1 or state.counts[text, TRAIN] == 1:
                for other in state.having(text):
                    if state.splits[other] == TRAIN:
                        heappush(waiting, (state.change(other, split), int(rank[other]), int(other)))


def _exchanged(state: _Refining, a: int, b: int, most: NDArray[np.float64], rank: Ints) -> int:
    """Exchange bundles of a class between two splits while that lessens what is shared; return how many pairs were."""
    changes, number = state.changes(), 0
    for kind in np.unique(state.kind):
        sides = []
        for here, there in ((a, b), (b, a)):
            own = np.flatnonzero((state.splits == here) & (state.kind == kind))
            sides.append(own[np.lexsort((rank[own], changes[own, there]))])
        for one, other in zip(*sides, strict=False):
            if changes[one, b] + changes[other, a] >= 0:
                break
            grows = state.sizes[one] - state.sizes[other]
            if state.have[a] - grows > most[a] or state.have[b] + grows > most[b]:
                continue
            if state.move(one, b) + state.move(other, a) < 0:
                number += 1
            else:
                state.move(other, b)
                state.move(one, a)
    return number
