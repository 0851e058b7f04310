"""The sample that a guess is made from: where it is cut from the file, and in which encoding it is text."""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from openner_utils.readers.guess.evidence import ENOUGH, LONGEST, Found, Sample
from openner_utils.readers.layout import RawFile
from openner_utils.readers.stored import Bytes, lines_of, recoded
from openner_utils.readers.text import MARKS
from openner_utils.support.errors import FormatError
from openner_utils.support.words import shortened

_SHOWN = 30
"""Letters of a word that is told."""
WINDOW = 1 << 14
"""Bytes in the middle and at the end that are looked at, at the least, and half of those at the beginning."""
_OTHER_SCRIPTS = (
    "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "tis-620", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr",
)  # fmt: skip
_FOREIGN = 0.3
"""Share of bytes beyond ASCII, among those of letters, above which a text is in no Latin script."""
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
"""Both halves of a surrogate pair, each as UTF-8 would write it."""
_OF_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of several bytes in UTF-8; letters beyond ASCII hardly ever stand so side by side in Latin-1."""
_CUT = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]|\xef\xbf")
"""What only damaged UTF-8 holds: half of a surrogate pair, an emoji that was cut, a mark that was."""
_BY_CHANCE = 20
"""Other bytes beyond ASCII for one character of UTF-8, from which on that may stand there by chance."""
_TO_UTF8 = (
    'Write UTF-8: python -c \'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode("utf-8", "surrogatepass")'
    '.encode("utf-16", "surrogatepass").decode("utf-16").encode())\' < FILE > OUT.'
)


def take(raw: RawFile, given: Mapping[str, Any], outside: tuple[str, ...] = ()) -> tuple[Sample, Found[str]]:
    """Return the sample of a file, and its encoding with the reason for it.

    An encoding that cannot be told is a `FormatError`.
    """
    encoding = encoding_of(raw, given)
    if encoding.confidence < ENOUGH:
        raise FormatError(raw.path, 0, encoding.reasons[0][0], encoding.reasons[0][1])
    content, name = raw.content, encoding.value
    if re.match("utf-?(16|32)", name, re.IGNORECASE):  # line ends cannot be found in such bytes
        content, name = recoded(content, name), "utf-8"
    pieces = [piece for piece in _windows(content) if piece]
    whole = sum(map(len, pieces)) == len(content)
    texts = [piece.decode(name, "replace") for piece in ([content[:]] if whole else pieces)]
    windows = tuple(text.removeprefix("\ufeff").replace("\r\n", "\n") for text in texts)
    return Sample(raw, windows, whole, encoding.value, given, outside), encoding


def _windows(content: Bytes) -> Iterator[bytes]:
    """Yield the beginning, middle and end of the bytes, cut at line ends; all of them if they are few.

    A list of JSON, which may be one long line, is cut anywhere.
    """
    if len(content) <= 4 * WINDOW:
        yield content[:]
        return
    begin = content[: 2 * WINDOW].lstrip(b"\xef\xbb\xbf \t\r\n")
    longest = 0 if begin.startswith(b"[") else LONGEST
    first = _line_end(content, 2 * WINDOW, longest)
    yield content[:first]
    middle = _line_end(content, max(first, (len(content) - WINDOW) // 2) - 1, longest)
    end = _line_end(content, middle + WINDOW, longest)
    yield content[middle:end]
    yield content[_line_end(content, max(end, len(content) - WINDOW) - 1, longest) :]


def _line_end(content: Bytes, position: int, longest: int) -> int:
    """Return where the line that holds ``position`` ends, or ``longest`` bytes behind it if that comes first."""
    found = content.find(b"\n", position, position + longest)
    return found + 1 if found >= 0 else min(position + max(longest, 1), len(content))


def encoding_of(raw: RawFile, given: Mapping[str, Any]) -> Found[str]:
    """Return the encoding: as said, by a byte order mark, UTF-8, or the likeliest of those before Unicode."""
    if "encoding" in given:
        return Found(str(given["encoding"]), 1.0)
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), *MARKS):
        if raw.content.startswith(mark):
            what = f"{name.upper()} by its byte order mark"
            what = "UTF-8 with byte order mark" if name == "utf-8" else what
            return Found(name, 1.0, ((what, "--encoding"),))
    pieces = list(_windows(raw.content))
    if wide := _wide(pieces[0]):
        return Found(wide, 0.9, ((f"every other byte is zero, so taken for {wide}", "--encoding"),))
    sample = b"".join(pieces)
    if b"\0" in sample:
        line = raw.content.count(b"\n", 0, raw.content.index(b"\0")) + 1
        what = f"it holds NUL bytes, the first on line {line}, so it is no text file"
        return Found("utf-8", 0.0, ((what, "Fetch it again, as text."),))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, False)
        return Found("utf-8", 1.0)
    except UnicodeDecodeError:
        rest = sample.decode("utf-8", "ignore")
    if _is_cesu(sample):
        what = "CESU-8 (characters beyond U+FFFF in two halves, as some databases and Java write them), which is no UTF-8"
        return Found("utf-8", 0.0, ((what, _TO_UTF8),))
    if sum(ord(character) > 127 for character in rest) * 4 > sum(byte > 127 for byte in sample):
        # Most of it is UTF-8, so the file is damaged and no encoding is right; reading says where.
        return Found("utf-8", 0.9)
    return _before_unicode(raw, sample)


def _is_cesu(sample: bytes) -> bool:
    """Return whether bytes are UTF-8 but for characters that are written as the two halves of a surrogate pair."""
    if not _PAIR.search(sample) or re.search(rb"\xed[\xa0-\xbf]", _PAIR.sub(b"", sample)):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")("surrogatepass").decode(sample, False)
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample: bytes) -> str:
    """Return the UTF-16 encoding of bytes without a mark, of which every other one is zero; empty if it is not so."""
    zeros = [sample[start::2].count(0) * 2 for start in (0, 1)]
    if max(zeros) < 0.3 * len(sample) or min(zeros) > 0.1 * len(sample):
        return ""
    return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"


def _before_unicode(raw: RawFile, sample: bytes) -> Found[str]:
    """Tell Latin-1 from Windows-1252; among those of other scripts nothing decides, so the likeliest two are named.

    A file that holds characters of UTF-8, too, anywhere, is damaged UTF-8: reading says where.
    """
    beyond = sum(byte > 127 for byte in sample)
    letters = sum(chr(byte).isalpha() for byte in sample if byte < 128) + beyond
    if _CUT.search(sample):
        return Found("utf-8", 0.9)
    if beyond > _FOREIGN * letters:
        likely = sorted(_OTHER_SCRIPTS, key=lambda name: -_likely(sample, name))[:2]
        hint = f"Say it: --encoding {likely[0]}, or --encoding {likely[1]}."
        return Found(likely[0], 0.5, (("not UTF-8, and no Latin letters, so the encoding is unknown", hint),))
    if _is_damaged(raw.content):
        return Found("utf-8", 0.9)
    name = "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
    line, word = _first_beyond(raw.content)
    shown = shortened(repr(word.decode(name, "replace")), _SHOWN)
    return Found(
        name, 0.7, ((f"not UTF-8, so taken for {name}, as {shown} on line {line} shows", "--encoding"),)
    )


def _is_damaged(content: Bytes) -> bool:
    """Return whether bytes that are no UTF-8 hold characters of it, more than chance puts there, or halves of such."""
    whole = beyond = 0
    for piece in lines_of(content):
        of_utf8 = _OF_UTF8.findall(piece)
        whole += len(of_utf8)
        beyond += len(re.sub(rb"[\x00-\x7f]+", b"", piece)) - sum(map(len, of_utf8))
        if _CUT.search(piece):
            return True
    return bool(whole) and beyond < _BY_CHANCE * whole


def _first_beyond(content: Bytes) -> tuple[int, bytes]:
    """Return the line on which the first byte beyond ASCII stands, and the word around it."""
    line = 1
    for piece in lines_of(content):
        if found := re.search(rb"[\x80-\xff]", piece):
            at = found.start()
            before = re.split(rb"\s", piece[max(at - _SHOWN, 0) : at])[-1]
            after = re.split(rb"\s", piece[at : at + _SHOWN])[0]
            return line + piece.count(b"\n", 0, at), before + after
        line += piece.count(b"\n")
    return 0, b""


def _likely(sample: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that are letters, capitals counting half; 0 for invalid bytes."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample, False)
    except UnicodeDecodeError:
        return 0.0
    kinds = [unicodedata.category(character) for character in text if ord(character) > 127]
    # Rare characters of the large Chinese sets are what random pairs of bytes become.
    common = sum(
        0x4E00 <= ord(character) < 0x9FA6 or ord(character) < 0x3400
        for character in text
        if ord(character) > 127
    )
    good = sum(0.5 if kind == "Lu" else 1.0 for kind in kinds if kind.startswith("L"))
    return good / len(kinds) * common / len(kinds) if kinds else 0.0
