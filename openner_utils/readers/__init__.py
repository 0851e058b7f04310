"""Readers: one module per raw format, all with one function ``read(path, card, file) -> Reading``.

A reader keeps what the publisher wrote: labels come out with their published spelling and encoding, and whatever
could not be kept (a token dropped, a span removed) is a row for the ledger. Anything else wrong is a
`FormatError` with file and line, unless the card allows that flaw by name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from openner_utils.core.columns import Columns
from openner_utils.support.errors import FormatError, OpenNERError, unknown
from openner_utils.support.records import R, parse

if TYPE_CHECKING:  # cards are only handed through here, and files without a card are read too
    from openner_utils.catalog import Card, File


@dataclass(frozen=True, slots=True)
class Removal:
    """Something published that the flat token view cannot hold; the fields are those of the ledger."""

    line: int
    sentence: int
    token: int
    before: str | None
    after: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A mention that the flat view leaves out because another one covers it; it is kept beside the labels.

    ``line`` is that of its first token or, in text with spans, that on which the publisher gives it. ``start`` and
    ``end`` are tokens of its sentence, ``layer`` counts from 1 inwards (0: the outermost, where the card takes an
    inner layer for the flat view). Types are spelled as published.
    """

    line: int
    sentence: int
    start: int
    end: int
    type: str
    layer: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as published: columns with raw labels, what was removed, and counts of what was passed over.

    ``layers`` holds nested mentions.
    """

    columns: Columns
    removals: tuple[Removal, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    layers: tuple[Nested, ...] = ()


Reader = Callable[[Path, "Card", "File"], Reading]


def read(path: Path, card: "Card", file: "File") -> Reading:
    """Read one raw file of a corpus as its card says."""
    from openner_utils.readers import (
        bracketed,
        brat,
        conllu,
        conllu_plus,
        csv_spans,
        delimited,
        inline_xml,
        json_nested,
        json_spans,
        json_tokens,
        text_and_list,
    )

    known: dict[str, Reader] = {
        "delimited": delimited.read,
        "conllu": conllu.read,
        "conllu_plus": conllu_plus.read,
        "json_tokens": json_tokens.read,
        "json_nested": json_nested.read,
        "json_spans": json_spans.read,
        "csv_spans": csv_spans.read,
        "text_and_list": text_and_list.read,
        "inline_xml": inline_xml.read,
        "bracketed": bracketed.read,
        "brat": brat.read,
    }
    if card.reader not in known:
        raise unknown("reader", card.reader, known)
    if not path.is_file():
        raise OpenNERError(f"{path}: missing. Build the data again: openner data use {card.id}")
    reading = known[card.reader](path, card, file)
    if not len(reading.columns):
        raise FormatError(path, 0, "the file holds no sentence", "Fetch it again, or take it off the card.")
    return reading


def options_of(kind: type[R], card: "Card") -> R:
    """Return the card's reader options as a record of ``kind``."""
    return parse(kind, card.options, f"card {card.id}: options")


def half_pair(text: str) -> re.Match[str] | None:
    """Return the first half of a surrogate pair in a text: JSON can escape it, but it is no character."""
    return _HALF_PAIR.search(text)


_HALF_PAIR = re.compile("[\ud800-\udfff]")


def read_text(
    path: Path, encoding: str = "utf-8", mend: Callable[[bytes], bytes] = bytes
) -> tuple[str, dict[str, int]]:
    """Return a file's text without byte order mark, and a count of it; invalid bytes are a named error.

    ``mend`` may change the bytes before they are decoded; it keeps the number of lines.
    """
    content = mend(path.read_bytes())
    counts = {}
    if content.startswith(b"\xef\xbb\xbf"):
        content, counts = content[3:], {"byte order mark": 1}
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FormatError(
            path,
            content.count(b"\n", 0, error.start) + 1,
            _invalid(content, error),
            "Declare the right encoding in the card's options, or fetch the file again.",
        ) from error
    except UnicodeError as error:  # what some codecs raise instead
        raise FormatError(
            path, 0, f"not valid {encoding} ({error})", "Correct the card's options."
        ) from error
    except (LookupError, ValueError) as error:
        raise FormatError(
            path, 0, f"{encoding!r} is no text encoding", "Correct the card's options."
        ) from error
    # Strict UTF-8 holds no half pairs; some other codecs let them through.
    half = None if encoding.lower() in ("utf-8", "utf8") else half_pair(text)
    if half:
        line = text.count("\n", 0, half.start()) + 1
        raise FormatError(path, line, "half of a surrogate pair, which is no character", "Correct the text.")
    return text, counts


def _invalid(content: bytes, error: UnicodeDecodeError) -> str:
    """Say what is wrong with the bytes at which decoding stopped."""
    byte, following = content[error.start], content[error.start + 1 : error.start + 2]
    what = f"byte 0x{byte:02x} is not valid {error.encoding}"
    if byte == 0xED and following >= b"\xa0":
        what += " (it begins half of a surrogate pair, which is no character)"
    return what
