"""What does the repair of training labels do to a model's scores?

The test labels are the same for all arms (repaired), so that only the training labels differ. Predictions may still
hold invalid transitions, and a model that has seen such labels in training writes them, so every arm is scored under
both conventions, *conlleval* and *discard*. A difference can be an effect of repair only where labels differ in the
sentences that were trained on, so their number stands beside it.
"""

from typing import Any

import pandas as pd

from openner_utils.analysis.question import Answer, Params
from openner_utils.analysis.systems import chosen, compared, with_intervals
from openner_utils.config.params import Compare, units
from openner_utils.core.artifacts import CHANGED, REPAIRS, SENTENCES, Inputs
from openner_utils.core.releases import AS_RELEASED
from openner_utils.support.errors import OpenNERError
from openner_utils.support.rounding import half_up, shown, signed
from openner_utils.support.words import counted

CONVENTIONS = ("conlleval", "discard")
UNIT = ["system", "regime", "corpus", "language"]
FEW = 0.1
"""Differing labels per 100 tokens below which no effect on F1 is expected."""

WORDS = {"published": "left as published", "conlleval": "made to begin a mention", "discard": "discarded"}


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores, the repaired labels of every part, and the labels that each arm changed."""
    arms = [inputs.frame(CHANGED, **unit) for unit in units(params)["ablate"]]
    changed = pd.concat(arms or [pd.DataFrame()], ignore_index=True)
    found = tables(inputs.frame(SENTENCES), inputs.frame(REPAIRS), changed, params.compare)
    return Answer(found, summary(found))


def tables(
    sentences: pd.DataFrame, repairs: pd.DataFrame, changed: pd.DataFrame, how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``arms`` (F1 of each), ``difference`` (each arm minus the repaired one), ``trained`` and ``noise``.

    ``sentences``: counts per sentence (`stages.score`); ``repairs``: repaired labels of every part
    (`analysis.audit.repairs`); ``changed``: labels that differ in what each arm was trained on (`stages.ablate`).

    All rows of ``difference`` are one family. Beside the columns of `compared` it has the labels that ``differ`` from
    the repaired ones among the ``tokens`` trained on, and ``per_100_tokens``: of the row's own corpus and language, or
    of everything where a model was trained on all together. ``noise`` is `repairs` for whole training splits.
    """
    encoders = sentences[(sentences["format"] == "") & sentences["convention"].isin(CONVENTIONS)]
    ablated = encoders[encoders["labels_from"] != AS_RELEASED]
    arms = encoders.merge(ablated[["system", "regime", "corpus"]].drop_duplicates())
    pairs = []
    for (*names, arm, convention), rows in ablated.groupby([*UNIT, "labels_from", "convention"]):
        keys = dict(zip(UNIT, names, strict=True))
        repaired = chosen(arms, **keys, convention=convention, labels_from=AS_RELEASED)
        pairs.append(({**keys, "arm": arm, "convention": convention}, repaired, rows))
    noise = repairs[repairs["split"] == "train"].drop(columns=["split", "sentences"])
    return {
        "arms": with_intervals(arms, [*UNIT, "labels_from", "convention"], how),
        "difference": _with_labels(compared(pairs, how, [*UNIT, "arm", "convention"]), changed),
        "trained": changed,
        "noise": noise.sort_values("per_100_tokens", ascending=False, kind="stable", ignore_index=True),
    }


def _with_labels(difference: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Return differences beside the labels that differ in what was trained on."""
    counts = ["differ", "tokens"]
    if difference.empty:
        return difference.reindex(columns=[*difference.columns, *counts, "per_100_tokens"])
    of_arm = changed.rename(columns={"labels_from": "arm"})
    own = of_arm[~of_arm["together"]].groupby([*UNIT, "arm"], as_index=False)[counts].sum()
    of_all = of_arm[of_arm["together"]].groupby(["system", "regime", "arm"], as_index=False)[counts].sum()
    both = difference.merge(own, how="left")
    both[counts] = both[counts].fillna(difference.merge(of_all, how="left")[counts])
    if both["differ"].isna().any():
        raise OpenNERError(
            "The labels that differ are not known for every arm that was scored. Run the stage ablate again: dvc repro"
        )
    both = both.astype(dict.fromkeys(counts, "int64"))
    return both.assign(per_100_tokens=100 * both["differ"] / both["tokens"])


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    noise, difference = found["noise"], found["difference"]
    lines = [
        f"{row.corpus}/{row.language}: {counted(row.repaired, 'label was', 'labels were')} repaired in the training split, over "
        f"all types: {shown(row.per_100_tokens, 2)} per 100 tokens, {shown(row.per_100_mentions, 2)} per 100 mentions."
        for row in noise[(noise["types"] == "all") & (noise["repaired"] > 0)].itertuples()
    ]
    if difference.empty:
        return lines or ["No label was repaired, and no ablation was trained."]
    for keys, rows in difference.groupby([*UNIT, "arm"], sort=False):
        system, regime, corpus, language, arm = keys
        row = rows.iloc[0]
        by_convention = "; ".join(map(_scored, rows.to_dict("records")))
        clear = bool(rows["clear"].any())
        lines.append(
            f"{corpus}/{language}, {system} ({regime}), invalid labels {WORDS[arm]}, against the release on "
            f"{counted(row['sentences'], 'sentence')} (seeds: {row['seeds']}): {by_convention}. {_trained_on(row, clear)}"
        )
    return lines


def _scored(row: dict[str, Any]) -> str:
    verdict = "beyond chance" if row["clear"] else "within chance"
    return (
        f"{signed(row['difference'])} points of F1 under {row['convention']} ({signed(row['low'])} to {signed(row['high'])}, {verdict}, "
        f"{_p(row['p'])})"
    )


def _p(value: float) -> str:
    """Return a p value as papers write it, which is never 0."""
    return "p < 0.001" if value < 0.001 else f"p = {shown(value, 3)}"


def _trained_on(row: pd.Series, clear: bool) -> str:
    """Return how many labels differ in what was trained on, and what that makes of a difference, ``clear`` or not."""
    if not row["differ"]:
        return "No label differs in the sentences trained on, so this is the difference of two runs, not an effect of repair."
    labels = (
        f"{row['differ']:,} of {counted(row['tokens'], 'label')} trained on "
        f"{'differs' if row['differ'] == 1 else 'differ'} ({_rate(row['per_100_tokens'])} per 100 tokens)"
    )
    if half_up(row["per_100_tokens"], 2) >= FEW:
        return f"{labels}."
    if clear:
        return f"Only {labels}, few for a difference beyond chance: its cause is not known."
    return f"Only {labels}, too few to expect an effect."


def _rate(value: float) -> str:
    """Return labels per 100 tokens, which are never 0."""
    return shown(value, 2) if half_up(value, 2) > 0 else "less than 0.01"
