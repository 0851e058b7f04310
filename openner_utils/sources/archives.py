"""Unpacking what cards name, and nothing else, from zip, tar (plain, gz, bz2, xz) and gz files.

A member's content goes into the content-addressed store, never to a path that an archive chose; links,
devices and archives that swell beyond reason are refused all the same.
"""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from openner_utils.sources.address import inside
from openner_utils.sources.store import Readable, Store
from openner_utils.support.errors import OpenNERError, unknown

MAX_BYTES = 4 << 30
"""Most bytes that one archive may unpack to."""
MAX_RATIO = 100
"""Most unpacked bytes per packed byte; annotated text stays below 20."""
MIN_BYTES = 1 << 20
"""Unpacked bytes that are harmless whatever the ratio."""
ZIP = ".zip"
TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ENDINGS = (ZIP, *TAR)
"""How the names of archives of several files end."""


class UnsafeArchiveError(OpenNERError):
    """An archive that asks for something that no corpus needs: a link, a device, a huge expansion."""


class DamagedArchiveError(OpenNERError):
    """An archive that cannot be read to its end."""


def unpack(archive: Path, name: str, members: Collection[str], store: Store) -> dict[str, str]:
    """Put ``members`` of an archive into the store and return the SHA-256 of each.

    ``name`` is the archive's published file name, whose ending tells its format. A plain ``.gz`` file holds
    one member, under whatever name the card gives it. Raises `UnsafeArchiveError`, `DamagedArchiveError`, or
    `OpenNERError` for an unknown format or an absent member.
    """
    for member in members:
        inside(member, name)
    limit = _limit(archive)
    with _damage(name), open(archive, "rb") as raw:
        if name.endswith(ZIP):
            return _unzip(raw, name, members, store, limit)
        if name.endswith(TAR):
            return _untar(_Limited(_unpacked(raw, name), name, limit), name, members, store)
        if name.endswith(".gz") and len(members) == 1:
            with gzip.open(raw) as inner:
                return {member: store.add(_Limited(inner, name, limit)) for member in members}
    raise OpenNERError(f"{name}: not a zip, tar, tar.gz or one-file gz. Correct `archive` in the card.")


def members(archive: Path) -> list[str]:
    """Return the names of the files in a zip or tar archive, as `unpack` takes them; see there for the errors."""
    name = archive.name.lower()
    with _damage(str(archive)), open(archive, "rb") as raw:
        if name.endswith(ZIP):
            with zipfile.ZipFile(raw) as opened:
                return [entry.filename for entry in opened.infolist() if not entry.is_dir()]
        if name.endswith(TAR):
            with _entries(_Limited(_unpacked(raw, name), name, _limit(archive))) as entries:
                return [entry.name.removeprefix("./") for entry in entries if not entry.isdir()]
    raise OpenNERError(f"{archive}: no archive. Its name should end in {', '.join(ENDINGS)}.")


def _limit(archive: Path) -> int:
    return min(MAX_BYTES, max(MIN_BYTES, MAX_RATIO * archive.stat().st_size))


def _unpacked(raw: IO[bytes], name: str) -> Readable:
    """Return the bytes of a tar file, unpacked as its ending says."""
    if name.endswith((".gz", ".tgz")):
        return gzip.open(raw)
    if name.endswith((".bz2", ".tbz2")):
        return bz2.open(raw)
    if name.endswith((".xz", ".txz")):
        return lzma.open(raw)
    return raw


def _unzip(raw: IO[bytes], name: str, members: Collection[str], store: Store, limit: int) -> dict[str, str]:
    with zipfile.ZipFile(raw) as opened:
        entries = {entry.filename: entry for entry in opened.infolist()}
        done: dict[str, str] = {}
        budget = limit
        for member in members:
            if member not in entries:
                raise unknown(f"member of {name}", member, entries)
            entry = entries[member]
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise _refused(name, member, "is a link or a device, not a file")
            if entry.flag_bits & 1:
                raise _refused(name, member, "is encrypted")
            with opened.open(entry) as content:
                counted = _Limited(content, name, budget)
                done[member] = store.add(counted)
            budget -= counted.count
        return done


def _untar(content: "_Limited", name: str, members: Collection[str], store: Store) -> dict[str, str]:
    # Read as a stream, front to back, so that the limit also covers what lies before a wanted member.
    done: dict[str, str] = {}
    seen: list[str] = []
    with _entries(content) as opened:
        for entry in opened:
            member = entry.name.removeprefix("./")
            seen.append(member)
            if member not in members:
                continue
            inner = opened.extractfile(entry) if entry.isreg() else None
            if inner is None:
                raise _refused(name, member, "is a link or a device, not a file")
            done[member] = store.add(inner)
    for member in members:
        if member not in done:
            raise unknown(f"member of {name}", member, seen)
    return done


def _entries(content: "_Limited") -> tarfile.TarFile:
    return tarfile.open(fileobj=content, mode="r|")  # type: ignore[call-overload]


class _Limited:
    """Reads on behalf of a decompressor and stops at a limit, whatever an archive's headers claim."""

    def __init__(self, content: Readable, name: str, limit: int) -> None:
        self._content, self._name, self._limit = content, name, limit
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; raise `UnsafeArchiveError` when the limit is passed."""
        left = self._limit - self.count + 1
        chunk = self._content.read(left if size < 0 else min(size, left))
        self.count += len(chunk)
        if self.count > self._limit:
            raise UnsafeArchiveError(
                f"{self._name}: unpacks to more than {self._limit:,} bytes, far more than its own size. "
                "It was refused as a possible archive bomb: look at the publisher's file by hand."
            )
        return chunk


def _refused(name: str, member: str, why: str) -> UnsafeArchiveError:
    return UnsafeArchiveError(
        f"{name}: member {member!r} {why}. It was refused: look at the publisher's file by hand."
    )


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Give the many errors of damaged archives one name."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        gzip.BadGzipFile,
        lzma.LZMAError,
        EOFError,
        zlib.error,
    ) as error:
        raise DamagedArchiveError(
            f"{name}: damaged or cut short ({error}). "
            "Compare the card's size and SHA-256 with the publisher's file."
        ) from error
