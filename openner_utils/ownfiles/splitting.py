"""Files of one's own divided into train, dev and test that share as little as they can (`curation.cutting_splits`), as a folder.

Beside two columns for each split lies `RECORD`, where each sentence came from and went, and `SHARED`, what the splits have in common
beside the splits as given (where the names of all files tell one) and splits of the same shares by a hash.
"""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, concat
from openner_utils.core.encoding import decode
from openner_utils.core.releases import SPLITS
from openner_utils.curation.cutting_splits import Pool, Related, Shared, by_hash, cut, related, shared
from openner_utils.curation.duplicates import normalized
from openner_utils.exports import conll
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.ownfiles.drafting.origin import split_of
from openner_utils.ownfiles.opening import Opened
from openner_utils.readers.document_marks import DOCSTART
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import STANDARD

RECORD, SHARED = "sentences.csv", "shared.csv"
MEASURES = ("splits", "train", "dev", "test", "clusters", "contaminated", "documents", "mentions", "unseen_dev", "unseen_test")  # fmt: skip
"""The columns of `SHARED`; see `curation.cutting_splits.Shared`."""


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Sentences of several files, in order of the files' names, and their splits [n_sentences].

    ``files`` [n_sentences]: the name of each sentence's file below the folder that all have in common; ``compared``: what the
    splits share, by how they were made, these last.
    """

    columns: Columns
    files: tuple[str, ...]
    near: Related
    splits: NDArray[np.int8]
    compared: dict[str, Shared]


def divided(opened: Sequence[Opened], dev: float, test: float) -> Division:
    """Return the sentences of some files in splits; shares as in `cutting_splits.cut`, whatever the order of files.

    Labels stay as they are; mentions are read as the conlleval repair does. Raises `OpenNERError` for files whose labels are of
    different encodings, for a file that is named twice and for standard input, which has no name that a place could be told by.
    """
    named = _named(opened)
    encodings = {each.encoding.name: each for each in opened}
    if len(encodings) > 1:
        (one, first), (other, second) = list(encodings.items())[:2]
        raise OpenNERError(
            f"{first.path}: labels are {one}, but those of {second.path} are {other}. Convert one: openner convert FILE -o OUT --to {one}"
        )
    columns = [each.columns for _, each in named]
    whole = concat(columns)
    files = tuple(
        name for (name, _), each in zip(named, columns, strict=True) for _ in range(each.n_sentences)
    )
    pool = _pool([name for name, _ in named], columns, whole, named[0][1])
    near = related(pool)
    splits = cut(pool, near, dev, test)
    compared = {}
    given = [split_of(name) for name in files]
    if all(given) and len(set(given)) > 1:
        compared["as given"] = shared(pool, near, np.array([SPLITS.index(each) for each in given], np.int8))
    compared["by hash"] = shared(pool, near, by_hash(pool, dev, test))
    compared["cut"] = shared(pool, near, splits)
    return Division(whole, files, near, splits, compared)


def _named(opened: Sequence[Opened]) -> list[tuple[str, Opened]]:
    """Return files by their names below the folder that they have in common, sorted."""
    if any(each.path == STANDARD for each in opened):
        raise OpenNERError(
            "-: standard input has no name, by which the places of its sentences are told. Name a file."
        )
    paths = [each.path.resolve() for each in opened]
    above = os.path.commonpath([path.parent for path in paths])
    named = sorted(
        ((path.relative_to(above).as_posix(), each) for path, each in zip(paths, opened, strict=True)),
        key=lambda one: one[0],
    )
    for (one, _), (other, _) in itertools.pairwise(named):
        if one == other:
            raise OpenNERError(f"{one}: named twice, so its sentences would be, too. Name it once.")
    return named


def _pool(names: Sequence[str], columns: Sequence[Columns], whole: Columns, first: Opened) -> Pool:
    """Return what is divided; a file without document marks is one document to its reader, and tells none."""
    places, documents, before = [], [], 0
    for name, each in zip(names, columns, strict=True):
        places += [(name, number) for number in range(each.n_sentences)]
        count = len(each.documents) - 1
        documents.append(each.document_of + before if count > 1 else np.full(each.n_sentences, -1))
        before += count
    found = decode(whole, first.encoding)
    tokens = [normalized(token) for token in whole.tokens.to_pylist()]
    texts: dict[str, int] = {}
    mention = [
        texts.setdefault(" ".join(tokens[start:end]), len(texts))
        for start, end in zip(found.start.tolist(), found.end.tolist(), strict=True)
    ]
    edges = whole.sentences.tolist()
    return Pool(
        [tokens[start:end] for start, end in itertools.pairwise(edges)],
        places,
        np.concatenate(documents).astype(np.int64),
        found.sentence.astype(np.int64),
        np.array(mention, np.int64),
    )


def write(division: Division, out: Path) -> None:
    """Write the splits to the folder ``out``: new, empty, or of an export. A split without a sentence has no file."""
    refuse_foreign(out)
    columns = division.columns
    lines = columns.lines[columns.sentences[:-1]].tolist()
    with replaced(out) as fresh:
        for number, split in enumerate(SPLITS):
            chosen = np.flatnonzero(division.splits == number).astype(np.int32)
            if len(chosen):
                path = fresh / f"{split}.conll"
                part = columns.pick(chosen)
                conll.refuse_marks(out / path.name, part, DOCSTART, begins=True)
                conll.write(path, part)
        write_csv(
            fresh / RECORD,
            ("file", "line", "split", "cluster"),
            zip(
                division.files,
                lines,
                [SPLITS[split] for split in division.splits],
                _clusters(division),
                strict=True,
            ),
        )
        write_csv(fresh / SHARED, MEASURES, map(_row, *zip(*division.compared.items(), strict=True)))


def _clusters(division: Division) -> list[str]:
    """Return the number of each sentence's cluster of near-duplicates, from 1 in order; empty for a sentence that is alone."""
    sizes = np.bincount(division.near.clusters)
    numbers: dict[int, int] = {}
    return [
        str(numbers.setdefault(cluster, len(numbers) + 1)) if sizes[cluster] > 1 else ""
        for cluster in division.near.clusters.tolist()
    ]


def _row(how: str, found: Shared) -> tuple[object, ...]:
    unseen = ["" if np.isnan(share) else f"{share:.4f}" for share in found.unseen]
    return (how, *found.sizes, found.clusters, found.contaminated, found.documents, found.mentions, *unseen)
