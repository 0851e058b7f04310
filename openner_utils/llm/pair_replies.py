"""From a reply in the pairs format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A pair is a type, a colon and a text, as in ``PER: Ada Lovelace``; pairs stand on one line with semicolons between them, or
on several (`line_replies`). Each pair of a line that is part of an answer has a known type, or one in capitals.
"""

import re
from collections.abc import Collection

from openner_utils.llm.line_replies import Line, Types, emitted, parse_lines, written
from openner_utils.llm.replies import Parsed

BETWEEN = "; "
"""What stands between two pairs."""

_STRING = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*"(?=\s*+(?:;|#\d|\Z))')
_NEEDS_QUOTES = re.compile(r"[;\"\n*_`]|#\d{1,6}\Z|\A\s|\s\Z")


def pair(type: str, text: str, occurrence: int | None) -> str:
    """Return a mention as it is written; a text that would not be read back as it is stands in quotes.

    >>> pair("PER", "Ada", None), pair("LOC", "a; b", 2)
    ('PER: Ada', 'LOC: "a; b" #2')
    """
    return f"{type}: {written(text, occurrence, needs_quotes(text))}"


def needs_quotes(text: str) -> bool:
    """Return whether a text stands in quotes."""
    return bool(_NEEDS_QUOTES.search(text))


def parse_pairs(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the pairs format says; ``sentence`` is the text as shown to the model, without blanks.

    >>> parse_pairs("PER: Ada; LOC: Rome #2", "", ["PER", "LOC"]).mentions[1]
    Emitted(text='Rome', type='LOC', start=-1, end=-1, occurrence=2)
    """
    return parse_lines(reply, sentence, types, _pairs)


def _pairs(types: Types, line: str, at: int) -> Line | None:
    found = []
    while line[at:].strip():
        opened = types.opening(line, at)
        if opened is None:
            return None
        string = _STRING.match(line, opened.end())
        end = line.find(";", string.end() if string else opened.end())
        end = len(line) if end < 0 else end
        found.append(emitted(opened["type"], line[opened.end() : end].strip()))
        at = end + 1
    known = [types.knows(each.type) for each in found]
    fits = all(one or each.type.isupper() for one, each in zip(known, found, strict=True))
    return Line(tuple(found), any(known)) if found and fits else None
