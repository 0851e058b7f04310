"""Corpora that annotate different types: is naive merging worse than a loss that knows what each corpus leaves out?

Regimes that differ in nothing but ``ontology`` were trained on the same sentences of the standardized release, and each corpus is
scored in the types that it annotates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from openner_utils.analysis.systems import (
    Comparison,
    chosen,
    compared,
    comparisons,
    encoders_of,
    with_intervals,
)
from openner_utils.config.params import Compare, Regime

ORDER = ("union", "masked", "marginal")
"""Ontologies; each is compared with those before it."""
_KEYS = ["system", "corpus", "language", "a", "b"]


@dataclass(frozen=True, slots=True)
class Pair:
    """One encoder under two regimes that are alike but for the ontology: ``b`` minus ``a`` on each corpus and language."""

    system: str
    a: str
    b: str
    gains: tuple[Comparison, ...]


def tables(sentences: pd.DataFrame, regimes: Mapping[str, Regime], how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_ontology`` (F1 of each) and ``ontologies`` (differences, all one family) for regimes alike but for that.

    ``sentences``: counts per sentence (`stages.score`) of all runs.
    """
    encoders = encoders_of(sentences)
    pairs = []
    for a, b in _alike(regimes):
        rows = chosen(encoders, regime=b)
        for (system, corpus, language), other in rows.groupby(["system", "corpus", "language"]):
            one = chosen(encoders, regime=a, system=system, corpus=corpus, language=language)
            if len(one):
                keys = {"system": system, "corpus": corpus, "language": language, "a": a, "b": b}
                pairs.append((keys, one, other))
    there = encoders[encoders["regime"].isin({name for keys, *_ in pairs for name in (keys["a"], keys["b"])})]
    return {
        "by_ontology": with_intervals(there, ["system", "corpus", "language", "regime"], how),
        "ontologies": compared(pairs, how, _KEYS),
    }


def _alike(regimes: Mapping[str, Regime]) -> list[tuple[str, str]]:
    """Return the names of regimes that differ in their ontology alone, the plainer one first."""
    names = sorted(
        (name for name, regime in regimes.items() if regime.release == "standardized"),
        key=lambda name: ORDER.index(regimes[name].ontology),
    )
    return [
        (a, b)
        for a, b in combinations(names, 2)
        if regimes[a].ontology != regimes[b].ontology
        and regimes[a].model_copy(update={"ontology": regimes[b].ontology}) == regimes[b]
    ]


def findings(found: pd.DataFrame) -> tuple[Pair, ...]:
    """Return what the table ``ontologies`` says."""
    named = found.assign(on=found["corpus"] + "/" + found["language"])
    return tuple(
        Pair(str(system), str(a), str(b), comparisons(rows, "on"))
        for (system, a, b), rows in named.groupby(["system", "a", "b"], sort=False)
    )
