"""Annotations against a reference: counts of mentions by passage, and precision, recall and F1 with their intervals.

Mentions are compared by their characters and their types, as `scoring.mentions` compares them by tokens; passages, or the
documents that they are cut from, are the units over which intervals are computed (`scoring.significance`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import offsets_of
from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import ANY, Counts, Score, matched
from openner_utils.scoring.significance import Interval, Units, interval
from openner_utils.web.mentions import Annotated

CONFIDENCE = 0.95
RIGHT, NAMED, REFERENCE = 0, 1, 2
"""Columns of counts."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts of mentions, and precision, recall and F1 (0 to 1) with the bounds of their intervals."""

    score: Score
    precision: Interval
    recall: Interval
    f1: Interval


def count(reference: Sequence[Annotated], found: Sequence[Annotated], typed: bool = True) -> Counts:
    """Return mention counts by passage and type; without types, spans alone are compared.

    Both sides must hold the same passages in the same order; anything else is a bug of the caller (`ValueError`).
    """
    if [each.passage.id for each in reference] != [each.passage.id for each in found]:
        raise ValueError("reference and annotation hold other passages, or in another order")
    edges = offsets_of([len(each.passage.text) for each in reference])
    gold, named = (_placed(side, edges, typed) for side in (reference, found))
    return matched(gold, named, int(edges[-1]), len(reference))


def _placed(annotated: Sequence[Annotated], edges: NDArray[np.int64], typed: bool) -> Mentions:
    """Return mentions by their places in all passages, one after the other."""
    rows = [
        (at + mention.start, at + mention.end, number, mention.type if typed else ANY)
        for number, (each, at) in enumerate(zip(annotated, edges.tolist(), strict=False))
        for mention in each.mentions
    ]
    types = tuple(sorted({row[3] for row in rows}))
    place = {type: number for number, type in enumerate(types)}
    start, end, passage = (np.array([row[column] for row in rows], np.int64) for column in range(3))
    type = np.array([place[row[3]] for row in rows], np.int32)
    return Mentions(start, end, passage.astype(np.int32), type, types)


def rates(totals: NDArray[np.int64], units: Units, confidence: float = CONFIDENCE) -> Rates:
    """Return precision, recall and F1 of counts by passage [n_passages, 3], with intervals over ``units`` [n_passages].

    All three come from `significance.interval`: F1 = 2J / (1 + J), where J is the share of right mentions among those of either
    side. If the other side is taken to be the right mentions alone, J is precision, or recall.
    """
    right = totals[:, RIGHT]
    precision = np.stack([right, totals[:, NAMED], right], axis=1)
    recall = np.stack([right, right, totals[:, REFERENCE]], axis=1)
    whole = totals.sum(axis=0)
    return Rates(
        Score(*map(int, whole)),
        _share(interval(precision[None], confidence, units)),
        _share(interval(recall[None], confidence, units)),
        interval(totals[None], confidence, units),
    )


def _share(found: Interval) -> Interval:
    """Return the J of an interval of F1."""
    return Interval(*(value / (2 - value) for value in (found.value, found.low, found.high)))


def units_of(documents: Iterable[str]) -> Units:
    """Return the number of each passage's document, from 0, in order of appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(each, len(numbers)) for each in documents], np.int64)
