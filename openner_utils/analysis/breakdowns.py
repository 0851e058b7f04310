"""What stands beside the micro F1 of a run: the mean over types, each language, mentions by group, and what went wrong.

Scores of runs are means over seeds in percent. ``scores``, ``breakdowns``, ``confusions`` and ``errors`` are the tables of the stage
score, one row per run (`RUN` and seed), part and what is told apart.
"""

import numpy as np
import pandas as pd

from openner_utils.analysis.one_system import COUNTS
from openner_utils.analysis.prompts import OFFSETS
from openner_utils.analysis.systems import CONVENTION
from openner_utils.core.releases import AS_RELEASED, PART
from openner_utils.scoring import breakdowns as scoring
from openner_utils.scoring.errors import KINDS, MISSED, SPURIOUS
from openner_utils.scoring.mentions import ALL

RUN = ["system", "regime", "labels_from", "format", "decoding", "policy", "control"]
BY_LENGTH, BY_FAMILIARITY = "tokens", "training"
"""What mentions are grouped by: their length in tokens, and whether the training sentences hold them."""
GROUPS = {BY_LENGTH: scoring.LENGTHS, BY_FAMILIARITY: scoring.FAMILIARITY}


_OF_ERROR = ("reference_type", "predicted_type", "reference", "predicted", "before", "behind")


def main_runs(table: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Return the rows of runs that stand for their system: no controls, and one policy where the same replies were read by several."""
    same = table["policy"].isin([policy, OFFSETS, ""])
    return table[same & ~table["control"]]


def macro(scores: pd.DataFrame) -> pd.DataFrame:
    """Return micro and macro F1 of each run, means over its ``n`` test sets that hold a mention, and its seeds.

    ``lowest`` and ``highest``: of the single test sets, micro F1 as a mean over seeds.

    Macro is the mean over the entity types that a test set's reference holds, each counting the same. A type that is only
    predicted lowers the micro F1 and is none of them: else each run's mean would be one over other types. (seqeval's macro
    average counts it, as 0.)
    """
    held = scores[(scores["reference"] > 0) & (scores["convention"] == CONVENTION)]
    parts = [*RUN, "seed", *PART]
    typed = held[held["type"] != ALL].groupby(parts)["f1"].mean()
    both = (
        held[held["type"] == ALL].set_index(parts)[["f1"]].rename(columns={"f1": "micro"}).assign(macro=typed)
    )
    table = 100 * both.groupby(RUN).mean()
    by_set = (100 * both.groupby([*RUN, *PART])["micro"].mean()).groupby(RUN).agg(["min", "max", "size"])
    named = by_set.rename(columns={"min": "lowest", "max": "highest", "size": "n"})
    return table.join(named).reset_index()


def by_language(scores: pd.DataFrame) -> pd.DataFrame:
    """Return micro F1 of each run in each language, the mean over the language's test sets and the seeds."""
    overall = scores[(scores["type"] == ALL) & (scores["convention"] == CONVENTION)]
    return (
        100 * overall.pivot_table(index=RUN, columns="language", values="f1", aggfunc="mean")
    ).reset_index()


def by_group(breakdowns: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return for each run and each group of ``by``: the ``mentions`` of the reference, precision, recall and F1.

    Mentions of all test sets are counted together, for a group of one of them is often small.
    """
    rows = breakdowns[breakdowns["by"] == by]
    totals = rows.groupby([*RUN, "seed", "group"], sort=False)[COUNTS].sum()
    correct, predicted, reference = (totals[name] for name in COUNTS)
    each = pd.DataFrame(
        {
            "mentions": reference,
            "precision": 100 * correct / predicted.replace(0, np.nan),
            "recall": 100 * correct / reference.replace(0, np.nan),
            "f1": 200 * correct / (predicted + reference).replace(0, np.nan),
        }
    )
    found = each.groupby([*RUN, "group"]).mean().reset_index()
    found = found.astype({"mentions": np.int64})
    order = {group: number for number, group in enumerate(GROUPS[by])}
    place = found["group"].map(order)
    return found.assign(place=place).sort_values([*RUN, "place"], ignore_index=True).drop(columns="place")


def kinds(confusions: pd.DataFrame) -> pd.DataFrame:
    """Return what became of the mentions of each run, as a share of the reference's mentions (percent; all seeds, all test sets).

    One column per kind. All but the spurious ones add up to 100; these are mentions that are predicted where none is.
    """
    counts = confusions.pivot_table(index=RUN, columns="kind", values="mentions", aggfunc="sum", fill_value=0)
    counts = counts.reindex(columns=list(KINDS), fill_value=0)
    mentions = counts.drop(columns=SPURIOUS).sum(axis=1)
    return (100 * counts.div(mentions.replace(0, np.nan), axis=0)).reset_index()


def confused(confusions: pd.DataFrame) -> pd.DataFrame:
    """Return for each run and type of the reference which types were predicted in its place, counted over seeds and test sets.

    A column per predicted type (wherever its span lies), ``missed`` for those in whose place there is nothing; in the row without a type
    stand those predicted where the reference has none.
    """
    where = confusions["predicted_type"].where(confusions["kind"] != MISSED, MISSED)
    type = confusions["reference_type"].where(confusions["kind"] != SPURIOUS, SPURIOUS)
    table = confusions.assign(predicted=where, reference=type).pivot_table(
        index=[*RUN, "reference"], columns="predicted", values="mentions", aggfunc="sum", fill_value=0
    )
    last = [name for name in (MISSED,) if name in table]
    table = table[[*(name for name in table if name not in last), *last]].reset_index()
    return (
        table.assign(last=table["reference"] == SPURIOUS)
        .sort_values([*RUN, "last", "reference"], ignore_index=True)
        .drop(columns="last")
    )


def examples(errors: pd.DataFrame, each: int = 2) -> pd.DataFrame:
    """Return ``each`` errors of every kind and system at most: of its first seed, on the release's labels, without controls.

    They are drawn by a hash of their place, one from each test set before any gives two: not the first ones of a file.
    """
    rows = errors[errors["labels_from"].isin([AS_RELEASED, ""]) & ~errors["control"]]
    rows = rows[rows["seed"] == rows.groupby(RUN)["seed"].transform("min")]
    place = pd.util.hash_pandas_object(rows[[*PART, "sentence", "reference", "predicted"]], index=False)
    drawn = rows.assign(place=place).sort_values("place", kind="stable")
    groups = ["system", "kind"]
    turn = drawn.groupby([*groups, *PART]).cumcount()
    some = drawn.assign(turn=turn).sort_values(["turn", "place"], kind="stable").groupby(groups).head(each)
    order = some["kind"].map({kind: number for number, kind in enumerate(KINDS)})
    return some.assign(order=order).sort_values(["system", "order", "turn", "place"], ignore_index=True)[
        [*RUN, *PART, "sentence", "kind", *_OF_ERROR]
    ]
