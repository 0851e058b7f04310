"""Does it matter by which rule predictions are scored? The same predictions of every encoder under `scoring.rules`.

Systems are compared within a language, on the sentences that both have, under each rule as if it were the only one: its
comparisons are one family.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from openner_utils.analysis.one_system import COUNTS, SENTENCE, System, in_order
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import chosen, compared, encoders_of, intervals
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import RULED, Inputs
from openner_utils.scoring.rules import MAIN, RULES

SYSTEM = ["system", "regime"]
RUN = [*SYSTEM, "seed", *SENTENCE]
PAIR = ["language", "a", "b"]
Key = tuple[str, str, str]
"""A language, a system and a regime."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule changes beside the main one.

    ``mean``, ``least``, ``most``: points of F1 over all systems and languages; of the ``pairs`` of systems in one language those
    whose order is another (``turned``), whose difference is beyond chance under one of the two alone (``decided``), and
    is under both, but the other way round (``reversed``).
    """

    rule: str
    mean: float
    least: float
    most: float
    pairs: int
    turned: int
    decided: int
    reversed: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say, and of how many ``systems`` in how many ``languages``."""

    effects: tuple[Effect, ...]
    systems: int
    languages: int


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the counts per sentence."""
    encoders = encoders_of(core_sentences(inputs, params))
    found = tables(encoders, inputs.frame(RULED), params.compare)
    return Answer(found, findings(found))


def tables(encoders: pd.DataFrame, ruled: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_rule`` (F1 of every system under each rule), ``changes`` (one row a rule) and ``pairs`` (b minus a).

    ``encoders``: counts per sentence under the main rule; ``ruled``: those of the sentences where another rule's differ.
    """
    runs, scores, pairs = Runs.of(encoders), [], []
    for rule in RULES:
        systems = runs.under(rule, ruled)
        found = intervals(systems.items(), ["language", *SYSTEM], how)
        scores.append(
            found.assign(rule=rule, rank=found.groupby("language")["f1"].rank("min", ascending=False))
        )
        pairs.append(compared(_pairs(systems), how, PAIR).assign(rule=rule))
    by_rule = pd.concat(scores, ignore_index=True).astype({"rank": int})
    first = ["language", *SYSTEM, "rule", "f1", "rank"]
    by_rule = by_rule[first + [name for name in by_rule if name not in first]]
    between = pd.concat(pairs, ignore_index=True)
    between = between[["rule", *(name for name in between if name != "rule")]]
    rows = [_change(rule, by_rule, between) for rule in RULES if rule != MAIN]
    changes = pd.DataFrame([{"rule": rule, "right is": RULES[rule], **row} for rule, row in rows])
    return {"changes": changes, "by_rule": by_rule, "pairs": between}


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The rows of all encoders under the main rule, each system's together: only their counts differ between rules.

    ``counts`` [n_rows, 3], ``index`` (columns of `RUN`) [n_rows]; ``systems``: by language, system and regime the system, and where its
    rows stand.
    """

    counts: NDArray[np.float64]
    index: pd.MultiIndex
    systems: Mapping[Key, tuple[System, NDArray[np.int64]]]

    @classmethod
    def of(cls, encoders: pd.DataFrame) -> "Runs":
        """Return the runs of counts per sentence."""
        encoders = in_order(encoders)
        places = encoders.groupby(["language", *SYSTEM]).indices
        systems = {key: (System.of(encoders.iloc[at]), at) for key, at in sorted(places.items())}
        counts = encoders[COUNTS].to_numpy(np.float64)
        return cls(counts, pd.MultiIndex.from_frame(encoders[RUN]), systems)

    def under(self, rule: str, ruled: pd.DataFrame) -> dict[Key, System]:
        """Return the systems under a rule, in order; under ``partial`` their counts have halves."""
        other, counts = chosen(ruled, rule=rule), self.counts.copy()
        at = self.index.get_indexer(pd.MultiIndex.from_frame(other[RUN]))
        known = at >= 0  # the others: arms of ablations, regimes on another release
        counts[at[known]] = other[COUNTS].to_numpy(np.float64)[known]
        return {key: system.counted(counts[rows]) for key, (system, rows) in self.systems.items()}


def _pairs(systems: Mapping[Key, System]) -> Iterator[tuple[Mapping[str, Any], System, System]]:
    for language, of_language in groupby(systems.items(), key=lambda each: each[0][0]):
        for ((_, *a), first), ((_, *b), second) in combinations(of_language, 2):
            yield {"language": language, "a": ", ".join(a), "b": ", ".join(b)}, first, second


def _change(rule: str, by_rule: pd.DataFrame, pairs: pd.DataFrame) -> tuple[str, dict[str, Any]]:
    """Return a row of ``changes``."""
    keys = ["language", *SYSTEM]
    moved = _beside(by_rule, rule, keys, "f1")
    shift = moved["f1_other"] - moved["f1_main"]
    both = _beside(pairs, rule, PAIR, "difference", "clear")
    opposite = both["difference_main"] * both["difference_other"] < 0
    clear = both[["clear_main", "clear_other"]].astype(bool)
    return rule, {
        "mean": shift.mean(),
        "least": shift.min(),
        "most": shift.max(),
        "scores": len(shift),
        "pairs": len(both),
        "turned": int(opposite.sum()),
        "decided": int((clear["clear_main"] != clear["clear_other"]).sum()),
        "reversed": int((opposite & clear.all(axis=1)).sum()),
    }


def _beside(table: pd.DataFrame, rule: str, keys: list[str], *values: str) -> pd.DataFrame:
    """Return the values under the main rule (``_main``) beside those under another one (``_other``)."""
    main, other = (chosen(table, rule=each)[[*keys, *values]] for each in (MAIN, rule))
    return main.merge(other, on=keys, suffixes=("_main", "_other"))


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    names = ["rule", "mean", "least", "most", "pairs", "turned", "decided", "reversed"]
    rows = found["changes"][names].itertuples(index=False, name=None) if len(found["by_rule"]) else ()
    scored = found["by_rule"]
    return Findings(
        tuple(Effect(*row) for row in rows),
        systems=len(scored[SYSTEM].drop_duplicates()),
        languages=scored["language"].nunique(),
    )
