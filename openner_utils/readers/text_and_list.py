"""A line of text, then a line with its mentions as a Python list of (start, end, type, text), as EverestNER has them.

Blank lines stand between such pairs. The list is read as a literal; nothing in it is ever run.
"""

import ast
import warnings
from pathlib import Path
from typing import Any, Literal

from openner_utils.catalog import Card, File
from openner_utils.readers import Reading, half_pair, options_of, read_text
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.support.errors import FormatError
from openner_utils.support.records import Record

LONGEST = 100_000
"""Characters in a list, at the most: deep nesting in a long literal can exhaust the parser."""


class Options(Record):
    """How the text becomes tokens."""

    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(path: Path, card: Card, file: File) -> Reading:
    """Read one file; each text is a sentence and a document."""
    options = options_of(Options, card)
    content, counts = read_text(path)
    groups: list[list[Text]] = []
    text = ""
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() and not text:
            continue
        if not text:
            text = line
            continue
        spans = [_span(path, number, text, entry) for entry in _list(path, number, line)]
        groups.append([Text(text, [Piece(0, len(text), number - 1)], spans)])
        text = ""
    if text:
        raise FormatError(
            path, number, "the last text has no list", "Add it; [] if there is no mention.", "bad-span"
        )
    return columns_of(groups, get_tokenizer(options.tokenizer), file.path, counts)


def _list(path: Path, number: int, line: str) -> list[Any]:
    try:
        if len(line) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of backslashes that escape nothing
            entries = ast.literal_eval(line.strip())
        if not isinstance(entries, list):
            raise ValueError("another kind of value")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise FormatError(
            path,
            number,
            f"{line!r:.60} is no Python list ({error!s:.80})",
            "After each line of text comes the list of its mentions.",
            "bad-span",
        ) from error
    return entries


def _span(path: Path, number: int, text: str, entry: Any) -> Published:
    """Return one mention; its text must be the one at its place."""
    match entry:
        case (int(start), int(end), str(type), str(words)) if 0 <= start < end <= len(text) and type:
            if text[start:end] == words and not half_pair(type):
                return Published(int(start), int(end), type, number)
    raise FormatError(
        path,
        number,
        f"{entry!r:.80} is no mention of the line before",
        "Expected: (start, end, type, text), with the text that stands there.",
        "bad-span",
    )
