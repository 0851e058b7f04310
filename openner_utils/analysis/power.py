"""Which difference could be found here? The smallest that a comparison on a corpus detects with 80 % power, by seeds and test size.

The variances are those of the pairs of encoders that were compared on a test set: of the sentences (or documents) that both are tested
on, of the seeds of each side, and of what is chance in a single run on a sentence. They are taken apart as the two-way layout of
`scoring.significance` says (V = M_units + M_seeds - M_cells), and put together again for other numbers of seeds and sentences: the
first shrinks with the sentences, the second with the seeds, the third with both. A card is for a single comparison; a family of many
needs a larger difference.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from openner_utils.analysis.one_system import System, of_units
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import common, encoders_of
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import Inputs
from openner_utils.scoring.significance import BOUND, POWER, Counts, Difference, Floats, f1

SEEDS = (1, 3, 5, 10)
SIZES = (100, 300, 1000, 3000, 10000)
"""Test sentences for which a card says what could be found, beside as many as the corpus has."""
DRAWS = 12
"""Equally likely spreads that the seeds of a side may show."""
TEST_SET = ["corpus", "language"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the difference of two systems varies with, each for one seed a side and one unit (fractions of F1, squared).

    ``units``: sentences or documents; ``seeds``: trainings, of both sides together (NaN where one seed was run); ``cells``: a single
    training on a single unit, of both sides together. The first two are what is left of a sum when other parts are taken away, so of few
    seeds they may come out below 0. ``one``: the variance of one mention more on each side that the other misses, as
    `scoring.significance.difference` adds it, times the number of units, squared.
    """

    units: float
    seeds: float
    cells: float
    one: float

    @classmethod
    def mean(cls, several: Sequence["Parts"]) -> "Parts":
        """Return the mean of what several pairs vary with: each says little of its seeds, all together say more."""
        names = ("units", "seeds", "cells", "one")
        return cls(*(float(np.mean([getattr(each, name) for each in several])) for name in names))

    def detectable(self, seeds: int, units: float, level: float) -> float:
        """Return the smallest true difference (a fraction) that a test at ``level`` finds with 80 % power; infinite where none.

        ``seeds``: of each side; ``units``: of the test set. The difference is taken for normal with its true error, and is held against
        the errors and degrees of freedom that as many seeds would show: their spread varies as a variance of normal deviates does, and
        `scoring.significance.difference` asks for more where they happen to differ much, or to differ little.
        """
        over_units = (max(0.0, self.units) + self.cells / seeds) / units + self.one / units**2
        if seeds == 1:  # then a claim is about the two models at hand
            return Difference(0.0, math.sqrt(over_units), units - 1.0, 1.0, math.nan).detectable(level, POWER)
        if math.isnan(self.seeds):
            return math.inf
        part, cells = max(0.0, self.seeds) / seeds, self.cells / seeds / units
        # Two sides, each with half of the variance.
        squares = (part + cells) / 2 * _shown(seeds)
        seen = over_units + np.maximum(0.0, squares - cells / 2).sum(axis=0)
        df = _degrees(over_units, units, squares, cells / 2, seeds)
        wanted = stats.t.ppf(1 - level / 2, df) * np.sqrt(seen)
        error = math.sqrt(over_units + part)
        if not error:
            return 0.0

        def short(difference: float) -> float:
            return POWER - float(special.ndtr((difference - wanted) / error).mean())

        return float(optimize.brentq(short, 0.0, 1.0)) if short(1.0) < 0 else math.inf


@cache
def _shown(seeds: int) -> Floats:
    """Return the spreads that two sides of so many seeds show, over the true one: each of some equally likely ones beside each [2, n]."""
    least = seeds - 1
    quantiles = stats.chi2.ppf((np.arange(DRAWS) + 0.5) / DRAWS, least) / least
    return np.stack(np.meshgrid(quantiles, quantiles)).reshape(2, -1)


@cache
def _bound(seeds: int) -> float:
    """Return how many times what two sides of so many seeds show their spread may be."""
    least = 2 * (seeds - 1)
    return least / float(stats.chi2.ppf(1 - BOUND, least))


def _degrees(over_units: float, units: float, squares: Floats, cells: float, seeds: int) -> Floats:
    """Return the degrees of freedom [n] that `scoring.significance.difference` gives to two sides of so many seeds.

    ``squares`` [2, n]: the variance of the mean that the seeds of each side show, of which ``cells`` is the units' noise.
    """
    least, most = seeds - 1, _bound(seeds)

    def satterthwaite(each: Floats, squared: Floats) -> Floats:
        spread = over_units**2 / (units - 1) + (squared**2).sum(axis=0) / least
        whole = (over_units + each.sum(axis=0)) ** 2
        return np.divide(whole, spread, out=np.full(len(whole), units - 1.0), where=spread > 0)

    upper = np.maximum(0.0, most * squares - cells)
    shown = satterthwaite(np.maximum(0.0, squares - cells), squares)
    return np.maximum(float(least), np.minimum(shown, satterthwaite(upper, upper)))


def parts(a: Counts, b: Counts) -> Parts:
    """Return what the difference of two systems varies with, from counts [n_seeds, n_units, 3] of each on the same units."""
    n, sides = a.shape[1], (a, b)
    influence = [_influence(counts) for counts in sides]
    mean = influence[1].mean(axis=0) - influence[0].mean(axis=0)
    observed = float((mean**2).sum()) * n / (n - 1)  # M_units: its part of cells shrinks with the seeds
    cells = [_cells(each) for each in influence]
    each_mean = sum(cell / len(counts) for cell, counts in zip(cells, sides, strict=True))
    known = min(len(counts) for counts in sides) > 1
    seeds = math.nan
    if known:
        seeds = sum(
            float(f1(counts.sum(axis=1)).var(ddof=1)) - cell
            for cell, counts in zip(cells, sides, strict=True)
        )
    return Parts(n * (observed - each_mean), seeds, n * sum(cells), n**2 * _one_mention_each(a, b))


def _influence(counts: Counts) -> Floats:
    """Return what each unit adds to the F1 of each seed [n_seeds, n_units], the linear term of its Taylor series."""
    totals = counts.sum(axis=1)
    total = (totals[:, 1] + totals[:, 2]).astype(np.float64)
    moved = 2 * counts[..., 0] - f1(totals)[:, None] * (counts[..., 1] + counts[..., 2])
    return np.divide(moved, total[:, None], out=np.zeros_like(moved, np.float64), where=total[:, None] > 0)


def _cells(influence: Floats) -> float:
    """Return the variance of one seed's F1 that its chance on single units brings; 0 for one seed, where the units' part holds it."""
    seeds, n = influence.shape
    if seeds < 2 or n < 2:
        return 0.0
    return float(((influence - influence.mean(axis=0)) ** 2).sum()) / (seeds - 1) * n / (n - 1)


def _one_mention_each(a: Counts, b: Counts) -> float:
    """Return the variance that two mentions more would bring, one that only ``a`` and one that only ``b`` has right."""
    found = []
    for counts in (a, b):
        totals = counts.sum(axis=1).astype(np.float64)
        value, total = (
            float(f1(counts.sum(axis=1)).mean()),
            max(float((totals[:, 1] + totals[:, 2]).mean()), 1.0),
        )
        found.append([(2 * right - value * (1 + right)) / total for right in (1, 0)])
    return (found[0][0] - found[1][1]) ** 2 + (found[1][0] - found[0][1]) ** 2


@dataclass(frozen=True, slots=True)
class Card:
    """A test set as it is: what could be found with one and with the most seeds, in points of F1; NaN where nothing."""

    corpus: str
    language: str
    sentences: int
    by_seeds: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the cards say: each test set as it is, by what could be found with the most seeds."""

    cards: tuple[Card, ...]
    level: float


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the counts per sentence of all encoders on the core release."""
    found = tables(encoders_of(core_sentences(inputs, params)), params.compare)
    return Answer(found, findings(found, params.compare))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two encoders under one regime on one test set: what they vary with, and on how many sentences and units, with how many seeds."""

    regime: str
    a: str
    b: str
    parts: Parts
    sentences: int
    units: int
    over: str
    seeds: int


def tables(encoders: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``cards``: what could be found on each test set, by seeds and sentences, and ``parts``: what its pairs vary with.

    ``encoders``: counts per sentence. ``detectable``: from the mean of what the pairs of encoders under one regime vary with, in points of
    F1; ``least`` and ``most``: from each pair alone. Empty where nothing could be found, and where one seed was run and more are
    asked for. A test set of a single unit has no card.
    """
    cards: list[dict[str, object]] = []
    measured = []
    for (corpus, language), rows in encoders.groupby(TEST_SET):
        pairs = [
            pair
            for regime, own in rows.groupby("regime")
            for (a, one), (b, other) in combinations(
                [(str(name), System.of(rows_of)) for name, rows_of in own.groupby("system")], 2
            )
            if (pair := _pair(str(regime), a, b, one, other)) is not None
        ]
        if pairs:
            measured += [{"corpus": corpus, "language": language, **_spread(pair)} for pair in pairs]
            cards += [
                {"corpus": corpus, "language": language, **card} for card in _cards(pairs, 1 - how.confidence)
            ]
    return {
        "cards": pd.DataFrame(cards, columns=CARDS),
        "parts": pd.DataFrame(measured, columns=PARTS),
    }


CARDS = [*TEST_SET, "seeds", "sentences", "own", "detectable", "least", "most", "pairs", "over"]
PARTS = [*TEST_SET, "regime", "a", "b", "seeds", "sentences", "units_sd", "seeds_sd", "cells_sd"]


def _pair(regime: str, a: str, b: str, one: System, other: System) -> _Pair | None:
    """Return what two encoders vary with; None where they share fewer than two units."""
    if (both := common(one, other)) is None:
        return None
    units, said = both[0].places.units
    number = int(units.max()) + 1
    if number < 2:
        return None
    counts = [side.counts for side in both]
    found = parts(*(of_units(each, units) for each in counts))
    return _Pair(
        regime, a, b, found, counts[0].shape[1], number, said.split(" ", 1)[1], min(map(len, counts))
    )


def _cards(pairs: Sequence[_Pair], level: float) -> Iterator[dict[str, object]]:
    """Yield what could be found on the test set of some pairs, for each number of seeds and sentences."""
    own, units = pairs[0].sentences, pairs[0].units
    mean = Parts.mean([pair.parts for pair in pairs])
    for seeds in SEEDS:
        for size in sorted({own, *SIZES}):
            at = seeds, max(size * units / own, 2.0), level
            by_pair = [_points(pair.parts, *at) for pair in pairs]
            found = _points(mean, *at)
            known = [value for value in (found, *by_pair) if not math.isnan(value)]
            yield {
                "seeds": seeds, "sentences": size, "own": size == own, "detectable": found,
                "least": min(known, default=math.nan), "most": max([found, *by_pair]) if len(known) > len(pairs) else math.nan,
                "pairs": len(pairs), "over": pairs[0].over,
            }  # fmt: skip


def by_seeds(cards: pd.DataFrame) -> pd.DataFrame:
    """Return cards with a column for each number of seeds: what could be found, one row per test set and size."""
    return cards.pivot(
        index=[*TEST_SET, "sentences", "own"], columns="seeds", values="detectable"
    ).reset_index()


def _points(found: Parts, seeds: int, units: float, level: float) -> float:
    """Return what could be found in points of F1; NaN where nothing could."""
    value = 100 * found.detectable(seeds, units, level)
    return value if math.isfinite(value) else math.nan


def _spread(pair: _Pair) -> dict[str, object]:
    """Return the standard deviations of a pair in points of F1, for one seed a side and the test set as it is; 0 where none is seen."""
    values = (pair.parts.units / pair.units, pair.parts.seeds, pair.parts.cells / pair.units)
    spreads = [math.nan if math.isnan(value) else 100 * math.sqrt(max(0.0, value)) for value in values]
    names = ("regime", "a", "b", "seeds", "sentences")
    return {name: getattr(pair, name) for name in names} | dict(zip(PARTS[-3:], spreads, strict=True))


def findings(found: Mapping[str, pd.DataFrame], how: Compare) -> Findings:
    """Return what the cards say of each test set as it is."""
    own = found["cards"][found["cards"]["own"].astype(bool)]
    cards = [
        Card(
            str(corpus), str(language), int(rows["sentences"].iloc[0]),
            dict(zip(rows["seeds"].astype(int), rows["detectable"].astype(float), strict=True)),
        )
        for (corpus, language), rows in own.groupby(TEST_SET)
    ]  # fmt: skip
    return Findings(tuple(cards), 1 - how.confidence)
