"""Changes of F1 by planted flaws: counted for every run and test set, at every dose, under every repair."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.analysis.planting import (
    ENCODINGS,
    KINDS,
    Floats,
    Reading,
    Sites,
    complete,
    keys_of,
    repairs_of,
    sites,
)
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, Encoding, recode
from openner_utils.core.releases import PART, RUN_KEYS, columns_of, select, with_labels
from openner_utils.core.repair import METHODS
from openner_utils.scoring.mentions import right
from openner_utils.support.errors import OpenNERError

SIDES = ("predictions", "reference", "both")
PLACE = [*PART, "sentence"]
AT_ONCE = 20_000
"""Predicted sentences that are worked on together: many small runs are, large ones are not."""

Unit = tuple[str, str]
"""Corpus and language: a test set."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Sums over runs for each test set and seed: [kinds, sides, repairs, doses, plantings] of changes and of shares of sentences left out."""

    doses: tuple[float, ...]
    plantings: int
    changes: dict[tuple[Unit, int], Floats] = field(default_factory=dict)
    left_out: dict[tuple[Unit, int], Floats] = field(default_factory=dict)
    planted: dict[tuple[Unit, int], Floats] = field(default_factory=dict)
    runs: dict[tuple[Unit, int], set[str]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many kinds, sides, repairs, doses and plantings there are."""
        return len(KINDS), len(SIDES), 3, len(self.doses), self.plantings

    def cells(self) -> Iterator[tuple[tuple[str, str, str], tuple[int, int, int]]]:
        """Yield each kind, side and repair that is defined for it, and where its numbers stand."""
        for k, kind in enumerate(KINDS):
            for s, side in enumerate(SIDES):
                for r, repair in enumerate(repairs_of(kind)):
                    yield (kind, side, repair), (k, s, r)

    def test_sets(self) -> list[Unit]:
        """Return the test sets, sorted."""
        return sorted({unit for unit, _ in self.runs})

    def seeds(self) -> list[int]:
        """Return the seeds of training, sorted."""
        return sorted({seed for _, seed in self.runs})

    def mean(self, sums: Mapping[tuple[Unit, int], Floats]) -> Floats:
        """Return the mean over runs and plantings of each test set [test sets, kinds, sides, repairs, doses]."""
        found = []
        for unit in self.test_sets():
            keys = [key for key in self.runs if key[0] == unit]
            total = np.sum([sums[key] for key in keys], axis=0).mean(axis=-1)
            found.append(total / sum(len(self.runs[key]) for key in keys))
        return np.array(found).reshape(-1, *self.shape[:-1])

    def by_seed(self) -> Floats:
        """Return the mean change over runs, plantings and test sets that each seed has [seeds, kinds, sides, repairs, doses]."""
        return np.array(
            [
                np.mean([self.changes[key].mean(axis=-1) / len(runs) for key, runs in self.runs.items() if key[1] == seed], axis=0)
                for seed in self.seeds()
            ]
        ).reshape(-1, *self.shape[:-1])  # fmt: skip


def batches(table: pa.Table) -> Iterator[pa.Table]:
    """Yield whole runs, as many at once as have no more than `AT_ONCE` sentences, or one."""
    names = list(RUN_KEYS)
    at_once: list[pa.Table] = []
    for keys in (
        table.select(names)
        .group_by(names)
        .aggregate([])
        .sort_by([(n, "ascending") for n in names])
        .to_pylist()
    ):
        run = select(table, **keys)
        if at_once and sum(map(len, at_once)) + len(run) > AT_ONCE:
            yield pa.concat_tables(at_once)
            at_once = []
        at_once.append(run)
    if at_once:
        yield pa.concat_tables(at_once)


def add(found: Found, runs: pa.Table, release: pa.Table, place: pd.MultiIndex) -> None:
    """Add what some whole runs show."""
    rows = runs.select([*RUN_KEYS, *PLACE]).to_pandas()
    at = place.get_indexer(pd.MultiIndex.from_frame(rows[PLACE]))
    if (at < 0).any():
        raise OpenNERError(
            "Predictions are of sentences that the core release lacks. Run the stage train again: dvc repro"
        )
    reference = columns_of(release.take(pa.array(at)))
    predicted = with_labels(reference, runs["labels"])
    types = tuple(
        sorted({name.partition("-")[2] for side in (reference, predicted) for name in side.names} - {""})
    )
    run = _names(rows)
    keys = {"reference": keys_of(rows[PLACE]), "predictions": keys_of(rows[PLACE], run)}
    owners = pd.MultiIndex.from_arrays([run, rows["seed"], rows["corpus"], rows["language"]])
    owner, names = pd.factorize(owners)
    counted = Counted(owner, len(names), len(reference))
    changes, left_out, planted = (np.zeros((len(names), *found.shape)) for _ in range(3))
    for k, kind in enumerate(KINDS):
        encoding = ENCODINGS[kind]
        sides = {
            "reference": _written(reference, encoding, types),
            "predictions": _written(predicted, encoding, types),
        }
        for p in range(found.plantings):
            where = {side: sites(columns, kind, keys[side], p) for side, columns in sides.items()}
            plain = {side: counted.each(where[side].read(0.0)) for side in where}
            before = counted.f1(plain["reference"], plain["predictions"])
            for d, dose in enumerate(found.doses):
                flawed = {side: counted.each(where[side].read(dose)) for side in where}
                share = {side: counted.share(where[side], dose) for side in where}
                for s, side in enumerate(SIDES):
                    gold = flawed if side != "predictions" else plain
                    said = flawed if side != "reference" else plain
                    hit = [share[each] for each in share if side in (each, "both")]
                    planted[:, k, s, :, d, p] = np.mean(hit, axis=0)[:, None]
                    both = gold["reference"], said["predictions"]
                    for r, (repair, after) in enumerate(counted.f1(*both).items()):
                        changes[:, k, s, r, d, p] = 100 * (after - before[repair])
                        if repair == "none":
                            left_out[:, k, s, r, d, p] = counted.left_out(*(side[repair] for side in both))
    for number, (name, seed, corpus, language) in enumerate(names):
        key = (corpus, language), int(seed)
        for sums, values in ((found.changes, changes), (found.left_out, left_out), (found.planted, planted)):
            sums[key] = sums.get(key, np.zeros(found.shape)) + values[number]
        found.runs.setdefault(key, set()).add(name)


def _written(columns: Columns, encoding: Encoding, types: tuple[str, ...]) -> Columns:
    """Return labels in an encoding, under a vocabulary that flaws can draw from."""
    return complete(columns if encoding is IOB2 else recode(columns, IOB2, encoding), encoding, types)


def _names(rows: pd.DataFrame) -> pd.Series:
    """Return what the run of each row is called; there are few of them, so each is put together once."""
    number, known = pd.factorize(pd.MultiIndex.from_frame(rows[list(RUN_KEYS)].astype(str)))
    return pd.Series(np.array([" ".join(keys) for keys in known], dtype=object)[number], rows.index)


@dataclass(frozen=True, slots=True, eq=False)
class Owned:
    """A reading, the test set of each of its mentions ``owners`` [n_mentions], and how many of them each test set has ``total`` [number]."""

    reading: Reading
    owners: np.ndarray
    total: Floats
    leaves_out: bool


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Counts by test set of a run: ``owner`` [n_sentences] of ``number`` of them."""

    owner: np.ndarray
    number: int
    tokens: int

    def each(self, readings: Mapping[str, Reading]) -> dict[str, Owned]:
        """Return readings by repair, in the order of `planting.repairs_of`, with what is counted of them more than once."""
        found = {}
        for repair in METHODS:
            if repair in readings:
                reading = readings[repair]
                owners = self.owner[reading.mentions.sentence]
                found[repair] = Owned(reading, owners, self._number(owners), bool(reading.left_out.any()))
        return found

    def f1(self, reference: Mapping[str, Owned], predicted: Mapping[str, Owned]) -> dict[str, Floats]:
        """Return F1 of each test set [number] by repair, a fraction, over the sentences that neither side leaves out; 0 where undefined."""
        found: dict[str, Floats] = {}
        hits: dict[tuple[int, int], np.ndarray] = {}  # two ways of repair may read the same mentions
        for repair, gold in reference.items():
            said = predicted[repair]
            pair = id(gold.reading.mentions), id(said.reading.mentions)
            if pair not in hits:
                hits[pair] = right(gold.reading.mentions, said.reading.mentions, self.tokens)
            found[repair] = self._f1(gold, said, hits[pair])
        return found

    def _f1(self, gold: Owned, said: Owned, hit: np.ndarray) -> Floats:
        wanted, named = gold.total, said.total
        if gold.leaves_out or said.leaves_out:
            kept = ~(gold.reading.left_out | said.reading.left_out)
            inside = kept[said.reading.mentions.sentence]
            wanted = self._number(gold.owners[kept[gold.reading.mentions.sentence]])
            named, hit = self._number(said.owners[inside]), hit & inside
        total = named + wanted
        correct = self._number(said.owners[hit])
        return np.divide(2 * correct, total, out=np.zeros_like(total), where=total > 0)

    def left_out(self, reference: Owned, predicted: Owned) -> Floats:
        """Return the per cent of sentences of each test set that are left out [number]."""
        out = np.bincount(self.owner, reference.reading.left_out | predicted.reading.left_out, self.number)
        return 100 * out / np.bincount(self.owner, minlength=self.number)

    def share(self, where: Sites, dose: float) -> Floats:
        """Return the share of the mentions of each test set that are flawed at a dose [number]."""
        of_sentence = where.columns.sentence_of
        flawed = np.bincount(self.owner[of_sentence[where.start[where.flawed(dose)]]], minlength=self.number)
        mentions = np.bincount(self.owner[where.sentence], minlength=self.number)
        return flawed / np.maximum(mentions, 1)

    def _number(self, owners: np.ndarray) -> Floats:
        return np.bincount(owners, minlength=self.number).astype(np.float64)
