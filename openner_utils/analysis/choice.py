"""Which format and way of decoding is best for a model, chosen on dev sentences alone, and how the chosen one does on test.

A choice by test scores would take the luckiest of several for the best, and its score would be too high.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from openner_utils.analysis.systems import chosen, with_intervals
from openner_utils.config.params import Compare

WAY = ["system", "format", "decoding"]
_COLUMNS = [*WAY, "languages", "sentences", "f1", "chosen"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The ``format`` and ``decoding`` of a model that are best on ``sentences`` dev sentences, of how many ``ways``; ``f1`` is theirs there."""

    system: str
    format: str
    decoding: str
    f1: float
    sentences: int
    ways: int


@dataclass(frozen=True, slots=True)
class Findings:
    """A choice for each model that was asked dev sentences in several ways."""

    choices: tuple[Choice, ...] = ()


NOTHING = Findings()


def tables(main: pd.DataFrame, dev: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``on_dev`` (each way of asking, and which is chosen) and ``chosen_on_dev`` (its F1 on test by language).

    ``main``: counts per test sentence of models under the main policy; ``dev``: counts per dev sentence (`core.artifacts.DEV`). Controls take no part.
    """
    of = dev[~dev["control"].astype(bool)]
    ways = pd.DataFrame(
        [{**dict(zip(WAY, keys, strict=True)), **_on_dev(rows)} for keys, rows in of.groupby(WAY, sort=True)],
        columns=_COLUMNS[:-1],
    )
    best = ways.sort_values("f1", ascending=False, kind="stable").drop_duplicates("system").index
    ways["chosen"] = ways.index.isin(best)
    asked = chosen(main, control=False)
    tested = asked.merge(ways.loc[ways["chosen"], WAY], on=WAY)
    return {"on_dev": ways, "chosen_on_dev": with_intervals(tested, [*WAY, "language"], how)}


def _on_dev(rows: pd.DataFrame) -> dict[str, float | int]:
    """Return the mean over languages of F1 (percent), itself a mean over seeds, and on how many sentences."""
    counts = rows.groupby(["language", "seed"])[["correct", "predicted", "reference"]].sum()
    f1 = 200 * counts["correct"] / np.maximum(counts["predicted"] + counts["reference"], 1)
    of_language = f1.groupby("language").mean()
    places = rows[["corpus", "language", "sentence"]].drop_duplicates()
    return {"languages": len(of_language), "sentences": len(places), "f1": float(of_language.mean())}


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table ``on_dev`` says of each model that was asked in several ways."""
    ways = found["on_dev"]
    choices = []
    for system, rows in ways.groupby("system"):
        best = rows[rows["chosen"]].iloc[0]
        if len(rows) > 1:
            choices.append(
                Choice(
                    str(system),
                    best["format"],
                    best["decoding"],
                    float(best["f1"]),
                    int(best["sentences"]),
                    len(rows),
                )
            )
    return Findings(tuple(choices))
