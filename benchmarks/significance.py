"""How often the intervals and tests of `openner_utils.scoring.significance` err, and what they can see: a simulation.

A population of sentences with mentions of unequal difficulty is tagged by two systems. A sentence is hard or easy
for both, and for each alone; each training seed shifts a system as a whole, and each run errs by chance. Spurious mentions
and wrong borders are drawn beside. True F1 is known to any precision, because it follows from the population.

Each setting is a test-set size, a number of seeds and a standard deviation of F1 over seeds (points). For each:

- ``type_1``: how often the same algorithm, run as two systems, is told apart at .05 (with one seed: how often the
  interval misses the true difference of the two models at hand);
- ``ignoring_seeds``: the same if only sentences counted, as in a bootstrap or randomization test over sentences;
- ``coverage`` of the 95 % interval of a difference, ``coverage_f1`` of that of one system;
- ``detectable``: median of the smallest difference said to be found with 80 % power; ``power``: how often a true
  difference of that size was found (empty where F1 cannot be so much higher);
- ``family_wise``: how often any of 21 true null hypotheses (three systems, pairwise, on seven test sets) fell to Holm.

``python -m benchmarks significance`` writes ``benchmarks/significance.csv``. The peer of each claim is the limit.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from benchmarks import Claim
from openner_utils.scoring import significance
from openner_utils.scoring.significance import Counts, Units, difference, holm, interval
from openner_utils.support import paths
from openner_utils.support.code import fingerprint
from openner_utils.support.files import write_text

TABLE = paths.BENCHMARKS / "significance.csv"

SIZES = (100, 300, 1000, 5000)
SEEDS = (1, 2, 3, 5, 10)
SPREADS = (0.0, 1.0, 3.0)
REPEATS = 1500
FAMILIES = 800
TEST_SETS, SYSTEMS = 7, 3
LEVEL = 0.05

BASE = 1.3
"""Log-odds at which a mention of median difficulty is found; F1 is about 68 % there."""

HIGHEST = 0.88
"""The highest true F1 that the population allows: wrong borders are drawn at any ease."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """Sentences, seeds of each side, standard deviation of F1 over seeds of each side (points), sentences per document.

    Documents of more than one sentence have an effect of their own on the difficulty of their sentences.
    """

    sentences: int
    seeds: int
    spread: float
    other_spread: float
    document: int = 1

    @property
    def units(self) -> Units | None:
        """The document of each sentence."""
        return None if self.document == 1 else np.arange(self.sentences) // self.document


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Sentences with their mentions: the sentence of each mention, its log-odds of being found, spurious rates."""

    count: int
    sentence: NDArray[np.int64]
    ease: Floats
    spurious: Floats

    @classmethod
    def drawn(cls, count: int, document: int, random: np.random.Generator) -> "Texts":
        """Draw ``count`` sentences: 1.2 mentions each on average, many without any."""
        mentions = random.negative_binomial(0.8, 0.4, count)
        mentions[0] = max(mentions[0], 1)
        sentence = np.repeat(np.arange(count), mentions)
        level = random.normal(0, 0.8, count)
        if document > 1:
            level += random.normal(0, 0.8, -(-count // document))[np.arange(count) // document]
        ease = level[sentence] + random.normal(0, 1.5, len(sentence))
        return cls(count, sentence, ease, 0.25 * np.exp(random.normal(0, 0.8, count)))

    def tagged(self, base: float, shifts: Floats, document: int, random: np.random.Generator) -> Counts:
        """Return the counts [n_seeds, n_sentences, 3] of a system whose seeds are shifted by ``shifts``."""
        own = random.normal(0, 0.5, self.count)
        if document > 1:
            own += random.normal(0, 0.5, -(-self.count // document))[np.arange(self.count) // document]
        odds = base + self.ease + own[self.sentence]
        counts = np.zeros((len(shifts), self.count, 3), np.int64)
        for seed, shift in enumerate(shifts):
            right = np.bincount(
                self.sentence, random.random(len(odds)) < expit(odds + shift), self.count
            ).astype(np.int64)
            wrong = random.poisson(self.spurious * np.exp(-0.5 * shift)) + random.binomial(right, 0.1)
            counts[seed, :, 0], counts[seed, :, 1] = right, right + wrong
        counts[:, :, 2] = np.bincount(self.sentence, minlength=self.count)
        return counts


class Population:
    """True F1 by shift and base, from a sample large enough to count as the whole."""

    def __init__(self, document: int = 1) -> None:
        random = np.random.default_rng(7)
        texts = Texts.drawn(200_000, document, random)
        own = np.sqrt(0.5**2 * (2 if document > 1 else 1))
        ease = texts.ease + random.normal(0, own, len(texts.ease))
        self.grid = np.linspace(-2.5, 4.5, 71)
        found = np.array([expit(ease + at).sum() for at in self.grid])
        named = 1.1 * found + np.array(
            [(texts.spurious * np.exp(-0.5 * (at - BASE))).sum() for at in self.grid]
        )
        self.f1 = 2 * found / (named + len(ease))
        self.normal = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)

    def at(self, odds: Floats) -> Floats:
        """Return true F1 of models with these log-odds. Spurious mentions follow the shift from `BASE`."""
        return np.interp(odds, self.grid, self.f1)

    def shift_of(self, points: float) -> float:
        """Return the standard deviation of shifts that gives F1 this standard deviation over seeds (points)."""
        return points / 100 / float(np.diff(self.at(np.array([BASE - 0.05, BASE + 0.05])))[0]) * 0.1

    def mean(self, odds: float, shift: float) -> float:
        """Return true F1 of an algorithm: the mean over all seeds."""
        return float(self.at(odds + shift * self.normal).mean())

    def base_of(self, f1: float, shift: float) -> float:
        """Return the log-odds at which an algorithm with this spread has this true F1."""
        values = [self.mean(at, shift) for at in self.grid]
        return float(np.interp(f1, values, self.grid))


@dataclass(frozen=True, slots=True)
class Rates:
    """What a simulation of one setting found; shares of all repeats."""

    type_1: float
    ignoring_seeds: float
    coverage: float
    coverage_f1: float
    detectable: float
    power: float
    family_wise: float


def rates(setting: Setting, repeats: int, families: int, seed: int = 1) -> Rates:
    """Simulate one setting. ``seed`` decides every draw; ``families`` 0 leaves the family-wise error out."""
    random = np.random.default_rng([seed, *map(int, asdict(setting).values())])
    population = Population(setting.document)
    null = _Pairs(setting, population, 0.0)
    errors, naive, misses, detectable = [], [], [], []
    for a, b, truth, truth_a in null.drawn(repeats, random):
        found = difference(a, b, setting.units)
        bounds = found.interval(LEVEL)
        errors.append(not bounds.low <= truth <= bounds.high)
        naive.append(abs(found.value - truth) > 1.96 * _over_sentences(a, b))
        one = interval(a, 1 - LEVEL, setting.units)
        misses.append(not one.low <= truth_a <= one.high)
        detectable.append(found.detectable(LEVEL))
    size = float(np.median(detectable))
    reachable = null.truths[0] + size <= HIGHEST
    missed, seen = [], []
    for a, b, truth, _ in _Pairs(setting, population, size).drawn(repeats, random):
        found = difference(a, b, setting.units)
        bounds = found.interval(LEVEL)
        missed.append(not bounds.low <= truth <= bounds.high)
        seen.append(found.p < LEVEL)
    falls = [_any_false(setting, population, random) for _ in range(families)]
    if not reachable:  # no second system is so much better: its power cannot be measured
        seen = []
    mean = [float(np.mean(values)) if values else float("nan") for values in (errors, naive, seen, falls)]
    coverage = 1 - float(np.mean(missed))
    return Rates(mean[0], mean[1], coverage, 1 - float(np.mean(misses)), 100 * size, mean[2], mean[3])


class _Pairs:
    """Two systems of which the second is better by a given true difference (fraction)."""

    def __init__(self, setting: Setting, population: Population, better: float) -> None:
        self.setting, self.population = setting, population
        self.shifts = [
            population.shift_of(points) if setting.seeds > 1 else 0.0
            for points in (setting.spread, setting.other_spread)
        ]
        first = population.mean(BASE, self.shifts[0])
        second = min(first + better, HIGHEST)
        self.bases = [BASE, population.base_of(second, self.shifts[1])]
        self.truths = [first, population.mean(self.bases[1], self.shifts[1])]

    def drawn(
        self, repeats: int, random: np.random.Generator
    ) -> Iterator[tuple[Counts, Counts, float, float]]:
        """Yield counts of both, the true difference, and the first's true F1."""
        setting = self.setting
        for _ in range(repeats):
            texts = Texts.drawn(setting.sentences, setting.document, random)
            a, b = (
                _tagged(texts, base, random.normal(0, 1, setting.seeds) * shift, setting, random)
                for base, shift in zip(self.bases, self.shifts, strict=True)
            )
            yield a, b, self.truths[1] - self.truths[0], self.truths[0]


def _tagged(
    texts: Texts, base: float, shifts: Floats, setting: Setting, random: np.random.Generator
) -> Counts:
    # Spurious mentions follow the shift from BASE, as in `Population`.
    return texts.tagged(BASE, shifts + (base - BASE), setting.document, random)


def _any_false(setting: Setting, population: Population, random: np.random.Generator) -> bool:
    """Return whether Holm's method finds any difference in a family without one."""
    shift = population.shift_of(setting.spread) if setting.seeds > 1 else 0.0
    p_values = []
    for _ in range(TEST_SETS):
        texts = Texts.drawn(setting.sentences, setting.document, random)
        systems = [
            _tagged(texts, BASE, random.normal(0, 1, setting.seeds) * shift, setting, random)
            for _ in range(SYSTEMS)
        ]
        p_values += [difference(a, b, setting.units).p for a, b in combinations(systems, 2)]
    return any(decision.clear for decision in holm(p_values, LEVEL))


def _over_sentences(a: Counts, b: Counts) -> float:
    """Return the standard error of a difference if the seeds at hand were the only ones."""
    moved = []
    for counts in (a, b):
        totals = counts.sum(axis=1)
        whole = (totals[:, 1] + totals[:, 2])[:, None]
        each = 2 * totals[:, :1] / whole
        moved.append(((2 * counts[..., 0] - each * (counts[..., 1] + counts[..., 2])) / whole).mean(axis=0))
    return float(np.sqrt(((moved[1] - moved[0]) ** 2).sum()))


def settings() -> list[Setting]:
    """Return the settings of the full simulation: the grid, unequal spreads, and documents."""
    grid = [
        Setting(size, seeds, spread, spread)
        for size in SIZES
        for seeds in SEEDS
        for spread in (SPREADS if seeds > 1 else (0.0,))
    ]
    unequal = [Setting(size, seeds, 0.0, 3.0) for size in (300, 5000) for seeds in (2, 3, 5, 10)]
    documents = [Setting(size, seeds, 1.0, 1.0, 10) for size in (100, 300, 1000) for seeds in (1, 3)]
    return grid + unequal + documents


def run() -> list[Claim]:
    """Simulate every setting, write the table, and return the worst rate of each kind beside its limit."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = list(pool.map(_rates, settings()))
    made = {"repeats": REPEATS, "families": FAMILIES, "code": code()}
    table = pd.DataFrame(
        [asdict(setting) | asdict(one) | made for setting, one in zip(settings(), found, strict=True)]
    )
    write_text(TABLE, table.round(4).to_csv(index=False, lineterminator="\n"))
    equal = table[(table["spread"] == table["other_spread"]) & (table["document"] == 1)]
    note = (
        f"worst of {len(equal)} settings: {min(SIZES)} to {max(SIZES):,} sentences, {min(SEEDS)} to {max(SEEDS)} seeds, "
        f"SD over seeds 0 to {max(SPREADS):g} points; {REPEATS:,} repeats each"
    )
    limits = {"type_1": (0.07, True), "family_wise": (0.06, True), "coverage": (0.93, False), "coverage_f1": (0.93, False)}  # fmt: skip
    return [
        Claim(
            f"simulated {name}, {'at most' if most else 'at least'}", "share",
            float(equal[name].max() if most else equal[name].min()), limit, 1, note, less_is_better=most,
        )
        for name, (limit, most) in limits.items()
    ]  # fmt: skip


def code() -> str:
    """Return the fingerprint of what was simulated: the tests, and this simulation."""
    return fingerprint([Path(significance.__file__), Path(__file__)])


def _rates(setting: Setting) -> Rates:
    whole = setting.document == 1 and setting.spread == setting.other_spread and setting.sentences <= 1000
    return rates(setting, REPEATS, FAMILIES if whole else 0)
