"""What may be said of a sentence in the formats whose answers are lines: pairs, and lists (`automata` has the others).

A text stands in quotes exactly where it would not be read back without them, which is known only where it ends. So an automaton says at a
text's begin whether it is in quotes, and lets it go on only as long as it can still end so. Of the text so far it keeps what decides that
(`_kept`), so that states stay few.

In lists mentions stand by type, each line in the order of the sentence, lines in the order of their first mentions: what may follow hangs on
every token that is taken. Such states are too many to be written as a grammar, and few at a time for `constrained.Constraint`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from openner_utils.core.document import Span
from openner_utils.llm import list_replies, pair_replies
from openner_utils.llm.line_replies import NOTHING
from openner_utils.llm.places import Places
from openner_utils.llm.prompts import quoted
from openner_utils.llm.states import ALONE, CLOSED, END, State

_WORD_FOR_NOTHING = re.compile(r"['(\[]*(?:n(?:o(?:n(?:e[.')\]]*)?)?)?)?|[-–—]+", re.IGNORECASE)
_NUMBER_UNDER_WAY = re.compile(r"#\d{0,6}\Z")


def _kept(text: str, needs_quotes: Callable[[str], bool]) -> str:
    """Return a text, mostly short, that needs quotes where ``text`` does, and so on with anything behind both.

    >>> _kept("Ada Lovelace #1", pair_replies.needs_quotes), _kept('5" disk', pair_replies.needs_quotes)
    ('x#1', '"')
    """
    if needs_quotes(f"x{text}x"):  # by a sign inside it, whatever follows
        return '"'
    if _WORD_FOR_NOTHING.fullmatch(text):
        return text
    number = _NUMBER_UNDER_WAY.search(text)
    return "x" + (number[0] if number else "")


@dataclass(frozen=True, slots=True)
class _Texts:
    """How the texts of a sentence are written: whether one that has begun can still end in quotes, or without."""

    words: Sequence[str]
    sep: str
    needs_quotes: Callable[[str], bool]
    _known: dict[tuple[int, str, bool, int], bool] = field(default_factory=dict)

    def begun(self, at: int) -> str:
        """Return what is kept of a text that begins at a token."""
        return _kept(self.words[at], self.needs_quotes)

    def longer(self, kept: str, at: int) -> str:
        """Return what is kept of a text when a token is added."""
        return _kept(f"{kept}{self.sep}{self.words[at]}", self.needs_quotes)

    def said(self, at: int, in_quotes: bool, first: bool) -> str:
        """Return a token as it stands in a text, with what stands before it."""
        text = self.words[at] if first else f"{self.sep}{self.words[at]}"
        if not in_quotes:
            return f" {text}" if first else text
        return f' "{quoted(text)}' if first else quoted(text)

    def may_end(self, kept: str, in_quotes: bool) -> bool:
        """Return whether a text may end here."""
        return self.needs_quotes(kept) == in_quotes

    def can_end(self, kept: str, in_quotes: bool, position: int, limit: int) -> bool:
        """Return whether a text that holds the tokens before ``position`` may end there, or at a later token up to ``limit``."""
        passed = []
        found = False
        while not found:
            key = (position, kept, in_quotes, limit)
            if key in self._known:
                found = self._known[key]
                break
            passed.append(key)
            found = self.may_end(kept, in_quotes)
            if found or position == limit or (kept == '"' and not in_quotes):
                break
            kept, position = self.longer(kept, position), position + 1
        self._known.update(dict.fromkeys(passed, found))
        return found


def _ended(in_quotes: bool, occurrence: int | None) -> str:
    """Return what ends a mention's text, with its occurrence where it has one."""
    return ('"' if in_quotes else "") + ("" if occurrence is None else f" #{occurrence}")


@dataclass(frozen=True)
class PairsAutomaton:
    """Types and texts in order: states are (tokens passed) before a text, and inside one.

    Inside they are (tokens passed, first token or `ALONE`, what is kept of the text, whether it is in quotes).
    """

    words: tuple[str, ...]
    types: tuple[str, ...]
    sep: str
    start: State = ("start",)
    as_grammar: ClassVar[bool] = True

    @cached_property
    def _places(self) -> Places:
        return Places(self.words)

    @cached_property
    def _texts(self) -> _Texts:
        return _Texts(self.words, self.sep, pair_replies.needs_quotes)

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return a type, the next token of a text, or what ends one, with another type behind it or not."""
        if state == self.start:
            types: list[tuple[str, State]] = [(f"{type}:", (0,)) for type in self.types if self.words]
            return [(NOTHING, CLOSED), *types]
        if state == CLOSED:
            return [("", END)]
        if state == END:
            return ()
        texts, count = self._texts, len(self.words)
        if len(state) == 1:
            (position,) = state
            assert isinstance(position, int)
            kept = texts.begun(position)
            first = ALONE if self._places.begins_alone(Span(position, position + 1)) else position
            result: list[tuple[str, State]] = [
                (texts.said(position, in_quotes, True), (position + 1, first, kept, in_quotes))
                for in_quotes in (False, True)
                if texts.can_end(kept, in_quotes, position + 1, count)
            ]
            return [*result, *([("", (position + 1,))] if position + 1 < count else [])]
        position, first, kept, in_quotes = _inside(state)
        result = []
        if position < count:
            longer = texts.longer(kept, position)
            if texts.can_end(longer, in_quotes, position + 1, count):
                result.append(
                    (
                        texts.said(position, in_quotes, False),
                        self._going_on(first, position, longer, in_quotes),
                    )
                )
        if texts.may_end(kept, in_quotes):
            number = None if first == ALONE else self._places.occurrence(Span(first, position))
            ended = _ended(in_quotes, number)
            if position < count:
                result += [(f"{ended}{pair_replies.BETWEEN}{type}:", (position,)) for type in self.types]
            result.append((ended, CLOSED))
        return result

    def _going_on(self, first: int, position: int, kept: str, in_quotes: bool) -> State:
        alone = first == ALONE or self._places.begins_alone(Span(first, position + 1))
        return (position + 1, ALONE if alone else first, kept, in_quotes)


def _inside(state: State) -> tuple[int, int, str, bool]:
    position, first, kept, in_quotes = state
    assert isinstance(position, int) and isinstance(first, int)
    assert isinstance(kept, str) and isinstance(in_quotes, bool)
    return position, first, kept, in_quotes


@dataclass(frozen=True, slots=True)
class _Line:
    """What was said when a text begins: types without a line yet, tokens that are taken, and the first token of the line, if it has one."""

    types: tuple[str, ...]
    taken: frozenset[int]
    first: int | None

    def another(self, type: str) -> "_Line":
        """Return the same where a line of a type begins."""
        return _Line(tuple(each for each in self.types if each != type), self.taken, None)

    def with_mention(self, span: Span) -> "_Line":
        """Return the same with one more mention on the line."""
        first = span.start if self.first is None else self.first
        return _Line(self.types, self.taken | {*range(span.start, span.end)}, first)


@dataclass(frozen=True)
class ListsAutomaton:
    """A line for each type: states are (what was said, token from which on a text may begin) before a text, and inside one.

    Inside they are (what was said, first token, tokens passed, what is kept of the text, whether it is in quotes).
    """

    words: tuple[str, ...]
    types: tuple[str, ...]
    sep: str
    start: State = ("start",)
    as_grammar: ClassVar[bool] = False

    @cached_property
    def _places(self) -> Places:
        return Places(self.words)

    @cached_property
    def _texts(self) -> _Texts:
        return _Texts(self.words, self.sep, list_replies.needs_quotes)

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return a type, a token of a text, or what ends one, with another text, or a type on the next line, behind it or not."""
        if state == self.start:
            types = self._typed(_Line(self.types, frozenset(), None), 0, "")
            return [(NOTHING, CLOSED), *types]
        if state == CLOSED:
            return [("", END)]
        if state == END:
            return ()
        return self._begun(state) if len(state) == 2 else self._going_on(state)

    def _typed(self, line: _Line, position: int, before: str) -> list[tuple[str, State]]:
        """Return the types with which a line may begin whose first mention stands at ``position`` or behind it."""
        if not self._free(line, position):
            return []
        return [(f"{before}{type}:", (line.another(type), position)) for type in line.types]

    def _free(self, line: _Line, position: int) -> list[int]:
        return [at for at in range(position, len(self.words)) if at not in line.taken]

    def _begun(self, state: State) -> list[tuple[str, State]]:
        line, position = state
        assert isinstance(line, _Line) and isinstance(position, int)
        texts = self._texts
        return [
            (texts.said(at, in_quotes, True), (line, at, at + 1, texts.begun(at), in_quotes))
            for at in self._free(line, position)
            for in_quotes in (False, True)
            if texts.can_end(texts.begun(at), in_quotes, at + 1, self._limit(line, at))
        ]

    def _limit(self, line: _Line, at: int) -> int:
        """Return the first taken token behind ``at``, or how many tokens there are."""
        return min((each for each in line.taken if each > at), default=len(self.words))

    def _going_on(self, state: State) -> list[tuple[str, State]]:
        line, first, *rest = state
        position, kept, in_quotes = rest
        assert isinstance(line, _Line) and isinstance(first, int) and isinstance(position, int)
        assert isinstance(kept, str) and isinstance(in_quotes, bool)
        texts, limit = self._texts, self._limit(line, first)
        result: list[tuple[str, State]] = []
        if position < limit:
            longer = texts.longer(kept, position)
            if texts.can_end(longer, in_quotes, position + 1, limit):
                result.append(
                    (texts.said(position, in_quotes, False), (line, first, position + 1, longer, in_quotes))
                )
        if texts.may_end(kept, in_quotes):
            span = Span(first, position)
            ended = _ended(in_quotes, self._places.occurrence(span))
            after = line.with_mention(span)
            assert after.first is not None
            if self._free(after, position):
                result.append((f"{ended}{list_replies.BAR.rstrip()}", (after, position)))
            result += self._typed(after, after.first + 1, f"{ended}\n")
            result.append((ended, CLOSED))
        return result
