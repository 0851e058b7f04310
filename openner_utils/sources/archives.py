"""Unpacking what cards name, and nothing else, from zip, tar (plain, gz, bz2, xz) and gz files.

A member's content goes into the content-addressed store, never to a path that an archive chose; links,
devices and archives that swell beyond reason are refused all the same.
"""

import bz2
import errno
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from openner_utils.catalog import SNAPSHOT
from openner_utils.catalog.globs import fits, is_pattern
from openner_utils.sources.store import CHUNK, Readable, Store
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.within import plain
from openner_utils.support.words import shortened

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


_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_AES = 99
_NAMES = {1: "shrink", 6: "implode", 9: "Deflate64", 93: "Zstandard", 95: "xz", 97: "WavPack", 98: "PPMd"}
_FAULTS = (
    zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, struct.error,
    ValueError, OverflowError, KeyError, IndexError,
)  # fmt: skip
"""What the libraries raise at an archive that is not as it should be."""


class UnsafeArchiveError(OpenNERError):
    """An archive that asks for something that no corpus needs: a link, a device, a huge expansion."""


class DamagedArchiveError(OpenNERError):
    """An archive that cannot be read to its end."""


def unpack(archive: Path, name: str, members: Collection[str], store: Store) -> dict[str, str]:
    """Put ``members`` of an archive, paths or patterns, into the store and return the SHA-256 of each path.

    ``name`` is the archive's published file name, whose ending tells its format; in a `SNAPSHOT` all lies in one folder, which is no
    part of the paths. A plain ``.gz`` file holds
    one member, under whatever name the card gives it. Raises `UnsafeArchiveError`, `DamagedArchiveError`, or
    `OpenNERError` for an unknown format or an absent member.
    """
    for member in members:
        plain(member.removesuffix("/"), name)
    limit = _limit(archive)
    with _damage(name), open(archive, "rb") as raw:
        if name.endswith(ZIP):
            return _unzip(raw, name, members, store, limit)
        if name.endswith(TAR):
            return _untar(_Limited(_unpacked(raw, name), name, limit), name, members, store)
        if name.endswith(".gz") and len(members) == 1 and not any(map(is_pattern, members)):
            with gzip.open(raw) as inner:
                content = _Limited(inner, name, limit)
                done = {member: store.add(content) for member in members}
                if not content.count:
                    raise DamagedArchiveError(f"{name}: packs nothing. Look at the file by hand.")
                return done
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
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in opened.infolist():
            member = _path(entry.filename, name)
            if member in entries and _wanted(member, members):
                raise _refused(name, member, "stands there twice")
            if not entry.is_dir():
                entries[member] = entry
        done: dict[str, str] = {}
        budget = limit
        for member in _meant(members, entries, name):
            entry = entries[member]
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise _refused(name, member, "is a link or a device, not a file")
            if why := _unreadable(entry):
                raise _refused(name, member, why)
            with opened.open(entry) as content:
                counted = _Limited(content, name, budget)
                done[member] = store.add(counted)
            budget -= counted.count
        return done


def _unreadable(entry: zipfile.ZipInfo) -> str:
    """Return why a member of a zip cannot be unpacked here, or an empty text."""
    if entry.flag_bits & 0x41 or entry.compress_type == _AES:
        return "is encrypted"
    if entry.flag_bits & 0x20:
        return "is a patch of another file"
    if entry.compress_type not in _METHODS:
        packed = _NAMES.get(entry.compress_type, f"method {entry.compress_type}")
        return f"is packed by {packed}, which cannot be unpacked here"
    return ""


def _untar(content: "_Limited", name: str, members: Collection[str], store: Store) -> dict[str, str]:
    # Read as a stream, front to back, so that the limit also covers what lies before a wanted member.
    # What a member writes counts, too: a few bytes can stand for a large file of holes.
    done: dict[str, str] = {}
    seen: dict[str, None] = {}
    alone, patterns = {*members}, [*filter(is_pattern, members)]
    budget = content.limit
    with _entries(content) as opened:
        for entry in opened:
            if entry.isdir():
                continue
            member = _path(entry.name, name)
            seen[member] = None
            if member not in alone and not any(fits(pattern, member) for pattern in patterns):
                continue
            inner = opened.extractfile(entry) if entry.isreg() else None
            if inner is None:
                raise _refused(name, member, "is a link or a device, not a file")
            if member in done:
                raise _refused(name, member, "stands there twice")
            if entry.size < 0:
                raise _refused(name, member, f"is said to have {entry.size} bytes")
            counted = _Limited(inner, name, budget)
            done[member] = store.add(counted)
            budget -= counted.count
    while content.read(CHUNK):  # to the end, where a checksum stands
        pass
    _meant(members, seen, name)
    return done


def _path(member: str, archive: str) -> str:
    """Return a member's path as cards give it."""
    path = member.removeprefix("./")
    return path.partition("/")[2] if archive == SNAPSHOT else path


def _wanted(path: str, members: Collection[str]) -> bool:
    """Return whether a path is one of ``members``, or fits a pattern among them."""
    return path in members or any(is_pattern(member) and fits(member, path) for member in members)


def _meant(members: Collection[str], paths: Collection[str], archive: str) -> list[str]:
    """Return the paths in an archive that ``members`` mean; one that means nothing there is an `OpenNERError`."""
    found: dict[str, None] = {}
    for member in members:
        fitting = [path for path in paths if fits(member, path)] if is_pattern(member) else [member]
        if not fitting:
            near = shortened(", ".join(sorted(paths)) or "none")
            raise OpenNERError(
                f"{archive}: no file in it fits {member!r}. Correct the path on the card. There are: {near}."
            )
        if fitting == [member] and member not in paths:
            raise unknown(f"member of {archive}", member, paths)
        found |= dict.fromkeys(plain(path, archive) for path in fitting)
    return list(found)


def _entries(content: "_Limited") -> tarfile.TarFile:
    return tarfile.open(fileobj=content, mode="r|")  # type: ignore[call-overload]


class _Limited:
    """Reads on behalf of a decompressor and stops at a limit, whatever an archive's headers claim."""

    def __init__(self, content: Readable, name: str, limit: int) -> None:
        self._content, self._name, self.limit = content, name, limit
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; raise `UnsafeArchiveError` when the limit is passed."""
        left = self.limit - self.count + 1
        chunk = self._content.read(left if size < 0 else min(size, left))
        self.count += len(chunk)
        if self.count > self.limit:
            raise UnsafeArchiveError(
                f"{self._name}: unpacks to more than {self.limit:,} bytes, far more than its own size. "
                "It was refused as a possible archive bomb: look at the file by hand."
            )
        return chunk


def _refused(name: str, member: str, why: str) -> UnsafeArchiveError:
    return UnsafeArchiveError(
        f"{name}: member {shortened(repr(member))} {why}. It was refused: look at the file by hand, and pack "
        "anew what is wanted of it."
    )


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Give the many errors of damaged archives one name; the operating system's own pass through."""
    try:
        yield
    except UnicodeError as error:
        raise DamagedArchiveError(
            f"{name}: its names are not valid UTF-8, though it says so. Pack the files anew."
        ) from error
    except MemoryError as error:  # xz and LZMA may ask for a window of 4 GiB
        raise UnsafeArchiveError(
            f"{name}: asks for more memory than there is to be unpacked. Look at the file by hand, and pack the files anew."
        ) from error
    except NotImplementedError as error:
        raise UnsafeArchiveError(
            f"{name}: {error}, which cannot be unpacked here. Pack the files anew."
        ) from error
    except (*_FAULTS, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise DamagedArchiveError(
            f"{name}: damaged or cut short ({shortened(str(error))}). Get the file anew."
        ) from error
