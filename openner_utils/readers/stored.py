"""The bytes of a file that is too large to be held: they stay on the disk, and are read where they are asked for."""

import codecs
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import IO

CHUNK = 1 << 20
"""Bytes that are looked through at a time."""


class Stored:
    """The bytes of an open file, with what readers ask of `bytes`: length, slices, ``find``, ``index``, ``count``, ``startswith``.

    The file is read by position and stays open as long as this lives, so that what takes its place meanwhile does not matter.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = os.dup(descriptor)
        self._size = os.fstat(self.descriptor).st_size

    def __del__(self) -> None:
        os.close(self.descriptor)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: slice) -> bytes:
        start, end, _ = place.indices(self._size)
        pieces = []
        while start < end and (piece := os.pread(self.descriptor, end - start, start)):
            pieces.append(piece)
            start += len(piece)
        return b"".join(pieces)

    def find(self, sought: bytes, start: int = 0, end: int | None = None) -> int:
        """Return where ``sought`` first stands in [start, end), or -1."""
        end = self._size if end is None else min(end, self._size)
        while start < end:
            piece = self[start : min(start + CHUNK + len(sought) - 1, end)]
            if (found := piece.find(sought)) >= 0:
                return start + found
            start += CHUNK
        return -1

    def index(self, sought: bytes) -> int:
        """Return where ``sought``, which is there, first stands."""
        return self.find(sought)

    def count(self, sought: bytes, start: int = 0, end: int | None = None) -> int:
        """Return how often one byte stands in [start, end)."""
        return sum(piece.count(sought) for piece in pieces_of(self, start, end))

    def startswith(self, beginning: bytes | tuple[bytes, ...]) -> bool:
        """Return whether the bytes begin with ``beginning``, or one of them."""
        return self[:CHUNK].startswith(beginning)


Bytes = bytes | Stored
"""The bytes of a file, held or on the disk."""


def pieces_of(content: Bytes, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of [start, end) piece by piece."""
    end = len(content) if end is None else min(end, len(content))
    for at in range(start, end, CHUNK):
        yield content[at : min(at + CHUNK, end)]


def lines_of(content: Bytes) -> Iterator[bytes]:
    """Yield the bytes in pieces that end where lines do."""
    if isinstance(content, bytes):
        yield content
        return
    rest = b""
    for piece in pieces_of(content):
        whole, end, rest_of_piece = piece.rpartition(b"\n")
        if end:
            yield rest + whole + end
            rest = b""
        rest += rest_of_piece
    yield rest


def is_blank(content: Bytes) -> bool:
    """Return whether there is nothing but white space."""
    return not any(piece.strip() for piece in pieces_of(content))


def file_of(content: Bytes) -> IO[bytes]:
    """Return the bytes as a file, at its beginning."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    file = os.fdopen(os.dup(content.descriptor), "rb")
    file.seek(0)
    return file


def recoded(content: Bytes, encoding: str) -> Bytes:
    """Return the bytes of a text as UTF-8, with what cannot be decoded replaced."""
    if isinstance(content, bytes):
        return content.decode(encoding, "replace").encode("utf-8")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with tempfile.TemporaryFile() as file:
        for piece in pieces_of(content):
            file.write(decoder.decode(piece).encode("utf-8"))
        file.write(decoder.decode(b"", True).encode("utf-8"))
        file.flush()
        return Stored(file.fileno())


def taken(file: IO[bytes] | io.BufferedIOBase, most: int) -> Bytes:
    """Return what a file holds: held if it is not more than ``most`` bytes, else as it lies on the disk.

    What comes out of a pipe, or is unpacked while it is read, lies nowhere: it goes into a temporary file that has no name.
    """
    begin = file.read(most + 1)
    if len(begin) <= most:
        return begin
    lies = isinstance(file, io.BufferedReader) and stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    if lies and file.tell() == len(begin):  # standard input may have been read from before
        return Stored(file.fileno())
    with tempfile.TemporaryFile() as kept:
        kept.write(begin)
        shutil.copyfileobj(file, kept, CHUNK)
        kept.flush()
        return Stored(kept.fileno())
