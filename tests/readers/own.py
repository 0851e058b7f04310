"""Files without a card in tests: read from bytes or from a fixture, shown in short."""

from typing import Any

from openner_utils.core.encoding import get_encoding
from openner_utils.readers import read
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Reading
from tests.reading import FIXTURES


def read_text(reader: str, text: str, /, scheme: str = "IOB2", **options: Any) -> Reading:
    """Read a text as a file of this format."""
    return read(RawFile(FIXTURES / "f", "f", text.encode("utf-8")), Layout(reader, options, scheme))


def read_fixture(reader: str, name: str, /, scheme: str = "IOB2", **options: Any) -> Reading:
    """Read a file of tests/fixtures."""
    return read(RawFile.open(FIXTURES / name), Layout(reader, options, scheme))


def mentions(reading: Reading, scheme: str = "IOB2") -> list[list[str]]:
    """Return the mentions of each sentence as ``TYPE: token token``."""
    encoding = get_encoding(scheme)
    return [
        [
            f"{found.type}: {' '.join(tokens[found.span.start : found.span.end])}"
            for found in encoding.decode(labels)
        ]
        for tokens, labels in reading.columns.rows()
    ]


def layers(reading: Reading) -> list[str]:
    """Return the mentions of inner layers as ``sentence:start-end TYPE layer``."""
    return [f"{one.sentence}:{one.start}-{one.end} {one.type} {one.layer}" for one in reading.layers]


def faults(reading: Reading) -> list[tuple[int, str]]:
    """Return line and flaw of each fault."""
    return [(fault.line, fault.flaw) for fault in reading.faults]


def changes(reading: Reading) -> list[tuple[int, str | None, str | None, str]]:
    """Return line, before, after and rule of each change."""
    return [(change.line, change.before, change.after, change.rule) for change in reading.changes]
