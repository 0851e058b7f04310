"""JSON list of sentences (or one object a line), each with its tokens and one label per token."""

import json
from collections.abc import Iterator
from typing import Any, Literal

from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Builder, Faults, Reading
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

_OTHER_END = "token that ends elsewhere than its offsets"


class Options(Record):
    """Keys of an object. With ``offsets`` the object holds a text, too: GATE publishes tweets so."""

    layout: Literal["list", "lines"] = "list"
    """``list``: the file is one JSON list; ``lines``: it has one object a line."""
    tokens: str = "tokens"
    labels: str = "ner_tags"
    offsets: str | None = None
    """Key of a list with [start, end] of each token, in characters of the text."""
    text: str = "text"
    """Key of the text, looked up where there are offsets."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    text, counts = read_text(raw, faults)
    built = Builder(raw)
    found = objects(faults, text) if options.layout == "list" else json_lines(faults, text)
    for line, entry in found:
        words, tags = entry.get(options.tokens), entry.get(options.labels)
        if not isinstance(words, list) or not isinstance(tags, list) or not words or len(words) != len(tags):
            what = f"{options.tokens!r} and {options.labels!r} must be lists of one length, not empty"
            faults.add(line, "column-count", what, "Correct the entry", ["tokens", "labels"])
            continue
        if not (are_tokens(faults, line, words) and _are_labels(faults, line, tags)):
            continue
        offsets = entry.get(options.offsets) if options.offsets else []
        places = _places(faults, line, words, entry.get(options.text), offsets) if options.offsets else []
        if places is None:
            continue
        wrong = sum(end != given for (_, end), (_, given) in zip(places, offsets or (), strict=True))
        counts[_OTHER_END] = counts.get(_OTHER_END, 0) + wrong
        built.sentence(words, map(str, tags), line, places)
    counts = {what: number for what, number in counts.items() if number}
    return Reading(built.columns(), counts=counts, faults=faults.sorted())


def are_tokens(faults: Faults, line: int, words: list[Any]) -> bool:
    """Return whether all of ``words`` are text; the first that is none is noted."""
    for word in words:
        if not isinstance(word, str) or not word or half_pair(word):
            faults.add(line, "empty-token", f"token {word!r:.40} is no text", "Correct the entry")
            return False
    return True


def _are_labels(faults: Faults, line: int, tags: list[Any]) -> bool:
    for tag in tags:
        if not isinstance(tag, str | int) or half_pair(str(tag)) or "\0" in str(tag):
            what = f"label {tag!r:.40} is neither text nor number"
            faults.add(line, "missing-label", what, "Correct the entry", ["labels"])
            return False
    return True


def _places(
    faults: Faults, line: int, words: list[str], text: Any, offsets: Any
) -> list[tuple[int, int]] | None:
    """Return where each token lies in the text: it must be found at its begin; some published ends are wrong.

    None, and a fault, if one does not lie there.
    """
    if not isinstance(text, str) or not isinstance(offsets, list) or len(offsets) != len(words):
        what = "there is no text, or not one pair of offsets for each token"
        faults.add(line, "bad-span", what, "Correct the entry", ["text", "offsets"])
        return None
    places: list[tuple[int, int]] = []
    for word, place in zip(words, offsets, strict=True):
        last = places[-1][1] if places else 0
        match place:
            case [int(start), int(end)] if last <= start < end:
                if text.startswith(word, start):
                    places.append((start, start + len(word)))
                    continue
        what = f"token {word!r:.40} does not lie at {place!r:.40} of the text"
        faults.add(line, "bad-span", what, "Correct the offsets")
        return None
    return places


def json_lines(faults: Faults, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the object on each line that is not blank, with the line's number; other lines are faults."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            faults.add(number, "bad-json", f"not valid JSON: {getattr(error, 'msg', error)}")
            continue
        if isinstance(entry, dict):
            yield number, entry
        else:
            faults.add(number, "bad-json", f"{entry!r:.40} is no object", options=["reader"])


def objects(faults: Faults, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSON list, each with the line on which it begins; other values are faults.

    `FormatError` names the line at which the file stops being such a list.
    """
    decoder = json.JSONDecoder()
    begin = _skip(text, 0)
    if text[begin : begin + 1] != "[":
        raise faults.fail(1, "bad-json", "the file is no JSON list", "Correct the file", ["reader"])
    begin, counted, line, mark = _skip(text, begin + 1), 0, 1, "["
    while mark == "," or (mark == "[" and text[begin : begin + 1] != "]"):
        line += text.count("\n", counted, begin)
        counted = begin
        try:
            entry, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError) as error:
            raise _cut_short(faults, getattr(error, "lineno", line), getattr(error, "msg", error)) from error
        if isinstance(entry, dict):
            yield line, entry
        else:
            faults.add(line, "bad-json", f"{entry!r:.40} is no object", "Correct the entry", ["reader"])
        begin = _skip(text, end)
        mark = text[begin : begin + 1]
        begin = _skip(text, begin + 1) if mark == "," else begin
    last = 1 + text.count("\n", 0, begin)
    if text[begin : begin + 1] != "]":
        raise _cut_short(faults, last, "expected a comma or the list's end")
    if _skip(text, begin + 1) < len(text):
        what = "the list ends here and the file goes on"
        raise faults.fail(last, "bad-json", what, "Keep one list in the file", ["layout"])


def _skip(text: str, position: int) -> int:
    """Return where the next character lies that is no white space of JSON."""
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _cut_short(faults: Faults, line: int, what: object) -> FormatError:
    fix = "Fetch the file again; it may be cut short"
    return faults.fail(line, "bad-json", f"not valid JSON: {what}", fix)
