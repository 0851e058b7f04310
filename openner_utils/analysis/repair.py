"""What does the repair of training labels do to a model's scores?

The test labels are the same for all arms (repaired), so that only the training labels differ.
"""

import pandas as pd

from openner_utils.analysis.systems import chosen, compared, with_intervals
from openner_utils.params import Compare
from openner_utils.releases import AS_RELEASED
from openner_utils.tables import counted


def tables(sentences: pd.DataFrame, changes: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``arms`` (F1 of each), ``difference`` (each arm minus the repaired one) and ``noise``.

    ``sentences``: counts per sentence (`stages.score`); ``changes``: per corpus, mentions and repaired labels of
    the training split (columns corpus, repaired, mentions).
    """
    ablated = sentences[~sentences["labels_from"].isin([AS_RELEASED, ""])]
    runs = ablated[["system", "regime", "corpus"]].drop_duplicates()
    arms = sentences[sentences["variant"] == ""].merge(runs, on=["system", "regime", "corpus"])
    pairs = []
    unit = ["system", "regime", "corpus", "language"]
    for (*names, arm), rows in ablated.groupby([*unit, "labels_from"]):
        keys = dict(zip(unit, names, strict=True))
        pairs.append(({**keys, "arm": arm}, chosen(arms, **keys, labels_from=AS_RELEASED), rows))
    noise = changes.assign(share=100 * changes["repaired"] / changes["mentions"])
    return {
        "arms": with_intervals(arms, [*unit, "labels_from"], how),
        "difference": compared(pairs, how),
        "noise": noise.sort_values("share", ascending=False, ignore_index=True),
    }


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    noise, difference = found["noise"], found["difference"]
    lines = [
        f"{row.corpus}: {counted(row.repaired, 'label')} repaired in training data with {row.mentions:,} mentions ({row.share:.2f} %)."
        for row in noise.itertuples()
        if row.repaired
    ]
    words = {"published": "left as published", "conlleval": "made to begin a mention", "discard": "discarded"}
    for row in difference.itertuples():
        verdict = "beyond chance" if row.clear else "within chance"
        lines.append(
            f"{row.corpus}/{row.language}, {row.system}, invalid labels {words.get(row.arm, row.arm)}: {row.difference:+.1f} points "
            f"of F1 against the release ({row.low:+.1f} to {row.high:+.1f}), {verdict} (p = {row.p:.3f})."
        )
    return lines or ["No label was repaired, and no ablation was trained."]
