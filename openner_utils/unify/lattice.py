"""Which type is part of which, learnt from texts that two corpora mark: errors that go one way only."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from openner_utils.unify.effects import weighted
from openner_utils.unify.sides import Side

LEAST = 5
"""Different texts that an edge rests on, each way."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Texts of ``type`` are ``wider`` in the other corpus where they are marked there; the other way round that holds less.

    ``share``, with its interval ``low`` to ``high`` at `LEVEL`, is the mean over ``texts`` different texts; ``back``, with its own, that
    of the texts of ``wider`` that are ``type`` here.
    """

    here: str
    type: str
    there: str
    wider: str
    share: float
    low: float
    high: float
    texts: int
    back: float
    back_low: float
    back_high: float
    back_texts: int


def edges(here: Side, there: Side, level: float) -> Iterator[Edge]:
    """Yield the pairs of types of which the first is part of the second: most of its texts are that there, and fewer the other way.

    Places where a text is marked with the very same borders count; how often it is not marked at all says nothing of types.
    """
    down = {type: _marked(here, type, there) for type in here.types}
    up = {type: _marked(there, type, here) for type in there.types}
    for type, wider in product(here.types, there.types):
        if min(len(down[type]), len(up[wider])) < LEAST:
            continue
        share, low, high = _share([each[wider] / each.total() for each in down[type]], level)
        if low <= 0.5:
            continue
        back, back_low, back_high = _share([each[type] / each.total() for each in up[wider]], level)
        if back_high < low:
            yield Edge(
                here.corpus.name, type, there.corpus.name, wider, share, low, high, len(down[type]),
                back, back_low, back_high, len(up[wider]),
            )  # fmt: skip


def _marked(of: Side, type: str, there: Side) -> list[Counter[str]]:
    """Return for each text of a type that the other corpus marks: as what, and how often."""
    found = []
    for text in of.texts[type]:
        counts: Counter[str] = Counter()
        for place, number in there.places[text].counts.items() if text in there.places else ():
            if place.outcome == "marked":
                counts[place.type] += number
        if counts:
            found.append(counts)
    return found


def _share(values: list[float], level: float) -> tuple[float, float, float]:
    """Return the mean of shares with its interval; one share of 1 and one of 0 more stand in it (see `effects.weighted`)."""
    effect, low, high, _ = weighted(np.ones(len(values)), 2 * np.array(values) - 1, level)
    return (effect + 1) / 2, (low + 1) / 2, (high + 1) / 2
