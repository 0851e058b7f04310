"""Constrained decoding: a model that can only say what is right in form.

What may be said of a sentence is an `Automaton` (`automata`), which says which texts may follow in a state. A complete reply
parses, and every mention in it is grounded where the automaton means it, whatever the policy.

A `Constraint` walks an automaton token by token of a model's vocabulary, whatever the tokenizer; `engines` does the same by
llguidance where the tokenizer's tokens are bytes. Where two texts begin with the same token, or the same word stands at two
places, both ways stay open until a token tells them apart (for words, the occurrence does); if none does, the leftmost is meant.

The reply's text is spelled by the automaton and not by the tokenizer, so it holds the sentence's own characters
even where the tokenizer drops case, accents or whole characters. What a tokenizer must do is to give every
choice's text at least one token id, and different ids to different tags. Each choice is tokenized by itself: a
model whose tokenizer would merge characters across a tag sees less natural ids than in free decoding, which
costs it accuracy, never form.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from openner_utils.llm.automata import Automaton
from openner_utils.llm.states import END, State
from openner_utils.support.errors import OpenNERError

AUTOMATON = "automaton"
"""What `Constraint` is called where replies are kept."""


class Held(Protocol):
    """One reply under way that is held to an automaton; ``engine`` is what holds it."""

    engine: str

    @property
    def finished(self) -> bool:
        """Whether the reply is complete."""

    @property
    def text(self) -> str:
        """The reply's text so far."""

    def allowed(self) -> Sequence[int]:
        """Return the token ids that may come next, in rising order; only the end once the reply is complete."""

    def advance(self, id: int) -> None:
        """Take the next token id, one of those allowed; `ValueError` for any other."""


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
    >>> from openner_utils.llm.automata import automaton
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

    engine = AUTOMATON

    def __init__(self, automaton: Automaton, encode: Callable[[str], Sequence[int]], end: int) -> None:
        self._automaton, self._encode, self._end = automaton, encode, end
        self._hypotheses = list(self._from("", automaton.start))
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
                after = list(self._from(each.said + each.text, each.target))
            for following in after:
                # Those with the same rest are equal from here on; the first stands furthest to the left.
                hypotheses.setdefault((following.target, following.rest), following)
        if not hypotheses:
            raise ValueError(f"Token id {id} is not allowed here")
        self._hypotheses = list(hypotheses.values())

    def _from(self, said: str, state: State) -> Iterator[_Hypothesis]:
        """Yield what may follow in a state, and in those that it goes on as."""
        states = [state]
        for state in states:
            for text, target in self._automaton.choices(state):
                if text or target == END:
                    yield _Hypothesis(said, text, self._ids(text), 0, target)
                else:
                    states.append(target)

    def _ids(self, text: str) -> tuple[int, ...]:
        ids = tuple(self._encode(text)) if text else (self._end,)
        if not ids:
            raise OpenNERError(
                f"The model's tokenizer has no token for {text!r}, so decoding cannot be constrained. "
                "Ask this model with free decoding."
            )
        return ids
