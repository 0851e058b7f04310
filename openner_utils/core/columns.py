"""The bulk form: the content of many sentences as a few flat arrays.

Reading, cleaning, validation, repair and scoring work on columns; the objects of `document` are the same
content for the API and for tests, which prove the two equal. Labels are ids into a small vocabulary, so that
whatever concerns a label's spelling is done once per distinct label and not once per token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Offsets = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Tokens and labels of many sentences.

    ``tokens``: Arrow strings [n_tokens]; ``labels``: ids into ``names`` [n_tokens]; ``sentences``: token offsets
    [n_sentences + 1]; ``documents``: sentence offsets [n_documents + 1]; ``lines``: 1-based line of each token
    in ``file`` [n_tokens]; ``starts`` and ``ends``: character offsets in the document's text [n_tokens], for
    corpora that publish text with spans.
    """

    tokens: pa.StringArray
    labels: Ints
    names: tuple[str, ...]
    sentences: Offsets
    documents: Offsets
    lines: Ints
    file: str = ""
    starts: Ints | None = None
    ends: Ints | None = None

    def __post_init__(self) -> None:
        count = len(self.tokens)
        if not len(self.labels) == len(self.lines) == count:
            raise ValueError(f"{count} tokens, {len(self.labels)} labels and {len(self.lines)} lines")
        if self.sentences[0] != 0 or self.sentences[-1] != count or (np.diff(self.sentences) < 1).any():
            raise ValueError(f"Sentence offsets must rise from 0 to {count}, one token or more at a step")
        if (
            self.documents[0] != 0
            or self.documents[-1] != self.n_sentences
            or (np.diff(self.documents) < 1).any()
        ):
            raise ValueError(f"Document offsets must rise from 0 to {self.n_sentences}")

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def n_sentences(self) -> int:
        """Number of sentences."""
        return len(self.sentences) - 1

    @property
    def first(self) -> Mask:
        """True at the first token of each sentence [n_tokens]."""
        mask = np.zeros(len(self), dtype=np.bool_)
        mask[self.sentences[:-1]] = True
        return mask

    @property
    def sentence_of(self) -> Ints:
        """Sentence number of each token [n_tokens]."""
        return np.repeat(np.arange(self.n_sentences, dtype=np.int32), np.diff(self.sentences))

    @property
    def document_of(self) -> Ints:
        """Document number of each sentence [n_sentences]."""
        return np.repeat(np.arange(len(self.documents) - 1, dtype=np.int32), np.diff(self.documents))

    def pick(self, numbers: Ints) -> "Columns":
        """Return the sentences with these numbers, in this order and as often as they are named, as one document."""
        lengths = np.diff(self.sentences)[numbers]
        edges = offsets_of(lengths)
        within = np.arange(edges[-1]) - np.repeat(edges[:-1], lengths)
        tokens = np.repeat(self.sentences[:-1][numbers], lengths) + within
        return replace(
            self,
            tokens=self.tokens.take(pa.array(tokens)),
            labels=self.labels[tokens],
            sentences=edges,
            documents=offsets_of([len(numbers)] if len(numbers) else []),
            lines=self.lines[tokens],
            starts=None if self.starts is None else self.starts[tokens],
            ends=None if self.ends is None else self.ends[tokens],
        )

    def label_strings(self) -> pa.StringArray:
        """Return the labels as Arrow strings [n_tokens]."""
        return arrow_strings(self.names).take(arrow_ints(self.labels))

    def with_labels(self, labels: Ints, names: Sequence[str]) -> "Columns":
        """Return the same tokens under other labels: ids [n_tokens] into ``names``."""
        return replace(self, labels=labels.astype(np.int32, copy=False), names=tuple(names))

    def some(self, start: int, end: int) -> "Columns":
        """Return the sentences [start, end), as one document."""
        first, last = int(self.sentences[start]), int(self.sentences[end])
        return Columns(
            self.tokens.slice(first, last - first),
            self.labels[first:last],
            self.names,
            self.sentences[start : end + 1] - first,
            np.array([0, end - start] if end > start else [0], np.int64),
            self.lines[first:last],
            self.file,
            None if self.starts is None else self.starts[first:last],
            None if self.ends is None else self.ends[first:last],
        )

    def rename(self, new_names: Sequence[str]) -> "Columns":
        """Return the same content with the i-th label name spelled ``new_names[i]``; equal spellings merge."""
        names = tuple(dict.fromkeys(new_names))
        position = {name: number for number, name in enumerate(names)}
        table = np.array([position[name] for name in new_names], dtype=np.int32)
        return self.with_labels(table[self.labels] if len(table) else self.labels, names)

    def rows(self) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Yield tokens and labels of each sentence."""
        tokens = self.tokens.to_pylist()
        labels = [self.names[label] for label in self.labels]
        for start, end in zip(self.sentences[:-1], self.sentences[1:], strict=True):
            yield tuple(tokens[start:end]), tuple(labels[start:end])


def uses(columns: Columns, names: Iterable[str]) -> dict[str, int]:
    """Return how many tokens have each of some labels; those that none has are left out."""
    number = dict(
        zip(columns.names, np.bincount(columns.labels, minlength=len(columns.names)).tolist(), strict=True)
    )
    return {name: number[name] for name in names if number.get(name)}


def arrow_strings(values: Sequence[str]) -> pa.StringArray:
    """Return strings as an Arrow array. ``pa.array`` would import pandas first, a third of a second."""
    content = [value.encode("utf-8") for value in values]
    offsets = offsets_of(map(len, content)).astype(np.int32)
    return pa.StringArray.from_buffers(len(content), pa.py_buffer(offsets), pa.py_buffer(b"".join(content)))


def arrow_ints(values: Ints) -> pa.Int32Array:
    """Return 32-bit integers as an Arrow array over the same memory; see `arrow_strings`."""
    whole = np.ascontiguousarray(values, dtype=np.int32)
    return pa.Int32Array.from_buffers(pa.int32(), len(whole), [None, pa.py_buffer(whole)])


def offsets_of(lengths: Iterable[int]) -> Offsets:
    """Return the offsets [n + 1] of consecutive pieces with these lengths."""
    values = lengths if isinstance(lengths, np.ndarray) else np.fromiter(lengths, dtype=np.int64)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)))


def encode_names(labels: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    """Return label ids and the vocabulary of a sequence of label strings, ``O`` first, then by first use."""
    position: dict[str, int] = {"O": 0}
    ids = np.fromiter((position.setdefault(label, len(position)) for label in labels), np.int32, len(labels))
    return ids, tuple(position)


def from_rows(rows: Iterable[tuple[Sequence[str], Sequence[str]]], file: str = "") -> Columns:
    """Return columns of (tokens, labels) per sentence: one document, lines as in a file without comments."""
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    lengths: list[int] = []
    line = 1
    for sentence_tokens, sentence_labels in rows:
        if len(sentence_tokens) != len(sentence_labels):
            raise ValueError(f"{len(sentence_tokens)} tokens but {len(sentence_labels)} labels")
        tokens.extend(sentence_tokens)
        labels.extend(sentence_labels)
        lines.extend(range(line, line + len(sentence_tokens)))
        lengths.append(len(sentence_tokens))
        line += len(sentence_tokens) + 1
    ids, names = encode_names(labels)
    sentences = offsets_of(lengths)
    documents = np.array([0, len(lengths)] if lengths else [0], dtype=np.int64)
    return Columns(
        pa.array(tokens, type=pa.string()), ids, names, sentences, documents, np.array(lines, np.int32), file
    )


def concat(pieces: Sequence[Columns], file: str = "") -> Columns:
    """Return several columns as one, under one vocabulary; each piece's documents stay its own."""
    names = tuple(dict.fromkeys(("O", *(name for piece in pieces for name in piece.names))))
    position = {name: number for number, name in enumerate(names)}
    tables = [np.array([position[name] for name in piece.names], dtype=np.int32) for piece in pieces]
    labels = [table[piece.labels] for table, piece in zip(tables, pieces, strict=True) if len(piece)]

    def joined(arrays: list[Any], dtype: Any) -> Any:
        return np.concatenate(arrays).astype(dtype, copy=False) if arrays else np.zeros(0, dtype)

    def offsets(arrays: list[Offsets]) -> Offsets:
        return offsets_of(joined([np.diff(array) for array in arrays], np.int64))

    with_offsets = all(piece.starts is not None for piece in pieces) and bool(pieces)
    return Columns(
        tokens=pa.concat_arrays([piece.tokens for piece in pieces]) if pieces else pa.array([], pa.string()),
        labels=joined(labels, np.int32),
        names=names,
        sentences=offsets([piece.sentences for piece in pieces]),
        documents=offsets([piece.documents for piece in pieces]),
        lines=joined([piece.lines for piece in pieces], np.int32),
        file=file,
        starts=joined([piece.starts for piece in pieces], np.int32) if with_offsets else None,
        ends=joined([piece.ends for piece in pieces], np.int32) if with_offsets else None,
    )
