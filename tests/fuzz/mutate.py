"""Changes of a file: of its bytes, its lines, its columns, its labels, its encoding and the structure of its JSON."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

from tests.readers.test_fuzz import INSERTED

Change = Callable[[random.Random, bytes], bytes]
_LABEL = re.compile(rb"\b([BIESLUMWO])(?=-\w|\b)")
_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3,
    10**30,
    1.5,
    "",
    "PER",
    "O",
    "\ud83d",
    "@deep@",
    [],
    {},
    [[]],
    ["O"],
    [0, 1, "X"],
    {"a": 1},
)
_SEPARATORS = (b"\t", b" ", b"  ", b",", b";", b"|", b"/", b"\xc2\xa0", b"\xe3\x80\x80", b"\x1f", b"\t\t")  # fmt: skip
_CODECS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252", "cp1251", "shift_jis", "utf-7")
_LONGEST = 20_000
"""Bytes after which a changed file is cut."""


def changed(draw: random.Random, content: bytes) -> bytes:
    """Return a file with one change to four; now and then with none."""
    for _ in range(draw.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        content = draw.choice(CHANGES)(draw, content)[:_LONGEST]
    return content


def _places(draw: random.Random, content: bytes) -> tuple[int, int]:
    one, other = draw.randint(0, len(content)), draw.randint(0, len(content))
    return min(one, other), max(one, other)


def flip(draw: random.Random, content: bytes) -> bytes:
    """Change single bytes."""
    found = bytearray(content)
    for _ in range(draw.randint(1, 3) if content else 0):
        found[draw.randrange(len(found))] = draw.choice((draw.randrange(256), 0, 9, 10, 13, 32))
    return bytes(found)


def insert(draw: random.Random, content: bytes) -> bytes:
    """Put a piece that means something somewhere, once or a few times."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randint(0, len(content))
        content = content[:at] + draw.choice(INSERTED) * draw.choice((1, 1, 1, 2, 50)) + content[at:]
    return content


def cut(draw: random.Random, content: bytes) -> bytes:
    """Take a piece out."""
    start, end = _places(draw, content)
    return content[:start] + content[min(end, start + draw.choice((1, 8, 200))) :]


def truncate(draw: random.Random, content: bytes) -> bytes:
    """End the file somewhere."""
    return content[: draw.randint(0, len(content))]


def lines(draw: random.Random, content: bytes) -> bytes:
    """Leave out, double, swap or join lines."""
    rows = content.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        at, other = draw.randrange(len(rows)), draw.randrange(len(rows))
        kind = draw.randrange(5)
        if kind == 0 and len(rows) > 1:
            del rows[at]
        elif kind == 1:
            rows.insert(other, rows[at])
        elif kind == 2:
            rows[at], rows[other] = rows[other], rows[at]
        elif kind == 3:
            rows.insert(at, b"")
        else:
            rows[at] += draw.choice((b"\r", b" ", b"\t", b"\xc2\xa0", b"\tO", b" B-PER"))
    return b"\n".join(rows)


def separators(draw: random.Random, content: bytes) -> bytes:
    """Write another separator of columns or lines, everywhere or on one line."""
    old, new = draw.choice((b"\t", b" ", b",", b"\n")), draw.choice(_SEPARATORS)
    new = draw.choice((b"\r\n", b"\r", b"\n\n", b"\n \n")) if old == b"\n" else new
    return content.replace(old, new, draw.choice((-1, -1, 1, 3)))


def labels(draw: random.Random, content: bytes) -> bytes:
    """Change letters of labels."""
    share = draw.choice((0.05, 0.3, 1.0))
    other = draw.choice((None, None, b"B", b"I", b"W", b"M", b"b", b"\xd0\x92"))

    def letter(match: re.Match[bytes]) -> bytes:
        return match[0] if draw.random() > share else other or draw.choice((b"B", b"I", b"E", b"S", b"O"))

    return _LABEL.sub(letter, content)


def encode(draw: random.Random, content: bytes) -> bytes:
    """Write the text in another encoding, with what it cannot hold left out."""
    return content.decode("utf-8", "replace").encode(draw.choice(_CODECS), "ignore")


def double(draw: random.Random, content: bytes) -> bytes:
    """Let a piece come several times."""
    start, end = _places(draw, content)
    end = min(end, start + 60)
    return content[:start] + content[start:end] * draw.choice((2, 3, 100)) + content[end:]


def structure(draw: random.Random, content: bytes) -> bytes:
    """Change values, keys and lists of JSON: of a line, or of the whole."""
    rows = content.split(b"\n")
    at = draw.randrange(len(rows))
    for part in (rows[at], content):
        try:
            value = json.loads(part)
        except (ValueError, RecursionError):
            continue
        made = json.dumps(
            _restructured(draw, value), ensure_ascii=draw.random() < 0.5, indent=draw.choice((None, None, 1))
        )
        levels = draw.choice((40, 3000))  # deeper than the encoder goes
        made = made.replace(
            '"@deep@"', draw.choice(("[", '{"a":')) * levels + draw.choice(("]", "}")) * levels
        )
        found = made.encode("utf-8", "surrogatepass")
        if part is content:
            return found
        rows[at] = found
        return b"\n".join(rows)
    return insert(draw, content)


def _restructured(draw: random.Random, value: Any) -> Any:
    """Return a value with a change somewhere inside."""
    if isinstance(value, dict) and value and draw.random() < 0.8:
        key = draw.choice(list(value))
        kind = draw.randrange(6)
        if kind == 0:
            return {name: one for name, one in value.items() if name != key}
        if kind == 1:
            return {
                (draw.choice(("label", "labels", "text", "tokens", "x")) if name == key else name): one
                for name, one in value.items()
            }
        return value | {key: _restructured(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.8:
        at = draw.randrange(len(value))
        kind = draw.randrange(6)
        if kind == 0:
            return [*value[:at], *value[at + 1 :]]
        if kind == 1:
            return [*value[:at], value[at], *value[at:]]
        if kind == 2:
            return value[::-1]
        return [*value[:at], _restructured(draw, value[at]), *value[at + 1 :]]
    return draw.choice(_VALUES)


CHANGES: tuple[Change, ...] = (
    flip, insert, insert, cut, truncate, lines, lines, separators, labels, labels, encode, double, structure, structure,
)  # fmt: skip
"""All changes; what is named twice comes twice as often."""
