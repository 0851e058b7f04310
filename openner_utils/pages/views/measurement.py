"""The same replies read in several ways, side by side."""

import pandas as pd

from openner_utils.analysis.measurement import COUNTED, LENIENT, OURS, RUN
from openner_utils.pages.views.prompts import accounts
from openner_utils.support.rounding import shown

MAIN = "main reading"


def readings(found: pd.DataFrame, decoding: str, changed: str = "") -> pd.DataFrame:
    """Return F1 (interval) of each run that decodes so, a column for the main reading and for each other one.

    ``found``: the table ``readings`` of the question; ``changed``: how the readings begin that are shown (`policy`, `matching`,
    `borders`), beside the main one; every one if empty.
    """
    rows = found[
        (found["decoding"] == decoding)
        & found["changed"].map(lambda name: name.startswith(changed) or not name)
    ]
    return _side_by_side(rows.assign(changed=rows["changed"].replace("", MAIN)), "changed", MAIN)


def extremes(found: pd.DataFrame, decoding: str) -> pd.DataFrame:
    """Return the same for the strictest reading, which counts what is lost, and the most lenient one."""
    return readings(found[found["changed"].isin(["", COUNTED, LENIENT])], decoding)


def harnesses(found: pd.DataFrame, decoding: str) -> pd.DataFrame:
    """Return F1 (interval) of each run that decodes so under each rule, with its rank where that is not its rank under ours."""
    rows = found[found["decoding"] == decoding]
    moved = rows["rank"] != rows["rank_ours"]
    return _side_by_side(
        rows.assign(note=("; rank " + rows["rank"].astype(str)).where(moved, "")), "rule", OURS
    )


def _side_by_side(rows: pd.DataFrame, column: str, first: str) -> pd.DataFrame:
    cells = [
        f"{shown(row.f1)} ({shown(row.low, 0)}–{shown(row.high, 0)}{getattr(row, 'note', '')})"
        for row in rows.itertuples(index=False)
    ]
    keys = [name for name in RUN if name != "decoding"]
    table = rows.assign(cell=cells).pivot(index=[*keys, "sentences"], columns=column, values="cell")
    order = [first, *(name for name in dict.fromkeys(rows[column]) if name != first)]
    return table.reindex(columns=order).reset_index().rename_axis(columns=None)


def became(found: pd.DataFrame, decoding: str, changed: str = "") -> pd.DataFrame:
    """Return what became of everything that the replies of models began to name, by run, script and language.

    ``found``: the table ``reasons`` of the question; ``changed``: the reading, by default the main one.
    """
    rows = found[(found["decoding"] == decoding) & (found["changed"] == changed)]
    return accounts(rows[~rows["control"].astype(bool)], "system", "format", "script", "language").drop(
        columns="of"
    )
