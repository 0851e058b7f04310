"""JSON lines, each one text with character spans: ``{"text": …, "entities": [[start, end, type], …]}``."""

import json
from operator import index
from pathlib import Path
from typing import Literal

from openner_utils.catalog import Card, File
from openner_utils.readers import Reading, options_of, read_text
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record


class Options(Record):
    """Keys of an object, and how its text becomes tokens."""

    text: str = "text"
    spans: str = "entities"
    """Key of the list of [start, end, type]."""
    document: str | None = None
    """Key whose value is the same for the sentences of a document; without it each text is one."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one file of JSON lines; each line is a sentence, neighbours with one document value a document."""
    options = options_of(Options, card)
    content, counts = read_text(path)
    groups: list[list[Text]] = []
    last: object = None
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            text = _text(entry[options.text])
            spans = [
                Published(index(start), index(end), _text(type), number)
                for start, end, type in entry[options.spans]
            ]
            document = entry[options.document] if options.document else number
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise FormatError(
                path,
                number,
                f"no object with {options.text!r} and spans [start, end, type] ({error})",
                "Correct the line, or the keys on the card.",
                "bad-json",
            ) from error
        for span in spans:
            if not 0 <= span.start < span.end <= len(text) or not span.type:
                raise FormatError(
                    path,
                    number,
                    f"span {span} lies outside the text or has no type",
                    "Correct the span.",
                    "bad-span",
                )
        one = Text(text, [Piece(0, len(text), number)], spans)
        if groups and document == last:
            groups[-1].append(one)
        else:
            groups.append([one])
        last = document
    return columns_of(groups, get_tokenizer(options.tokenizer), file.path, counts)


def _text(value: object) -> str:
    """Return a JSON value that is text; half of a surrogate pair, which JSON can escape, is none."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    value.encode("utf-8")
    return value
