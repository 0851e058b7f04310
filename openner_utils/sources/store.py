"""The store: fetched files, each named by the SHA-256 of its bytes, outside every DVC output.

Layout: ``sha256/ab/abcdef…`` complete, verified and read-only; ``….part`` beside it while it is fetched;
``members/<SHA-256 of an archive>.json`` says which object holds which member of that archive; ``recorded.json``
which object came from an address for which no card knows a SHA-256 (unverified files, trusted on first use).
"""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from openner_utils.catalog import File
from openner_utils.catalog.globs import fits, is_pattern
from openner_utils.support import files
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import within

_SHA256 = re.compile("[0-9a-f]{64}")
_PATTERN = "fits "
"""Begins the name under which it is kept that all members of an archive that fit a pattern have been unpacked."""
CHUNK = 1 << 18
"""Bytes handled at a time."""


class Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""
        ...


class Store:
    """A content-addressed folder. Objects appear complete or not at all, and are never changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects = root / "sha256"
        self._record = root / "recorded.json"

    def path(self, digest: str) -> Path:
        """Return where the object with this SHA-256 lies, or would lie."""
        return within(self._objects, f"{digest[:2]}/{digest}", "downloads/")

    def partial(self, digest: str) -> Path:
        """Return where an object is collected while it is incomplete."""
        return self.path(digest).with_name(f"{digest}.part")

    def has(self, digest: str) -> bool:
        """Tell whether the object is here; its bytes were verified when it came."""
        return self.path(digest).is_file()

    def verify(self, digest: str) -> bool:
        """Tell whether the object is here and, read again, right; a damaged one is removed."""
        if self.has(digest) and files.sha256(self.path(digest)) != digest:
            self.path(digest).unlink()
        return self.has(digest)

    def accept(self, part: Path, digest: str) -> None:
        """Turn a complete, verified and flushed temporary file into the object ``digest``."""
        final = self.path(digest)
        final.parent.mkdir(parents=True, exist_ok=True)
        part.chmod(0o444)
        part.replace(final)
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def add(self, content: Readable) -> str:
        """Store everything that ``content`` yields and return its SHA-256."""
        self._objects.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(prefix="incoming-", dir=self._objects)
        incoming = Path(name)
        try:
            with full_disk(incoming), open(handle, "wb") as out:
                while chunk := content.read(CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            self.accept(incoming, digest.hexdigest())
        finally:
            incoming.unlink(missing_ok=True)
        return digest.hexdigest()

    def members(self, archive: str) -> dict[str, str]:
        """Return the unpacked members of an archive, each with the SHA-256 of its content."""
        return _digests(self._members(archive))

    def record(self, archive: str, members: dict[str, str], asked: Iterable[str]) -> None:
        """Remember that ``members`` (name to SHA-256) of an archive have been unpacked, and which paths ``asked`` for them."""
        members = members | {f"{_PATTERN}{path}": archive for path in asked if is_pattern(path)}
        files.write_json(self._members(archive), dict(sorted((self.members(archive) | members).items())))

    def digest(self, file: File, address: str) -> str | None:
        """Return the SHA-256 of a download: the card's, or what was recorded when it first came; None if unknown."""
        return file.sha256 or self._recorded().get(address)

    def record_digest(self, address: str, digest: str) -> None:
        """Remember what an unverified download was, so that a later change at the publisher's is noticed."""
        files.write_json(self._record, dict(sorted((self._recorded() | {address: digest}).items())))

    def content(self, file: File, address: str) -> dict[str, str]:
        """Return the SHA-256 of a card's file (of the member, where it lies in an archive; of each that fits a pattern) by its path.

        ``address`` is the URL of what is downloaded for it. Nothing is returned of what is not wholly here.
        """
        digest = self.digest(file, address)
        if digest is None:
            return {}
        held = self.held(digest, file.path) if file.archive else {file.path: digest}
        return held if all(map(self.has, held.values())) else {}

    def held(self, archive: str, path: str) -> dict[str, str]:
        """Return the SHA-256 of the unpacked members that a path, or a pattern, of a card means; nothing before it is unpacked."""
        known = self.members(archive)
        if not is_pattern(path):
            return {path: known[path]} if path in known else {}
        if f"{_PATTERN}{path}" not in known:
            return {}
        return {
            name: digest
            for name, digest in known.items()
            if not name.startswith(_PATTERN) and fits(path, name)
        }

    def _recorded(self) -> dict[str, str]:
        return _digests(self._record)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the store for writing; a second writer gets an `OpenNERError`."""
        with files.exclusive(self.root):
            for abandoned in self._objects.glob("incoming-*"):
                abandoned.unlink()
            yield

    def _members(self, archive: str) -> Path:
        return within(self.root / "members", f"{archive}.json", "downloads/")


def _digests(path: Path) -> dict[str, str]:
    """Return what a file of the store says of names: the SHA-256 of each; no file says nothing."""
    if not path.is_file():
        return {}
    known = read_json(path)
    if isinstance(known, dict) and all(
        isinstance(each, str) and _SHA256.fullmatch(each) for each in known.values()
    ):
        return known
    raise OpenNERError(f"{path}: not what `openner fetch` writes. Remove it and fetch again.")


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn the operating system's "no space left" into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OpenNERError(
            f"{path.parent}: no space left on the disk. Free some space and run the same command again."
        ) from error
