"""Constrained decoding: a model that can only say what is right in form.

Inline, each step copies the sentence's next token, opens an allowed tag or closes the open one; in JSON, each
step writes the one legal continuation of a list whose texts are runs of the sentence's tokens, in order, each with
its occurrence where the text stands at several places. So a complete reply parses, and every mention in it is
grounded where the automaton means it, whatever the policy.

An `Automaton` says which texts may follow in a state; a `Constraint` walks it token by token of a model's
vocabulary. Where two texts begin with the same token, or the same word stands at two places, both ways stay open
until a token tells them apart (for words, the occurrence does); if none does, the leftmost is meant.

The reply's text is spelled by the automaton and not by the tokenizer, so it holds the sentence's own characters
even where the tokenizer drops case, accents or whole characters. What a tokenizer must do is to give every
choice's text at least one token id, and different ids to different tags. Each choice is tokenized by itself: a
model whose tokenizer would merge characters across a tag sees less natural ids than in free decoding, which
costs it accuracy, never form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from openner_utils.core.document import Span
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
from openner_utils.support.errors import OpenNERError

State = tuple[object, ...]
END: State = ("end",)
"""The state in which the reply is complete."""


class Automaton(Protocol):
    """What may be said: from each state some texts, each leading to another state."""

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
    """A list of mentions in order: states are (tokens passed, first token of the mention under way or -1)."""

    words: tuple[str, ...]
    types: tuple[str, ...]
    sep: str
    start: State = ("start",)

    @cached_property
    def _places(self) -> Places:
        return Places(self.words)

    def choices(self, state: State) -> Sequence[tuple[str, State]]:
        """Return the pieces of JSON, or the tokens, that may follow.

        Outside a mention the first token of the next one is chosen, so mentions come in order and never overlap; inside
        one it goes on by a token or ends with a type, and with its occurrence where its text stands at several places.
        """
        if state == self.start:
            return [(EMPTY_LIST, ("closed",)), (LIST_BEGIN, (0, -1))]
        if state == ("closed",):
            return [("", END)]
        if state == END:
            return ()
        position, first = state
        assert isinstance(position, int) and isinstance(first, int)
        count = len(self.words)
        if first < 0:
            return [(quoted(self.words[at]), (at + 1, at)) for at in range(position, count)]
        occurrence = self._places.occurrence(Span(first, position))
        ends = [item_ends(type, occurrence) for type in self.types]
        result: list[tuple[str, State]] = []
        if position < count:
            result.append((quoted(f"{self.sep}{self.words[position]}"), (position + 1, first)))
            result.extend((another, (position, -1)) for another, _ in ends)
        result.extend((none, ("closed",)) for _, none in ends)
        return result


def automaton(tokens: Sequence[str], types: Sequence[str], format: Format, sep: str = " ") -> Automaton:
    """Return what may be said of a sentence in a format; `OpenNERError` for pairs, which are asked for freely alone.

    >>> inline = automaton(["Ann", "waits"], ["PER"], "inline")
    >>> [text for text, _ in inline.choices(inline.start)]
    ['Ann', '<PER>']
    """
    words = shown(tokens, format)
    if format == "inline":
        return InlineAutomaton(words, tuple(types), sep)
    if format == "pairs":
        raise OpenNERError("Pairs are not decoded under constraint. Ask for them with `decoding: [free]`.")
    return JsonAutomaton(words, tuple(types), sep)


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """One reading of the ids so far: text before the choice under way, the choice, and ids of it passed."""

    said: str
    text: str
    ids: tuple[int, ...]
    passed: int
    target: State

    @property
    def rest(self) -> tuple[int, ...]:
        """The ids of the choice that are still to come, at least one."""
        return self.ids[self.passed :]


class Constraint:
    """One reply under way: which token ids may come next, and what they spell.

    ``encode`` gives a text's token ids; the empty text, with which a reply ends, is ``end`` (the model's
    end-of-sequence id). Raises `OpenNERError` for a text that the tokenizer has no token for.

    A vocabulary of characters; after ``<PER>`` only the sentence can follow, and its end closes the tag:

    >>> letters = lambda text: list(map(ord, text))
    >>> reply = Constraint(automaton(["Ann"], ["PER"], "inline"), letters, end=0)
    >>> "".join(map(chr, reply.allowed()))
    '<A'
    >>> for letter in "<PER>Ann</PER>":
    ...     reply.advance(ord(letter))
    >>> reply.allowed(), reply.finished
    ([0], False)
    >>> reply.advance(0)
    >>> reply.text, reply.finished
    ('<PER>Ann</PER>', True)
    """

    def __init__(self, automaton: Automaton, encode: Callable[[str], Sequence[int]], end: int) -> None:
        self._automaton, self._encode, self._end = automaton, encode, end
        self._hypotheses = self._from("", automaton.start)
        self._text: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the reply is complete."""
        return self._text is not None

    @property
    def text(self) -> str:
        """The reply's text so far: of a reply that was cut off, the complete choices."""
        return self._text if self._text is not None else self._hypotheses[0].said

    def allowed(self) -> list[int]:
        """Return the token ids that may come next, in rising order; only the end once the reply is complete."""
        return [self._end] if self.finished else sorted({each.rest[0] for each in self._hypotheses})

    def advance(self, id: int) -> None:
        """Take the next token id, one of those allowed; `ValueError` for any other.

        Every hypothesis that expects another id falls away. One whose text is complete opens into the choices of the
        state that it leads to.
        """
        if self.finished:
            return
        hypotheses: dict[tuple[State, tuple[int, ...]], _Hypothesis] = {}
        for each in self._hypotheses:
            if each.rest[0] != id:
                continue
            if len(each.rest) > 1:
                after = [replace(each, passed=each.passed + 1)]
            elif each.target == END:
                self._text = each.said + each.text
                return
            else:
                after = self._from(each.said + each.text, each.target)
            for following in after:
                # Those with the same rest are equal from here on; the first stands furthest to the left.
                hypotheses.setdefault((following.target, following.rest), following)
        if not hypotheses:
            raise ValueError(f"Token id {id} is not allowed here")
        self._hypotheses = list(hypotheses.values())

    def _from(self, said: str, state: State) -> list[_Hypothesis]:
        return [
            _Hypothesis(said, text, self._ids(text), 0, target)
            for text, target in self._automaton.choices(state)
        ]

    def _ids(self, text: str) -> tuple[int, ...]:
        ids = tuple(self._encode(text)) if text else (self._end,)
        if not ids:
            raise OpenNERError(
                f"The model's tokenizer has no token for {text!r}, so decoding cannot be constrained. "
                "Ask this model with free decoding."
            )
        return ids
