"""Records of web archives: WET, which holds text, and WARC, which holds pages, whose text is drawn out of their HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from openner_utils.support.extras import extra
from openner_utils.web.documents import (
    BROKEN,
    LARGEST,
    NOT_FOUND,
    NOT_UTF8,
    SHARD,
    TOO_LARGE,
    Fault,
    Faults,
    Raw,
)

REQUIREMENTS = "requirements-web.txt"
_HTML = ("text/html", "application/xhtml+xml")
_OK = 200
_DIGITS = 20
"""No record has a length of so many digits."""


def wet(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    """Yield the texts of a WET file (Common Crawl: records of type ``conversion``)."""
    library = _library()
    for (number, headers, _), body in _bodies(
        path, source, fault, library, library.WarcRecordType.conversion
    ):
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            fault(Fault(source, number, NOT_UTF8, str(error)))
            continue
        yield Raw(
            number,
            text,
            _address(headers) or headers.get("warc-record-id"),
            headers.get("warc-identified-content-language"),
        )


def warc(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    """Yield the main text of the pages of a WARC file (records of type ``response``, of HTML); scripts and styles are no text.

    A page that came with another status than 200 says that there is none. A charset that nobody knows is told by the bytes, as browsers
    do. Offsets of passages count in that text, which the same version of the library draws out again.
    """
    library = _library()
    html = extra("resiliparse.extract.html2text", REQUIREMENTS, "Reading WARC files")
    encoding = extra("resiliparse.parse.encoding", REQUIREMENTS, "Reading WARC files")
    for (number, headers, http), body in _bodies(
        path, source, fault, library, library.WarcRecordType.response
    ):
        if http.kind not in _HTML:
            continue
        if http.status != _OK:
            fault(Fault(source, number, NOT_FOUND, str(http.status)))
            continue
        try:
            try:
                page = encoding.bytes_to_str(body, http.charset or encoding.detect_encoding(body))
            except LookupError:
                page = encoding.bytes_to_str(body, encoding.detect_encoding(body))
            text = html.extract_plain_text(page, main_content=True)
        except (ValueError, RuntimeError, LookupError) as error:
            fault(Fault(source, number, BROKEN, str(error)))
            continue
        yield Raw(number, text, _address(headers))


@dataclass(frozen=True, slots=True)
class _Http:
    """What HTTP states of a record; empty, and None, where it states nothing."""

    kind: str
    charset: str
    status: int | None


_Head = tuple[int, dict[str, str], _Http]
"""Number of a record, its headers by their names in small letters, and what HTTP states of it."""


def _address(headers: dict[str, str]) -> str:
    """Return the address of a record, without the angle brackets that some writers put around it (as WARC 1.0 has them in its grammar)."""
    return headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">")


def _bodies(
    path: Path, source: str, fault: Faults, library: ModuleType, kinds: object
) -> Iterator[tuple[_Head, bytes]]:
    """Yield records and what they hold; one that is cut short, and what follows one that cannot be unpacked, is a fault."""
    number = 0
    with open(path, "rb") as file:
        try:
            for record in library.ArchiveIterator(file, record_types=kinds, auto_decode="all"):
                number += 1
                headers = {str(name).lower(): str(value) for name, value in record.headers}
                # It is read to one byte beyond the limit: what unpacks to far more is not unpacked.
                try:
                    body = record.reader.read(LARGEST + 1)
                except OSError as error:  # it is not packed as it says; the next one may be
                    fault(Fault(source, number, BROKEN, str(error)))
                    continue
                if len(body) > LARGEST:
                    fault(Fault(source, number, TOO_LARGE))
                elif len(body) < _least(record, headers):
                    fault(Fault(source, number, BROKEN, "cut short, or without its length"))
                else:
                    yield (number, headers, _http(record)), body
        except (OSError, ValueError) as error:
            fault(Fault(source, 0, SHARD, f"after {number} records: {error}"))


def _least(record: Any, headers: dict[str, str]) -> int:
    """Return how many bytes a record holds at the least: what its headers say, 1 where they say nothing that can be read.

    Of a page that was sent packed or in pieces nobody knows.
    """
    if not record.is_http:
        length = headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) < _DIGITS else 1
    sent = {str(name).lower() for name, _ in record.http_headers or ()}
    whole: int = record.content_length
    return 0 if sent & {"content-encoding", "transfer-encoding"} else whole


def _http(record: Any) -> _Http:
    head = record.http_headers if record.is_http else None
    kind, charset = record.http_content_type or "", record.http_charset or ""
    return _Http(kind.strip().lower(), charset, head.status_code if head else None)


def _library() -> ModuleType:
    return extra("fastwarc.warc", REQUIREMENTS, "Reading web archives")
