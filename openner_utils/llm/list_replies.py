"""From a reply in the lists format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A line is a type, a colon and its texts with bars between them, as in ``PER: Ada Lovelace | Bo #2`` (`line_replies`); a type without
mentions has no line, or ``None`` for texts.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from openner_utils.llm.line_replies import NOTHING, SAYS_NOTHING, Line, Types, emitted, parse_lines, written
from openner_utils.llm.replies import Emitted, Parsed

BAR = " | "
"""What stands between two texts of a line."""
_STRING = re.compile(r'\s*+"[^"\\\n]*+(?:\\.[^"\\\n]*+)*"(?=\s*+(?:\||#\d|\Z))')
_NEEDS_QUOTES = re.compile(r"[|:\"\n*_`]|#\d{1,6}\Z|\A\s|\s\Z|\A[-–—]*\Z")


def listed(mentions: Sequence[tuple[str, str, int | None]]) -> str:
    """Return mentions, as (type, text, occurrence), as they are written: a line for each type, in order of appearance.

    >>> print(listed([("PER", "Ada", None), ("LOC", "a|b", None), ("PER", "Bo", 2)]))
    PER: Ada | Bo #2
    LOC: "a|b"
    """
    of_type: dict[str, list[str]] = {}
    for type, text, occurrence in mentions:
        of_type.setdefault(type, []).append(written(text, occurrence, needs_quotes(text)))
    return "\n".join(f"{type}: {BAR.join(texts)}" for type, texts in of_type.items()) or NOTHING


def needs_quotes(text: str) -> bool:
    """Return whether a text stands in quotes."""
    return bool(_NEEDS_QUOTES.search(text) or SAYS_NOTHING.fullmatch(text))


def parse_lists(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the lists format says; ``sentence`` is the text as shown to the model, without blanks.

    >>> [each.text for each in parse_lists("PER: Ada | Bo\\nORG: None", "", ["PER", "ORG"]).mentions]
    ['Ada', 'Bo']
    """
    return parse_lines(reply, sentence, types, _line)


def _line(types: Types, line: str, at: int) -> Line | None:
    opened = types.opening(line, at)
    if opened is None or not (types.knows(opened["type"]) or opened["type"].isupper()):
        return None
    return Line(tuple(_items(types, opened["type"], line, opened.end())), types.knows(opened["type"]))


def _items(types: Types, type: str, line: str, at: int) -> Iterator[Emitted]:
    """Yield the mentions of a line from ``at`` on; one that names a known type of its own is of that."""
    while at < len(line):
        other = types.opening(line, at)
        if other is not None and types.knows(other["type"]):
            type, at = other["type"], other.end()
        string = _STRING.match(line, at)
        end = line.find("|", string.end() if string else at)
        end = len(line) if end < 0 else end
        said = line[at:end].strip()
        if (said.strip("-–—") and not SAYS_NOTHING.fullmatch(said)) or string:
            yield emitted(type, said)
        at = end + 1
