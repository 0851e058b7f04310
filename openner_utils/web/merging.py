"""Two annotators' mentions of one passage made into one set, with what became of every mention.

After FiNERweb (Golde et al. 2025, section 4.3, as a summary of it has the rule; the paper itself was not at hand):

- a mention that overlaps none of the other annotator is kept;
- where two overlap by less than half, the longer one is kept;
- where they overlap by half or more and their labels are alike, they become one, with both labels (``person / writer``);
- where they overlap by half or more and their labels are not alike, the paper does not say clearly what happens. Here that is
  a choice (`Clash`), and what each choice costs is measured (`truth`).

Overlap is the characters that both have over the characters that either has, so that it does not matter who is asked first.
The span of two that become one is the longer. What is longer is counted in characters; of equally long ones it is the one that
begins earlier. So the result does not depend on which annotator is called the first.

A mention may overlap several. Then pairs of half or more are settled first, the greatest overlap before others; what remains
is taken from the longest on, as long as nothing that was taken is in its way.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from openner_utils.web.mentions import TextMention

Alike = Callable[[str, str], float]
"""How alike two labels are: at most 1, which equal ones are. It must not matter which of the two comes first."""
THRESHOLD = 0.75
"""Above this, labels are alike: the paper's, for the cosine of all-MiniLM-L6-v2."""
HALF = 0.5
JOINT = " / "
"""Stands between two labels of one mention, which are in alphabetical order."""

Clash = Literal["drop", "longer", "surer"]
"""What happens to two mentions of one place with unlike labels: neither is kept, the longer, or the one with the higher score."""
CLASHES: tuple[Clash, ...] = get_args(Clash)

SAME = "same span and label"
JOINED = "joined with one of a like label"
ALONE = "no overlap"
FREE = "nothing longer in its way"
SHORTER = "something longer in its way"
CHOSEN = "chosen over one of an unlike label"
UNLIKE = "labels unlike"
OUTCOMES = (SAME, JOINED, ALONE, FREE, CHOSEN, SHORTER, UNLIKE)
"""What can become of a mention; those with the last two reasons are dropped."""
DROPPED = frozenset({SHORTER, UNLIKE})


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged mentions, in order and without overlap, and what became of each mention of either side.

    ``first``, ``second``: one of `OUTCOMES` for each mention of that side, in its order.
    """

    mentions: tuple[TextMention, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]

    def account(self) -> Counter[str]:
        """Return how many mentions of both sides ended in each way."""
        return Counter(self.first) + Counter(self.second)


@dataclass(slots=True)
class _Piece:
    """What may enter the result, and the mentions (side, number) that it stands for, each with what becomes of it then."""

    mention: TextMention
    of: dict[tuple[int, int], str]


def overlap(one: TextMention, other: TextMention) -> float:
    """Return the share of common characters among those that either mention has.

    >>> overlap(TextMention(0, 8, "LOC"), TextMention(0, 13, "LOC")) > HALF  # New York, New York City
    True
    """
    shared = one.shared(other)
    return shared / (len(one) + len(other) - shared)


def merge(
    first: Sequence[TextMention],
    second: Sequence[TextMention],
    alike: Alike,
    clash: Clash = "drop",
    threshold: float = THRESHOLD,
) -> Merged:
    """Return two annotators' mentions as one set. Neither side may overlap itself.

    The score of a merged mention is the mean of both annotators', where one that does not name it counts 0, and one that gives
    no scores counts 1 for what it names.

    >>> one = [TextMention(0, 3, "person", 0.8)]
    >>> merge(one, [TextMention(0, 3, "person", 0.6), TextMention(9, 12, "city")], lambda a, b: float(a == b)).mentions
    (TextMention(start=0, end=3, type='person', score=0.7), TextMention(start=9, end=12, type='city', score=0.5))
    """
    sides = (first, second)
    ends: dict[tuple[int, int], str] = {}
    pieces, paired = [], set()
    for one, other in _pairs(sides):
        if (0, one) in paired or (1, other) in paired:
            continue
        paired |= {(0, one), (1, other)}
        pieces += _settled(one, other, sides, alike, clash, threshold, ends)
    overlapped = _overlapped(sides)
    for side, mentions in enumerate(sides):
        for number, mention in enumerate(mentions):
            place = (side, number)
            if place not in paired:
                kept = FREE if place in overlapped else ALONE
                pieces.append(_Piece(_scored(mention, _sure(mention)), {place: kept}))
    taken: list[TextMention] = []
    for piece in sorted(pieces, key=lambda each: _rank(each.mention)):
        free = not any(piece.mention.shared(each) for each in taken)
        if free:
            taken.append(piece.mention)
        ends |= piece.of if free else dict.fromkeys(piece.of, SHORTER)
    return Merged(
        tuple(sorted(taken, key=lambda each: each.span)),
        *(tuple(ends[side, number] for number in range(len(sides[side]))) for side in (0, 1)),
    )


def _pairs(sides: tuple[Sequence[TextMention], Sequence[TextMention]]) -> list[tuple[int, int]]:
    """Return the pairs that overlap by half or more, the greatest overlap first, then from left to right."""
    found = [
        (one, other) for one, other in _meeting(*sides) if overlap(sides[0][one], sides[1][other]) >= HALF
    ]
    return sorted(
        found, key=lambda pair: (-overlap(sides[0][pair[0]], sides[1][pair[1]]), _left(pair, sides))
    )


def _left(
    pair: tuple[int, int], sides: tuple[Sequence[TextMention], Sequence[TextMention]]
) -> list[tuple[int, int]]:
    """Return what orders pairs in the text, whichever side is the first."""
    return sorted((sides[0][pair[0]].span, sides[1][pair[1]].span))


def _meeting(first: Sequence[TextMention], second: Sequence[TextMention]) -> Iterable[tuple[int, int]]:
    """Yield the pairs of mentions that share a character."""
    for one, mention in enumerate(first):
        for other, against in enumerate(second):
            if mention.shared(against):
                yield one, other


def _overlapped(sides: tuple[Sequence[TextMention], Sequence[TextMention]]) -> set[tuple[int, int]]:
    """Return the places (side, number) of mentions that overlap one of the other side."""
    return {place for one, other in _meeting(*sides) for place in ((0, one), (1, other))}


def _settled(
    one: int,
    other: int,
    sides: tuple[Sequence[TextMention], Sequence[TextMention]],
    alike: Alike,
    clash: Clash,
    threshold: float,
    ends: dict[tuple[int, int], str],
) -> list[_Piece]:
    """Return what two mentions that overlap by half or more become; ``ends`` takes what is dropped at once."""
    places = ((0, one), (1, other))
    pair = (sides[0][one], sides[1][other])
    longer, shorter = sorted(pair, key=_rank)
    if pair[0].type == pair[1].type or alike(pair[0].type, pair[1].type) > threshold:
        label = JOINT.join(sorted({pair[0].type, pair[1].type}))
        score = (_given(pair[0]) + _given(pair[1])) / 2
        how = SAME if pair[0].span == pair[1].span and pair[0].type == pair[1].type else JOINED
        return [_Piece(TextMention(*longer.span, label, score), dict.fromkeys(places, how))]
    if clash == "drop":
        ends |= dict.fromkeys(places, UNLIKE)
        return []
    winner = longer
    if clash == "surer" and _given(shorter) > _given(longer):
        winner = shorter
    kept = places[pair.index(winner)]
    ends |= {place: UNLIKE for place in places if place != kept}
    return [_Piece(_scored(winner, _sure(winner)), {kept: CHOSEN})]


def _rank(mention: TextMention) -> tuple[int, int, str, float]:
    """Return what orders mentions: the longest, the earliest, then by label and score, so that no tie is left to chance."""
    return -len(mention), mention.start, mention.type, -_given(mention)


def _given(mention: TextMention) -> float:
    return 1.0 if mention.score is None else mention.score


def _sure(mention: TextMention) -> float:
    """Return the score of a mention that one annotator alone stands for."""
    return _given(mention) / 2


def _scored(mention: TextMention, score: float) -> TextMention:
    return TextMention(*mention.span, mention.type, score)
