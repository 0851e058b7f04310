"""JSON list of sentences, each with its tokens and one label per token."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from openner_utils.catalog import Card, File
from openner_utils.columns import Columns, encode_names, offsets_of
from openner_utils.errors import FormatError
from openner_utils.readers import Reading, options_of, read_text
from openner_utils.records import Record

_HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: JSON can escape it, but it is no character and no UTF-8 file can hold it."""


class Options(Record):
    """Names of the keys under which tokens and labels lie."""

    tokens: str = "tokens"
    labels: str = "ner_tags"


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one JSON file; the line given for a token is the one on which its sentence's object begins."""
    options = options_of(Options, card)
    text, counts = read_text(path)
    tokens: list[str] = []
    labels: list[str] = []
    lines: list[int] = []
    lengths: list[int] = []
    for line, entry in _objects(path, text):
        words, tags = entry.get(options.tokens), entry.get(options.labels)
        if not isinstance(words, list) or not isinstance(tags, list) or not words or len(words) != len(tags):
            raise FormatError(
                path,
                line,
                f"{options.tokens!r} and {options.labels!r} must be lists of one length, not empty",
                "Correct the entry, or the keys on the card.",
                "column-count",
            )
        for word in words:
            if not isinstance(word, str) or not word or _HALF_PAIR.search(word):
                raise FormatError(
                    path, line, f"token {word!r:.40} is no text", "Correct the entry.", "empty-token"
                )
        for tag in tags:
            if not isinstance(tag, str | int) or _HALF_PAIR.search(str(tag)):
                raise FormatError(
                    path,
                    line,
                    f"label {tag!r:.40} is neither text nor number",
                    "Correct the entry.",
                    "missing-label",
                )
        tokens += words
        labels += map(str, tags)
        lines += [line] * len(words)
        lengths.append(len(words))
    ids, names = encode_names(labels)
    sentences = offsets_of(lengths)
    documents = np.array([0, len(lengths)] if lengths else [0], dtype=np.int64)
    columns = Columns(
        pa.array(tokens, pa.string()), ids, names, sentences, documents, np.array(lines, np.int32), file.path
    )
    return Reading(columns, counts=counts)


def _objects(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of a JSON list, each with the line on which it begins."""
    decoder = json.JSONDecoder()
    position, line, found = 0, 1, []

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
        begin = skip(position + 1, " \t\r\n,")
        counted = 0
        while text[begin : begin + 1] != "]":
            line += text.count("\n", counted, begin)
            counted = begin
            entry, end = decoder.raw_decode(text, begin)
            if not isinstance(entry, dict):
                raise FormatError(
                    path, line, f"{entry!r:.40} is no object", "Check the reader on the card.", "bad-json"
                )
            found.append((line, entry))
            begin = skip(end, " \t\r\n,")
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
