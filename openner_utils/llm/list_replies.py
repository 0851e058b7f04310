"""From a reply in the lists format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A line is a type, a colon and its texts with bars between them, as in ``PER: Ada Lovelace | Bo #2``; a type without mentions has
no line, or ``None`` for texts; ``None`` alone on its line says that there is nothing. As in `pair_replies`, a line is part of
an answer if its type is known, or in capitals beside a known one, and the last such lines that are neighbours count.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from openner_utils.llm.pair_replies import (
    BEFORE,
    FENCE,
    NOTHING,
    SAYS_NOTHING,
    answer_in,
    emitted,
    type_and_colon,
)
from openner_utils.llm.replies import SET_ASIDE, TRAILING, UNPARSABLE, Emitted, Parsed

_BAR = " | "
_STRING = re.compile(r'\s*+"(?:[^"\\\n]|\\.)*+"(?=\s*+(?:\||#\d|\Z))')
_NEEDS_QUOTES = re.compile(r"[|:\"\n*_`]|#\d{1,6}\Z|\A\s|\s\Z|\A[-–—]*\Z")


def listed(mentions: Sequence[tuple[str, str, int | None]]) -> str:
    """Return mentions, as (type, text, occurrence), as they are written: a line for each type, in order of appearance.

    >>> print(listed([("PER", "Ada", None), ("LOC", "a|b", None), ("PER", "Bo", 2)]))
    PER: Ada | Bo #2
    LOC: "a|b"
    """
    of_type: dict[str, list[str]] = {}
    for type, text, occurrence in mentions:
        said = json.dumps(text, ensure_ascii=False) if _needs_quotes(text) else text
        number = "" if occurrence is None else f" #{occurrence}"
        of_type.setdefault(type, []).append(said + number)
    return "\n".join(f"{type}: {_BAR.join(texts)}" for type, texts in of_type.items()) or NOTHING


def _needs_quotes(text: str) -> bool:
    return bool(_NEEDS_QUOTES.search(text) or SAYS_NOTHING.fullmatch(text))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that may be part of an answer: its mentions, and whether its type is known; ``alone`` is the line ``None``."""

    mentions: tuple[Emitted, ...]
    known: bool
    alone: bool = False


def parse_lists(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the lists format says; ``sentence`` is the text as shown to the model, without blanks.

    >>> [each.text for each in parse_lists("PER: Ada | Bo\\nORG: None", "", ["PER", "ORG"]).mentions]
    ['Ada', 'Bo']
    """
    body = answer_in(reply, sentence, types)
    if isinstance(body, Parsed):
        return body
    reader = _Reader(types)
    lines = [reader.line(line) for line in body.split("\n") if line.strip() and not FENCE.fullmatch(line)]
    answers = list(_answers(lines))
    if not answers:
        return Parsed(faults=(UNPARSABLE,))
    said = [[each for line in lines[first:last] if line for each in line.mentions] for first, last in answers]
    around = (TRAILING,) if sum(last - first for first, last in answers) < len(lines) else ()
    return Parsed(tuple(said[-1]), around + (SET_ASIDE,) * sum(map(bool, said[:-1])))


def _answers(lines: Sequence[_Line | None]) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end that are one answer; ``None`` is one by itself."""
    start = 0
    while start < len(lines):
        end = start + 1
        first = lines[start]
        if first is not None and not first.alone:
            while end < len(lines) and (line := lines[end]) is not None and not line.alone:
                end += 1
        if first is not None and (first.alone or any(line and line.known for line in lines[start:end])):
            yield start, end
        start = end


class _Reader:
    """What reads lines; it knows the types, which may hold any signs."""

    def __init__(self, types: Collection[str]) -> None:
        self._known = {type.casefold() for type in types}
        self._type = type_and_colon(types)

    def line(self, line: str) -> _Line | None:
        """Return what a line says; None where it is no part of an answer."""
        opened = self._type.match(line)
        if opened is None or not self._is_known(opened["type"]):
            before = BEFORE.match(line)
            at = before.end() if before else 0
            if SAYS_NOTHING.fullmatch(line[at:].strip()):
                return _Line((), False, alone=True)
            opened = self._type.match(line, at)
        if opened is None or not (self._is_known(opened["type"]) or opened["type"].isupper()):
            return None
        return _Line(tuple(self._items(opened["type"], line, opened.end())), self._is_known(opened["type"]))

    def _items(self, type: str, line: str, at: int) -> Iterator[Emitted]:
        """Yield the mentions of a line from ``at`` on; one that names a known type of its own is of that."""
        while at < len(line):
            other = self._type.match(line, at)
            if other is not None and self._is_known(other["type"]):
                type, at = other["type"], other.end()
            string = _STRING.match(line, at)
            end = line.find("|", string.end() if string else at)
            end = len(line) if end < 0 else end
            said = line[at:end].strip()
            if (said.strip("-–—") and not SAYS_NOTHING.fullmatch(said)) or string:
                yield emitted(type, said)
            at = end + 1

    def _is_known(self, type: str) -> bool:
        return type.casefold() in self._known
