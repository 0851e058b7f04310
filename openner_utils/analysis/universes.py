"""The same predictions under every combination of choices: counts per sentence, from which claims are judged anew.

A universe is one combination of

- ``repair``: what invalid transitions of a prediction become before it is scored (`core.repair`);
- ``rule``: which mentions count as right (`scoring.rules`), each under either repair;
- ``map``: the entity types of the release that models were trained on and are scored in, core or standardized;
- ``seed``: one training alone (of the first seeds), or the mean of all.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.analysis.one_system import COUNTS, SENTENCE, in_order, of_units, units_of
from openner_utils.config.params import Regime
from openner_utils.core.encoding import IOB2, states
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, columns_of, with_labels
from openner_utils.core.repair import discarded, repair
from openner_utils.scoring import rules
from openner_utils.scoring.significance import Counts, Difference, difference

REPAIRS = ("conlleval", "discard")
RULES: Mapping[str, str] = {"exact": rules.MAIN} | {name: name for name in rules.RULES if name not in REPAIRS}
"""What a mention is right by → its name in `scoring.rules`, where the first two differ by repair alone."""
ALL_SEEDS = "all"
MOST_SEEDS = 3
"""Seeds that are universes of their own, beside all together: the first ones."""
RUN = ["system", "regime", "seed", *SENTENCE]

Cube = Counts
"""Counts of one system on one language [n_repairs, n_rules, n_seeds, n_sentences, 3], floats: a rule may count halves."""


def repaired(release: pa.Table, predictions: Iterable[pa.Table]) -> Iterator[pd.DataFrame]:
    """Yield counts under each rule (column ``rule``) of the sentences in which *discard* makes something else of a prediction.

    ``release``: the sentences that were predicted, all of them under the labels that they are scored against.
    """
    place = [*PART_KEYS, "sentence"]
    index = pd.MultiIndex.from_frame(release.select(place).to_pandas())
    for table in predictions:
        at = index.get_indexer(pd.MultiIndex.from_frame(table.select(place).to_pandas()))
        reference = columns_of(release.take(pa.array(at)))
        said = with_labels(reference, table["labels"])
        other = np.zeros(reference.n_sentences, np.bool_)
        for side in (reference, said):
            other[side.sentence_of[discarded(side, states(side, IOB2))]] = True
        rows = np.flatnonzero(other).astype(np.int32)
        if not len(rows):
            continue
        found = rules.credits(*(repair(side.pick(rows), IOB2, "discard") for side in (reference, said)))
        keys = table.select([*RUN_KEYS, *place]).take(pa.array(rows)).to_pandas()
        for rule in RULES.values():
            yield keys.assign(rule=rule, **dict(zip(COUNTS, found[rule].T, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """One system on one language: counts in every universe, and where they stand.

    ``places`` [n_sentences]: corpus and number of each sentence; ``rows``: one row per seed and sentence, as `one_system.units_of` takes them.
    """

    cube: Cube
    seeds: tuple[int, ...]
    places: pd.MultiIndex
    rows: pd.DataFrame


def systems(
    encoders: pd.DataFrame, ruled: pd.DataFrame, dropped: pd.DataFrame
) -> dict[tuple[str, str, str], System]:
    """Return every system by its name, regime and language.

    ``encoders``: counts per sentence under the main rule; ``ruled``: those of other rules where they differ (`stages.score`);
    ``dropped``: those of `repaired`.
    """
    found = {}
    other = [_by_system(frame) for frame in (ruled, dropped)]
    for keys, rows in encoders.groupby(["system", "regime", "language"]):
        ordered = in_order(rows)
        seeds = tuple(sorted(ordered["seed"].unique().tolist()))
        counts = ordered[COUNTS].to_numpy(np.float64)
        flat = np.broadcast_to(counts, (len(REPAIRS), len(RULES), *counts.shape)).copy()
        index = pd.MultiIndex.from_frame(ordered[["seed", *SENTENCE]])
        for frames, at_repair in zip(other, (slice(None), slice(1, None)), strict=True):
            if (frame := frames.get(keys)) is not None:
                _put(flat[at_repair], index, frame)
        shape = (len(REPAIRS), len(RULES), len(seeds), len(ordered) // len(seeds), 3)
        places = pd.MultiIndex.from_frame(ordered.head(shape[3])[SENTENCE])
        found[keys] = System(flat.reshape(shape), seeds, places, ordered.head(shape[3]))
    return found


def _by_system(frame: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    return dict(iter(frame.groupby(["system", "regime", "language"]))) if len(frame) else {}


def _put(counts: Cube, index: pd.MultiIndex, rows: pd.DataFrame) -> None:
    """Write the counts of some sentences under their rules over ``counts`` [n_repairs, n_rules, n_rows, 3].

    Of sentences that are not compared, and rules that are no choice, nothing is written.
    """
    at = index.get_indexer(pd.MultiIndex.from_frame(rows[["seed", *SENTENCE]]))
    values, rules_of = rows[COUNTS].to_numpy(np.float64), rows["rule"]
    for number, rule in enumerate(RULES.values()):
        known = (at >= 0) & (rules_of == rule).to_numpy(np.bool_)
        counts[:, number, at[known]] = values[known]


def common(one: pd.MultiIndex, other: pd.MultiIndex) -> pd.MultiIndex:
    """Return the places that both have, sorted; places are, and are mostly the same."""
    return one if one.equals(other) else one.intersection(other).sort_values()


def differences(
    a: System, b: System, among: pd.MultiIndex | None = None
) -> Iterator[tuple[dict[str, str], Difference]]:
    """Yield the choices of each universe of two systems, and how much ``b`` is better than ``a`` in it, on the sentences that both have.

    ``among``: of these sentences alone. ``seed``: all, and each of the first that both were trained with. Nothing is yielded where they share no
    sentence.
    """
    both = common(a.places, b.places)
    both = both if among is None else common(both, among)
    if not len(both):
        return
    at = [
        np.arange(len(both)) if both is system.places else system.places.get_indexer(both)
        for system in (a, b)
    ]
    units, _ = units_of(a.rows.iloc[at[0]])
    # Sums over units once, for every repair, rule and seed at a time.
    sums = [
        of_units(system.cube[..., where, :].reshape(-1, len(both), 3), units).reshape(
            *system.cube.shape[:3], -1, 3
        )
        for system, where in zip((a, b), at, strict=True)
    ]
    shared = [seed for seed in a.seeds if seed in b.seeds][:MOST_SEEDS]
    seeds = {ALL_SEEDS: [list(range(len(each.seeds))) for each in (a, b)]} | (
        {str(seed): [[each.seeds.index(seed)] for each in (a, b)] for seed in shared}
        if len(shared) > 1
        else {}
    )
    for r, repair_name in enumerate(REPAIRS):
        for n, rule in enumerate(RULES):
            for seed, (of_a, of_b) in seeds.items():
                found = difference(sums[0][r, n, of_a], sums[1][r, n, of_b])
                yield {"repair": repair_name, "rule": rule, "seed": seed}, found


def twins(regimes: Mapping[str, Regime]) -> dict[str, str]:
    """Return the regimes on the core release, each with one that differs by its release alone, where there is one."""
    found = {}
    for name, regime in regimes.items():
        alike = regime.model_copy(update={"release": "standardized"})
        twin = next((other for other, each in regimes.items() if each == alike), None)
        if regime.release == "core" and twin is not None:
            found[name] = twin
    return found
