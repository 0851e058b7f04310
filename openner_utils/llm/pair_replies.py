"""From a reply in the pairs format to the mentions it emitted. Whatever a reply holds, parsing returns; it never raises.

A pair is a type, a colon and a text, as in ``PER: Ada Lovelace``; pairs stand on one line with semicolons between them, or
on several. A line is part of an answer if each of its pairs begins with a known type, or with one in capitals, of which one in
it or beside it must be known; ``None`` alone on its line says that there is nothing. The last such lines that are neighbours
count. A mark of a list, or a word such as ``Answer:``, may stand before the first type of a line.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
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
)

NOTHING = "None"
"""The answer for a sentence without mentions."""
BETWEEN = "; "
"""What stands between two pairs."""

STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"(?=\s*+(?:;|#\d|\Z))')
BEFORE = re.compile(
    r"\s*+(?:[-*•+]\s|\(?\d{1,3}[.):])?\s*+(?:(?:final\s+)?(?:answer|output|result|entities)\s*+:)?\s*+",
    re.IGNORECASE,
)
SAYS_NOTHING = re.compile(r"[*_`\"'(\[]*none[.*_`\"')\]]*", re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r"[;\"\n*_`]|#\d{1,6}\Z|\A\s|\s\Z")
_NUMBER = re.compile(r"(?:\A|\s)#(\d{1,6})\Z")
FENCE = re.compile(r"\s*```[\w-]*\s*")
"""A line that is the mark of a fence."""


def pair(type: str, text: str, occurrence: int | None) -> str:
    """Return a mention as it is written; a text that would not be read back as it is stands in quotes, as in JSON.

    >>> pair("PER", "Ada", None), pair("LOC", "a; b", 2)
    ('PER: Ada', 'LOC: "a; b" #2')
    """
    said = json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text
    return f"{type}: {said}{'' if occurrence is None else f' #{occurrence}'}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a reply: its pairs if it may be part of an answer (none for ``None``), else None; whether a type of theirs is known."""

    pairs: tuple[Emitted, ...] | None
    known: bool


def parse_pairs(reply: str, sentence: str, types: Collection[str]) -> Parsed:
    """Return what a reply in the pairs format says; ``sentence`` is the text as shown to the model, without blanks.

    >>> parse_pairs("PER: Ada; LOC: Rome #2", "", ["PER", "LOC"]).mentions[1]
    Emitted(text='Rome', type='LOC', start=-1, end=-1, occurrence=2)
    """
    body = answer_in(reply, sentence, types)
    if isinstance(body, Parsed):
        return body
    reader = _Reader(types)
    lines = [reader.line(line) for line in body.split("\n") if line.strip() and not FENCE.fullmatch(line)]
    answers = list(_answers(lines))
    if not answers:
        return Parsed(faults=(UNPARSABLE,))
    start, end = answers[-1]
    mentions = tuple(each for line in lines[start:end] for each in line.pairs or ())
    aside = sum(any(line.pairs for line in lines[first:last]) for first, last in answers[:-1])
    around = (TRAILING,) if sum(last - first for first, last in answers) < len(lines) else ()
    return Parsed(mentions, around + (SET_ASIDE,) * aside)


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


def _answers(lines: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """Yield where lines begin and end that are one answer; ``None`` is one by itself."""
    start = 0
    while start < len(lines):
        first, end = lines[start], start + 1
        while first.pairs and end < len(lines) and lines[end].pairs:
            end += 1
        if first.pairs == () or (first.pairs and any(line.known for line in lines[start:end])):
            yield start, end
        start = end


def type_and_colon(types: Collection[str]) -> re.Pattern[str]:
    """Return what matches a type with its colon, a known one or another."""
    names = "|".join(re.escape(type) for type in sorted(types, key=len, reverse=True))
    return re.compile(
        rf"[\s*_`]*+(?P<type>{names or '(?!)'}|[^\W\d][^:;\"\n]{{0,60}}?)[\s*_`]*+:[*_`]*+\s*+",
        re.IGNORECASE,
    )


class _Reader:
    """What reads lines; it knows the types, which may hold any signs."""

    def __init__(self, types: Collection[str]) -> None:
        self._known = {type.casefold() for type in types}
        self._type = type_and_colon(types)

    def line(self, line: str) -> _Line:
        """Return what a line may be of an answer."""
        at = 0
        if not self._begins(line) and (before := BEFORE.match(line)):
            at = before.end()
        if SAYS_NOTHING.fullmatch(line[at:].strip()):
            return _Line((), False)
        found = []
        while line[at:].strip():
            opened = self._type.match(line, at)
            if opened is None:
                return _Line(None, False)
            string = STRING.match(line, opened.end())
            end = line.find(";", string.end() if string else opened.end())
            end = len(line) if end < 0 else end
            found.append(emitted(opened["type"], line[opened.end() : end].strip()))
            at = end + 1
        known = [self._is_known(each.type) for each in found]
        fits = all(one or each.type.isupper() for one, each in zip(known, found, strict=True))
        return _Line(tuple(found) if found and fits else None, any(known))

    def _begins(self, line: str) -> bool:
        """Return whether a line begins with a known type, even if it is called as what stands before an answer is."""
        found = self._type.match(line)
        return found is not None and self._is_known(found["type"])

    def _is_known(self, type: str) -> bool:
        return type.casefold() in self._known


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
        return str(json.loads(said)).encode("utf-8", "replace").decode()
    except ValueError:
        return said[1:-1]
