"""Who helps whom, in the one style of `pages.figures`: the matrix, and donors by the size of their target."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from openner_utils.analysis.donors import ALONE, FEWEST_SIZES, RELATED, UNRELATED
from openner_utils.pages.figures import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    STYLE,
    WIDTH,
    _language_name,
    _legend,
    _styled,
    _words,
)
from openner_utils.support.rounding import shown

_MOST = 12
"""Columns whose entries have room for their intervals."""
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", BLUE])


@_styled
def transfer(found: pd.DataFrame, cell: str = "shared types", title: str = "Trained on, tested on") -> Figure:
    """Return a panel per encoder: what its models were trained on (rows) against what they were tested on (columns).

    ``found``: the matrix of `analysis.transfer`. Each entry is F1 with its interval below (percent; left out where there are many
    columns), shaded by F1, framed where a model meets its own test set.
    """
    rows = found[(found["cell"] == cell) & (found["mentions"] > 0)]
    if rows.empty:
        return _words(title, "No model was tested on what it was not trained on.")
    rows = rows.assign(tested=rows["corpus"] + "/" + rows["language"])
    systems = sorted(rows["system"].unique())
    columns = sorted(rows["tested"].unique())
    heights = [rows.loc[rows["system"] == system, "trained"].nunique() for system in systems]
    figure = Figure(figsize=(WIDTH, 0.42 * sum(heights) + 0.35 * len(systems) + 1.5))
    said = f"{title}: F1 (%) in {cell}"
    figure.set_label(said)
    figure.suptitle(said, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    panels = figure.subplots(len(systems), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, system in zip(panels, systems, strict=True):
        _panel(axes, str(system), rows[rows["system"] == system], columns)
    sizes = rows.groupby("tested")["sentences"].max()
    panels[-1].set_xticks(
        range(len(columns)), [f"{name}\nn = {sizes[name]:,}" for name in columns],
        rotation=90 if len(columns) > 6 else 0, fontsize=7.5,
    )  # fmt: skip
    return figure


def _panel(axes: Axes, system: str, rows: pd.DataFrame, columns: list[str]) -> None:
    """Draw the entries of one encoder."""
    trained = sorted(rows["trained"].unique())
    shade = Normalize(0, 130)  # dark letters stay readable on the darkest entry
    for row in rows.itertuples():
        x, y = columns.index(row.tested), trained.index(row.trained)
        home = row.trained == row.tested
        axes.add_patch(
            Rectangle(
                (x - 0.47, y - 0.47), 0.94, 0.94, facecolor=_SHADES(shade(row.f1)), linewidth=1.5 if home else 0,
                edgecolor=BLACK if home else "none",
            )
        )  # fmt: skip
        interval = f"\n{shown(row.low, 0)}–{shown(row.high, 0)}" if len(columns) <= _MOST else ""
        axes.text(x, y, shown(row.f1, 0) + interval, ha="center", va="center", fontsize=7.5, linespacing=1.15)
    axes.set_title(system, fontsize=8.5)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(trained) - 0.5, -0.5)
    axes.set_yticks(range(len(trained)), trained, fontsize=7.5)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
        axes.spines[side].set_visible(False)


_DONORS = {RELATED: (BLUE, "o", "-"), UNRELATED: (ORANGE, "s", "--"), ALONE: (GREY, "^", ":")}
_ASIDE = 0.08
"""Between points of one size, so that intervals do not hide each other."""


@_styled
def donors(found: pd.DataFrame, title: str = "Donors by the size of their target") -> Figure:
    """Return a panel per encoder, regime and target: its own training sentences across, F1 with intervals upward, a line per kind of donor.

    ``found``: the curve of `analysis.donors`. Targets that were trained with one number of sentences alone have no line.
    """
    keys = ["system", "regime", "corpus", "language"]
    sizes = found.groupby(keys)["target_sentences"].transform("nunique")
    found = found[sizes >= FEWEST_SIZES]
    if found.empty:
        return _words(title, "No target was trained with several numbers of sentences.")
    groups = list(found.groupby(keys, sort=True))
    across = min(2, len(groups))
    down = -(-len(groups) // across)
    figure = Figure(figsize=(WIDTH, 2.6 * down + 0.9))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    grid = figure.subplots(down, across, sharey=True, squeeze=False)
    several = {name for name in ("system", "regime") if found[name].nunique() > 1}
    for axes, (key, rows) in zip(grid.flat, groups, strict=False):
        named = [str(value) for name, value in zip(keys, key, strict=True) if name in several]
        where = f"{_language_name(key[3])}, {key[2]}"
        seeds = rows["seeds"].max()
        axes.set_title(
            f"{', '.join([where, *named])}\nn = {rows['sentences'].max():,} sentences, {seeds} seed{'s' if seeds > 1 else ''}",
            fontsize=8.5,
        )
        _curves(axes, rows)
    for axes in list(grid.flat)[len(groups) :]:
        axes.set_axis_off()
    grid[0, 0].set_ylim(0, None)
    for row in grid:
        row[0].set_ylabel("F1 (%) with interval")
    for axes in grid[-1]:
        axes.set_xlabel("training sentences of the target")
    _legend(figure, grid[0, 0])
    return figure


def _curves(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the lines of one target; sizes stand at equal distances, for 0 has none on a logarithmic scale."""
    sizes = sorted(rows["target_sentences"].unique())
    for lane, (kind, (colour, marker, dashes)) in enumerate(_DONORS.items()):
        own = rows[rows["kind"] == kind].sort_values("target_sentences")
        at = [sizes.index(size) + (lane - 1) * _ASIDE for size in own["target_sentences"]]
        axes.vlines(at, own["low"], own["high"], color=colour, linewidth=1.2)
        axes.plot(
            at, own["f1"], marker, linestyle=dashes, color=colour, markersize=4.5, linewidth=1.2, label=kind
        )
    axes.set_xticks(range(len(sizes)), [f"{size:,}" for size in sizes])
    axes.grid(axis="y")
