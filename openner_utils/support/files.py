"""Writing files so that a reader sees the old content or the new, never half of it."""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from openner_utils.support.errors import FULL, OpenNERError, full

PATIENCE = 10.0
"""Seconds for which a pipe is waited for that nobody reads yet."""
STANDARD = Path("-")
"""Names standard input, or standard output."""
_SPOOLED = 1 << 24
"""Bytes for a pipe or for standard output that are held in memory until all are there; beyond it in a temporary file."""
Sink = Callable[[bytes | memoryview], object]
"""Writes a piece of an output."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed over ``path``.

    On any exception the temporary file is removed, with the folders that were made for it, and ``path`` is left as it was.
    What processes that were killed have left beside ``path`` is removed. A full disk raises `OpenNERError` that names the folder, and
    so does a device, a pipe or a socket at ``path``: a file that takes its place would take it from the whole machine.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OpenNERError(f"{path}: a device, pipe or socket, which no file may replace. Name a file.")
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_unfinished(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _in_use(beside):
            yield beside
            with open(beside, "rb") as written:
                os.fsync(written.fileno())
            beside.replace(path)
    except BaseException as error:
        with suppress(OSError):  # it was never made, as its name is too long
            beside.unlink()
        for folder in made:
            with suppress(OSError):  # another process has put something there
                folder.rmdir()
        if isinstance(error, OSError) and str(error.filename) == str(beside):
            error.filename = str(path)  # the name that the user knows
        if isinstance(error, OSError) and error.errno in FULL:
            raise OpenNERError(full(path, error.errno)) from error
        raise


@contextmanager
def _in_use(beside: Path) -> Iterator[None]:
    """Make ``beside`` and hold a lock on it, which ends with the process, however that ends.

    A process number would tell less: it is given again, and says nothing to another machine that shares the folder.
    """
    while True:
        with open(beside, "wb") as held:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(held, fcntl.LOCK_EX)
            # Between the two another process may have taken it for abandoned.
            if _is_at(held, beside):
                yield
                return


def _clear_unfinished(path: Path) -> None:
    """Remove what writers of ``path`` left that are no more."""
    unfinished = re.compile(re.escape(f".{path.name}.") + r"\d+\.part")
    with os.scandir(path.parent) as entries:
        left = [Path(entry.path) for entry in entries if unfinished.fullmatch(entry.name)]
    for name in left:
        # One that is in use is locked, or has its final name by now.
        with suppress(OSError), open(name, "rb+") as abandoned:
            fcntl.flock(abandoned, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(abandoned, name):
                name.unlink()


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Return whether an open file is the one that lies at ``path``."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


class _Packing:
    """Packs what is written through it as gzip does, without a name and a time, so that equal content gives equal bytes."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into, self._packer = into, zlib.compressobj(9, zlib.DEFLATED, 31)

    def write(self, piece: bytes | memoryview) -> None:
        self._into.write(self._packer.compress(piece))

    def finish(self) -> None:
        """Write what is left."""
        self._into.write(self._packer.flush())


@contextmanager
def delivery(*paths: Path) -> Iterator[tuple[Sink, ...]]:
    """Yield a sink for each place that a user names: a file, standard output (``-``), or whatever stands there.

    What stands there stays what it is: a device or a pipe is written into, a link is followed, and a file that is replaced
    keeps its mode and owner. A name that ends in .gz is packed so. What is written goes beside the files, or into a temporary
    one, and is put in place when all of it is there; what cannot be taken back (pipes, then standard output) comes before files.
    On any exception nothing has been put in place.
    """
    for path in paths:
        if is_folder(path):
            raise OpenNERError(f"{path}: a folder, where a file is to be written. Name a file in it.")
    with ExitStack() as files:
        ready = [files.enter_context(_prepared(path)) for path in paths]
        sinks = [
            _Packing(file) if path.suffix == ".gz" else file for path, file in zip(paths, ready, strict=True)
        ]
        yield tuple(sink.write for sink in sinks)
        for sink, file in zip(sinks, ready, strict=True):
            if isinstance(sink, _Packing):
                sink.finish()
            file.flush()
        for path, file in sorted(zip(paths, ready, strict=True), key=lambda each: each[0] == STANDARD):
            if not _is_file(path):
                file.seek(0)
                _write_into(path, file)


def is_folder(path: Path) -> bool:
    """Return whether a path that a user names is a folder; ``-`` is a stream, whatever is called so."""
    return path != STANDARD and path.is_dir()


def below(folder: Path) -> list[Path]:
    """Return what lies below a folder, in order: files and what else is no folder, and folders that cannot be listed.

    Links to folders are not followed. A folder that cannot be listed is there for its user to name, so that no file is
    passed over in silence.
    """
    closed: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: closed.append(Path(error.filename)))
    return sorted([Path(here, name) for here, _, names in walk for name in names] + closed)


def resolved(path: Path) -> Path:
    """Return what a path leads to, whether it is there or not; a link that leads to itself is returned as it is."""
    return Path(os.path.realpath(path))


def _is_file(path: Path) -> bool:
    """Return whether what is written to ``path`` becomes a file, which takes the place of another at once."""
    return path != STANDARD and (path.is_file() or not path.exists())


@contextmanager
def _prepared(path: Path) -> Iterator[IO[bytes]]:
    """Yield what is written before ``path`` is: a file beside it, which is put in its place, or a temporary one."""
    if not _is_file(path):
        with tempfile.SpooledTemporaryFile(_SPOOLED) as spooled:
            yield spooled
        return
    target = resolved(path) if path.is_symlink() else path
    if target.is_symlink():
        raise OpenNERError(f"{path}: a link that leads to itself. Remove it, or name another file.")
    with atomic(target) as beside:
        with open(beside, "wb") as file:
            yield file
        _keep_owner(target, beside)


def _write_into(path: Path, content: IO[bytes]) -> None:
    """Write into standard output, a device or a pipe; what one of these two refuses is an `OpenNERError` that names it."""
    if path == STANDARD:
        shutil.copyfileobj(content, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        with open(path, "wb", opener=_through) as file:
            shutil.copyfileobj(content, file)
    except OSError as error:
        raise OpenNERError(f"{path}: {error.strerror}. Name another place to write to.") from error


def _through(path: str, flags: int) -> int:
    """Open what is no file for writing; for a pipe that nobody reads, wait a while instead of forever."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise OpenNERError(f"{path}: a pipe that nobody reads. Start what reads it first.") from error
            time.sleep(0.05)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _keep_owner(target: Path, beside: Path) -> None:
    """Give what replaces a file its mode and, as far as that is allowed, its owner."""
    if not target.exists():
        return
    status = target.stat()
    with suppress(PermissionError):
        os.chown(beside, status.st_uid, status.st_gid)
    beside.chmod(stat.S_IMODE(status.st_mode))


@contextmanager
def exclusive(folder: Path, busy: str = "") -> Iterator[None]:
    """Hold a folder that one command at a time may change; what fetches, builds data/ or changes the profile holds that of downloads.

    Whoever comes second gets an `OpenNERError`, which says ``busy`` or else that one of these is at work. A lock ends with its
    process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OpenNERError(
                busy
                or f"{folder}: another fetch, data use or profile use is at work. Wait until it ends, then run again."
            ) from None
        yield


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with atomic(path) as beside:
        beside.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8 with Unix line ends, atomically."""
    write_bytes(path, utf8(path, text))


def utf8(path: Path, text: str) -> bytes:
    """Return ``text`` in UTF-8, to be written to ``path``; what UTF-8 cannot hold, as some file names, is an error."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        around = text[max(0, error.start - 20) : error.end + 20]
        raise OpenNERError(
            f"{path}: what is to be written there is not valid UTF-8, near {around!r}. If it is the name of a file, "
            "rename that file and run the same command again."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON with a final newline, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
