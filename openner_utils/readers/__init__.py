"""Readers: one module per raw format, all with one function ``read(path, card, file) -> Reading``.

A reader keeps what the publisher wrote: labels come out with their published spelling and encoding, and whatever
could not be kept (a token dropped, a span removed) is a row for the ledger. Anything else wrong is a
`FormatError` with file and line, unless the card allows that flaw by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from openner_utils.columns import Columns
from openner_utils.errors import FormatError, OpenNERError, unknown
from openner_utils.records import R, parse

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
class Reading:
    """One file as published: columns with raw labels, what was removed, and counts of what was passed over."""

    columns: Columns
    removals: tuple[Removal, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


Reader = Callable[[Path, "Card", "File"], Reading]


def read(path: Path, card: "Card", file: "File") -> Reading:
    """Read one raw file of a corpus as its card says."""
    from openner_utils.readers import brat, conllu, delimited, json_spans, json_tokens

    known: dict[str, Reader] = {
        "delimited": delimited.read,
        "conllu": conllu.read,
        "json_tokens": json_tokens.read,
        "json_spans": json_spans.read,
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


def read_text(path: Path, encoding: str = "utf-8") -> tuple[str, dict[str, int]]:
    """Return a file's text without byte order mark, and a count of it; invalid bytes are a named error."""
    content = path.read_bytes()
    counts = {}
    if content.startswith(b"\xef\xbb\xbf"):
        content, counts = content[3:], {"byte order mark": 1}
    try:
        return content.decode(encoding), counts
    except LookupError as error:
        raise FormatError(
            path, 0, f"{encoding!r} is no text encoding", "Correct the card's options."
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            path,
            line,
            f"byte 0x{content[error.start]:02x} is not valid {encoding}",
            "Declare the right encoding in the card's options, or fetch the file again.",
        ) from error
