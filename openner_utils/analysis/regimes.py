"""Does one model for all languages do better than one model per language?"""

import pandas as pd

from openner_utils.analysis.systems import chosen, compared, shared, with_intervals
from openner_utils.params import Compare
from openner_utils.releases import AS_RELEASED


def tables(sentences: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_regime`` and ``gain`` (joint training minus training alone) for what was trained both ways.

    ``sentences``: counts per sentence (`stages.score`). A regime is joint when its name is ``multilingual``.
    """
    encoders = chosen(sentences, labels_from=AS_RELEASED, variant="")
    alone, joint = chosen(encoders, regime="individual"), chosen(encoders, regime="multilingual")
    pairs = []
    for (system, language), rows in alone.groupby(["system", "language"]):
        other = chosen(joint, system=system, language=language)
        if len(other):
            pairs.append(({"system": system, "language": language}, *shared(rows, other)))
    both = pd.concat([frame for _, *frames in pairs for frame in frames]) if pairs else encoders.head(0)
    return {
        "by_regime": with_intervals(both, ["system", "language", "regime"], how),
        "gain": compared(pairs, how),
    }


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    gain = found["gain"]
    if not len(gain):
        return ["No encoder was trained both alone and jointly on a common language."]
    lines = []
    for system, rows in gain.groupby("system"):
        clear = rows[rows["clear"]]
        shown = ", ".join(f"{row.language} {row.difference:+.1f}" for row in rows.itertuples())
        lines.append(
            f"{system}: joint minus individual training, points of F1: {shown}; "
            f"beyond chance in {len(clear)} of {len(rows)} (Holm-adjusted p < 0.05 and an interval without zero)."
        )
    return lines
