"""What went wrong with each mention: which predicted mention stands for which of the reference, and how they differ.

Mentions with the same span are paired first. Of the others those that overlap are paired, the pair with most tokens in common
first (of equals the one that begins earlier), each mention in one pair at most. What is left of the reference was missed, and what is
left of the prediction is spurious. So each mention of either side is counted once, and right, wrong and missed ones add
up to those of the reference.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Columns, Ints
from openner_utils.core.encoding import Mentions
from openner_utils.core.spacing import gaps, joined
from openner_utils.scoring.mentions import mentions_of_both

RIGHT, TYPE, BOUNDARY, BOTH, MISSED, SPURIOUS = (
    "right", "type", "boundary", "type and boundary", "missed", "spurious",
)  # fmt: skip
KINDS = (RIGHT, TYPE, BOUNDARY, BOTH, MISSED, SPURIOUS)
"""What became of a mention: found; its span with another type; its type on an overlapping span; both wrong, yet overlapping;
nothing predicted there; predicted where nothing is."""


AROUND = 4
"""Tokens shown on each side of an error."""


@dataclass(frozen=True, slots=True)
class Found:
    """One mention, or a pair of one of the reference and one of the prediction.

    Spans are tokens [start, end) of all sentences, and types texts; both are None on the side that has none.
    """

    kind: str
    sentence: int
    reference: tuple[int, int] | None
    reference_type: str | None
    predicted: tuple[int, int] | None
    predicted_type: str | None


def compared(reference: Columns, prediction: Columns, convention: str = "conlleval") -> list[Found]:
    """Return what became of every mention, in the order of the text (IOB2 labels); `OpenNERError` for other tokens."""
    gold, found = mentions_of_both(reference, prediction, convention)
    pairs = _pairs(gold, found, len(reference))
    lost = [(number, -1) for number in sorted({*range(len(gold))} - {one for one, _ in pairs})]
    spare = [(-1, number) for number in sorted({*range(len(found))} - {other for _, other in pairs})]
    rows = [_found(gold, found, *pair) for pair in (*pairs, *lost, *spare)]
    return sorted(
        rows, key=lambda row: min(span for span in (row.reference, row.predicted) if span is not None)
    )


def confusion(found: Iterable[Found]) -> Counter[tuple[str, str, str]]:
    """Return how often each kind, reference type and predicted type came together; a side without mention has no type ("")."""
    return Counter((row.kind, row.reference_type or "", row.predicted_type or "") for row in found)


@dataclass(frozen=True, slots=True)
class InWords:
    """An error as a reader sees it: the words of both sides ("" for none), and up to `AROUND` tokens before and behind both."""

    reference: str
    predicted: str
    before: str
    behind: str


def in_words(error: Found, sentences: Columns) -> InWords:
    """Return the words of an error; ``sentences``: those that were compared, under any labels. They are spaced as published, where that is known."""
    spans = [span for span in (error.reference, error.predicted) if span is not None]
    first, last = (int(edge) for edge in sentences.sentences[error.sentence : error.sentence + 2])
    offsets = (
        None if sentences.starts is None or sentences.ends is None else (sentences.starts, sentences.ends)
    )
    tokens = sentences.tokens.slice(first, last - first).to_pylist()
    starts, ends = (None, None) if offsets is None else (each[first:last].tolist() for each in offsets)
    before = gaps({"tokens": tokens, "starts": starts, "ends": ends})

    def text(start: int, end: int) -> str:
        place = slice(max(start - first, 0), max(end - first, 0))
        return joined(tokens[place], before[place])

    left, right = min(start for start, _ in spans), max(end for _, end in spans)
    of_reference, of_prediction = (
        "" if span is None else text(*span).strip() for span in (error.reference, error.predicted)
    )
    before_both, behind_both = text(left - AROUND, left).strip(), text(right, right + AROUND).strip()
    return InWords(of_reference, of_prediction, before_both, behind_both)


def _pairs(gold: Mentions, found: Mentions, length: int) -> list[tuple[int, int]]:
    """Return which mention of the reference stands for which of the prediction, by their numbers."""
    at = [_owners(each, length) for each in (gold, found)]
    both = (at[0] >= 0) & (at[1] >= 0)
    overlaps, common = np.unique(np.stack([each[both] for each in at], axis=1), axis=0, return_counts=True)
    same = [
        bool(gold.start[one] == found.start[other] and gold.end[one] == found.end[other])
        for one, other in overlaps.tolist()
    ]
    order = sorted(
        range(len(overlaps)), key=lambda row: (not same[row], -common[row], *overlaps[row].tolist())
    )
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for one, other in overlaps[order].tolist():
        if one not in taken[0] and other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            pairs.append((one, other))
    return pairs


def _owners(mentions: Mentions, length: int) -> Ints:
    """Return the number of the mention that each token belongs to [length]; -1 outside."""
    owner = np.full(length, -1, dtype=np.int32)
    for number, (start, end) in enumerate(zip(mentions.start.tolist(), mentions.end.tolist(), strict=True)):
        owner[start:end] = number
    return owner


def _found(gold: Mentions, found: Mentions, one: int, other: int) -> Found:
    """Return a pair, or a mention alone where the other number is -1."""
    sides = [
        (None, None)
        if number < 0
        else ((int(side.start[number]), int(side.end[number])), side.types[side.type[number]])
        for side, number in ((gold, one), (found, other))
    ]
    (span, type), (other_span, other_type) = sides
    if span is None or other_span is None:
        kind = SPURIOUS if span is None else MISSED
    elif span == other_span:
        kind = RIGHT if type == other_type else TYPE
    else:
        kind = BOUNDARY if type == other_type else BOTH
    sentence = int(found.sentence[other] if span is None else gold.sentence[one])
    return Found(kind, sentence, span, type, other_span, other_type)
