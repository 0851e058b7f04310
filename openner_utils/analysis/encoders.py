"""Which encoder is better in which language, and what of it do the tokenizers explain?

Beside each score stands what the encoder's tokenizer does to the language: a script that a vocabulary lacks gives
near-zero rows, as mBERT on Amharic does in OpenNER 1.0 (section 4.1).
"""

from itertools import combinations

import pandas as pd

from openner_utils.analysis.systems import chosen, compared, with_intervals
from openner_utils.params import Compare
from openner_utils.releases import AS_RELEASED
from openner_utils.tables import counted

NEAR_ZERO = 10.0
"""F1 (percent) below which a row counts as near zero."""
POORLY_READ = 0.1
"""Share of tokens with an unknown piece, or with characters lost, from which on a near-zero row counts as explained."""


def tables(sentences: pd.DataFrame, tokenizers: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_language`` and ``pairs``.

    ``sentences``: counts per sentence (`stages.score`); ``tokenizers``: one row per system and language with
    columns unknown_tokens, characters_lost (shares of tokens) and fertility.
    """
    encoders = chosen(sentences, labels_from=AS_RELEASED, variant="")
    encoders = encoders[encoders["regime"] != "prompt"]
    by_language = with_intervals(encoders, ["regime", "language", "system"], how)
    seen = ["unknown_tokens", "characters_lost", "fertility"]
    read = tokenizers.groupby(["system", "language"], as_index=False)[seen].mean()
    by_language = by_language.merge(read, on=["system", "language"], how="left")
    pairs = [
        (
            {"regime": regime, "language": language, "a": a, "b": b},
            chosen(rows, system=a),
            chosen(rows, system=b),
        )
        for (regime, language), rows in encoders.groupby(["regime", "language"])
        for a, b in combinations(sorted(rows["system"].unique()), 2)
    ]
    return {"by_language": by_language, "pairs": compared(pairs, how)}


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    by_language, pairs = found["by_language"], found["pairs"]
    lines = []
    for regime, rows in by_language.groupby("regime"):
        means = rows.groupby("system")["f1"].mean().sort_values(ascending=False)
        shown = ", ".join(f"{system} {value:.1f}" for system, value in means.items())
        lines.append(
            f"{regime.capitalize()} training, mean F1 over {counted(rows['language'].nunique(), 'language')}: {shown}."
        )
    if len(pairs):
        clear = pairs[pairs["clear"]]
        lines.append(
            f"Of {len(pairs)} comparisons of two encoders on one language, {len(clear)} differ beyond chance "
            f"(Holm-adjusted p < 0.05 and an interval without zero); the median smallest detectable difference is "
            f"{pairs['detectable'].median():.1f} points."
        )
    near_zero = by_language[by_language["f1"] < NEAR_ZERO]
    if len(near_zero):
        # The same tokenizer read the same language well enough in another regime: then it is not to blame.
        best = by_language.groupby(["system", "language"])["f1"].transform("max").loc[near_zero.index]
        unread = (near_zero["unknown_tokens"] >= POORLY_READ) & (best < NEAR_ZERO)
        maimed = ~unread & (near_zero["characters_lost"] >= POORLY_READ) & (best < NEAR_ZERO)
        rest = near_zero[~unread & ~maimed]
        others = ", ".join(f"{row.system} on {row.language} ({row.regime})" for row in rest.itertuples())
        lines.append(
            f"{len(near_zero)} of {len(by_language)} rows are below {NEAR_ZERO:.0f} F1. In {unread.sum()} of them the tokenizer "
            f"has unknown pieces in at least {POORLY_READ:.0%} of the tokens, in {maimed.sum()} more it drops characters of as "
            f"many; it does not explain the others: {others or 'none'}."
        )
    return lines
