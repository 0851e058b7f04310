r"""Text with mentions in brackets, ``[PER Ada Lovelace] was here``, or with a label after each word, ``Ada/B-PER``.

In the form with brackets a ``[`` begins a mention, the type follows up to a blank, and a bracket or backslash of the
text is written ``\[``, ``\]``, ``\\``. Mentions may lie inside one another; see `spans`. Lines are sentences, a
blank line ends a document.
"""

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from openner_utils.catalog import Card, File
from openner_utils.core.columns import Columns, encode_names, offsets_of
from openner_utils.readers import Reading, options_of, read_text
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

_MARK = re.compile(r"\\[\[\]\\]|\[[^\s\[\]\\]+[ \t]+|[\[\]\\]")


class Options(Record):
    """How mentions are marked."""

    form: Literal["brackets", "slash"] = "brackets"
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`; the form with slashes has tokens of its own, between white space."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one file; offsets, in the form with brackets, are those in the line without marks."""
    options = options_of(Options, card)
    content, counts = read_text(path, options.encoding)
    documents: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), 1):
        if line.strip():
            documents[-1].append((number, line))
        elif documents[-1]:
            documents.append([])
    documents = [document for document in documents if document]
    if options.form == "slash":
        return Reading(_slashed(path, documents, file.path), counts=counts)
    groups = [[_text(path, number, line) for number, line in document] for document in documents]
    return columns_of(groups, get_tokenizer(options.tokenizer), file.path, counts)


def _text(path: Path, number: int, line: str) -> Text:
    """Return a line without its marks, and the mentions that they mark."""
    parts: list[str] = []
    length = last = 0
    open: list[tuple[str, int]] = []
    spans: list[Published] = []

    def fail(what: str, hint: str) -> FormatError:
        return FormatError(path, number, what, hint, "bad-span")

    for mark in _MARK.finditer(line):
        parts.append(line[last : mark.start()])
        length += len(parts[-1])
        last = mark.end()
        if mark[0] == "]":
            if not open:
                raise fail("] where no mention is open", r"Write a bracket of the text \].")
            type, start = open.pop()
            if start == length:
                raise fail(f"[{type} ] holds no text", "Remove it.")
            spans.append(Published(start, length, type, number))
        elif mark[0][0] == "\\" and len(mark[0]) == 2:
            parts.append(mark[0][1])
            length += 1
        elif len(mark[0]) > 1:
            open.append((mark[0][1:].rstrip(), length))
        else:
            what = f"{mark[0]} without a type and a blank" if mark[0] == "[" else "a single backslash"
            raise fail(what, rf"Write a bracket or backslash of the text \{mark[0]}.")
    if open:
        raise fail(f"[{open[-1][0]} is never closed", "Close it on its line.")
    text = "".join((*parts, line[last:]))
    return Text(text, [Piece(0, len(text), number)], spans)


def _slashed(path: Path, documents: list[list[tuple[int, str]]], name: str) -> Columns:
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    lengths: list[int] = []
    for number, line in (numbered for document in documents for numbered in document):
        words = line.split()
        for word in words:
            token, slash, label = word.rpartition("/")
            if not token or not label:
                flaw = "missing-label" if not slash else "empty-token" if not token else "empty-label"
                what = f"{word!r:.40} is not WORD/LABEL"
                raise FormatError(path, number, what, "Correct the line, or the form on the card.", flaw)
            if "\0" in label:
                raise FormatError(
                    path, number, "NUL byte in a label", "This is no text file; fetch it again."
                )
            tokens.append(token)
            labels.append(label)
        lines += [number] * len(words)
        lengths.append(len(words))
    ids, names = encode_names(labels)
    return Columns(
        pa.array(tokens, pa.string()),
        ids,
        names,
        offsets_of(lengths),
        offsets_of([len(document) for document in documents]),
        np.array(lines, np.int32),
        name,
    )
