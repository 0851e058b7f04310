"""What became of the entity types.

``types`` are those of the stage standardize: one row per corpus and original type, with columns corpus, original,
standardized, core (empty: dropped), certainty, mentions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from openner_utils.catalog.ontology import CERTAINTY, DROPPED

CORE = ("PER", "LOC", "ORG")
LOST = "dropped"


@dataclass(frozen=True, slots=True)
class Renamed:
    """How many type names became how many, and how many of the ``mentions`` have another type's name now."""

    original: int
    standardized: int
    mentions: int
    renamed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What the core release keeps of the ``mentions``; the corpora that lose most and least, with percent.

    ``by_certainty``: kept mentions by how their core type is known.
    """

    mentions: int
    kept: int
    most: tuple[str, float]
    least: tuple[str, float]
    by_certainty: Mapping[str, int]


def meanings(types: pd.DataFrame) -> Mapping[str, str]:
    """Return the words for how a core type is known that occur, with what each means."""
    return {word: meaning for word, meaning in CERTAINTY.items() if (types["certainty"] == word).any()}


def merged(types: pd.DataFrame) -> pd.DataFrame:
    """Return one row per standardized and core type: how it was written, in how many corpora, the most frequent first."""
    rows = types.groupby(["standardized", "core", "certainty"], as_index=False).agg(
        written=("original", _names), corpora=("corpus", "nunique"), mentions=("mentions", "sum")
    )
    rows["core"] = rows["core"].replace("", DROPPED)
    return _largest(rows)[["written", "standardized", "core", "certainty", "corpora", "mentions"]]


def renamed(types: pd.DataFrame) -> Renamed:
    """Return what `merged` comes to."""
    other = types["original"] != types["standardized"]
    names = types["original"].nunique(), types["standardized"].nunique()
    return Renamed(*names, int(types["mentions"].sum()), int(types.loc[other, "mentions"].sum()))


def dropped(types: pd.DataFrame) -> pd.DataFrame:
    """Return the types that the core release drops, the most frequent first."""
    rows = types[types["core"] == ""].groupby("standardized", as_index=False)
    return _largest(rows.agg(corpora=("corpus", _names), mentions=("mentions", "sum")))


def by_corpus(types: pd.DataFrame) -> pd.DataFrame:
    """Return the mentions of each corpus by core type, and the percentage that is dropped."""
    core = types["core"].replace("", LOST)
    table = types.assign(core=core).pivot_table(
        index="corpus", columns="core", values="mentions", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=[*CORE, LOST], fill_value=0)
    table[f"{LOST} (%)"] = 100 * table[LOST] / table.sum(axis=1)
    return table.reset_index()


def kept(types: pd.DataFrame) -> Kept:
    """Return what `by_corpus` comes to."""
    of_core = types[types["core"] != ""]
    lost = by_corpus(types).set_index("corpus")[f"{LOST} (%)"]
    by_certainty = of_core.groupby("certainty")["mentions"].sum()
    return Kept(
        int(types["mentions"].sum()),
        int(of_core["mentions"].sum()),
        (str(lost.idxmax()), float(lost.max())),
        (str(lost.idxmin()), float(lost.min())),
        {word: int(by_certainty[word]) for word in CERTAINTY if word in by_certainty},
    )


def _names(values: pd.Series) -> str:
    return ", ".join(sorted(set(values)))


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["mentions", "standardized"], ascending=[False, True])
