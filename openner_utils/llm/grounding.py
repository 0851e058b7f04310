"""From emitted mentions to labels on the sentence's own tokens, with every loss named.

A mention is grounded where its text stands in the sentence, from token border to token border (`places`). Nothing is
guessed: what does not match is lost, and the loss is counted under one reason.

For every reply: emitted mentions = grounded mentions + mentions named again + losses. A mention is *named again* where
its place already bears it, with the same type: as a set, the reply's mentions are the same without it, so it is
neither a loss nor one more prediction.

JSON replies, and pairs, say *what*. *Where* is certain if the text stands at one place only, or if the reply gives the
occurrence; then the order of the list does not matter. Otherwise a policy decides:

- ``first``: the first place of the text, whatever stands there, as a plain search does;
- ``cursor``: the first free place after the mention before it, else the mention is lost (as in FiNERweb, which loses
  every mention behind the cursor, those with one place too);
- ``free``: as ``cursor``, but where nothing is free ahead, the first free place anywhere;
- ``all``: every free place;
- ``monotonic``: the alignment of the whole list with the sentence that places most mentions from left to right
  (`monotonic`). Those that it leaves out stand where they certainly do, or at the first free place: so a list in another order
  than the sentence loses nothing by it, and order decides only between equal texts.

Inline replies say where by themselves (policy ``offsets``). If a reply's text is not the sentence, the two are
aligned, and a mention counts where all of its characters lie in one stretch that is equal in both.

By default texts match exactly and borders are strict. The other levels and borders of `matching` are rounds that follow: each
looks for what all before it have lost (absent, or across a border), among the places that are still free, by the same
policy. So they only add to what the exact reading finds. Inline, normalized texts are aligned as exact ones are; inside
tokens, and fuzzily, what is left is looked for by its text alone, as ``free`` does.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm.inline_replies import parse_inline
from openner_utils.llm.json_replies import parse_json
from openner_utils.llm.list_replies import parse_lists
from openner_utils.llm.matching import Borders, Finder, Matching, Way, normalized, ways
from openner_utils.llm.monotonic import longest_chain
from openner_utils.llm.pair_replies import parse_pairs
from openner_utils.llm.places import visible
from openner_utils.llm.prompts import FORMATS, Format, shown
from openner_utils.llm.replies import BAD_OCCURRENCE, NOT_ALIGNED, TEXT_CHANGED, Emitted, Parsed, writable
from openner_utils.llm.stretches import equal_stretches
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

Policy = Literal["offsets", "first", "cursor", "free", "all", "monotonic"]
_LISTED: tuple[Policy, ...] = ("cursor", "free", "all")
LISTED: tuple[Policy, ...] = tuple(policy for policy in get_args(Policy) if policy != "offsets")
"""All policies for lists and pairs."""
MARKED: tuple[Format, ...] = ("inline", "tokens")
"""The formats that say by themselves where a mention is."""
POLICIES: Mapping[Format, tuple[Policy, ...]] = {
    format: ("offsets",) if format in MARKED else _LISTED for format in FORMATS
}
"""The policies under which each format's replies are predictions, explained in the module's text."""


@dataclass(frozen=True, slots=True)
class Loss:
    """An emitted mention that has no place in the sentence, and why."""

    mention: Emitted
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one reply: labels (IOB2) for the sentence's tokens, and the account of how.

    ``grounded`` counts emitted mentions that have a place, ``normalized`` and ``fuzzy`` those of them that have it by these
    levels of matching alone; ``again`` those whose place bore them already. Under the policy ``all`` one mention may label
    several places. ``malformed`` and ``truncated`` are what the reply began to name and did not name whole (`Parsed`).
    """

    labels: tuple[str, ...]
    emitted: int
    grounded: int
    again: int
    losses: tuple[Loss, ...]
    faults: tuple[str, ...]
    normalized: int = 0
    fuzzy: int = 0
    malformed: int = 0
    truncated: int = 0

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
    """Return the mentions that a reply in this format names; halves of surrogate pairs in it are no text that can be written down."""
    reply = writable(reply)
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
    parsed: Parsed,
    tokens: Sequence[str],
    types: Collection[str],
    format: Format,
    policy: Policy = "free",
    matching: Matching = "exact",
    borders: Borders = "strict",
) -> Outcome:
    """Return the labels that a parsed reply gives to a sentence's tokens.

    ``types`` are the known entity types; how an emitted type is capitalized matters only between types that differ
    in nothing else. ``policy`` is that of a list or of pairs; an inline reply has its offsets. ``matching`` and ``borders``
    say how far what was lost is looked for (`matching`).

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
    placing = _Placing(
        Finder(shown(tokens, format)), types, len(tokens), "free" if format in MARKED else policy
    )
    known = placing.known(parsed.mentions)
    for way in ways(matching, borders):
        if format not in MARKED:
            known = placing.search(known, way)
        elif parsed.text or parsed.mentions:
            known = placing.align(parsed, known, way)
    placing.lose(known, matching)
    return Outcome(
        labels=IOB2.encode(sorted(Mention(*item) for item in placing.placed.items()), len(tokens)),
        emitted=len(parsed.mentions),
        grounded=sum(placing.grounded.values()),
        again=placing.again,
        losses=tuple(loss for _, loss in sorted(placing.losses.items())),
        faults=(*parsed.faults, *placing.faults),
        normalized=placing.grounded["normalized"],
        fuzzy=placing.grounded["fuzzy"],
        malformed=parsed.malformed,
        truncated=parsed.truncated,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """An emitted mention of a known type: its number in the reply, its text without blanks, and its type."""

    number: int
    mention: Emitted
    text: str
    type: str


class _Placing:
    """One reply being grounded: the mentions that have a place so far, and the account."""

    def __init__(self, finder: Finder, types: Collection[str], n_tokens: int, policy: Policy) -> None:
        self.finder = finder
        self.policy = policy
        self.placed: dict[Span, str] = {}
        self.grounded: Counter[Matching] = Counter()
        self.again = 0
        self.losses: dict[int, Loss] = {}
        self.faults: list[str] = []
        self._types = {type.casefold(): type for type in types} | {type: type for type in types}
        self._taken = bytearray(n_tokens)
        self._level: Matching = "exact"
        self._cursor = 0
        self._free: dict[str, list[Span]] = {}
        self._named: dict[tuple[str, str], bool] = {}
        self._crosses: dict[int, bool] = {}
        self._aligned: dict[tuple[str, str], list[tuple[int, int, int]]] = {}

    def known(self, mentions: Iterable[Emitted]) -> list[_Known]:
        """Return the mentions with a text and a known type; the others are losses."""
        found = []
        for number, mention in enumerate(mentions):
            text = visible(mention.text)
            type = self._types.get(mention.type) or self._types.get(mention.type.casefold())
            if not text:
                self.losses[number] = Loss(mention, NO_TEXT)
            elif type is None:
                self.losses[number] = Loss(mention, UNKNOWN_TYPE)
            else:
                found.append(_Known(number, mention, text, type))
        return found

    def lose(self, left: Iterable[_Known], matching: Matching) -> None:
        """Lose what no way has found: it crosses borders of tokens, or is absent."""
        for each in left:
            crosses = self._crosses.get(each.number)
            if crosses is None:
                crosses = self.finder.holds(each.text, matching)
            self._lose(each, CROSSES if crosses else ABSENT)

    def search(self, mentions: Sequence[_Known], way: Way) -> list[_Known]:
        """Place mentions of which the text is known, and perhaps the occurrence; return those that stand nowhere."""
        self._level, self._cursor = way.level, 0
        left, found = [], []
        for each in mentions:
            if spans := self.finder.find(each.text, way):
                found.append((each, self._meant(each.mention, spans)))
            else:
                left.append(each)
        chain = longest_chain(self._open(spans) for _, spans in found) if self.policy == "monotonic" else {}
        for number, span in sorted(chain.items()):
            self._put(found[number][0], span)
        for number, (each, spans) in enumerate(found):
            if number not in chain:
                self._place(each, spans)
        return left

    def align(self, parsed: Parsed, mentions: Sequence[_Known], way: Way) -> list[_Known]:
        """Place the mentions of an inline reply, which are ranges of its text; return those that stand nowhere.

        Reply and sentence are compared without blanks, so that a place is a pair of offsets on either side. A mention has
        one if it lies within one stretch that is equal in both; a change inside it makes it absent from the text.
        """
        if way.level == "fuzzy":
            return self.search(mentions, way)
        self._level = way.level
        places, compared = (
            (self.finder.exact, visible) if way.level == "exact" else (self.finder.normalized, normalized)
        )
        reply, before = _measured(parsed, compared)
        blocks = self._stretches(reply, places.text)
        starts = [here for here, _, _ in blocks]
        left = []
        for each in mentions:
            start, end = before[each.mention.start], before[each.mention.end]
            here, there, length = blocks[at] if (at := bisect_right(starts, start) - 1) >= 0 else (0, 0, 0)
            shift, inside = there - here, end <= here + length
            place = places.cover if way.snapped else places.span
            if inside and (span := place(start + shift, end + shift)):
                self._put(each, span)
            else:
                self._crosses[each.number] = inside
                left.append(each)
        return left

    def _stretches(self, reply: str, sentence: str) -> list[tuple[int, int, int]]:
        """Return the equal stretches of an inline reply and its sentence, as they are compared."""
        if reply == sentence:
            return [(0, 0, len(reply))]
        if (reply, sentence) not in self._aligned:
            blocks, complete = equal_stretches(reply, sentence)
            if self._level == "exact":
                self.faults += [TEXT_CHANGED] if complete else [TEXT_CHANGED, NOT_ALIGNED]
            self._aligned[reply, sentence] = blocks
        return self._aligned[reply, sentence]

    def _meant(self, mention: Emitted, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Return the places that a mention can mean: one, where it gives the occurrence."""
        number = mention.occurrence
        if number is None:
            return spans
        if not 1 <= number <= len(spans):
            self.faults.append(BAD_OCCURRENCE)
            return spans
        return (spans[number - 1],)

    def _open(self, spans: tuple[Span, ...]) -> Sequence[Span]:
        return [span for span in spans if self._is_free(span)] if self.placed else spans

    def _place(self, each: _Known, spans: tuple[Span, ...]) -> None:
        """Place a mention at one of its places, or all, as the policy says."""
        if len(spans) == 1 or self.policy == "first":
            self._put(each, spans[0])
        elif self.policy == "all":
            self._put_everywhere(each, spans)
        else:
            self._put_first(each, spans)

    def _lose(self, each: _Known, reason: str) -> None:
        self.losses[each.number] = Loss(each.mention, reason)

    def _take(self, each: _Known, span: Span) -> None:
        self.placed[span] = each.type
        self._taken[span.start : span.end] = b"\1" * len(span)
        self._cursor = max(self._cursor, span.end)

    def _is_free(self, span: Span) -> bool:
        return self._taken.find(1, span.start, span.end) < 0

    def _put(self, each: _Known, span: Span) -> None:
        """Give a mention the one place that it can mean."""
        if self._is_free(span):
            self._take(each, span)
            self.grounded[self._level] += 1
        elif self.placed.get(span) == each.type:
            self.again += 1
        else:
            self._lose(each, OVERLAPS)

    def _put_first(self, each: _Known, spans: tuple[Span, ...]) -> None:
        cursor = 0 if self.policy == "monotonic" else self._cursor
        span = self._first_free(each.text, spans, cursor)
        behind = self._first_free(each.text, spans, 0) if span is None else None
        if span is None and self.policy == "free":
            span = behind
        if span is not None:
            self._take(each, span)
            self.grounded[self._level] += 1
        elif behind is not None:
            self._lose(each, BEHIND)
        else:
            self._named_or_lost(each, spans)

    def _put_everywhere(self, each: _Known, spans: tuple[Span, ...]) -> None:
        found = False
        while (span := self._first_free(each.text, spans, 0)) is not None:
            self._take(each, span)
            found = True
        if found:
            self.grounded[self._level] += 1
        else:
            self._named_or_lost(each, spans)

    def _named_or_lost(self, each: _Known, spans: tuple[Span, ...]) -> None:
        """Count a mention whose text has no free place left."""
        # What stands at places that are all taken stays, so each text and type is looked up once.
        key = (each.text, each.type)
        if key not in self._named:
            self._named[key] = any(self.placed.get(span) == each.type for span in spans)
        if self._named[key]:
            self.again += 1
        else:
            self._lose(each, OVERLAPS)

    def _first_free(self, text: str, spans: tuple[Span, ...], token: int) -> Span | None:
        """Return the first place of a text, from a token on, that no mention touches."""
        # Places that are taken stay taken, so each is struck from the list once.
        free = self._free.setdefault(text, list(spans))
        at = bisect_left(free, token, key=lambda span: span.start)
        end = at
        while end < len(free) and not self._is_free(free[end]):
            end += 1
        del free[at:end]
        return free[at] if at < len(free) else None


def _measured(parsed: Parsed, compared: Callable[[str], str]) -> tuple[str, dict[int, int]]:
    """Return an inline reply's text as it is compared, and where in it each border of a mention lies."""
    borders = {0, *(border for each in parsed.mentions for border in (each.start, each.end))}
    parts: list[str] = []
    before: dict[int, int] = {}
    length = 0
    for start, end in pairwise([*sorted(borders), len(parsed.text)]):
        before[start] = length
        parts.append(compared(parsed.text[start:end]))
        length += len(parts[-1])
    return "".join(parts), before | {len(parsed.text): length}
