"""Inline or JSON prompts: which is better, what is lost on the way, and does the model know anything at all?

A model trained inside the pipeline is judged against its control, the same model trained with shuffled labels.
Where it does not beat the control beyond chance, no conclusion about prompts is drawn from it.
"""

from itertools import combinations

import pandas as pd

from openner_utils.analysis.systems import chosen, compared, with_intervals
from openner_utils.params import Compare

CONTROL = "control"
"""A variant is ``<format>-<decoding>`` or ``<format>-<decoding>-control``."""


def tables(sentences: pd.DataFrame, losses: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``variants``, ``against_control``, ``formats`` (JSON minus inline) and ``losses``.

    ``sentences``: counts per sentence (`stages.score`); ``losses``: emitted mentions by what became of them
    (columns system, variant, language, reason, mentions).
    """
    asked = chosen(sentences, regime="prompt")
    variants = with_intervals(asked, ["system", "language", "variant"], how)
    against, formats = [], []
    for (system, language), rows in asked.groupby(["system", "language"]):
        names = sorted(rows["variant"].unique())
        for name in names:
            if f"{name}-{CONTROL}" in names:
                keys = {"system": system, "language": language, "variant": name}
                against.append((keys, chosen(rows, variant=f"{name}-{CONTROL}"), chosen(rows, variant=name)))
        for inline, other in combinations([n for n in names if not n.endswith(CONTROL)], 2):
            if inline == other.replace("json-", "inline-") or other == inline.replace("json-", "inline-"):
                keys = {"system": system, "language": language, "decoding": other.split("-", 1)[1]}
                first, second = sorted((inline, other))
                formats.append((keys, chosen(rows, variant=first), chosen(rows, variant=second)))
    return {
        "variants": variants,
        "against_control": compared(against, how),
        "formats": compared(formats, how),
        "losses": losses,
    }


def beats_control(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return, per system, language and way of decoding, whether either format beats its control beyond chance.

    Where one does and the other does not, the difference between the formats is still a finding.
    """
    keys = ["system", "language", "decoding"]
    against = found["against_control"]
    if not len(against):
        return pd.DataFrame(columns=[*keys, "beats"])
    beats = against["clear"] & (against["difference"] > 0)
    decoding = against["variant"].str.split("-").str[1]
    return against.assign(beats=beats, decoding=decoding).groupby(keys, as_index=False)["beats"].any()


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    lines = []
    beaten = beats_control(found)
    for system, rows in found["variants"].groupby("system"):
        asked = rows[~rows["variant"].str.endswith(CONTROL)]
        best = asked.loc[asked.groupby("language")["f1"].idxmax()]
        shown = ", ".join(f"{row.language} {row.f1:.1f} ({row.variant})" for row in best.itertuples())
        lines.append(f"Best F1 of {system} by language: {shown}.")
        for decoding, pairs in found["formats"][found["formats"]["system"] == system].groupby("decoding"):
            here = beaten[(beaten["system"] == system) & (beaten["decoding"] == decoding)]
            silent = sorted(here.loc[~here["beats"].astype(bool), "language"])
            if silent:
                lines.append(
                    f"{system}, {decoding} decoding, does not beat its control in {', '.join(silent)}: nothing is "
                    "concluded about the formats there."
                )
            pairs = pairs[~pairs["language"].isin(silent)]
            if not len(pairs):
                continue
            shown = ", ".join(f"{row.language} {row.difference:+.1f}" for row in pairs.itertuples())
            lines.append(
                f"{system}, {decoding} decoding, JSON minus inline in points of F1: {shown}; beyond chance in "
                f"{pairs['clear'].sum()} of {len(pairs)} (Holm-adjusted p < 0.05 and an interval without zero)."
            )
    losses = found["losses"]
    if len(losses):
        emitted = int(losses["mentions"].sum())
        kept = int(losses.loc[losses["reason"] == "grounded", "mentions"].sum())
        lines.append(f"Of {emitted} mentions that replies named, {kept} could be grounded in their sentence.")
    return lines or ["No language model was asked."]
