"""Label encodings: how mentions are written as one label per token, and read back.

Every encoding is five letters, the *state* that stands before the hyphen of a label: the state of a mention's
first token, of its inner tokens, of its last token, of a mention of one token, and (in IOB1 only) of the first
token of a mention that directly follows one of the same type. What may follow what, and how labels are decoded
and encoded, follows from the letters.

Decoding is defined for invalid transitions too: a label that does not continue the mention before it opens a
new one, which for IOB2 is what the CoNLL scorer *conlleval* does (Tjong Kim Sang and Buchholz, 2000).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, Ints, Mask, Offsets
from openner_utils.core.document import Mention, Span
from openner_utils.support.errors import OpenNERError, unknown

N = TypeVar("N", bound=np.generic)
OUTSIDE = "O"
"""The label, and the state, of a token outside every mention."""


class LabelError(OpenNERError):
    """A label that its encoding cannot read."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One way to write flat mentions as labels; the letters are explained in the module's text."""

    name: str
    begin: str
    inside: str
    end: str
    single: str
    restart: str | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """All states, ``O`` first, the others in order of first use."""
        letters = (self.begin, self.inside, self.end, self.single, self.restart)
        return tuple(dict.fromkeys((OUTSIDE, *(letter for letter in letters if letter))))

    def split(self, label: str) -> tuple[str, str]:
        """Return state and entity type of a label; the type of ``O`` is the empty string.

        Raises `LabelError` for a label without hyphen or type, or with a state that this encoding lacks.
        """
        if label == OUTSIDE:
            return OUTSIDE, ""
        state, hyphen, type = label.partition("-")
        if not hyphen or not type or state == OUTSIDE or state not in self.states:
            expected = " or ".join(f"{state}-TYPE" for state in self.states[1:])
            raise LabelError(f"{label!r} is no {self.name} label; expected O or {expected}")
        return state, type

    def continues(self, before: str, after: str) -> bool:
        """Return whether two states with one type between them belong to the same mention."""
        return before in (self.begin, self.restart, self.inside) and after in (self.inside, self.end)

    def may_touch(self, before: str, after: str, same_type: bool) -> bool:
        """Return whether a mention may end in state ``before`` right where ``after`` begins or is outside."""
        ends = before in (OUTSIDE, self.end, self.single, self.restart)
        if self.restart and same_type and before != OUTSIDE:
            return ends and after == self.restart
        return ends and after in (OUTSIDE, self.begin, self.single)

    def is_valid(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Return whether one (state, type) may follow another; a sentence is framed by ``("O", "")``."""
        same_type = before[1] == after[1]
        return (same_type and self.continues(before[0], after[0])) or self.may_touch(
            before[0], after[0], same_type
        )

    def decode(self, labels: Sequence[str]) -> tuple[Mention, ...]:
        """Return the mentions in one sentence's labels; after an invalid transition a new mention opens.

        Raises `LabelError` for a label that cannot be read at all.

        >>> [(mention.span.start, mention.span.end, mention.type) for mention in IOB2.decode(["B-PER", "I-PER", "I-LOC"])]
        [(0, 2, 'PER'), (2, 3, 'LOC')]
        """
        mentions: list[Mention] = []
        start, before = 0, (OUTSIDE, "")
        for position, label in enumerate((*labels, OUTSIDE)):
            after = self.split(label)
            if before[1] == after[1] and self.continues(before[0], after[0]):
                before = after
                continue
            if before[0] != OUTSIDE:
                mentions.append(Mention(Span(start, position), before[1]))
            start, before = position, after
        return tuple(mentions)

    def encode(self, mentions: Iterable[Mention], length: int) -> tuple[str, ...]:
        """Return the labels of a sentence of ``length`` tokens with these flat mentions, given in order.

        >>> BIOES.encode([Mention(Span(0, 2), "PER"), Mention(Span(2, 3), "PER")], 4)
        ('B-PER', 'E-PER', 'S-PER', 'O')
        >>> IOB1.encode([Mention(Span(0, 2), "PER"), Mention(Span(2, 3), "PER")], 4)
        ('I-PER', 'I-PER', 'B-PER', 'O')
        """
        labels = [OUTSIDE] * length
        before: Mention | None = None
        for mention in mentions:
            start, end = mention.span.start, mention.span.end
            touches = before is not None and before.span.end == start and before.type == mention.type
            for position in range(start, end):
                state = self.state_at(position == start, position == end - 1, touches)
                labels[position] = f"{state}-{mention.type}"
            before = mention
        return tuple(labels)

    def state_at(self, first: bool, last: bool, touches: bool) -> str:
        """Return the state of a mention's token, given where in the mention it stands.

        ``touches`` says whether a mention of the same type ends right before this one.
        """
        if first and touches and self.restart:
            return self.restart
        if first:
            return self.single if last else self.begin
        return self.end if last else self.inside


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """What may stand where under an encoding, for n labels: ``first`` [n] and ``last`` [n] in a sentence, ``pairs`` [n, n]
    after one another (row: the label before).
    """

    first: Mask
    pairs: Mask
    last: Mask


def transitions(labels: Sequence[str], encoding: Encoding) -> Transitions:
    """Return which of ``labels`` may stand where; raises `LabelError` for one that the encoding cannot read.

    >>> transitions(["O", "B-PER", "I-PER"], IOB2).pairs.tolist()
    [[True, True, False], [True, True, True], [True, True, True]]
    """
    parts = [encoding.split(label) for label in labels]
    edge = (OUTSIDE, "")
    return Transitions(
        np.array([encoding.is_valid(edge, part) for part in parts]),
        np.array([[encoding.is_valid(before, after) for after in parts] for before in parts]),
        np.array([encoding.is_valid(part, edge) for part in parts]),
    )


IO = Encoding("IO", begin="I", inside="I", end="I", single="I")
IOB1 = Encoding("IOB1", begin="I", inside="I", end="I", single="I", restart="B")
IOB2 = Encoding("IOB2", begin="B", inside="I", end="I", single="B")
BIOES = Encoding("BIOES", begin="B", inside="I", end="E", single="S")
BILOU = Encoding("BILOU", begin="B", inside="I", end="L", single="U")
BMES = Encoding("BMES", begin="B", inside="M", end="E", single="S")

ENCODINGS = {encoding.name: encoding for encoding in (IO, IOB1, IOB2, BIOES, BILOU, BMES)}
"""Every encoding by name."""


def get_encoding(name: str) -> Encoding:
    """Return an encoding by name; `OpenNERError` names the one nearest to an unknown name."""
    if name not in ENCODINGS:
        raise unknown("encoding", name, ENCODINGS)
    return ENCODINGS[name]


# --- the same in bulk ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Mentions:
    """Mentions of many sentences: token ranges [start, end), sentence numbers and type ids into ``types``."""

    start: Offsets
    end: Offsets
    sentence: Ints
    type: Ints
    types: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Labels of many tokens taken apart under one encoding, each beside the label before it in its sentence.

    ``state`` and ``type`` are ids [n_tokens] (0 and -1 for outside), ``continues`` says whether a token belongs
    to the same mention as the one before it, ``invalid`` whether the transition into it is invalid, ``broken``
    [n_sentences] whether the sentence ends inside a mention.
    """

    state: NDArray[np.int8]
    type: Ints
    types: tuple[str, ...]
    same_type: Mask
    continues: Mask
    invalid: Mask
    broken: Mask


def states(columns: Columns, encoding: Encoding) -> States:
    """Take the labels of ``columns`` apart; raises `LabelError` for a label the encoding cannot read."""
    parts = [encoding.split(name) for name in columns.names]
    letters = encoding.states
    types = tuple(sorted({type for _, type in parts if type}))
    numbers = {"": -1} | {type: number for number, type in enumerate(types)}
    state_of = np.array([letters.index(state) for state, _ in parts], dtype=np.int8)
    type_of = np.array([numbers[type] for _, type in parts], dtype=np.int32)
    state, type = state_of.take(columns.labels), type_of.take(columns.labels)

    # What holds of a token follows from its state, the state before it, and whether both are of one type, so it is worked
    # out per such triple; types are as many as a file likes, and pairs of them would not fit into memory.
    continues = _table(letters, encoding.continues)
    touch = [_table(letters, partial(encoding.may_touch, same_type=same)) for same in (False, True)]
    flags = np.stack([4 * ~touch[0], 1 + 2 * continues + 4 * ~(continues | touch[1])]).astype(np.uint8)
    triple = _before(state, columns, 0)
    same_type = _before(type, columns, -1) == type
    triple *= len(letters)
    triple += state
    triple += same_type * np.int8(len(letters) ** 2)
    of_token = flags.ravel().take(triple)
    may_end = np.array([encoding.may_touch(letter, OUTSIDE, letter == OUTSIDE) for letter in letters])
    return States(
        state=state,
        type=type,
        types=types,
        same_type=same_type,
        continues=(of_token & 2) != 0,
        invalid=(of_token & 4) != 0,
        broken=~may_end[state[columns.sentences[1:] - 1]],
    )


def _before(values: NDArray[N], columns: Columns, outside: int) -> NDArray[N]:
    """Return the value of the token before each [n_tokens]; before a sentence's first one it is ``outside``."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[columns.sentences[:-1]] = outside
    return before


def _table(letters: Sequence[str], holds: Callable[[str, str], bool]) -> Mask:
    return np.array([[holds(before, after) for after in letters] for before in letters], dtype=np.bool_)


def decode(columns: Columns, encoding: Encoding) -> Mentions:
    """Return all mentions of ``columns``, in order: the bulk form of `Encoding.decode`."""
    return mentions_of(columns, states(columns, encoding))


def mentions_of(columns: Columns, parts: States) -> Mentions:
    """Return all mentions of ``columns``, whose labels were taken apart into ``parts``."""
    opens, closes = _edges(columns, parts)
    start = np.flatnonzero(opens)
    return Mentions(
        start.astype(np.int64),
        np.flatnonzero(closes).astype(np.int64) + 1,
        (np.searchsorted(columns.sentences, start, side="right") - 1).astype(np.int32),
        parts.type[start],
        parts.types,
    )


def _edges(columns: Columns, parts: States) -> tuple[Mask, Mask]:
    """Return where mentions open and where they close (at their last token) [n_tokens]."""
    named = parts.state != 0
    opens = named & ~parts.continues
    next_continues = np.zeros_like(named)
    next_continues[:-1] = parts.continues[1:]
    # Nothing continues into a sentence's first token, so no special case is needed at sentence ends.
    return opens, named & ~next_continues


def recode(columns: Columns, source: Encoding, target: Encoding) -> Columns:
    """Return ``columns`` with the same mentions written in another encoding."""
    parts = states(columns, source)
    opens, closes = _edges(columns, parts)
    # A mention touches the one before it when its first token follows a token of the same type.
    touches = opens & parts.same_type
    flags = opens.astype(np.int8) + 2 * closes.astype(np.int8) + 4 * touches.astype(np.int8)
    letters = target.states[1:]
    letter_of_flags = np.array(
        [letters.index(target.state_at(bool(f & 1), bool(f & 2), bool(f & 4))) for f in range(8)], np.int32
    )
    names = (OUTSIDE, *(f"{letter}-{type}" for type in parts.types for letter in letters))
    labels = 1 + parts.type * len(letters) + letter_of_flags[flags]
    return columns.with_labels(np.where(parts.state == 0, 0, labels), names)
