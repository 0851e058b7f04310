"""Reading small files in tests: fixtures by name, or bytes."""

import itertools
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openner_utils import readers
from openner_utils.catalog import Card, File
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Reading
from openner_utils.sources.address import mirrored, url
from openner_utils.support import paths

FIXTURES = Path(__file__).parent / "fixtures"
FLAWS = (
    "empty-label",
    "empty-token",
    "missing-label",
    "unknown-label",
    "bad-span",
    "column-count",
    "bad-json",
)


def card(reader: str, options: dict[str, Any] | None = None, **fields: Any) -> Card:
    """Return a card for one training file in English."""
    file = {"path": "f", "language": "eng", "split": "train", "bytes": 1, "sha256": "0" * 64}
    content = {
        "id": "tiny",
        "name": "Tiny",
        "domain": "news",
        "description": "For tests.",
        "source": {"repository": "samples"},
        "licence": {"spdx": "CC0-1.0"},
        "citation": "none",
        "reader": reader,
        "options": options or {},
        "scheme": "IOB2",
        "types": {"PER": "PER", "LOC": "LOC", "ORG": "ORG"},
        "files": [file],
    }
    return Card.model_validate(content | fields)


def read(path: Path, of: Card, file: File) -> Reading:
    """Read a file of a corpus; the first fault that the card does not allow is raised."""
    return readers.read(RawFile.open(path, file.path), Layout.of(of)).strict(of.allow)


def fixture(name: str, of: Card) -> Reading:
    """Read a file of tests/fixtures as the card ``of`` says; its first fault is raised."""
    return read(FIXTURES / name, of, of.files[0])


def sentences(reading: Reading) -> list[str]:
    """Return each sentence as ``token/label token/label …``."""
    return [
        " ".join(f"{token}/{label}" for token, label in zip(*row, strict=True))
        for row in reading.columns.rows()
    ]


def documents(reading: Reading) -> list[int]:
    """Return the number of sentences of each document."""
    offsets = reading.columns.documents.tolist()
    return [end - start for start, end in itertools.pairwise(offsets)]


MIRROR = Path(os.environ.get("OPENNER_MIRROR") or paths.ROOT.parent / "shared" / "mirror")
"""Where publishers' files may lie on this machine; see docs/how-to/real-data.md."""


def raw(of: Card, file: File) -> Path:
    """Return where a raw file of a corpus lies: in samples/, in a folder of this machine, or in the mirror."""
    if of.source.repository == "samples":
        return paths.SAMPLES / of.id / file.path
    if of.source.repository.startswith("file:"):
        return Path(unquote(urlsplit(url(of, file)).path))
    return MIRROR / mirrored(url(of, file))


def at_hand(of: Card, file: File) -> bool:
    """Tell whether a file (its archive, where it lies in one) is on this machine."""
    return raw(of, file).is_file()


def unpacked(of: Card, file: File, folder: Path) -> Path:
    """Return a file as a path: itself, or the member of its archive, unpacked below ``folder``."""
    if file.archive is None:
        return raw(of, file)
    target = folder / of.id / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.archive.endswith(".zip"):
        with zipfile.ZipFile(raw(of, file)) as packed:
            target.write_bytes(packed.read(file.path))
    else:
        with tarfile.open(raw(of, file)) as packed:
            member = next(m for m in packed if m.name.removeprefix("./") == file.path)
            target.write_bytes(packed.extractfile(member).read())  # type: ignore[union-attr]
    return target
