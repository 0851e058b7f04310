"""A file that is not UTF-8: taken for Latin-1 only where nothing in all of it is UTF-8, and then with the word that shows it."""

from pathlib import Path

import pytest

from openner_utils.ownfiles.opening import inspect
from openner_utils.readers.guess import guess
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError

FAR = b"ran\tO\n" * 40_000
"""More than what is sampled at the beginning."""
DAMAGED = {
    "one byte among UTF-8": ("Zoë\tB-PER\n".encode() + b"caf\xe9\tO\n", 2),
    "more such bytes than characters": ("Zoë\tB-PER\n".encode() + b"caf\xe9\tO\nna\xefve\tO\nM\xfcl\tO\n", 2),
    "the UTF-8 is far from it": (b"caf\xe9\tO\n" + FAR + "Zoë\tB-PER\n".encode() + FAR, 1),
    "half of a surrogate pair": (b"Ada\tB-PER\n\xed\xa0\xbd\tO\nran\tO\n", 2),
    "the other half, far away": (b"caf\xe9\tB-PER\n" + FAR + b"\xed\xb0\x80\tO\n" + FAR, 1),
    "an emoji that was cut": (b"Ada\tB-PER\nx\xf0\x9f\x98\tO\n", 2),
    "a byte order mark that was cut": (b"Ada\tB-PER\n\xef\xbb\tO\n\xef\xbf\tO\n", 2),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_utf8_is_refused_with_its_line(name: str) -> None:
    content, line = DAMAGED[name]
    with pytest.raises(FormatError, match=r"is not valid utf-8.*give another --encoding") as caught:
        inspect(RawFile(Path("f"), "f", content))
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("content", "encoding", "shown"),
    [
        (b"Jos\xe9\tB-PER\nva\tO\n", "latin-1", "'José' on line 1"),
        (b"Ada\tB-PER\nran\tO\n\x93so\x94\tO\n", "cp1252", "'“so”' on line 3"),
        (FAR + b"Ada\tB-PER\nM\xfcller\tO\n", "latin-1", "'Müller' on line 40002"),
        (b"Ada\tB-PER\n" + b"M\xfcller\tO\n" * 30 + b"\xc9\xbb\tO\n", "latin-1", "'Müller' on line 2"),
    ],
    ids=["accents", "quotes", "late", "by chance once like UTF-8"],
)
def test_what_shows_another_encoding_is_said(content: bytes, encoding: str, shown: str) -> None:
    found = guess(RawFile(Path("f"), "f", content))
    assert found.options["encoding"] == encoding
    assert any(shown in why for why, _ in found.reasons)
