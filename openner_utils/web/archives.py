"""Records of web archives: WET, which holds text, and WARC, which holds pages, whose text is drawn out of their HTML."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from openner_utils.support.extras import extra
from openner_utils.web.documents import (
    BROKEN,
    LARGEST,
    NOT_UTF8,
    SHARD,
    TOO_LARGE,
    Fault,
    Faults,
    Raw,
)

REQUIREMENTS = "requirements-web.txt"
_HTML = ("text/html", "application/xhtml+xml")


def wet(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    """Yield the texts of a WET file (Common Crawl: records of type ``conversion``)."""
    library = _library()
    for (number, headers, _, _), body in _bodies(
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
            headers.get("WARC-Target-URI") or headers.get("WARC-Record-ID"),
            headers.get("WARC-Identified-Content-Language"),
        )


def warc(path: Path, source: str, fault: Faults) -> Iterator[Raw]:
    """Yield the main text of the pages of a WARC file (records of type ``response``, of HTML); scripts and styles are no text.

    Offsets of passages count in that text, which the same version of the library draws out again.
    """
    library = _library()
    html = extra("resiliparse.extract.html2text", REQUIREMENTS, "Reading WARC files")
    encoding = extra("resiliparse.parse.encoding", REQUIREMENTS, "Reading WARC files")
    for (number, headers, kind, charset), body in _bodies(
        path, source, fault, library, library.WarcRecordType.response
    ):
        if kind not in _HTML:
            continue
        try:
            page = encoding.bytes_to_str(body, charset or encoding.detect_encoding(body))
            text = html.extract_plain_text(page, main_content=True)
        except (ValueError, RuntimeError, LookupError) as error:
            fault(Fault(source, number, BROKEN, str(error)))
            continue
        yield Raw(number, text, headers.get("WARC-Target-URI"))


_Head = tuple[int, dict[str, str], str, str]
"""Number of a record, its headers, and the type and charset that HTTP states of it."""


def _bodies(
    path: Path, source: str, fault: Faults, library: ModuleType, kinds: object
) -> Iterator[tuple[_Head, bytes]]:
    """Yield records and what they hold; one that is cut short, and what follows one that cannot be unpacked, is a fault."""
    number = 0
    with open(path, "rb") as file:
        try:
            for record in library.ArchiveIterator(file, record_types=kinds, auto_decode="all"):
                number += 1
                headers = {str(name): str(value) for name, value in record.headers}
                # It is read to one byte beyond the limit: what unpacks to far more is not unpacked.
                body = record.reader.read(LARGEST + 1)
                if len(body) > LARGEST:
                    fault(Fault(source, number, TOO_LARGE))
                elif not record.is_http and len(body) < int(headers.get("Content-Length", "0")):
                    fault(Fault(source, number, BROKEN, "cut short"))
                else:
                    head = number, headers, (record.http_content_type or ""), (record.http_charset or "")
                    yield head, body
        except (OSError, ValueError) as error:
            fault(Fault(source, 0, SHARD, f"after {number} records: {error}"))


def _library() -> ModuleType:
    return extra("fastwarc.warc", REQUIREMENTS, "Reading web archives")
