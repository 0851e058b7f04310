"""The values of a sample that is JSON: a value a line, one list, or one object."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from openner_utils.readers.guess.evidence import LONGEST, Json, Sample
from openner_utils.support.errors import FormatError

_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,]*")
_LARGEST = 1 << 26
"""Bytes of a file that is one object, at the most: it has to be read whole."""
_DEEP = "Flatten it, or keep only the text and its mentions."


def parsed(sample: Sample) -> Json | None:
    """Return the sample as JSON, or None if it is none; JSON too deep to be read is a `FormatError`."""
    text = sample.windows[0] if sample.windows else ""
    if not re.match(r'\s*(\{\s*["}]|\[\s*[\[{\]"\d])', text):
        return None
    return _lines(sample) or (_list(sample) if text.lstrip().startswith("[") else _object(sample))


def _lines(sample: Sample) -> Json | None:
    """Return JSON lines: the first line is a value, and most others are; a list alone on its line is a `_list`."""
    entries: list[Any] = []
    places: list[int] = []
    odd = 0
    for number, line in _numbered(sample):
        try:
            entries.append(json.loads(line))
            places.append(number)
        except ValueError:
            odd += 1
            if not entries:
                return None
        except RecursionError as error:
            raise FormatError(sample.path, number, "JSON nested too deeply to be read", _DEEP) from error
    one_list = len(entries) == 1 and isinstance(entries[0], list)
    return None if one_list or odd > len(entries) else Json("lines", tuple(entries), tuple(places), odd)


def _numbered(sample: Sample) -> Iterator[tuple[int, str]]:
    """Yield lines that are not blank, with their numbers (0: beyond the first window)."""
    for window, text in enumerate(sample.windows):
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield (0 if window else number), line


def _list(sample: Sample) -> Json | None:
    """Return the values of one list, which may be cut short by the end of a window."""
    found: list[tuple[int, Any]] = []
    first = sample.windows[0]
    try:
        found += _values(first, first.index("[") + 1)
        if not found and not sample.whole:  # the first value is longer than the window
            first = sample.raw.content[:LONGEST].decode(sample.encoding, "ignore").removeprefix("\ufeff")
            found += _values(first, first.index("[") + 1)
        keys = list(found[0][1]) if found and isinstance(found[0][1], dict) else []
        for text in sample.windows[1:] if keys else ():
            found += [(0, entry) for _, entry in _later(text, keys)]
    except RecursionError as error:
        line = 1 + first.count("\n", 0, found[-1][0]) if found else 1
        raise FormatError(sample.path, line, "JSON nested too deeply to be read", _DEEP) from error
    if not found:
        return None
    ends = [match.start() for match in re.finditer("\n", first)]
    lines = [1 + bisect_left(ends, position) if position else 0 for position, _ in found]
    return Json("list", tuple(entry for _, entry in found), tuple(lines))


def _values(text: str, position: int) -> Iterator[tuple[int, Any]]:
    """Yield the values of a list from ``position`` on, each with where it begins, as far as they are whole."""
    while True:
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position
        begin = position
        try:
            entry, position = _DECODER.raw_decode(text, begin)
        except ValueError:
            return
        yield begin, entry


def _later(text: str, keys: list[str]) -> Iterator[tuple[int, Any]]:
    """Yield the objects of a list of which ``text`` is a piece: they begin with the first key and have most of the others."""
    begins = re.compile(r"\{\s*" + re.escape(json.dumps(keys[0], ensure_ascii=False)))
    for begin in begins.finditer(text):
        entry = next(_values(text, begin.start()), (0, None))[1]
        if isinstance(entry, dict) and 2 * len(entry.keys() & set(keys)) > len(keys):
            yield from _values(text, begin.start())
            return


def _object(sample: Sample) -> Json | None:
    """Return a file that is one object over several lines."""
    if len(sample.raw.content) > _LARGEST:
        return None
    try:
        text = sample.raw.whole().decode(sample.encoding, "replace").removeprefix("\ufeff")
        entry = json.loads(text)
    except ValueError:
        return None
    except RecursionError as error:
        raise FormatError(sample.path, 1, "JSON nested too deeply to be read", _DEEP) from error
    return Json("object", (entry,), (1,)) if isinstance(entry, dict) else None
