"""The text of a raw file: decoded strictly, without byte order mark."""

import codecs
import re
from collections.abc import Callable

from openner_utils.readers.layout import RawFile
from openner_utils.readers.reading import Faults
from openner_utils.readers.stored import Bytes
from openner_utils.support.errors import FormatError

UNREADABLE = "unreadable"
"""Kind of faults of bytes that are no text; no file with one is read."""
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks that say the encoding; that of UTF-32 begins like that of UTF-16, so it comes first."""
MARK = "byte order mark"
"""What a mark is counted under."""
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def half_pair(text: str) -> re.Match[str] | None:
    """Return the first half of a surrogate pair in a text: JSON can escape it, but it is no character."""
    return _HALF_PAIR.search(text)


def mark_of(content: Bytes) -> bytes:
    """Return the byte order mark with which a file begins, or nothing."""
    return next((mark for mark in (codecs.BOM_UTF8, *dict(MARKS)) if content.startswith(mark)), b"")


def encoding_of(raw: RawFile, declared: str) -> str:
    """Return the encoding of a file: what a byte order mark of UTF-16 or UTF-32 says, or else what is ``declared``."""
    return next((name for mark, name in MARKS if raw.content.startswith(mark)), declared)


def read_text(
    raw: RawFile, faults: Faults, encoding: str = "utf-8", mend: Callable[[bytes], bytes] = bytes
) -> tuple[str, dict[str, int]]:
    """Return a file's text without byte order mark, and a count of it; invalid bytes and NUL are a `FormatError`.

    ``encoding`` is what is declared; see `encoding_of`. ``mend`` may change the bytes before they are decoded; it keeps
    the number of lines.
    """
    content = mend(raw.whole())
    counts = {}
    encoding = encoding_of(raw, encoding)
    if content.startswith(b"\xef\xbb\xbf"):
        content, counts = content[3:], {MARK: 1}
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _fail(faults, line, _invalid(content, error)) from error
    except UnicodeError as error:  # what some codecs raise instead
        raise _fail(faults, 0, f"not valid {encoding} ({error})") from error
    except (LookupError, ValueError) as error:
        raise _fail(faults, 0, f"{encoding!r} is no text encoding") from error
    if "\0" in text:
        raise _fail(faults, text.count("\n", 0, text.index("\0")) + 1, "NUL byte, which no text holds")
    # Strict UTF-8 holds no half pairs; some other codecs let them through.
    half = None if encoding.lower() in ("utf-8", "utf8") else half_pair(text)
    if half:
        line = text.count("\n", 0, half.start()) + 1
        raise _fail(faults, line, "half of a surrogate pair, which is no character")
    return text, counts


def _fail(faults: Faults, line: int, what: str) -> FormatError:
    return faults.fail(line, UNREADABLE, what, "Fetch or save the file again", ["encoding"])


def _invalid(content: bytes, error: UnicodeDecodeError) -> str:
    """Say what is wrong with the bytes at which decoding stopped."""
    byte, following = content[error.start], content[error.start + 1 : error.start + 2]
    what = f"byte 0x{byte:02x} is not valid {error.encoding}"
    if byte == 0xED and following >= b"\xa0":
        what += " (it begins half of a surrogate pair, which is no character)"
    return what
