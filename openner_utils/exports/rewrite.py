"""Changing labels in a delimited file and nothing else: bytes between the labels are copied as they are.

Byte order mark, encoding, line ends, separators, comments and other columns stay, because only the bytes of the
labels that change are replaced. Like the reader, this works on arrays and on pieces of the file.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Ints, Offsets, arrow_ints, arrow_strings
from openner_utils.readers import conllu, conllu_plus
from openner_utils.readers.delimited import BLANK, NEWLINE, PIECE, RETURN, TAB, Options
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.parts import Part
from openner_utils.readers.text import MARKS
from openner_utils.support.errors import OpenNERError

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """New labels: 1-based lines in rising order [n], and for each the id of its label in ``names``."""

    lines: Ints
    labels: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Where labels lie in a file of columns: how its columns lie, and in CoNLL-U the key of the label in its column."""

    options: Options
    key: str | None = None

    @classmethod
    def of(cls, raw: RawFile, layout: Layout) -> "Labels | None":
        """Return where labels lie in a file, or None if they have no column there."""
        if layout.reader == "delimited":
            return cls(layout.parsed(Options))
        if layout.reader == "conllu":
            return cls(conllu.COLUMNS, layout.parsed(conllu.Options).key)
        if layout.reader == "conllu_plus":
            return cls(conllu_plus.named_columns(raw, layout)[1])
        return None


def rewritten(part: Part, changes: Changes, labels: Labels) -> Iterator[memoryview | bytes]:
    """Yield the pieces of a part's bytes with other labels; lines are those of the file."""
    content = part.raw.whole()
    mark, codec = _codec(content, labels.options.encoding)
    if mark and not part.added:
        yield mark
    body = memoryview(content)[len(mark) :]
    changes = replace(changes, lines=changes.lines - np.int32(part.line))
    if codec == "utf-8":
        yield from _pieces(np.frombuffer(body, np.uint8), changes, labels)
        return
    text = bytes(body).decode(codec)
    if text.encode(codec) != body:
        raise OpenNERError(
            f"Text in {codec} cannot be written back byte for byte. Convert the file to UTF-8."
        )
    data = np.frombuffer(text.encode("utf-8"), np.uint8)
    written = b"".join(_pieces(data, changes, labels)).decode("utf-8")
    try:
        yield written.encode(codec)
    except UnicodeEncodeError as error:
        sign = written[error.start]
        raise OpenNERError(
            f"{sign!r} (U+{ord(sign):04X}) in a label of the file or of a ledger cannot be written in {codec}. Convert the file to UTF-8."
        ) from error


def _codec(content: bytes, encoding: str) -> tuple[bytes, str]:
    """Return the byte order mark, and the encoding of what comes after it."""
    named = codecs.lookup(encoding).name
    if content.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8, named.replace("utf-8-sig", "utf-8")
    for mark, name in MARKS:
        if content.startswith(mark):
            return mark, f"{name}-{'le' if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE) else 'be'}"
    return b"", named


def _pieces(data: Bytes, changes: Changes, labels: Labels) -> Iterator[memoryview]:
    start, line, change = 0, 0, 0
    while start < len(data):
        end = start + PIECE
        while end < len(data) and data[end - 1] != NEWLINE:
            end += 1
        piece = data[start:end]
        newlines = np.flatnonzero(piece == NEWLINE)
        # Lines of this piece are line + 1 … line + len(newlines), and one more without line end in the last piece.
        last = line + len(newlines) + (end >= len(data))
        upto = int(np.searchsorted(changes.lines, last, side="right"))
        some = slice(change, upto)
        if upto > change:
            spans = _spans(piece, newlines, changes.lines[some] - (line + 1), labels.options)
            if labels.key is not None:
                spans = _values(piece, *spans, labels.key)
            yield _spliced(piece, *spans, changes.labels[some], changes.names).data
        else:
            yield piece.data
        start, line, change = end, line + len(newlines), upto


def _spans(data: Bytes, newlines: Offsets, lines: Ints, options: Options) -> tuple[Offsets, Offsets]:
    """Return where the labels of ``lines`` (from 0) lie in the bytes."""
    starts = np.concatenate(([0], newlines + 1))[lines].astype(np.int64)
    ends = np.append(newlines, len(data))[lines]
    ends = ends - ((ends > starts) & (data[ends - 1] == RETURN))
    if options.separator == "whitespace":
        return _between_runs(data, starts, ends, options.label)
    separators = np.flatnonzero(data == (TAB if options.separator == "tab" else BLANK))
    first, after = np.searchsorted(separators, starts), np.searchsorted(separators, ends)
    # Borders of a line's columns: its start, each separator, its end. Column c lies between c and c + 1.
    column = options.label + (after - first + 1 if options.label < 0 else 0)
    borders = np.append(separators, 0)
    begin = np.where(column > 0, borders[first + column - 1] + 1, starts)
    end = np.where(first + column < after, borders[np.minimum(first + column, len(separators))], ends)
    return begin, end


def _between_runs(data: Bytes, starts: Offsets, ends: Offsets, column: int) -> tuple[Offsets, Offsets]:
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        columns = list(re.finditer(rb"[^ \t]+", data[start:end].tobytes()))
        found.append((start + columns[column].start(), start + columns[column].end()))
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _values(data: Bytes, starts: Offsets, ends: Offsets, key: str) -> tuple[Offsets, Offsets]:
    """Return where the values of ``key`` lie inside the columns [start, end)."""
    found = []
    sought = f"|{key}=".encode()
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        column = b"|" + data[start:end].tobytes()
        at = column.index(sought) + len(sought)
        stop = column.find(b"|", at)
        found.append((start + at - 1, start + (stop if stop >= 0 else len(column)) - 1))
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _spliced(data: Bytes, starts: Offsets, ends: Offsets, labels: Ints, names: tuple[str, ...]) -> Bytes:
    """Return the bytes with [start, end) replaced by the labels' names; the ranges lie in order and apart."""
    new = arrow_strings(names).take(arrow_ints(labels))
    offsets = np.frombuffer(new.buffers()[1], np.int32)[: len(new) + 1]
    text = np.frombuffer(new.buffers()[2] or b"", np.uint8)[: offsets[-1]]
    lengths, old = np.diff(offsets), ends - starts
    if np.array_equal(lengths, old):  # B-PER → S-PER, as in most conversions
        out = data.copy()
        out[_within(starts, lengths)] = text
        return out
    out_starts = starts + np.cumsum(lengths - old) - (lengths - old)
    out = np.empty(len(data) + int((lengths - old).sum()), np.uint8)
    copied, kept = np.ones(len(data), np.bool_), np.ones(len(out), np.bool_)
    filled = _within(out_starts, lengths)
    copied[_within(starts, old)] = False
    kept[filled] = False
    out[filled] = text
    out[kept] = data[copied]
    return out


def _within(starts: Offsets, lengths: Offsets | Ints) -> Offsets:
    """Return every position of the ranges that begin at ``starts``."""
    before: Offsets = np.cumsum(lengths, dtype=np.int64) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
