"""What JSON files hold, one entry after the other, each with the line on which it begins."""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from openner_utils.readers.cutting import Cut, at_line_ends, codec_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults
from openner_utils.readers.stored import CHUNK
from openner_utils.readers.text import half_pair

Entries = Literal["list", "lines", "python"]
"""``list``: the file is one JSON list of entries; ``lines``: it has one entry a line; ``python``: it is a list in Python, which
may be given a name (``TRAIN_DATA = […]``), and is read as literals: nothing in it is ever run."""
LONGEST = 10_000_000
"""Characters of a list in Python, at the most."""
_SPACE = re.compile(r"[ \t\r\n]*")


def layout_of(text: str, layout: Layout, usual: Entries) -> Entries:
    """Return the layout of JSON: as is said, or on a card left out, or else by how the content begins.

    A list whose first line is a value by itself, with others after it, is an entry of lines.
    """
    if layout.card or "layout" in layout.options:
        return usual
    begin = text.lstrip()
    if not begin.startswith("["):
        return "lines" if begin.startswith("{") else usual
    first, _, rest = begin.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return "list"
    return "lines" if rest.strip() else "list"


def cut(raw: RawFile, layout: Layout, usual: Entries) -> Cut | None:
    """Return how a file with an entry a line is cut into parts; None for a list, which is read whole."""
    codec = codec_of(raw, "utf-8")
    begin = raw.content[:CHUNK].decode(codec or "utf-8", "replace").removeprefix("\ufeff")
    if codec is None or layout_of(begin, layout, usual) != "lines":
        return None
    return at_line_ends(codec, {"layout": "lines"})


def entries_of(text: str, layout: Entries, faults: Faults) -> Iterator[tuple[int, Any]]:
    """Yield 1-based line and value of each entry; a line that is no JSON is a fault, and so is a list's broken end."""
    if layout == "python":
        return _literals(text, faults)
    return _lines(text, faults) if layout == "lines" else _items(text, faults)


def objects_of(text: str, layout: Entries, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the entries that are objects; others are faults."""
    for line, entry in entries_of(text, layout, faults):
        if isinstance(entry, dict):
            yield line, entry
        else:
            faults.add(line, "bad-json", f"{entry!r:.40} is no object", "Correct the entry", ["reader"])


def is_text(value: Any) -> bool:
    """Return whether a JSON value is text with something in it, and holds no half of a surrogate pair."""
    return isinstance(value, str) and bool(value) and not half_pair(value)


def in_order(span: Any) -> Any:
    """Return a span that is a list as ``[start, end, type, …]``, where the file has the type first; anything else as it is.

    >>> in_order(["PER", 0, 3]), in_order([0, 3, "PER"])
    ([0, 3, 'PER'], [0, 3, 'PER'])
    """
    match span:
        case [str(type), int(start), int(end), *more]:
            return [start, end, type, *more]
    return span


class _KeyTwiceError(ValueError):
    """An object of JSON has a key twice, and nothing says which value is meant."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, of which Python alone would keep the last of two values under one key; that is a ValueError.

    >>> json.loads('{"label": 1, "label": 2}', object_pairs_hook=once)
    Traceback (most recent call last):
    openner_utils.readers.json_entries._KeyTwiceError: the key 'label' stands twice in an object
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _KeyTwiceError(
            f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in an object"
        )
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=once)


def _lines(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            _no_value(faults, number, error)
        else:
            yield number, value


def _items(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        _broken(faults, 1, "the file is no JSON list")
        return
    line, counted = 1, 0
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, at)
        counted = at
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            _no_value(faults, getattr(error, "lineno", line), error)
            return
        yield line, value
        at = _after_space(text, at)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
            if text[at : at + 1] != "]":
                continue
        elif text[at : at + 1] == "]":
            break
        what = "not valid JSON: after an entry comes a comma and another one, or the list's end"
        _broken(faults, 1 + text.count("\n", 0, at), what)
        return
    if _after_space(text, at + 1) < len(text):
        _broken(faults, 1 + text.count("\n", 0, at), "the list ends here and the file goes on")


def _literals(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    try:
        if len(text) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of backslashes that escape nothing
            body = ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        _broken(faults, getattr(error, "lineno", None) or 1, f"no Python ({getattr(error, 'msg', error)})")
        return
    lists = [
        one.value
        for one in body
        if isinstance(one, ast.Assign | ast.Expr) and isinstance(one.value, ast.List)
    ]
    if len(lists) != 1:
        _broken(faults, 1, f"{len(lists)} lists where one is expected")
        return
    for item in lists[0].elts:
        try:
            value = json.loads(json.dumps(ast.literal_eval(item)))  # tuples are lists in JSON
        except (ValueError, TypeError, MemoryError, RecursionError):
            _broken(faults, item.lineno, "an entry that is no literal")
        else:
            yield item.lineno, value


def _no_value(faults: Faults, line: int, error: Exception) -> None:
    if isinstance(error, _KeyTwiceError):
        faults.add(line, "bad-json", str(error), "Give each key of an object once")
    else:
        _broken(faults, line, f"not valid JSON: {getattr(error, 'msg', error)}")


def _broken(faults: Faults, line: int, what: str) -> None:
    faults.add(line, "bad-json", what, "Correct it, or fetch the file again; it may be cut short", ["layout"])


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
