"""Scores of all runs side by side.

``scores`` are those of the stage score: one row per run, part, entity type and convention, with F1 from 0 to 1.
"""

import pandas as pd

from openner_utils.analysis.breakdowns import RUN
from openner_utils.analysis.systems import CONVENTION

ALL_TYPES = "ALL"


def by_convention(scores: pd.DataFrame) -> pd.DataFrame:
    """Return mean F1 (percent) of each run under each convention, over its ``n`` test sets and its seeds."""
    overall = scores[scores["type"] == ALL_TYPES]
    table = 100 * overall.pivot_table(index=RUN, columns="convention", values="f1", aggfunc="mean")
    sizes = overall.groupby(RUN)[["corpus", "language"]].apply(lambda rows: len(rows.drop_duplicates()))
    return table.assign(n=sizes).reset_index()


def by_type(scores: pd.DataFrame) -> pd.DataFrame:
    """Return mean F1 (percent) of each run for each entity type, under the main convention."""
    typed = scores[(scores["type"] != ALL_TYPES) & (scores["convention"] == CONVENTION)]
    table = 100 * typed.pivot_table(index=RUN, columns="type", values="f1", aggfunc="mean")
    return table.reset_index()


def widest_gap(conventions: pd.DataFrame, one: str = CONVENTION, other: str = "discard") -> float:
    """Return by how many points two conventions differ at most, in a row of `by_convention`."""
    return float((conventions[other] - conventions[one]).abs().max())


def examples(found: pd.DataFrame) -> pd.DataFrame:
    """Return examples of errors (`analysis.breakdowns.examples`) for readers: what stands where, and what was predicted."""
    rows = [
        {
            "system": ", ".join(filter(None, (row.system, row.regime, row.format, row.decoding))),
            "error": row.kind,
            "where": f"{row.corpus}/{row.language}, sentence {row.sentence}",
            "before": row.before,
            "reference": _named(row.reference, row.reference_type),
            "predicted": _named(row.predicted, row.predicted_type),
            "behind": row.behind,
        }
        for row in found.itertuples()
    ]
    return pd.DataFrame(
        rows, columns=["system", "error", "where", "before", "reference", "predicted", "behind"]
    )


def _named(words: str, type: str) -> str:
    """Return a mention's words with its type in brackets; nothing for none."""
    return f"{words} [{type}]" if type else ""
