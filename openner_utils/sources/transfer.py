"""Moving one pinned file into the store: resumable, verified, complete or not there at all.

A transport opens a URL at an offset. There are three, and everything above them is the same code: `Https` asks the
publisher, `Mirror` reads a local tree laid out as `address.mirrored` says, and `Folder` reads what a card says lies in a
folder of this machine.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from openner_utils.sources.address import check_redirect, check_scheme, mirrored, shown
from openner_utils.sources.store import CHUNK, Store, full_disk
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError

MOST_UNVERIFIED = 4 << 30
"""Bytes of the largest file that is taken from a publisher when no card says how large it is."""
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html[\s>])", re.IGNORECASE)
"""How a web page begins."""
_PACKED = (".gz", ".tgz")


class UnavailableError(OpenNERError):
    """The file is not where its card says; trying again will not help."""


class TransferError(OpenNERError):
    """The transfer broke off; trying again continues it."""


class WrongContentError(OpenNERError):
    """The bytes that came are not those that the card pins."""


@dataclass(frozen=True)
class Stream:
    """Bytes of a file from ``start`` on: the offset asked for, or 0 where everything is sent again."""

    start: int
    chunks: Iterator[bytes]


class Transport(Protocol):
    """A way to read a URL.

    ``attempts`` says how often a broken transfer is worth starting again, ``pause`` how many seconds pass before the
    second attempt; before each further one they are doubled.
    """

    attempts: int
    pause: float

    def open(self, address: str, offset: int) -> AbstractContextManager[Stream]:
        """Open a URL at a byte offset. Raises `UnavailableError`; `TransferError` also later."""
        ...


class Https:
    """Reads from the publisher. Every hop must be https, plain http is allowed to this machine only.

    A publisher may send on to other machines that are open to the world, but not to this one and its neighbours.
    """

    attempts = 4
    hops = 10

    def __init__(self, pause: float = 0.5) -> None:
        self.pause = pause
        self._client = httpx.Client(
            follow_redirects=False,
            timeout=httpx.Timeout(30.0, connect=10.0),
            headers={"Accept-Encoding": "identity", "User-Agent": "openner-utils"},
        )

    @contextmanager
    def open(self, address: str, offset: int) -> Iterator[Stream]:
        """See `Transport.open`."""
        check_scheme(address)
        try:
            with self._asked(address, {"Range": f"bytes={offset}-"} if offset else {}) as response:
                yield _answer(response, address, offset)
        except httpx.RequestError as error:
            reason = str(error) or type(error).__name__
            raise TransferError(
                f"{shown(address)}: {reason}. Check the network and run the same command again: it continues."
            ) from error
        except httpx.InvalidURL as error:
            raise UnavailableError(f"{shown(address)}: {error}. Correct the address in the card.") from error

    @contextmanager
    def _asked(self, address: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Ask for an address and, as often as is usual, for what its answer sends on to."""
        request = self._client.build_request("GET", address, headers=headers)
        for _ in range(self.hops):
            response = self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    yield response
                    return
                request = response.next_request
                check_redirect(address, str(request.url))
            finally:
                response.close()
        raise UnavailableError(
            f"{shown(address)}: sent on more than {self.hops} times. Correct the address in the card."
        )


class Mirror:
    """Reads the same URLs from a local tree."""

    attempts = 2
    pause = 0.0

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise OpenNERError(f"{root}: no such folder. Give --mirror (or OPENNER_MIRROR) an existing one.")
        self._root = root

    @contextmanager
    def open(self, address: str, offset: int) -> Iterator[Stream]:
        """See `Transport.open`."""
        path = self._root / mirrored(address)
        if not path.is_file():
            raise UnavailableError(
                f"{shown(address)}: the mirror has no {path}. Add it, or fetch without a mirror."
            )
        with open(path, "rb") as content:
            content.seek(offset)
            yield Stream(offset, iter(lambda: content.read(CHUNK), b""))


class Folder:
    """Reads ``file:///…``, a corpus of one's own."""

    attempts = 2
    pause = 0.0

    @contextmanager
    def open(self, address: str, offset: int) -> Iterator[Stream]:
        """See `Transport.open`."""
        path = Path(unquote(urlsplit(address).path))
        if not path.is_file():
            raise UnavailableError(f"{path}: no such file. Correct the repository or the path on the card.")
        with open(path, "rb") as content:
            content.seek(offset)
            yield Stream(offset, iter(lambda: content.read(CHUNK), b""))


def download(
    address: str, digest: str, size: int, store: Store, transport: Transport, report: Callable[[int], None]
) -> None:
    """Bring the file of ``size`` bytes with SHA-256 ``digest`` from a URL into the store.

    ``report`` is called with the number of bytes that have come; it falls back where a transfer restarts.
    What an interrupted call leaves is a ``.part`` file, from which the next call continues.
    Raises `UnavailableError`, `TransferError` (after the transport's last attempt), `WrongContentError`, or
    `OpenNERError` when the disk is full.
    """
    _again(transport)(_collect, address, digest, size, store, transport, report)


def download_unverified(address: str, store: Store, transport: Transport, most: int = MOST_UNVERIFIED) -> str:
    """Bring a file of which neither size nor SHA-256 is known into the store, and return its SHA-256.

    It comes whole, of at most ``most`` bytes, or not at all: what is not known cannot be continued. Raises as `download` does.
    """
    return _again(transport)(_pass_on, address, store, transport, most)


def _again(transport: Transport) -> Retrying:
    """Return what calls a function again when it raises `TransferError`, and raises the last one."""
    return Retrying(
        stop=stop_after_attempt(transport.attempts),
        wait=wait_exponential(multiplier=transport.pause),
        retry=retry_if_exception_type(TransferError),
        reraise=True,
    )


def _pass_on(address: str, store: Store, transport: Transport, most: int) -> str:
    """Make one attempt of `download_unverified`."""
    with transport.open(address, 0) as stream:
        return store.add(_Unverified(stream.chunks, address, most))


class _Unverified:
    """Chunks as something that can be read, and refused where they cannot be the file that was asked for."""

    def __init__(self, chunks: Iterator[bytes], address: str, most: int) -> None:
        self._chunks, self._address, self._most, self._count = chunks, address, most, 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next chunk, whatever its size; none at the end. Raises `WrongContentError`."""
        chunk = next(filter(None, self._chunks), b"")
        first = not self._count
        self._count += len(chunk)
        if first and not chunk:
            raise self._wrong("the file is empty")
        if first and _PAGE.match(chunk) and not self._address.endswith((".html", ".htm", ".xhtml")):
            raise self._wrong("a web page came in place of the file, perhaps one to log in at")
        if self._count > self._most:
            raise self._wrong(
                f"more than {self._most:,} bytes came of a file whose size its card does not say"
            )
        return chunk

    def _wrong(self, what: str) -> WrongContentError:
        return WrongContentError(
            f"{shown(self._address)}: {what}; nothing was kept. Look at the address by hand, and correct the card."
        )


def _collect(
    address: str, digest: str, size: int, store: Store, transport: Transport, report: Callable[[int], None]
) -> None:
    """Make one attempt of `download`."""
    part = store.partial(digest)
    part.parent.mkdir(parents=True, exist_ok=True)
    resumed = part.stat().st_size if part.exists() else 0
    if resumed < size or not part.exists():  # there are empty files, too
        with transport.open(address, resumed) as stream, full_disk(part), open(part, "ab") as out:
            out.truncate(stream.start)
            report(have := stream.start)
            for chunk in stream.chunks:
                have += len(chunk)
                if have > size:
                    break
                out.write(chunk)
                report(have)
            out.flush()
            os.fsync(out.fileno())
        if have < size:
            raise TransferError(
                f"{shown(address)}: ended after {have:,} of {size:,} bytes. Run again and it continues; "
                "if it ends at the same place, the publisher's file is not the one that the card pins."
            )
        found = files.sha256(part) if have == size else f"more than {size:,} bytes"
    else:
        found = files.sha256(part)
    if found != digest:
        part.unlink()
        if resumed:
            raise TransferError(f"{shown(address)}: what an earlier run left was damaged. Run again.")
        raise WrongContentError(
            f"{shown(address)}: expected SHA-256 {digest} ({size:,} bytes), found {found}; nothing was kept. "
            "The publisher's file or the transfer is not what the card pins: run again, and if it stays so, "
            "compare the card's commit, size and SHA-256 with the publisher's repository."
        )
    store.accept(part, digest)


def _answer(response: httpx.Response, address: str, offset: int) -> Stream:
    """Return the body of a response as a stream, whose start is what the server really sends."""
    code, span = response.status_code, response.headers.get("Content-Range", "")
    if code == httpx.codes.OK:
        return Stream(0, _body(response, address))
    if code == httpx.codes.PARTIAL_CONTENT and span.startswith(f"bytes {offset}-") and not _encoded(response):
        return Stream(offset, response.iter_raw())
    if offset and code in (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE):
        return Stream(0, iter(()))  # drops what was there, so that the next attempt asks for everything
    if code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise UnavailableError(
            f"{shown(address)}: the server answered {code}, as if a part had been asked for, where the whole file was. "
            "Get the file by hand, and fetch it with --mirror."
        )
    if code == httpx.codes.PARTIAL_CONTENT:
        raise UnavailableError(
            f"{shown(address)}: the server sent a part ({span or 'it does not say which'}), where the whole file was "
            "asked for. Get the file by hand, and fetch it with --mirror."
        )
    if code == httpx.codes.TOO_MANY_REQUESTS or code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise TransferError(f"{shown(address)}: the server answered {code}. Wait a little and run again.")
    raise UnavailableError(
        f"{shown(address)}: the server answered {code} {response.reason_phrase}. "
        "The publisher may have moved or removed the file: check the card's repository, commit and path."
    )


def _body(response: httpx.Response, address: str) -> Iterator[bytes]:
    """Return what a response holds; a server that packs it, though nobody asked for that, is unpacked."""
    return (
        response.iter_bytes() if _encoded(response) and not address.endswith(_PACKED) else response.iter_raw()
    )


def _encoded(response: httpx.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity").lower() != "identity"
