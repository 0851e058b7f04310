"""What JSON files hold, one entry after the other, each with the line on which it begins."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from openner_utils.readers.reading import Faults
from openner_utils.readers.text import half_pair

Entries = Literal["list", "lines"]
"""``list``: the file is one JSON list of entries; ``lines``: it has one entry a line."""
_SPACE = re.compile(r"[ \t\r\n]*")


def entries_of(text: str, layout: Entries, faults: Faults) -> Iterator[tuple[int, Any]]:
    """Yield 1-based line and value of each entry; a line that is no JSON is a fault, and so is a list's broken end."""
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


def _lines(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            _broken(faults, number, f"not valid JSON: {getattr(error, 'msg', error)}")
        else:
            yield number, value


def _items(text: str, faults: Faults) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
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
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            _broken(faults, getattr(error, "lineno", line), f"not valid JSON: {getattr(error, 'msg', error)}")
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


def _broken(faults: Faults, line: int, what: str) -> None:
    faults.add(line, "bad-json", what, "Correct it, or fetch the file again; it may be cut short", ["layout"])


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
