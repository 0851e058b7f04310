"""A line of text, then a line with its mentions as a Python list of (start, end, type, text), as EverestNER has them.

Blank lines stand between such pairs. The list is read as a literal; nothing in it is ever run.
"""

import ast
import warnings
from typing import Any, Literal

from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Piece, Published, Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record

LONGEST = 100_000
"""Characters in a list, at the most: deep nesting in a long literal can exhaust the parser."""


class Options(Record):
    """How the text becomes tokens."""

    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one file; each text is a sentence and a document."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults)
    groups: list[list[Text]] = []
    text = ""
    for number, line in enumerate(content.replace("\r\n", "\n").split("\n"), 1):
        if not text:
            text = line if line.strip() else ""
            continue
        spans: list[Published] = []
        entries = _list(faults, number, line)
        for entry in entries or ():
            if span := _span(number, text, entry):
                spans.append(span)
            else:
                what = f"{entry!r:.80} is no mention of the line before"
                fix = "Write (start, end, type, text), with the text that stands there"
                faults.add(number, "bad-span", what, fix)
        groups.append([Text(text, [Piece(0, len(text), number - 1)], spans)])
        # A line that does not begin as a list does is the next text, and the list is missing.
        text = line if entries is None and line.strip() and line.lstrip()[0] != "[" else ""
    if text:
        faults.add(number, "bad-span", "the last text has no list", "Add it; [] if there is no mention")
        groups.append([Text(text, [Piece(0, len(text), number)], [])])
    return columns_of(groups, get_tokenizer(options.tokenizer), raw, faults, counts)


def _list(faults: Faults, number: int, line: str) -> list[Any] | None:
    """Return the list on a line; what is none is a fault."""
    try:
        if len(line) > LONGEST:
            raise ValueError(f"longer than {LONGEST} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of backslashes that escape nothing
            entries = ast.literal_eval(line.strip())
        if not isinstance(entries, list):
            raise ValueError("another kind of value")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        what = f"{line!r:.60} is no Python list ({error!s:.80})"
        fix = "After each line of text comes the list of its mentions; write it"
        faults.add(number, "bad-span", what, fix, ["reader"])
        return None
    return entries


def _span(number: int, text: str, entry: Any) -> Published | None:
    """Return one mention, or None if its text is not the one at its place."""
    match entry:
        case (int(start), int(end), str(type), str(words)) if 0 <= start < end <= len(text) and type:
            if text[start:end] == words and not half_pair(type):
                return Published(int(start), int(end), type, number)
    return None
