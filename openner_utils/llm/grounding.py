"""From emitted mentions to labels on the sentence's own tokens, with every loss named.

A mention is grounded where its characters stand in the sentence, exactly, from the border of a token to the
border of a token. Blanks take no part on either side: the tokens are compared as one string without blanks, so
scripts written with and without blanks go the same way, and a model that writes ``Bank ,`` as ``Bank,`` loses
nothing. Nothing is guessed: what does not match is lost, and the loss is counted under one reason.

For every reply: emitted mentions = grounded mentions + losses.

Where the reply says only *what* (JSON), a search policy says *where*:

- ``cursor``: from left to right, each mention at its first place after the mention before it (as FiNERweb);
- ``all``: at every place where it stands and no earlier mention does.

Inline replies say where by themselves. If a reply's text is not the sentence, the two are aligned, and a mention
counts where all of its characters lie in one stretch that is equal in both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from openner_utils.document import Mention, Span
from openner_utils.encoding import IOB2
from openner_utils.llm.parsing import TEXT_CHANGED, Emitted, Parsed, parse
from openner_utils.llm.prompts import Format, shown

NO_TEXT = "empty mention"
UNKNOWN_TYPE = "unknown type"
ABSENT = "absent from text"
CROSSES = "crosses token border"
OVERLAPS = "overlaps an earlier mention"
BEHIND = "only before the cursor"

LOSSES = (NO_TEXT, UNKNOWN_TYPE, ABSENT, CROSSES, OVERLAPS, BEHIND)
"""All reasons for which an emitted mention is lost, in the order in which they are looked for."""


Search = Literal["cursor", "all"]
SEARCHES: tuple[Search, ...] = ("cursor", "all")
"""The search policies, explained in the module's text."""


@dataclass(frozen=True, slots=True)
class Loss:
    """An emitted mention that has no place in the sentence, and why."""

    mention: Emitted
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reply: labels (IOB2) for the sentence's tokens, and the account of how.

    ``grounded`` counts emitted mentions that have a place; under the policy ``all`` one of them may label
    several places.
    """

    labels: tuple[str, ...]
    emitted: int
    grounded: int
    losses: tuple[Loss, ...]
    faults: tuple[str, ...]

    def counts(self) -> Counter[str]:
        """Return the account as counts: ``replies``, ``emitted``, ``grounded``, each loss and each fault."""
        counts = Counter({"replies": 1, "emitted": self.emitted, "grounded": self.grounded})
        counts.update(loss.reason for loss in self.losses)
        counts.update(self.faults)
        return counts


def tally(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Return the sum of the accounts of many replies."""
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.counts())
    return total


def read(
    reply: str, tokens: Sequence[str], types: Collection[str], format: Format, search: Search = "cursor"
) -> Outcome:
    """Return what a reply in this format says of a sentence: `parse`, then `ground`."""
    return ground(parse(reply, format), tokens, types, format, search)


def ground(
    parsed: Parsed, tokens: Sequence[str], types: Collection[str], format: Format, search: Search = "cursor"
) -> Outcome:
    """Return the labels that a parsed reply gives to a sentence's tokens.

    ``types`` are the known entity types; how an emitted type is capitalized does not matter.
    """
    sentence = _Text(shown(tokens, format))
    placed = _Placed(sentence, {type.casefold(): type for type in types})
    faults = list(parsed.faults)
    if format == "json":
        for mention in parsed.mentions:
            placed.search(mention, search)
    elif (parsed.text or parsed.mentions) and _aligned(parsed, sentence, placed):
        faults.append(TEXT_CHANGED)
    labels = IOB2.encode(sorted(placed.mentions), len(tokens))
    return Outcome(labels, len(parsed.mentions), placed.grounded, tuple(placed.losses), tuple(faults))


def _visible(text: str) -> str:
    """Return text as it is compared: without blanks."""
    return "".join(text.split())


class _Text:
    """A sentence as one string without blanks, with the offsets at which its tokens begin and end."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.token_at: dict[int, int] = {}
        self.token_before: dict[int, int] = {}
        parts: list[str] = []
        length = 0
        for number, token in enumerate(tokens):
            parts.append(_visible(token))
            self.token_at.setdefault(length, number)
            length += len(parts[-1])
            self.token_before[length] = number
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> Span | None:
        """Return the tokens between two offsets, or None unless both are borders of tokens."""
        if start not in self.token_at or end not in self.token_before or start >= end:
            return None
        return Span(self.token_at[start], self.token_before[end] + 1)

    def places(self, text: str) -> list[int]:
        """Return every offset at which ``text`` stands, overlapping ones too."""
        found = []
        position = self.text.find(text)
        while position >= 0:
            found.append(position)
            position = self.text.find(text, position + 1)
        return found


class _Placed:
    """The mentions of one sentence that have a place so far, and the losses."""

    def __init__(self, sentence: _Text, types: dict[str, str]) -> None:
        self.sentence, self.types = sentence, types
        self.mentions: list[Mention] = []
        self.losses: list[Loss] = []
        self.grounded = 0
        self.cursor = 0

    def lose(self, mention: Emitted, reason: str) -> None:
        """Count a loss."""
        self.losses.append(Loss(mention, reason))

    def visible(self, mention: Emitted) -> str | None:
        """Return the mention's text as compared; an empty text or an unknown type is a loss, and gives None."""
        text = _visible(mention.text)
        if not text:
            self.lose(mention, NO_TEXT)
        elif mention.type.casefold() not in self.types:
            self.lose(mention, UNKNOWN_TYPE)
        else:
            return text
        return None

    def free(self, span: Span) -> bool:
        """Return whether no mention stands on these tokens yet."""
        return not any(span.overlaps(mention.span) for mention in self.mentions)

    def place(self, spans: Sequence[Span], mention: Emitted) -> None:
        """Give the mention its place or places."""
        type = self.types[mention.type.casefold()]
        self.mentions.extend(Mention(span, type) for span in spans)
        self.cursor = max(self.cursor, *(span.end for span in spans))
        self.grounded += 1

    def search(self, mention: Emitted, policy: Search) -> None:
        """Look for a mention of which only the text is known."""
        text = self.visible(mention)
        if text is None:
            return
        places = self.sentence.places(text)
        spans = [span for at in places if (span := self.sentence.span(at, at + len(text)))]
        free = [span for span in spans if self.free(span)]
        if not spans:
            self.lose(mention, CROSSES if places else ABSENT)
        elif policy == "all":
            type = self.types[mention.type.casefold()]
            if free:
                self.place(_apart(free), mention)
            elif all(Mention(span, type) in self.mentions for span in spans):
                self.grounded += 1  # named once more; every place is labelled so already
            else:
                self.lose(mention, OVERLAPS)
        else:
            ahead = [span for span in free if span.start >= self.cursor]
            if ahead:
                self.place(ahead[:1], mention)
            else:
                self.lose(mention, BEHIND if free else OVERLAPS)

    def at(self, mention: Emitted, start: int | None, end: int) -> None:
        """Place a mention whose offsets in the sentence are known, or None if it has none."""
        if self.visible(mention) is None:
            return
        if start is None:
            self.lose(mention, ABSENT)
            return
        span = self.sentence.span(start, end)
        if span is None:
            self.lose(mention, CROSSES)
        elif not self.free(span):
            self.lose(mention, OVERLAPS)
        else:
            self.place([span], mention)


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Return the spans, in order, that do not overlap one taken before."""
    taken: list[Span] = []
    for span in spans:
        if not taken or span.start >= taken[-1].end:
            taken.append(span)
    return taken


def _aligned(parsed: Parsed, sentence: _Text, placed: _Placed) -> bool:
    """Place the mentions of an inline reply; return whether its text differs from the sentence."""
    reply = _visible(parsed.text)
    same = reply == sentence.text
    blocks = (
        [(0, 0, len(reply))]
        if same
        else SequenceMatcher(None, reply, sentence.text, autojunk=False).get_matching_blocks()
    )
    for mention in parsed.mentions:
        start = len(_visible(parsed.text[: mention.start]))
        end = start + len(_visible(mention.text))
        shift = next((there - here for here, there, n in blocks if here <= start and end <= here + n), None)
        placed.at(mention, None if shift is None else start + shift, end + (shift or 0))
    return not same
