r"""Text with mentions in brackets: ``[PER Ada Lovelace] was here``.

A ``[`` begins a mention, the type follows up to a blank, and a bracket or backslash of the text is written ``\[``, ``\]``,
``\\``. Mentions may lie inside one another; see `spans`. Lines are sentences, a blank line ends a document.
"""

import re
from typing import Literal

from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import read_text
from openner_utils.support.records import Record

_MARK = re.compile(r"\\[\[\]\\]|\[[^\s\[\]\\]+[ \t]+|[\[\]\\]")


class Options(Record):
    """How mentions are marked."""

    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""
    encoding: str = "utf-8"
    """Any text encoding that Python knows by name."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; offsets are those in the line without marks."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults, options.encoding)
    documents: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), 1):
        if line.strip():
            documents[-1].append((number, line))
        elif documents[-1]:
            documents.append([])
    documents = [document for document in documents if document]
    groups = [[_text(faults, number, line) for number, line in document] for document in documents]
    return columns_of(groups, get_tokenizer(options.tokenizer), raw, faults, counts)


def _text(faults: Faults, number: int, line: str) -> Text:
    """Return a line without its marks, and the mentions that they mark; a mark that is none is a fault, and text."""
    parts: list[str] = []
    length = last = 0
    open: list[tuple[str, int]] = []
    spans: list[Published] = []

    def fault(what: str, fix: str) -> None:
        faults.add(number, "bad-span", what, fix)

    for mark in _MARK.finditer(line):
        at, plain = length + mark.start() - last, ""
        if mark[0] == "]" and open:
            type, start = open.pop()
            if start < at:
                spans.append(Published(start, at, type, number))
            else:
                fault(f"[{type} ] holds no text", "Remove it")
        elif mark[0] == "]":
            plain = "]"
            fault("] where no mention is open", r"Write a bracket of the text \]")
        elif mark[0][0] == "\\" and len(mark[0]) == 2:
            plain = mark[0][1]
        elif len(mark[0]) > 1:
            open.append((mark[0][1:].rstrip(), at))
        else:
            plain = mark[0]
            what = f"{plain} without a type and a blank" if plain == "[" else "a single backslash"
            fault(what, rf"Write a bracket or backslash of the text \{plain}")
        parts.append(line[last : mark.start()] + plain)
        length, last = at + len(plain), mark.end()
    for type, _ in open:
        fault(f"[{type} is never closed", "Close it on its line")
    text = "".join((*parts, line[last:]))
    return Text(text, [Piece(0, len(text), number)], spans)
