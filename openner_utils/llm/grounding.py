"""From emitted mentions to labels on the sentence's own tokens, with every loss named.

A mention is grounded where its text stands in the sentence, from token border to token border (`places`). Nothing is
guessed: what does not match is lost, and the loss is counted under one reason.

For every reply: emitted mentions = grounded mentions + mentions named again + losses. A mention is *named again* where
its place already bears it, with the same type: as a set, the reply's mentions are the same without it, so it is
neither a loss nor one more prediction.

JSON replies, and pairs, say *what*. *Where* is certain if the text stands at one place only, or if the reply gives the
occurrence; then the order of the list does not matter. Otherwise a policy decides:

- ``cursor``: the first free place after the mention before it, else the mention is lost (as in FiNERweb, which loses
  every mention behind the cursor, those with one place too);
- ``free``: as ``cursor``, but where nothing is free ahead, the first free place anywhere;
- ``all``: every free place.

Inline replies say where by themselves (policy ``offsets``). If a reply's text is not the sentence, the two are
aligned, and a mention counts where all of its characters lie in one stretch that is equal in both.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Literal

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm.inline_replies import parse_inline
from openner_utils.llm.json_replies import parse_json
from openner_utils.llm.list_replies import parse_lists
from openner_utils.llm.pair_replies import parse_pairs
from openner_utils.llm.places import Places, visible
from openner_utils.llm.prompts import FORMATS, Format, shown
from openner_utils.llm.replies import BAD_OCCURRENCE, NOT_ALIGNED, TEXT_CHANGED, Emitted, Parsed
from openner_utils.llm.token_replies import parse_tokens

NO_TEXT = "empty mention"
UNKNOWN_TYPE = "unknown type"
ABSENT = "absent from text"
CROSSES = "crosses token border"
OVERLAPS = "overlaps an earlier mention"
BEHIND = "only before the cursor"

LOSSES = (NO_TEXT, UNKNOWN_TYPE, ABSENT, CROSSES, OVERLAPS, BEHIND)
"""All reasons for which an emitted mention is lost, in the order in which they are looked for."""

GROUNDED = "grounded"
AGAIN = "named again"
OUTCOMES = (GROUNDED, AGAIN, *LOSSES)
"""What can become of an emitted mention."""

Policy = Literal["offsets", "cursor", "free", "all"]
_LISTED: tuple[Policy, ...] = ("cursor", "free", "all")
MARKED: tuple[Format, ...] = ("inline", "tokens")
"""The formats that say by themselves where a mention is."""
POLICIES: Mapping[Format, tuple[Policy, ...]] = {
    format: ("offsets",) if format in MARKED else _LISTED for format in FORMATS
}
"""The grounding policies of each format, explained in the module's text."""

STEPS = 50_000_000
"""Pairs of equal characters (or of equal runs) that the alignment of a changed inline reply looks at, some seconds'
work; what is not aligned by then stays unaligned (`NOT_ALIGNED`)."""
RUN = 8
"""Characters of the runs by which long stretches are found."""


@dataclass(frozen=True, slots=True)
class Loss:
    """An emitted mention that has no place in the sentence, and why."""

    mention: Emitted
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reply: labels (IOB2) for the sentence's tokens, and the account of how.

    ``grounded`` counts emitted mentions that have a place, ``again`` those whose place bore them already; under the
    policy ``all`` one mention may label several places.
    """

    labels: tuple[str, ...]
    emitted: int
    grounded: int
    again: int
    losses: tuple[Loss, ...]
    faults: tuple[str, ...]

    def mentions(self) -> Counter[str]:
        """Return the emitted mentions by what became of them (`OUTCOMES`)."""
        counts = Counter({GROUNDED: self.grounded, AGAIN: self.again})
        counts.update(loss.reason for loss in self.losses)
        return counts


def total(counts: Iterable[Counter[str]]) -> Counter[str]:
    """Return the sum of the accounts of many replies."""
    result: Counter[str] = Counter()
    for count in counts:
        result.update(count)
    return result


def read(
    reply: str, tokens: Sequence[str], types: Collection[str], format: Format, policy: Policy = "free"
) -> Outcome:
    """Return what a reply in this format says of a sentence: `parse`, then `ground`."""
    return ground(parse(reply, tokens, types, format), tokens, types, format, policy)


def parse(reply: str, tokens: Sequence[str], types: Collection[str], format: Format) -> Parsed:
    """Return the mentions that a reply in this format names."""
    if format == "json":
        return parse_json(reply, types)
    sentence = visible("".join(shown(tokens, format)))
    return _PARSERS[format](reply, sentence, types)


_PARSERS: Mapping[Format, Callable[[str, str, Collection[str]], Parsed]] = {
    "inline": parse_inline,
    "pairs": parse_pairs,
    "lists": parse_lists,
    "tokens": parse_tokens,
}


def ground(
    parsed: Parsed, tokens: Sequence[str], types: Collection[str], format: Format, policy: Policy = "free"
) -> Outcome:
    """Return the labels that a parsed reply gives to a sentence's tokens.

    ``types`` are the known entity types; how an emitted type is capitalized matters only between types that differ
    in nothing else. ``policy`` is that of a list or of pairs; an inline reply has its offsets.

    Two mentions of "Ann" are taken from left to right; a third one has no place left, and says nothing new:

    >>> tokens, types = ["Ann", "met", "Ann"], ["PER", "LOC"]
    >>> reply = '[{"text": "Ann", "type": "PER"}, {"text": "Ann", "type": "LOC"}, {"text": "Ann", "type": "PER"}]'
    >>> outcome = ground(parse(reply, tokens, types, "json"), tokens, types, "json", "cursor")
    >>> outcome.labels, outcome.grounded, outcome.again
    (('B-PER', 'O', 'B-LOC'), 2, 1)

    What the sentence does not hold, and what does not end where tokens do, is lost for that reason:

    >>> reply = '[{"text": "An", "type": "PER"}, {"text": "Bo", "type": "PER"}]'
    >>> [loss.reason for loss in ground(parse(reply, tokens, types, "json"), tokens, types, "json").losses]
    ['crosses token border', 'absent from text']

    An inline reply that changed the sentence is aligned with it:

    >>> ground(parse("<PER>Ann</PER> saw <LOC>Ann</LOC>", tokens, types, "inline"), tokens, types, "inline").labels
    ('B-PER', 'O', 'B-LOC')
    """
    placing = _Placing(Places(shown(tokens, format)), types, len(tokens))
    if format not in MARKED:
        for mention in parsed.mentions:
            placing.search(mention, policy)
    elif parsed.text or parsed.mentions:
        placing.align(parsed)
    return Outcome(
        labels=IOB2.encode(sorted(Mention(*item) for item in placing.placed.items()), len(tokens)),
        emitted=len(parsed.mentions),
        grounded=placing.grounded,
        again=placing.again,
        losses=tuple(placing.losses),
        faults=(*parsed.faults, *placing.faults),
    )


class _Placing:
    """One reply being grounded: the mentions that have a place so far, and the account."""

    def __init__(self, places: Places, types: Collection[str], n_tokens: int) -> None:
        self.places = places
        self.placed: dict[Span, str] = {}
        self.grounded = self.again = 0
        self.losses: list[Loss] = []
        self.faults: list[str] = []
        self._types = {type.casefold(): type for type in types} | {type: type for type in types}
        self._taken = bytearray(n_tokens)
        self._named: set[tuple[str, str]] = set()
        self._free: dict[str, list[Span]] = {}
        self._cursor = 0

    def search(self, mention: Emitted, policy: Policy) -> None:
        """Look for a mention of which the text is known, and perhaps the occurrence."""
        known = self._known(mention)
        if known is None:
            return
        text, type = known
        spans = self.places.of(text)
        if not spans:
            self._lose(mention, CROSSES if text in self.places.text else ABSENT)
            return
        number = mention.occurrence
        if number is not None and not 1 <= number <= len(spans):
            self.faults.append(BAD_OCCURRENCE)
            number = None
        if number is not None or len(spans) == 1:
            self._put(mention, spans[(number or 1) - 1], text, type)
        elif policy == "all":
            self._put_everywhere(mention, text, type)
        else:
            self._put_first(mention, text, type, policy)

    def align(self, parsed: Parsed) -> None:
        """Place the mentions of an inline reply, which are ranges of its text, in the sentence.

        Reply and sentence are compared without blanks, so that a place is a pair of offsets on either side. A mention has
        one if it lies within one stretch that is equal in both; a change inside it makes it absent from the text.
        """
        reply, sentence = visible(parsed.text), self.places.text
        blocks = [(0, 0, len(reply))]
        if reply != sentence:
            self.faults.append(TEXT_CHANGED)
            blocks, complete = _equal_stretches(reply, sentence)
            if not complete:
                self.faults.append(NOT_ALIGNED)
        starts = [here for here, _, _ in blocks]
        before = list(accumulate((not character.isspace() for character in parsed.text), initial=0))
        for mention in parsed.mentions:
            known = self._known(mention)
            if known is None:
                continue
            start, end = before[mention.start], before[mention.end]
            here, there, length = blocks[at] if (at := bisect_right(starts, start) - 1) >= 0 else (0, 0, 0)
            if end > here + length:
                self._lose(mention, ABSENT)
            elif span := self.places.span(start - here + there, end - here + there):
                self._put(mention, span, *known)
            else:
                self._lose(mention, CROSSES)

    def _known(self, mention: Emitted) -> tuple[str, str] | None:
        """Return the mention's text as compared and its type; an empty text or an unknown type is a loss."""
        text = visible(mention.text)
        type = self._types.get(mention.type) or self._types.get(mention.type.casefold())
        if not text:
            self._lose(mention, NO_TEXT)
        elif type is None:
            self._lose(mention, UNKNOWN_TYPE)
        else:
            return text, type
        return None

    def _lose(self, mention: Emitted, reason: str) -> None:
        self.losses.append(Loss(mention, reason))

    def _take(self, span: Span, text: str, type: str) -> None:
        self.placed[span] = type
        self._taken[span.start : span.end] = b"\1" * len(span)
        self._named.add((text, type))
        self._cursor = max(self._cursor, span.end)

    def _is_free(self, span: Span) -> bool:
        return self._taken.find(1, span.start, span.end) < 0

    def _put(self, mention: Emitted, span: Span, text: str, type: str) -> None:
        """Give a mention the one place that it can mean."""
        if self._is_free(span):
            self._take(span, text, type)
            self.grounded += 1
        elif self.placed.get(span) == type:
            self.again += 1
        else:
            self._lose(mention, OVERLAPS)

    def _put_first(self, mention: Emitted, text: str, type: str, policy: Policy) -> None:
        span = self._first_free(text, self._cursor)
        behind = self._first_free(text, 0) if span is None else None
        if span is None and policy == "free":
            span = behind
        if span is not None:
            self._take(span, text, type)
            self.grounded += 1
        elif behind is not None:
            self._lose(mention, BEHIND)
        else:
            self._named_or_lost(mention, text, type)

    def _put_everywhere(self, mention: Emitted, text: str, type: str) -> None:
        found = False
        while (span := self._first_free(text, 0)) is not None:
            self._take(span, text, type)
            found = True
        if found:
            self.grounded += 1
        else:
            self._named_or_lost(mention, text, type)

    def _named_or_lost(self, mention: Emitted, text: str, type: str) -> None:
        """Count a mention whose text has no free place left."""
        if (text, type) in self._named:
            self.again += 1
        else:
            self._lose(mention, OVERLAPS)

    def _first_free(self, text: str, token: int) -> Span | None:
        """Return the first place of a text, from a token on, that no mention touches."""
        # Places that are taken stay taken, so each is struck from the list once.
        free = self._free.setdefault(text, list(self.places.of(text)))
        at = bisect_left(free, token, key=lambda span: span.start)
        end = at
        while end < len(free) and not self._is_free(free[end]):
            end += 1
        del free[at:end]
        return free[at] if at < len(free) else None


def _equal_stretches(reply: str, sentence: str) -> tuple[list[tuple[int, int, int]], bool]:
    """Return the stretches that are equal in both texts, in order, as (offset in each, length); whether all were found.

    The longest one first, then those to its left and right (Ratcliff and Obershelp's gestalt pattern matching, Dr. Dobb's
    Journal 1988), until `STEPS` are done.

    >>> _equal_stretches("AnnmetBo", "AnnsawBo")
    ([(0, 0, 3), (6, 6, 2)], True)
    """
    # Runs of characters are rarer than characters, so the long stretches are found among runs, which takes far fewer
    # steps; only what is left between them is compared by characters.
    searches = [_Search(reply, sentence, RUN), _Search(reply, sentence, 1)]
    left = STEPS
    todo = [(0, len(reply), 0, len(sentence))]
    found: list[tuple[int, int, int]] = []
    while todo:
        start, end, from_, to = todo.pop()
        for search in searches:
            left -= search.steps(start, end)
            if left < 0:
                return sorted(found), False
            here, there, length = search.longest(start, end, from_, to)
            if length:
                found.append((here, there, length))
                todo.append((here + length, end, there + length, to))
                todo.append((start, here, from_, there))
                break
    return sorted(found), True


class _Search:
    """The search for the longest equal stretch of at least ``run`` characters."""

    def __init__(self, reply: str, sentence: str, run: int) -> None:
        runs, others = (
            [text[at : at + run] for at in range(len(text) - run + 1)] for text in (reply, sentence)
        )
        self._run = run
        self._matcher = SequenceMatcher(None, runs, others, autojunk=False)
        counts = Counter(others)
        self._steps = list(accumulate((counts[item] for item in runs), initial=0))

    def steps(self, start: int, end: int) -> int:
        """Return the pairs that a search looks at: each run of the reply's range with all equal ones."""
        return self._steps[end - self._run + 1] - self._steps[start] if end - start >= self._run else 0

    def longest(self, start: int, end: int, from_: int, to: int) -> tuple[int, int, int]:
        """Return the longest stretch equal in a range of the reply and one of the sentence."""
        short = self._run - 1
        if end - start <= short or to - from_ <= short:
            return start, from_, 0
        here, there, length = self._matcher.find_longest_match(start, end - short, from_, to - short)
        return here, there, length + short if length else 0
