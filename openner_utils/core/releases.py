"""Releases on disk: one Parquet table per corpus, one row per sentence.

The tables of the stages `clean` and `standardize`, and the predictions scored against them, have these forms.
Files are written with fixed settings, so equal content gives equal bytes.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openner_utils.core.columns import Columns, Ints, encode_names, offsets_of
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic

RELEASE = pa.schema(
    [
        ("corpus", pa.string()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("document", pa.int32()),
        ("sentence", pa.int32()),
        ("file", pa.string()),
        ("tokens", pa.list_(pa.string())),
        ("lines", pa.list_(pa.int32())),
        ("starts", pa.list_(pa.int32())),
        ("ends", pa.list_(pa.int32())),
        ("published", pa.list_(pa.string())),
        ("labels", pa.list_(pa.string())),
    ]
)
"""``sentence`` and ``document`` count from 0 inside corpus, language and split; ``lines`` are lines of ``file``;
``starts`` and ``ends`` are null but for corpora published as text with spans; ``published`` are IOB2 labels with
transitions unrepaired, ``labels`` the repaired ones."""

LAYERS = pa.schema(
    [
        ("corpus", pa.string()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("file", pa.string()),
        ("line", pa.int32()),
        ("sentence", pa.int32()),
        ("layer", pa.int32()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("type", pa.string()),
    ]
)
"""One nested mention that the flat labels do not hold: ``sentence`` counts from 0 inside the file, ``start`` and
``end`` are tokens of it, ``layer`` counts from 1 inwards."""

PREDICTIONS = pa.schema(
    [
        ("system", pa.string()),
        ("regime", pa.string()),
        ("labels_from", pa.string()),
        ("format", pa.string()),
        ("decoding", pa.string()),
        ("policy", pa.string()),
        ("control", pa.bool_()),
        ("seed", pa.int32()),
        ("corpus", pa.string()),
        ("language", pa.string()),
        ("split", pa.string()),
        ("sentence", pa.int32()),
        ("labels", pa.list_(pa.string())),
        ("ungrounded", pa.int32()),
    ]
)
"""One predicted sentence, and the run that it comes from.

Encoders say under which ``regime`` they were trained and on which labels (`AS_RELEASED`, or the arm of an ablation);
``format``, ``decoding`` and ``policy`` are empty. Language models say in which ``format`` they were asked, how they
decoded, by which ``policy`` their mentions were grounded, and whether they are the ``control`` that was trained on
shuffled labels; ``regime`` and ``labels_from`` are empty. ``ungrounded`` counts the mentions that a reply named and
that were lost (`llm.grounding.LOSSES`): they are not among the labels."""

TRANSFERRED = (
    PREDICTIONS.append(pa.field("train_corpus", pa.string()))
    .append(pa.field("train_language", pa.string()))
    .append(pa.field("target_sentences", pa.int32()))
)
"""The same of a model that was trained on one corpus and language, and tested on others.

``target_sentences``: how many training sentences of the tested corpus and language were among its own, too; ``train_corpus`` and
``train_language`` are empty where there were no others."""

AS_RELEASED = "release"
"""The training labels are those of the core release, repaired as ``clean.repair`` says."""

RUN_KEYS = ("system", "regime", "labels_from", "format", "decoding", "policy", "control", "seed")
PART_KEYS = ("corpus", "language", "split")
PART = list(PART_KEYS)
"""The same as pandas takes them."""
SPLITS = ("train", "dev", "test")


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file atomically."""
    with atomic(path) as beside:
        pq.write_table(table, beside, compression="zstd")


def read_table(path: Path) -> pa.Table:
    """Return the table of a Parquet file; a missing one is an error that names the stage to run."""
    if not path.is_file():
        raise OpenNERError(f"{path}: missing. Run the stage that makes it: dvc repro")
    return pq.read_table(path)


def lists_of(columns: Columns, values: pa.Array) -> pa.ListArray:
    """Return one value per token grouped into one list per sentence."""
    return pa.ListArray.from_arrays(pa.array(columns.sentences, pa.int32()), values)


def release_table(corpus: str, language: str, split: str, published: Columns, repaired: Columns) -> pa.Table:
    """Return the release rows of one file, sentences and documents numbered inside it."""
    count = repaired.n_sentences
    offsets = [repaired.starts, repaired.ends]
    return pa.table(
        [
            pa.repeat(corpus, count),
            pa.repeat(language, count),
            pa.repeat(split, count),
            pa.array(repaired.document_of, pa.int32()),
            pa.array(np.arange(count), pa.int32()),
            pa.repeat(repaired.file, count),
            lists_of(repaired, repaired.tokens),
            lists_of(repaired, pa.array(repaired.lines)),
            *(
                pa.nulls(count, pa.list_(pa.int32())) if o is None else lists_of(repaired, pa.array(o))
                for o in offsets
            ),
            lists_of(repaired, published.label_strings()),
            lists_of(repaired, repaired.label_strings()),
        ],
        schema=RELEASE,
    )


def columns_of(table: pa.Table, labels: str = "labels", file: str = "") -> Columns:
    """Return the sentences of a release table as columns, with the label column ``labels``."""
    tokens, label_lists, lines = (_flat(table[name]) for name in ("tokens", labels, "lines"))
    ids, names = _ids(label_lists)
    places = table.select([*PART_KEYS, "document"]).to_pandas()
    documents = np.flatnonzero((places != places.shift()).any(axis=1))
    starts, ends = (
        _flat(table[name]).to_numpy() if table[name].null_count == 0 else None for name in ("starts", "ends")
    )
    return Columns(
        tokens=tokens,
        labels=ids,
        names=names,
        sentences=offsets_of(pc.list_value_length(table["tokens"]).to_numpy()),
        documents=np.append(documents, len(table)).astype(np.int64) if len(table) else np.zeros(1, np.int64),
        lines=lines.to_numpy(),
        file=file,
        starts=starts,
        ends=ends,
    )


def with_labels(reference: Columns, labels: pa.ChunkedArray) -> Columns:
    """Return the reference's tokens under predicted ``labels`` (one list per sentence); lengths must agree."""
    lengths = pc.list_value_length(labels).to_numpy()
    if not np.array_equal(offsets_of(lengths), reference.sentences):
        raise OpenNERError(
            "A prediction has other sentences or tokens than its reference. Run the stage again."
        )
    return reference.with_labels(*_ids(_flat(labels)))


def _flat(lists: pa.ChunkedArray) -> pa.Array:
    combined = lists.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        combined = combined.chunk(0) if combined.num_chunks else pa.array([], lists.type)
    return combined.flatten()


def _ids(labels: pa.StringArray) -> tuple[np.ndarray, tuple[str, ...]]:
    encoded = labels.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    order, vocabulary = encode_names(names)
    return order[encoded.indices.to_numpy()] if len(names) else np.zeros(0, np.int32), vocabulary


@dataclass(frozen=True, slots=True)
class Part:
    """The sentences of one corpus, language and split."""

    corpus: str
    language: str
    split: str
    table: pa.Table

    @property
    def key(self) -> tuple[str, str, str]:
        """Corpus, language and split."""
        return self.corpus, self.language, self.split


def parts(table: pa.Table) -> Iterator[Part]:
    """Yield a release table's parts, sorted by corpus, language and split (train, dev, test).

    Sentences are in order of their numbers. A part whose rows lie together in that order is a slice, which copies
    nothing. Any other split than these three is an `OpenNERError`.
    """
    of_part = _places(table)
    for corpus, language, split in of_part:
        if split not in SPLITS:
            raise OpenNERError(
                f"{corpus}/{language}: the split {split!r} is none of {', '.join(SPLITS)}. "
                "Correct the corpus's card, and run the stage clean again: dvc repro"
            )
    for key in sorted(of_part, key=lambda key: (*key[:2], SPLITS.index(key[2]))):
        yield Part(*key, _rows(table, of_part[key]))


def _places(table: pa.Table) -> dict[tuple[str, str, str], list[slice]]:
    """Return where the rows of each part lie: stretches of neighbouring rows."""
    if not len(table):
        return {}
    names, code = [], np.zeros(len(table), np.int64)
    for key in PART_KEYS:
        column = table[key].combine_chunks().dictionary_encode()
        encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        names.append(encoded.dictionary.to_pylist())
        code = code * len(names[-1]) + encoded.indices.to_numpy()
    begins = np.flatnonzero(np.diff(code, prepend=-1))
    found: dict[tuple[str, str, str], list[slice]] = {}
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(table)], strict=True):
        rest, split = divmod(int(code[begin]), len(names[2]))
        corpus, language = divmod(rest, len(names[1]))
        found.setdefault((names[0][corpus], names[1][language], names[2][split]), []).append(
            slice(begin, end)
        )
    return found


def _rows(table: pa.Table, stretches: list[slice]) -> pa.Table:
    """Return the rows of one part, sentences in order."""
    pieces = [table.slice(each.start, each.stop - each.start) for each in stretches]
    part = pieces[0] if len(pieces) == 1 else pa.concat_tables(pieces)
    in_order = (np.diff(part["sentence"].to_numpy()) >= 0).all()
    return part if in_order else part.sort_by("sentence")


def select(table: pa.Table, **values: Any) -> pa.Table:
    """Return the rows in which each named column has the given value."""
    mask = None
    for name, value in values.items():
        equal = pc.equal(table[name], value)
        mask = equal if mask is None else pc.and_(mask, equal)
    return table if mask is None else table.filter(mask)


def without(table: pa.Table, removed: pd.DataFrame) -> pa.Table:
    """Return a release table less the sentences that ``removed`` lists by corpus, language, split and number."""
    if removed.empty:
        return table
    keys = [*PART, "sentence"]
    gone = pd.MultiIndex.from_frame(table.select(keys).to_pandas()).isin(
        pd.MultiIndex.from_frame(removed[keys])
    )
    return table.filter(pa.array(~gone))


def limited(table: pa.Table, train: int | None, dev: int | None, test: int | None) -> pa.Table:
    """Return at most so many sentences of each corpus, language and split, in their order; None takes all.

    Those are taken that come first by a hash of their place (corpus, language, split, number), not those that stand
    first in the file: these are often one document, or one topic. So the same files give the same choice on every
    machine, whatever the labels, and a smaller number chooses among the sentences of a larger one.
    """
    most = {"train": train, "dev": dev, "test": test}
    kept = [_chosen(part, most[part.split]) for part in parts(table)]
    return pa.concat_tables(kept) if kept else table


def _chosen(part: Part, most: int | None) -> pa.Table:
    """Return at most so many sentences of a part."""
    if most is None or most >= len(part.table):
        return part.table
    place = hashlib.blake2b("".join(f"{name}\n" for name in part.key).encode(), digest_size=8)
    hashes = bytearray()
    for sentence in part.table["sentence"].to_pylist():
        of_sentence = place.copy()
        of_sentence.update(b"%d" % sentence)
        hashes += of_sentence.digest()
    first = np.argsort(np.frombuffer(hashes, ">u8"), kind="stable")[:most]
    return part.table.take(np.sort(first))


def prediction_table(
    run: Mapping[str, Any],
    part: tuple[str, str, str],
    sentences: Ints | Sequence[int],
    labels: pa.Array,
    ungrounded: Sequence[int] | None = None,
) -> pa.Table:
    """Return prediction rows of one run (values of `RUN_KEYS`) on one part (values of `PART_KEYS`).

    ``labels`` [n_sentences], one list of IOB2 labels for each of the sentences with these numbers (`lists_of` makes it of
    columns); ``ungrounded`` [n_sentences] is 0 unless given. Raises `ValueError` when the lengths differ.
    """
    fixed = {**{name: run[name] for name in RUN_KEYS}, **dict(zip(PART_KEYS, part, strict=True))}
    count = len(sentences)
    values = [
        *(pa.repeat(pa.scalar(value, PREDICTIONS.field(name).type), count) for name, value in fixed.items()),
        pa.array(sentences, pa.int32()),
        labels,
        pa.array(np.zeros(count, np.int32) if ungrounded is None else ungrounded, pa.int32()),
    ]
    if not count == len(labels) == len(values[-1]):
        raise ValueError(
            f"{count} sentences, {len(labels)} lists of labels, {len(values[-1])} counts of ungrounded mentions"
        )
    return pa.table(values, schema=PREDICTIONS)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows sorted by corpus, language, split (train, dev, test) and then the other columns' old order."""
    keys = [name for name in PART if name in frame]
    position = {split: number for number, split in enumerate(SPLITS)}
    return frame.sort_values(
        keys, key=lambda column: column.map(position) if column.name == "split" else column, kind="stable"
    ).reset_index(drop=True)
