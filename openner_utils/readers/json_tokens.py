"""JSON list of sentences (or one object a line), each with its tokens and one label per token."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from openner_utils.catalog import Card, File
from openner_utils.core.columns import Columns, encode_names, offsets_of
from openner_utils.readers import Reading, half_pair, options_of, read_text
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


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins."""
    options = options_of(Options, card)
    text, counts = read_text(path)
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    lengths: list[int] = []
    places: list[tuple[int, int]] = []
    for line, entry in objects(path, text) if options.layout == "list" else json_lines(path, text):
        words, tags = entry.get(options.tokens), entry.get(options.labels)
        if not isinstance(words, list) or not isinstance(tags, list) or not words or len(words) != len(tags):
            raise FormatError(
                path,
                line,
                f"{options.tokens!r} and {options.labels!r} must be lists of one length, not empty",
                "Correct the entry, or the keys on the card.",
                "column-count",
            )
        check_tokens(path, line, words)
        for tag in tags:
            if not isinstance(tag, str | int) or half_pair(str(tag)) or "\0" in str(tag):
                raise FormatError(
                    path,
                    line,
                    f"label {tag!r:.40} is neither text nor number",
                    "Correct the entry.",
                    "missing-label",
                )
        if options.offsets:
            found = _places(path, line, words, entry.get(options.text), entry.get(options.offsets))
            wrong = sum(
                end != given for (_, end), (_, given) in zip(found, entry[options.offsets], strict=True)
            )
            counts[_OTHER_END] = counts.get(_OTHER_END, 0) + wrong
            places += found
        tokens += words
        labels += map(str, tags)
        lines += [line] * len(words)
        lengths.append(len(words))
    ids, names = encode_names(labels)
    sentences = offsets_of(lengths)
    documents = np.array([0, len(lengths)] if lengths else [0], dtype=np.int64)
    columns = Columns(
        pa.array(tokens, pa.string()),
        ids,
        names,
        sentences,
        documents,
        np.array(lines, np.int32),
        file.path,
        np.array([start for start, _ in places], np.int32) if options.offsets else None,
        np.array([end for _, end in places], np.int32) if options.offsets else None,
    )
    return Reading(columns, counts={what: number for what, number in counts.items() if number})


def check_tokens(path: Path, line: int, words: list[Any]) -> None:
    """Raise `FormatError` for the first of ``words`` that is no text."""
    for word in words:
        if not isinstance(word, str) or not word or half_pair(word):
            raise FormatError(
                path, line, f"token {word!r:.40} is no text", "Correct the entry.", "empty-token"
            )


def _places(path: Path, line: int, words: list[str], text: Any, offsets: Any) -> list[tuple[int, int]]:
    """Return where each token lies in the text: it must be found at its begin; some published ends are wrong."""
    if not isinstance(text, str) or not isinstance(offsets, list) or len(offsets) != len(words):
        what = "there is no text, or not one pair of offsets for each token"
        raise FormatError(path, line, what, "Correct the entry, or the keys on the card.", "bad-span")
    places: list[tuple[int, int]] = []
    for word, place in zip(words, offsets, strict=True):
        last = places[-1][1] if places else 0
        match place:
            case [int(start), int(end)] if last <= start < end:
                if text.startswith(word, start):
                    places.append((start, start + len(word)))
                    continue
        what = f"token {word!r:.40} does not lie at {place!r:.40} of the text"
        raise FormatError(path, line, what, "Correct the offsets.", "bad-span")
    return places


def json_lines(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the object on each line that is not blank, with the line's number."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            what = f"not valid JSON: {getattr(error, 'msg', error)}"
            raise FormatError(path, number, what, "Correct the line.", "bad-json") from error
        if not isinstance(entry, dict):
            raise FormatError(
                path, number, f"{entry!r:.40} is no object", "Check the reader on the card.", "bad-json"
            )
        yield number, entry


def objects(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of a JSON list, each with the line on which it begins.

    `FormatError` names the line at which the file stops being such a list.
    """
    decoder = json.JSONDecoder()
    position, line = 0, 1
    found: list[tuple[int, dict[str, Any]]] = []

    def skip(position: int, characters: str) -> int:
        while position < len(text) and text[position] in characters:
            position += 1
        return position

    try:
        position = skip(0, " \t\r\n")
        if text[position : position + 1] != "[":
            raise FormatError(
                path, 1, "the file is no JSON list", "Check the reader on the card.", "bad-json"
            )
        begin = skip(position + 1, " \t\r\n")
        counted = 0
        while text[begin : begin + 1] != "]" or found:
            line += text.count("\n", counted, begin)
            counted = begin
            entry, end = decoder.raw_decode(text, begin)
            if not isinstance(entry, dict):
                raise FormatError(
                    path, line, f"{entry!r:.40} is no object", "Check the reader on the card.", "bad-json"
                )
            found.append((line, entry))
            begin = skip(end, " \t\r\n")
            if text[begin : begin + 1] != ",":
                break
            begin = skip(begin + 1, " \t\r\n")
        if text[begin : begin + 1] != "]":
            raise json.JSONDecodeError("expected a comma or the list's end", text, begin)
        if skip(begin + 1, " \t\r\n") < len(text):
            raise FormatError(
                path,
                1 + text.count("\n", 0, begin),
                "the list ends here and the file goes on",
                "Keep one list in the file.",
                "bad-json",
            )
    except (ValueError, RecursionError) as error:
        raise FormatError(
            path,
            getattr(error, "lineno", line),
            f"not valid JSON: {getattr(error, 'msg', error)}",
            "Fetch the file again; it may be cut short.",
            "bad-json",
        ) from error
    return found
