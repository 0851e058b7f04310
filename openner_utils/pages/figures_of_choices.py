"""Figures of what a result hangs on: doses of flaws, and choices; in the one style of `pages.figures`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from openner_utils.pages.figures import (
    BLACK,
    BLUE,
    GREY,
    MARKERS,
    ORANGE,
    PALETTE,
    RED,
    STYLE,
    WIDTH,
    _legend,
    _styled,
    _words,
)


@_styled
def dose_response(found: pd.DataFrame, title: str = "F1 lost to flawed labels") -> Figure:
    """Return a panel per kind of flaw and side: doses across, the change of F1 upward, a line with its intervals per repair.

    ``found``: kind, side, repair, dose (per cent of mentions), difference, low, high (points of F1). Bounds that are not known are
    not drawn.
    """
    if found.empty:
        return _words(title, "Nothing was planted.")
    kinds, sides = (list(found[name].unique()) for name in ("kind", "side"))
    repairs = list(found["repair"].unique())
    figure = Figure(figsize=(WIDTH, 1.75 * len(kinds) + 1.0))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    grid = figure.subplots(len(kinds), len(sides), sharex=True, sharey=True, squeeze=False)
    doses = sorted(found["dose"].unique())
    for row, kind in zip(grid, kinds, strict=True):
        for axes, side in zip(row, sides, strict=True):
            own = found[(found["kind"] == kind) & (found["side"] == side)]
            for repair, colour, marker in zip(repairs, PALETTE, MARKERS, strict=False):
                line = own[own["repair"] == repair].sort_values("dose")
                axes.vlines(line["dose"], line["low"], line["high"], color=colour, linewidth=1.2)
                axes.plot(
                    line["dose"], line["difference"], marker, linestyle="-", color=colour, markersize=3.5, linewidth=1, label=_treated(str(repair))
                )  # fmt: skip
            axes.axhline(0, color=BLACK, linewidth=0.8)
            axes.grid(axis="y")
            axes.set_title(f"{kind},\n{_side(str(side))}", fontsize=8)
    for axes in grid[-1]:
        axes.set_xscale("log")
        axes.set_xticks(doses, [f"{dose:g}" for dose in doses], fontsize=7.5)
        axes.minorticks_off()
        axes.set_xlabel("% of mentions flawed")
    for row in grid:
        row[0].set_ylabel("points of F1")
    _legend(figure, grid[0][0])
    return figure


@_styled
def trained_on_flaws(found: pd.DataFrame, title: str = "F1 lost to flawed training labels") -> Figure:
    """Return a panel per kind of flaw: doses across, F1 minus that of clean training labels upward, a line with intervals per repair.

    ``found``: system, regime, kind, repair, dose (per cent of mentions), difference, low, high (points of F1), seeds, sentences. Each
    encoder under a regime has a row of panels.
    """
    if found.empty:
        return _words(title, "No model was trained on planted flaws.")
    models = list(found[["system", "regime"]].drop_duplicates().itertuples(index=False, name=None))
    kinds, repairs = (list(found[name].unique()) for name in ("kind", "repair"))
    figure = Figure(figsize=(WIDTH, 2.3 * len(models) + 1.1))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    grid = figure.subplots(len(models), len(kinds), sharex=True, sharey=True, squeeze=False)
    doses = sorted(found["dose"].unique())
    for row, (system, regime) in zip(grid, models, strict=True):
        model = found[(found["system"] == system) & (found["regime"] == regime)]
        for axes, kind in zip(row, kinds, strict=True):
            for number, (repair, colour, marker) in enumerate(zip(repairs, PALETTE, MARKERS, strict=False)):
                line = model[(model["kind"] == kind) & (model["repair"] == repair)].sort_values("dose")
                # Intervals of lines that lie close together would hide each other.
                at = line["dose"] * 1.06 ** (number - (len(repairs) - 1) / 2)
                axes.vlines(at, line["low"], line["high"], color=colour, linewidth=1.2)
                axes.plot(
                    at, line["difference"], marker, linestyle="-", color=colour, markersize=3.5, linewidth=1,
                    label="not repaired" if repair == "none" else f"repaired by {repair}",
                )  # fmt: skip
            axes.axhline(0, color=BLACK, linewidth=0.8)
            axes.grid(axis="y")
            axes.set_title(f"{kind}\n{system}, {regime}", fontsize=8)
        row[0].set_ylabel("points of F1")
    for axes in grid[-1]:
        axes.set_xscale("log")
        axes.set_xticks(doses, [f"{dose:g}" for dose in doses], fontsize=7.5)
        axes.minorticks_off()
        axes.set_xlabel("% of mentions flawed")
    _legend(figure, grid[0][0])
    return figure


def _treated(repair: str) -> str:
    return "none: their sentences left out" if repair == "none" else repair


def _side(side: str) -> str:
    return "in both, each by itself" if side == "both" else f"in the {side}"


@_styled
def specification_curve(
    universes: pd.DataFrame, title: str = "One claim under every combination of choices"
) -> Figure:
    """Return the differences of one claim in all universes, sorted, with intervals; below, which choices each of them made.

    ``universes``: claim (the same in all rows), difference, low, high (points of F1) and clear, main (the report's own universe), and a
    column per choice. What is not ``clear`` is drawn hollow; choices that do not vary are left out.
    """
    if universes.empty:
        return _words(title, "There are too few combinations of choices.")
    fixed = ["claim", "difference", "low", "high", "clear", "main"]
    choices = [name for name in universes if name not in fixed and universes[name].nunique() > 1]
    rows = universes.sort_values(["difference", *choices], kind="stable").reset_index(drop=True)
    options = [(name, option) for name in choices for option in dict.fromkeys(universes[name])]
    figure = Figure(figsize=(WIDTH, 3.4 + 0.17 * len(options)))
    figure.set_label(f"{title}: {rows['claim'].iloc[0]}")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.6, 0.17 * len(options) + 0.4])
    above.set_title(f"{title}\n{rows['claim'].iloc[0]}")
    _curve(above, rows)
    _choices(below, rows, options)
    return figure


def _curve(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the differences of all universes in their order."""
    axes.axhline(0, color=BLACK, linewidth=0.8)
    at, clear = np.arange(len(rows)), rows["clear"].to_numpy(np.bool_)
    axes.vlines(at, rows["low"], rows["high"], color=np.where(clear, BLUE, GREY).tolist(), linewidth=0.9)
    for mask, face, colour in ((clear, BLUE, BLUE), (~clear, "white", GREY)):
        axes.plot(at[mask], rows["difference"][mask], "o", color=colour, markerfacecolor=face, markersize=3.5)
    main = rows["main"].to_numpy(np.bool_)
    axes.plot(at[main], rows["difference"][main], "D", color=RED, markersize=5, label="as in this report")
    axes.set_ylabel("points of F1\nfilled: beyond chance")
    axes.grid(axis="y")
    axes.margins(x=0.01)
    if main.any():
        axes.legend(loc="upper left")


def _choices(axes: Axes, rows: pd.DataFrame, options: Sequence[tuple[str, object]]) -> None:
    """Draw a row of ticks for each option, where a universe has it."""
    for number, (name, option) in enumerate(reversed(options)):
        at = np.flatnonzero((rows[name] == option).to_numpy())
        axes.plot(at, np.full(len(at), number), "|", color=ORANGE, markersize=6, markeredgewidth=1.2)
    axes.set_yticks(
        range(len(options)), [f"{name}: {option}" for name, option in reversed(options)], fontsize=7.5
    )
    axes.set_ylim(-0.7, len(options) - 0.3)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value + 1:.0f}"))
    axes.set_xlabel(f"{len(rows)} universes, sorted by their difference")
