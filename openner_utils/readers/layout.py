"""How a file is read, in one form for cards, own files, drafts and readers; and the file itself, opened once."""

import gzip
import io
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.records import R, parse

if TYPE_CHECKING:  # a file of one's own is read without the catalog
    from openner_utils.catalog import Card

STANDARD = Path("-")
"""Names standard input."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read.

    ``reader``: a module of this room; ``options``: that reader's, checked by it; ``scheme``: the encoding of the labels,
    or ``spans``; ``spelling``: labels as the file spells them → labels of the scheme, one to one; ``faults``: labels that are
    slips → what is meant; ``allow``: flaws that are passed over and counted; ``origin``: who says all this, for errors.
    """

    reader: str
    options: Mapping[str, Any] = field(default_factory=dict)
    scheme: str = "IOB2"
    spelling: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    origin: str = "options"

    @classmethod
    def of(cls, card: "Card") -> "Layout":
        """Return how the files of a corpus are read."""
        return cls(
            card.reader, card.options, card.scheme, card.spelling, card.faults, card.allow, f"card {card.id}"
        )

    def parsed(self, kind: type[R]) -> R:
        """Return the options as a record of ``kind``; one that is unknown or ill-typed is an `OpenNERError`."""
        return parse(kind, dict(self.options), f"{self.origin}: options")


@dataclass(frozen=True, slots=True)
class RawFile:
    """A raw file, opened and read once: ``content`` are its bytes, unpacked where it is a .gz or a .zip of one file.

    ``path`` is what errors name; ``name`` is what rows of a ledger name.
    """

    path: Path
    name: str
    content: bytes

    @classmethod
    def open(cls, path: Path, name: str | None = None) -> "RawFile":
        """Read ``path`` (``-``: standard input), and unpack it by its first bytes."""
        content = sys.stdin.buffer.read() if path == STANDARD else path.read_bytes()
        return cls(path, str(path) if name is None else name, _unpacked(path, content))


def _unpacked(path: Path, content: bytes) -> bytes:
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise FormatError(path, 0, f"a damaged gzip file ({error})", "Fetch or pack it again.") from error
    if not content.startswith(b"PK\x03\x04"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) != 1:
                raise OpenNERError(
                    f"{path}: a zip archive of {len(members)} files. Unpack it, and name one of its files or the folder."
                )
            return archive.read(members[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise FormatError(path, 0, f"a damaged or encrypted zip file ({error})", "Pack it again.") from error
