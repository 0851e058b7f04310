"""What happens when a domain corpus joins, in the one style of `pages.figures`."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from openner_utils.analysis.domains import EVERY, OWN
from openner_utils.pages.figures import (
    ROW,
    STYLE,
    WIDTH,
    _lanes,
    _language_name,
    _legend,
    _name_rows,
    _rows_of,
    _styled,
    _varying,
    _words,
)


@_styled
def domains(found: pd.DataFrame, title: str = "Corpora trained on alone and together") -> Figure:
    """Return F1 with intervals, a panel for each view: one row per corpus and language, in it a lane per regime in the order of the table.

    ``found``: the table ``by_domain`` of `analysis.domains`. The corpus whose regimes differ most in all types stands on top.
    """
    if found.empty:
        return _words(title, "No corpora of one language were trained on alone and together.")
    names = _varying(found, ("system", "regime")) or ["regime"]
    lanes = list(dict.fromkeys(found[names].astype(str).itertuples(index=False, name=None)))
    rows = found.assign(row=found["corpus"] + "/" + found["language"])
    spread = rows[rows["view"] == EVERY].groupby("row")["f1"].agg(lambda f1: f1.max() - f1.min())
    order = list(spread.sort_values(kind="stable").index)
    figure = Figure(figsize=(WIDTH, 1.5 + ROW * len(order) * max(1.5, 0.6 * len(lanes))))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    panels = figure.subplots(1, 2, sharey=True)
    for axes, view in zip(panels, (OWN, EVERY), strict=True):
        own = rows[rows["view"] == view]
        for lane, aside, colour, marker in _lanes(lanes):
            points = _rows_of(own, names, lane).set_index("row").reindex(order)
            at = np.arange(len(order)) + aside
            axes.hlines(at, points["low"], points["high"], color=colour, linewidth=1.6)
            axes.plot(
                points["f1"],
                at,
                marker,
                color=colour,
                markersize=5,
                markeredgecolor="white",
                label=", ".join(lane),
            )
        axes.set_title(view, fontsize=8.5)
        axes.grid(axis="x")
        axes.set(xlabel="F1 (%), mean of seeds with its interval", xlim=(0, 100))
    panels[1].tick_params(axis="y", length=0)
    _name_rows(panels[0], [_named(rows[rows["row"] == row]) for row in order])
    _legend(figure, panels[0])
    return figure


def _named(rows: pd.DataFrame) -> str:
    """Return a corpus with its language, domain and number of test sentences."""
    one = rows.iloc[0]
    domain = str(one["domain"])
    short = domain if len(domain) <= 28 else f"{domain[:27]}…"
    return f"{one['corpus']}, {_language_name(one['language'])}\n{short}\nn = {rows['sentences'].max():,}"
