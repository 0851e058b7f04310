"""What replies took, by the way of decoding."""

import pandas as pd

from openner_utils.analysis.price import ASKED

_NAMES = ["", "_told", "_more", "_low", "_high"]


def took(found: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return one measure of the question's table ``took``, by script: its mean, of how many replies, and the difference to free decoding."""
    columns = [f"{measure}{name}" for name in _NAMES]
    keys = [*ASKED, "script", "language", "decoding", "engine"]
    shown = found[[*keys, *columns]].set_axis([*keys, measure, "n", "more", "low", "high"], axis=1)
    return shown.sort_values([*ASKED, "script", "language"], kind="stable", ignore_index=True)
