"""What may be said of a sentence in a format: exactly its right answers, for any labels.

Inline, each step copies the sentence's next token, opens an allowed tag or closes the open one; in JSON, each step writes the
one legal continuation of a list whose texts are runs of the sentence's tokens, in order, each with its occurrence where the
text stands at several places; in tokens, each line gives the next token one of its labels. So a reply can name spans of the
sentence and types of the ontology, and nothing else, and nothing that it names is lost in grounding.

An `Automaton` says which texts may follow in a state: `constrained.Constraint` walks it, and `grammar` writes the same as a
grammar. The empty text goes on as another state, without a word; before `END`, it ends the reply.

Pairs and lists are in `line_automata`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

from openner_utils.core.document import Span
from openner_utils.llm.line_automata import ListsAutomaton, PairsAutomaton
from openner_utils.llm.places import Places
from openner_utils.llm.prompts import (
    EMPTY_LIST,
    LIST_BEGIN,
    Format,
    closing,
    item_ends,
    opening,
    quoted,
    shown,
)
from openner_utils.llm.states import ALONE, CLOSED, END, State

AS_GRAMMARS: tuple[Format, ...] = ("inline", "json", "pairs", "tokens")
"""The formats whose automata can be written as grammars."""
_OUTSIDE = -1


class Automaton(Protocol):
    """What may be said of some words: from each state some texts, each leading to another state."""

    @property
    def as_grammar(self) -> bool:
        """Whether its states are few enough to be written as a grammar."""

    @property
    def words(self) -> tuple[str, ...]:
        """The sentence's tokens as they are shown."""

    @property
    def start(self) -> State:
        """The state in which nothing is said yet."""

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the texts that may follow in ``state`` and the states they lead to; none in `END`."""


@dataclass(frozen=True, slots=True)
class InlineAutomaton:
    """The sentence with allowed tags: states are (tokens copied, open type, whether the tag was just opened)."""

    words: tuple[str, ...]
    types: tuple[str, ...]
    sep: str
    start: State = (0, "", False)
    as_grammar: ClassVar[bool] = True

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the next token, and the tags that may stand before it."""
        if state == END:
            return ()
        position, open_type, fresh = state
        assert isinstance(position, int) and isinstance(open_type, str)
        sep = self.sep if position and not fresh else ""
        left = position < len(self.words)
        result: list[tuple[str, State]] = []
        if left:
            result.append((f"{sep}{self.words[position]}", (position + 1, open_type, False)))
        if left and not open_type:
            result.extend((f"{sep}{opening(type)}", (position, type, True)) for type in self.types)
        if open_type and not fresh:
            result.append((closing(open_type), (position, "", False)))
        if not left and not open_type:
            result.append(("", END))
        return result


@dataclass(frozen=True)
class JsonAutomaton:
    """A list of mentions in order: states are (tokens passed, first token of the mention under way).

    Instead of a first token there is `_OUTSIDE` between mentions, and `ALONE` in one whose text begins at no other token, so
    that it needs no occurrence, however it goes on: then it does not matter where it began, and states are few.
    """

    words: tuple[str, ...]
    types: tuple[str, ...]
    sep: str
    start: State = ("start",)
    as_grammar: ClassVar[bool] = True

    @cached_property
    def _places(self) -> Places:
        return Places(self.words)

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the pieces of JSON, or the tokens, that may follow.

        Outside a mention the next one begins with the next token, or the token is passed, so mentions come in order and never
        overlap; inside one it goes on by a token or ends with a type, and with its occurrence where its text stands at several
        places.
        """
        if state == self.start:
            begun: list[tuple[str, State]] = [(LIST_BEGIN, (0, _OUTSIDE))] if self.words else []
            return [(EMPTY_LIST, CLOSED), *begun]
        if state == CLOSED:
            return [("", END)]
        if state == END:
            return ()
        position, first = state
        assert isinstance(position, int) and isinstance(first, int)
        left = position < len(self.words)
        if first == _OUTSIDE:
            passed: list[tuple[str, State]] = (
                [("", (position + 1, _OUTSIDE))] if position + 1 < len(self.words) else []
            )
            return [(quoted(self.words[position]), self._inside(position, position + 1)), *passed]
        occurrence = None if first == ALONE else self._places.occurrence(Span(first, position))
        ends = [item_ends(type, occurrence) for type in self.types]
        result: list[tuple[str, State]] = []
        if left:
            result.append((quoted(f"{self.sep}{self.words[position]}"), self._inside(first, position + 1)))
            result.extend((another, (position, _OUTSIDE)) for another, _ in ends)
        result.extend((none, CLOSED) for _, none in ends)
        return result

    def _inside(self, first: int, position: int) -> State:
        alone = first == ALONE or self._places.begins_alone(Span(first, position))
        return (position, ALONE if alone else first)


@dataclass(frozen=True, slots=True)
class Led:
    """What ``automaton`` says, behind ``lead``: white space that stands before a reply and belongs to no answer.

    A model without a chat template goes on with the text of its prompt, in whose worked examples a blank stands before each answer. Most
    tokenizers have the blank and the sign behind it as one token, so that without the blank nothing that such a model expects is offered.

    >>> said = Led(InlineAutomaton(("Ann",), ("PER",), " "), " ")
    >>> [text for text, _ in said.choices(said.start)]
    [' Ann', ' <PER>']
    """

    automaton: Automaton
    lead: str

    @property
    def as_grammar(self) -> bool:
        """Whether its states are few enough to be written as a grammar."""
        return self.automaton.as_grammar

    @property
    def words(self) -> tuple[str, ...]:
        """The sentence's tokens as they are shown."""
        return self.automaton.words

    @property
    def start(self) -> State:
        """The state in which nothing is said yet."""
        return self.automaton.start

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the texts that may follow, at the start behind the lead."""
        found = self.automaton.choices(state)
        return [(f"{self.lead}{text}", after) for text, after in found] if state == self.start else found


@dataclass(frozen=True, slots=True)
class TokensAutomaton:
    """Each token with a label on a line: states are (tokens labelled, type of the mention that the last one is in)."""

    words: tuple[str, ...]
    types: tuple[str, ...]
    start: State = (0, "")
    as_grammar: ClassVar[bool] = True

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the next token's line with each label that may follow."""
        if state == END:
            return ()
        position, open_type = state
        assert isinstance(position, int)
        if position == len(self.words):
            return [("", END)]
        line = f"{chr(10) if position else ''}{self.words[position]} "
        labels = [("O", ""), *((f"B-{type}", type) for type in self.types)]
        labels += [(f"I-{open_type}", str(open_type))] if open_type else []
        return [(f"{line}{label}", (position + 1, type)) for label, type in labels]


def automaton(tokens: Sequence[str], types: Sequence[str], format: Format, sep: str = " ") -> Automaton:
    """Return what may be said of a sentence in a format; ``sep`` stands between two tokens.

    >>> inline = automaton(["Ann", "waits"], ["PER"], "inline")
    >>> [text for text, _ in inline.choices(inline.start)]
    ['Ann', '<PER>']
    """
    words = shown(tokens, format)
    if format == "inline":
        return InlineAutomaton(words, tuple(types), sep)
    if format == "json":
        return JsonAutomaton(words, tuple(types), sep)
    if format == "pairs":
        return PairsAutomaton(words, tuple(types), sep)
    if format == "lists":
        return ListsAutomaton(words, tuple(types), sep)
    return TokensAutomaton(words, tuple(types))
