"""Writing files so that a reader sees the old content or the new, never half of it."""

import errno
import fcntl
import gzip
import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from openner_utils.support.errors import OpenNERError

PATIENCE = 10.0
"""Seconds for which a pipe is waited for that nobody reads yet."""
STANDARD = Path("-")
"""Names standard input, or standard output."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed over ``path``.

    On any exception the temporary file is removed and ``path`` is left as it was.
    A full disk raises `OpenNERError` that names the folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        with open(beside, "rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OpenNERError(
                f"{path}: no space left on the disk. Free some space and run the same command again."
            ) from error
        raise
    finally:
        beside.unlink(missing_ok=True)


def deliver(outputs: Mapping[Path, Iterable[bytes | memoryview]]) -> None:
    """Write each output's pieces to where a user says: a file, standard output (``-``), or whatever stands there.

    What stands there stays what it is: a device or a pipe is written into, a link is followed, and a file that is replaced
    keeps its mode and owner. A name that ends in .gz is packed so. All pieces are made, and all files written beside their
    places, before anything is put in place; what cannot be taken back (pipes, then standard output) comes before files.
    """
    made = {path: _packed(path, pieces) for path, pieces in outputs.items()}
    for path in made:
        if path != STANDARD and path.is_dir():
            raise OpenNERError(f"{path}: a folder, where a file is to be written. Name a file in it.")
    streams = [path for path in made if path != STANDARD and path.exists() and not path.is_file()]
    with ExitStack() as files:
        for path in made.keys() - {STANDARD, *streams}:
            target = path.resolve() if path.is_symlink() else path
            beside = files.enter_context(atomic(target))
            with open(beside, "wb") as file:
                file.writelines(made[path])
            _keep_owner(target, beside)
        for path in streams:
            _write_into(path, made[path])
        if STANDARD in made:
            sys.stdout.buffer.writelines(made[STANDARD])
            sys.stdout.buffer.flush()


def _packed(path: Path, pieces: Iterable[bytes | memoryview]) -> Sequence[bytes | memoryview]:
    content = list(pieces)
    return [gzip.compress(b"".join(content), mtime=0)] if path.suffix == ".gz" else content


def _write_into(path: Path, content: Iterable[bytes | memoryview]) -> None:
    """Write into a device or a pipe; what it refuses is an `OpenNERError` that names it."""
    try:
        with open(path, "wb", opener=_through) as file:
            file.writelines(content)
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
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a folder of downloads: what fetches, builds data/ or changes the profile does so one after the other.

    Whoever comes second gets an `OpenNERError`. A lock ends with its process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OpenNERError(
                f"{folder}: another fetch, data use or profile use is at work. Wait until it ends, then run again."
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
