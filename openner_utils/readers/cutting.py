"""Where a file can be cut into parts that are read alone: at line ends, blank lines, or where a sentence's id changes.

A reader's module whose files may be read in parts (see `parts`) has a function ``cut(raw: RawFile, layout: Layout) -> Cut | None``
beside its ``read``; None where this file has to be read whole, as one list of JSON has.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openner_utils.readers.layout import RawFile
from openner_utils.readers.stored import CHUNK, Bytes
from openner_utils.readers.text import encoding_of, mark_of

_PLAIN = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-.|mac-.+|tis-620|ptcp154|kz1048|hp-roman8|gb.+|big5.*|euc_.+|shift_.+"
)
"""Encodings, as Python names them, in which a line can be told from others and read without those before it."""
_WIDE = re.compile(r"utf-(16|32)(-[lb]e)?")
_OVERLAP = 1 << 10
"""Bytes by which what is looked through at a time goes on into the next."""

After = Callable[[Bytes, int], int]
"""Gives, for bytes and a position in them, the first place from there on at which a part may end, or -1."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a file may be cut; ``newline`` are the bytes of a line end, and ``options`` those of the reader that hold for all parts
    but the first.
    """

    after: After
    newline: bytes = b"\n"
    options: Mapping[str, Any] = field(default_factory=dict)

    def lines(self, content: bytes) -> int:
        """Return the number of line ends in the bytes of a part."""
        width = len(self.newline)
        if width == 1:
            return content.count(self.newline)
        return sum(found.start() % width == 0 for found in re.finditer(re.escape(self.newline), content))


def codec_of(raw: RawFile, declared: str) -> str | None:
    """Return the encoding of a file by its full name (``utf-16-le``); None for one of which a part cannot be read alone."""
    name = codecs.lookup(encoding_of(raw, declared)).name
    if not _WIDE.fullmatch(name):
        return name if _PLAIN.fullmatch(name) and "\r\n".encode(name) == b"\r\n" else None
    if name.endswith(("-le", "-be")):
        return name
    mark = mark_of(raw.content)
    little = mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE)
    return f"{name}-{'le' if little else 'be'}" if mark else None


def at_line_ends(codec: str, options: Mapping[str, Any]) -> Cut:
    """Return how a file with an entry on each line is cut."""
    newline = "\n".encode(codec)
    return Cut(_matches(re.escape(newline), len(newline)), newline, options)


def at_blank_lines(codec: str, options: Mapping[str, Any]) -> Cut:
    """Return how a file with blank lines between sentences is cut; white space may stand on them."""
    newline, space, tab, back = (re.escape(character.encode(codec)) for character in "\n \t\r")
    blank = newline + b"(?:" + space + b"|" + tab + b"){0,40}(?:" + back + b")?" + newline
    return Cut(_matches(blank, len("\n".encode(codec))), "\n".encode(codec), options)


def _matches(pattern: bytes, width: int) -> After:
    """Return what finds the end of a match of ``pattern`` that begins between two characters of ``width`` bytes."""
    compiled = re.compile(pattern)

    def after(content: Bytes, position: int) -> int:
        position -= position % width
        while position < len(content):
            for found in compiled.finditer(content[position : position + CHUNK + _OVERLAP]):
                if found.start() % width == 0:
                    return position + found.end()
            position += CHUNK
        return -1

    return after


def at_changes(id_of: Callable[[bytes], bytes | None], options: Mapping[str, Any]) -> Cut:
    """Return how a file is cut between two lines whose ids differ; ``id_of`` gives that of a line, None where it has none."""

    def after(content: Bytes, position: int) -> int:
        before: bytes | None = None
        position = content.find(b"\n", position) + 1
        while 0 < position < len(content):
            window = content[position : position + CHUNK]
            for line in window.split(b"\n")[:-1]:
                here = id_of(line)
                if None not in (before, here) and before != here:
                    return position
                before = here
                position += len(line) + 1
            if b"\n" not in window:  # the last line, or one that is longer than any
                break
        return -1

    return Cut(after, options=options)
