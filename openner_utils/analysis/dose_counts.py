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
from openner_utils.core.encoding import IOB2, Encoding, Mentions, recode
from openner_utils.core.releases import PART, RUN_KEYS, columns_of, select, with_labels
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
        encoding, repairs = ENCODINGS[kind], repairs_of(kind)
        sides = {
            "reference": _written(reference, encoding, types),
            "predictions": _written(predicted, encoding, types),
        }
        for p in range(found.plantings):
            where = {side: sites(columns, kind, keys[side], p) for side, columns in sides.items()}
            plain = {side: where[side].read(0.0) for side in where}
            before = [
                counted.f1(plain["reference"][repair], plain["predictions"][repair]) for repair in repairs
            ]
            for d, dose in enumerate(found.doses):
                flawed = {side: where[side].read(dose) for side in where}
                share = {side: counted.share(where[side], dose) for side in where}
                for s, side in enumerate(SIDES):
                    gold = flawed if side != "predictions" else plain
                    said = flawed if side != "reference" else plain
                    hit = [share[each] for each in share if side in (each, "both")]
                    planted[:, k, s, :, d, p] = np.mean(hit, axis=0)[:, None]
                    for r, repair in enumerate(repairs):
                        both = gold["reference"][repair], said["predictions"][repair]
                        changes[:, k, s, r, d, p] = 100 * (counted.f1(*both) - before[r])
                        if repair == "none":
                            left_out[:, k, s, r, d, p] = counted.left_out(*both)
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
class Counted:
    """Counts by test set of a run: ``owner`` [n_sentences] of ``number`` of them."""

    owner: np.ndarray
    number: int
    tokens: int

    def f1(self, reference: Reading, predicted: Reading) -> Floats:
        """Return F1 of each test set [number], a fraction, over the sentences that neither side leaves out; 0 where undefined."""
        kept = ~(reference.left_out | predicted.left_out)
        hit = right(reference.mentions, predicted.mentions, self.tokens)
        said, wanted = self._of(predicted.mentions, kept), self._of(reference.mentions, kept)
        correct = self._of(predicted.mentions, kept, hit)
        total = said + wanted
        return np.divide(2 * correct, total, out=np.zeros_like(total), where=total > 0)

    def left_out(self, reference: Reading, predicted: Reading) -> Floats:
        """Return the per cent of sentences of each test set that are left out [number]."""
        out = np.bincount(self.owner, reference.left_out | predicted.left_out, self.number)
        return 100 * out / np.bincount(self.owner, minlength=self.number)

    def share(self, where: Sites, dose: float) -> Floats:
        """Return the share of the mentions of each test set that are flawed at a dose [number]."""
        of_sentence = where.columns.sentence_of
        flawed = np.bincount(self.owner[of_sentence[where.start[where.flawed(dose)]]], minlength=self.number)
        mentions = np.bincount(self.owner[where.sentence], minlength=self.number)
        return flawed / np.maximum(mentions, 1)

    def _of(self, mentions: Mentions, kept: np.ndarray, only: np.ndarray | None = None) -> Floats:
        weight = kept[mentions.sentence]
        weight = weight if only is None else weight & only
        return np.bincount(self.owner[mentions.sentence], weight, self.number).astype(np.float64)
