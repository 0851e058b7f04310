"""Does it matter by which rule predictions are scored? The same predictions of every encoder under `scoring.rules`.

Systems are compared within a language, on the sentences that both have, under each rule as if it were the only one: its
comparisons are one family.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import (
    COUNTS,
    SENTENCE,
    chosen,
    compared,
    encoders_of,
    with_intervals,
)
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import RULED, Inputs
from openner_utils.scoring.rules import MAIN, RULES

SYSTEM = ["system", "regime"]
RUN = [*SYSTEM, "seed", *SENTENCE]
PAIR = ["language", "a", "b"]


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
    scores, pairs = [], []
    for rule in RULES:
        rows = under(rule, encoders, ruled)
        found = with_intervals(rows, ["language", *SYSTEM], how)
        scores.append(
            found.assign(rule=rule, rank=found.groupby("language")["f1"].rank("min", ascending=False))
        )
        pairs.append(compared(_pairs(rows), how, PAIR).assign(rule=rule))
    by_rule = pd.concat(scores, ignore_index=True).astype({"rank": int})
    first = ["language", *SYSTEM, "rule", "f1", "rank"]
    by_rule = by_rule[first + [name for name in by_rule if name not in first]]
    between = pd.concat(pairs, ignore_index=True)
    between = between[["rule", *(name for name in between if name != "rule")]]
    rows = [_change(rule, by_rule, between) for rule in RULES if rule != MAIN]
    changes = pd.DataFrame([{"rule": rule, "right is": RULES[rule], **row} for rule, row in rows])
    return {"changes": changes, "by_rule": by_rule, "pairs": between}


def under(rule: str, encoders: pd.DataFrame, ruled: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of encoders under a rule; under ``partial`` they have halves."""
    counts = encoders.set_index(RUN)
    other = chosen(ruled, rule=rule).set_index(RUN)[COUNTS]
    if not (known := other.index.isin(counts.index)).all():
        other = other[known]  # arms of ablations, regimes on another release
    found = counts[COUNTS].astype("float64")
    found.loc[other.index] = other
    return counts.assign(**found).reset_index()


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]]:
    for language, of_language in rows.groupby("language"):
        systems = [(", ".join(names), group) for names, group in of_language.groupby(SYSTEM)]
        for (a, first), (b, second) in combinations(systems, 2):
            yield {"language": language, "a": a, "b": b}, first, second


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
