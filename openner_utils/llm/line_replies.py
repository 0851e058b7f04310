"""What the formats have in common whose answers are lines with types, colons and texts: `pair_replies` and `list_replies`.

A line is part of an answer if it begins with a known type, or with one in capitals, of which one in it or beside it must be known;
``None`` alone on its line says that there is nothing. The last such lines that are neighbours count. A mark of a list, or a word such as
``Answer:``, may stand before the first type of a line. A text that would not be read back as it is stands in quotes, as in JSON.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from openner_utils.llm.marks import CONTROL, without_reasoning
from openner_utils.llm.places import visible
from openner_utils.llm.replies import (
    EMPTY,
    FENCES_ALONE,
    LONGEST,
    NEVER_ENDED,
    SET_ASIDE,
    TOO_LONG,
    TRAILING,
    UNPARSABLE,
    Emitted,
    Parsed,
    writable,
)

NOTHING = "None"
"""The answer for a sentence without mentions."""
SAYS_NOTHING = re.compile(r"[*_`\"'(\[]*none[.*_`\"')\]]*", re.IGNORECASE)
FENCE = re.compile(r"\s*```[\w-]*\s*")
"""A line that is the mark of a fence."""
_BEFORE = re.compile(
    r"\s*+(?:[-*•+]\s|\(?\d{1,3}[.):])?\s*+(?:(?:final\s+)?(?:answer|output|result|entities)\s*+:)?\s*+",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\A|\s)#(\d{1,6})\Z")


def written(text: str, occurrence: int | None, in_quotes: bool) -> str:
    """Return a mention's text as it is written, in quotes or not, and its occurrence, where one is given.

    >>> written("Ada", None, False), written("a; b", 2, True)
    ('Ada', '"a; b" #2')
    """
    said = json.dumps(text, ensure_ascii=False) if in_quotes else text
    return said + ("" if occurrence is None else f" #{occurrence}")


def emitted(type: str, said: str) -> Emitted:
    """Return the mention that an item says: a text, in quotes or not, and perhaps its occurrence."""
    number = _NUMBER.search(said)
    text = said[: number.start()].rstrip() if number else said
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _unquoted(text)
    return Emitted(text, type, occurrence=int(number[1]) if number else None)


def _unquoted(said: str) -> str:
    """Return what stands in quotes; where that is no string of JSON, as it stands."""
    try:
        return writable(str(json.loads(said)))
    except ValueError:
        return said[1:-1]


class Types:
    """The types that a reply may name, which may hold any signs, and others where they stand before a colon."""

    def __init__(self, types: Collection[str]) -> None:
        self._known = {type.casefold() for type in types}
        names = "|".join(re.escape(type) for type in sorted(types, key=len, reverse=True))
        self._opening = re.compile(
            rf"[\s*_`]*+(?P<type>{names or '(?!)'}|[^\W\d][^:;\"\n]{{0,60}}?)[\s*_`]*+:[*_`]*+\s*+",
            re.IGNORECASE,
        )

    def knows(self, type: str) -> bool:
        """Return whether a type is known, in whatever capitals."""
        return type.casefold() in self._known

    def opening(self, line: str, at: int) -> re.Match[str] | None:
        """Return the type and colon that stand at ``at``, a known one or another."""
        return self._opening.match(line, at)

    def begin(self, line: str) -> int:
        """Return where a line begins, behind what may stand before an answer.

        A known type comes first, even if it is called as what stands there is.
        """
        found = self.opening(line, 0)
        before = _BEFORE.match(line)
        return 0 if (found and self.knows(found["type"])) or before is None else before.end()


@dataclass(frozen=True, slots=True)
class Line:
    """A line that may be part of an answer: its mentions, and whether a type of theirs is known; ``alone`` is the line ``None``."""

    mentions: tuple[Emitted, ...]
    known: bool
    alone: bool = False


def parse_lines(
    reply: str, sentence: str, types: Collection[str], read: Callable[[Types, str, int], Line | None]
) -> Parsed:
    """Return what a reply in lines says; ``sentence`` is the text as shown to the model, without blanks.

    ``read`` says what a line, from where it begins, says; None where it is no part of an answer.
    """
    body = answer_in(reply, sentence, types)
    if isinstance(body, Parsed):
        return body
    of = Types(types)
    lines = [_line(of, line, read) for line in body.split("\n") if line.strip() and not FENCE.fullmatch(line)]
    answers = list(_answers(lines))
    if not answers:
        return Parsed(faults=(UNPARSABLE,))
    said = [[each for line in lines[first:last] if line for each in line.mentions] for first, last in answers]
    around = (TRAILING,) if sum(last - first for first, last in answers) < len(lines) else ()
    return Parsed(tuple(said[-1]), around + (SET_ASIDE,) * sum(map(bool, said[:-1])))


def _line(types: Types, line: str, read: Callable[[Types, str, int], Line | None]) -> Line | None:
    begin = types.begin(line)
    if SAYS_NOTHING.fullmatch(line[begin:].strip()):
        return Line((), False, alone=True)
    return read(types, line, begin)


def _answers(lines: Sequence[Line | None]) -> Iterator[tuple[int, int]]:
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


def answer_in(reply: str, sentence: str, types: Collection[str]) -> str | Parsed:
    """Return what is left of a reply in lines without its reasoning and control marks; where nothing is, why."""
    if len(reply) > LONGEST:
        return Parsed(faults=(TOO_LONG,))
    body = without_reasoning(reply, sentence, {type.casefold() for type in types})
    if body is None:
        return Parsed(faults=(NEVER_ENDED,))
    body = CONTROL.sub(lambda mark: mark[0] if visible(mark[0]) in sentence else "", body).strip()
    if not body or FENCES_ALONE.fullmatch(body):
        return Parsed(faults=(EMPTY,))
    return body
