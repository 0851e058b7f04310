"""Figures: one function each, data frame in, matplotlib figure out; one style; SVG with equal bytes for equal data.

Languages are written by their English names, corpora and systems by their ids, so that every figure can be set in
one typeface. Colours are those of Okabe and Ito (2008), which people with colour-blindness can tell apart, and are
never the only sign: segments stand in the legend's order, points differ in shape. F1 and its intervals are in
percent.
"""

import base64
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import cycle
from pathlib import Path
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

import matplotlib
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from openner_utils.catalog import language
from openner_utils.pages.tables import tabular, to_csv
from openner_utils.pages.takeaway import MIME, PDF, PNG, SVG
from openner_utils.support import files

BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, BLACK = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, BLACK)
GREY = "#6b7075"
TYPE_COLOURS = {"PER": BLUE, "LOC": ORANGE, "ORG": GREEN}
SPLIT_COLOURS = {"train": BLUE, "dev": SKY, "test": ORANGE}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

WIDTH = 7.5  # inches
ROW = 0.27  # inches per row of a chart with one row per language
LANE = 0.13  # inches per lane of a row that has several
PANELS = 3  # side by side
LEGEND_WIDTH = 100  # characters that fit side by side
OTHERS = "other"
KEPT, AGAIN = "grounded", "named again"
CONTROL_NAME = "its control (shuffled labels)"
MOST_KINDS = len(PALETTE) - 1  # further kinds are counted together

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "grid.color": "#d9dcdf",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    # Text stays text: small files whose changes can be read. The font falls back where DejaVu Sans is missing.
    "text.parse_math": False,  # a dollar sign in a name is one
    "svg.fonttype": "none",
    "svg.hashsalt": "openner",
    "pdf.fonttype": 42,
}

P = ParamSpec("P")
_DRAWN_FROM: "WeakKeyDictionary[Figure, pd.DataFrame]" = WeakKeyDictionary()
"""The table that each figure shows."""


def _styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw a figure in the common style, whatever the caller's settings are."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _style():
            figure = draw(*args, **kwargs)
            for _ in range(2):  # parts that depend on each other's size need a second pass
                figure.draw_without_rendering()
            figure.set_layout_engine("none")  # from now on every file shows the same
        for frame in (each for each in (*args, *kwargs.values()) if isinstance(each, pd.DataFrame)):
            _DRAWN_FROM[figure] = frame
        return figure

    return styled


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]  # the stubs list every key
        yield


def svg(figure: Figure) -> str:
    """Return a figure as SVG, without date and with fixed ids."""
    return _rendered(figure, "svg", {"Date": None, "Creator": None}).decode("utf-8")


def show(figure: Figure) -> None:
    """Show a figure in a notebook as SVG."""
    data, metadata = shown(figure)
    display(data, metadata=metadata, raw=True)


def show_saved(path: Path) -> None:
    """Show a figure in a notebook that `save` has written."""
    name = path.stem.replace("_", " ")
    data = {SVG: path.read_text(encoding="utf-8"), "text/plain": name}
    for form in (PDF, PNG):
        if (other := path.with_suffix(f".{form.partition('/')[2]}")).is_file():
            data[form] = _in_text(other.read_bytes())
    display(data, metadata={"alt": name}, raw=True)


def shown(figure: Figure) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a figure as a notebook takes it, and its title as the text for those who do not see it.

    Beside what is shown stand its other forms and its data (`takeaway`).
    """
    title = str(figure.get_label())
    forms: dict[str, Any] = {SVG: svg(figure), "text/plain": title}
    forms |= {PDF: _in_text(pdf(figure)), PNG: _in_text(png(figure))}
    if (frame := _DRAWN_FROM.get(figure)) is not None:
        forms[MIME] = {"csv": to_csv(frame), "tabular": tabular(frame)}
    return forms, {"alt": title}


def pdf(figure: Figure) -> bytes:
    """Return a figure as PDF, without date."""
    return _rendered(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None})


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    return _rendered(figure, "png", {"Software": None})


def _in_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def save(figure: Figure, path: Path, beside: Path) -> None:
    """Write a figure as the SVG file ``path``, and as a PDF and a PNG of the same name in the folder ``beside``."""
    files.write_text(path, svg(figure))
    files.write_bytes(beside / f"{path.stem}.pdf", pdf(figure))
    files.write_bytes(beside / f"{path.stem}.png", png(figure))


def _rendered(figure: Figure, form: str, metadata: Mapping[str, str | None]) -> bytes:
    target = io.BytesIO()
    with _style():
        figure.savefig(target, format=form, metadata={**metadata, "Title": str(figure.get_label())}, dpi=150)
    return (
        b"".join(line.rstrip() + b"\n" for line in target.getvalue().splitlines())
        if form == "svg"
        else target.getvalue()
    )


# --- what is in the corpora -----------------------------------------------------------------------------------


@_styled
def sentences(counts: pd.DataFrame) -> Figure:
    """Return sentences per language, split by split. ``counts``: language, split, sentences."""
    table = counts.pivot_table(
        index="language", columns="split", values="sentences", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=[split for split in SPLIT_COLOURS if split in table])
    return _stacked(table, "Sentences per language and split", "sentences", SPLIT_COLOURS)


@_styled
def mentions(types: pd.DataFrame) -> Figure:
    """Return mentions per core type and language. ``types``: language, type, mentions."""
    table = types.pivot_table(
        index="language", columns="type", values="mentions", aggfunc="sum", fill_value=0
    )
    table = table.reindex(
        columns=[*TYPE_COLOURS, *(name for name in table if name not in TYPE_COLOURS)], fill_value=0
    )
    return _stacked(table, "Mentions per core type and language", "mentions", TYPE_COLOURS)


@_styled
def repairs(changes: pd.DataFrame) -> Figure:
    """Return the changes in the ledgers per corpus and rule. ``changes``: corpus, rule, changes."""
    table = changes.pivot_table(index="corpus", columns="rule", values="changes", aggfunc="sum", fill_value=0)
    table = _few(table)
    return _stacked(
        table, "Changes per corpus and rule", "changes in the ledger", _colours(table, PALETTE), names=str
    )


@_styled
def contamination(found: pd.DataFrame) -> Figure:
    """Return the share of each test set that training data hold, for test sets of which they hold anything.

    ``found``: corpus, language, compared, exact_own, exact_other, near, contaminated.
    """
    title = "Test sentences that are in training data"
    hit = found[found["contaminated"] > 0]
    if hit.empty:
        return _words(
            title, f"None: {len(found)} test sets, {int(found['compared'].sum()):,} sentences compared."
        )
    # A sentence in its own training data and in another's is shown once, with its own.
    own, near = hit["exact_own"], hit["near"]
    table = pd.DataFrame(
        {
            "same sentence, own training split": 100 * own / hit["compared"],
            "same sentence, another training split only": 100
            * (hit["contaminated"] - own - near)
            / hit["compared"],
            "nearly the same sentence": 100 * near / hit["compared"],
        }
    )
    table.index = pd.Index([f"{row.corpus}, {language(str(row.language)).name}" for row in hit.itertuples()])
    colours = _colours(table, (RED, ORANGE, SKY))
    found_kinds = table.loc[:, (table > 0).any()]
    return _stacked(found_kinds, title, "% of the test sentences compared", colours, names=str)


# --- scores ---------------------------------------------------------------------------------------------------


@_styled
def f1_by_language(
    means: pd.DataFrame, seeds: pd.DataFrame | None = None, title: str = "F1 by language"
) -> Figure:
    """Return F1 by language and system: a mark with its interval for the mean, a ring for each seed.

    ``means``: language, system, f1, low, high, and regime where there are several; ``seeds``: the same keys and
    f1, one row per seed.
    """
    if means.empty:
        return _words(title, "Nothing was scored.")
    names = _varying(means, ("system", "regime")) or ["system"]
    lanes = _keys(means, names)
    order = means.groupby("language")["f1"].mean().sort_values(kind="stable").index
    figure, axes = _canvas(len(order) * max(1.0, 0.55 * len(lanes)), title)
    place = {code: number for number, code in enumerate(order)}
    for lane, offset, colour, marker in _lanes(lanes):
        rows = _rows_of(means, names, lane)
        at = rows["language"].map(place) + offset
        axes.hlines(at, rows["low"], rows["high"], color=colour, linewidth=2)
        axes.plot(
            rows["f1"],
            at,
            marker,
            color=colour,
            markersize=7,
            markeredgecolor="white",
            label=", ".join(lane),
            clip_on=False,
        )
        if seeds is not None:
            rings = _rows_of(seeds, names, lane)
            at = rings["language"].map(place) + offset
            axes.plot(
                rings["f1"],
                at,
                "o",
                color=colour,
                markersize=3.5,
                markerfacecolor="white",
                markeredgewidth=0.8,
            )
    _name_rows(axes, [_language_name(code) for code in order])
    rings_are = "" if seeds is None else "; small rings are seeds"
    axes.set(xlabel=f"F1 (%), mean of seeds with its interval{rings_are}", xlim=(0, 100))
    _legend(figure, axes)
    return figure


@_styled
def differences(found: pd.DataFrame, axis: str, title: str = "Differences in F1") -> Figure:
    """Return differences with their intervals, one row each, beside a line at zero.

    ``found``: difference, low, high (points of F1) and clear, after the columns that name a row. What is not
    ``clear`` is drawn hollow and grey; a name that all rows share is left out. ``axis`` says what minus what.
    """
    if found.empty:
        return _words(title, "Nothing to compare.")
    keys = list(found.columns[: list(found.columns).index("difference")])
    keys = _varying(found, keys) or keys
    figure, axes = _canvas(len(found), title)
    axes.axvline(0, color=BLACK, linewidth=0.8)
    upward = found.iloc[::-1]
    for number, (_, row) in enumerate(upward.iterrows()):
        clear = bool(row["clear"])
        colour = BLUE if clear else GREY
        axes.hlines(number, row["low"], row["high"], color=colour, linewidth=2)
        axes.plot(
            row["difference"],
            number,
            "o",
            color=colour,
            markerfacecolor=colour if clear else "white",
            markersize=6,
        )
    _name_rows(axes, [", ".join(_shown(name, row[name]) for name in keys) for _, row in upward.iterrows()])
    axes.set_xlabel(f"{axis} (points of F1)\nfilled: beyond chance, adjusted for all rows; hollow: not")
    return figure


@_styled
def differences_by_language(found: pd.DataFrame, axis: str, title: str = "Differences in F1") -> Figure:
    """Return differences with their intervals, a panel per language: one row per encoder and regime, in it one lane per prompt.

    ``found``: language, encoder, regime, format, decoding, and model where there are several; difference, low, high (points
    of F1) and clear. Rows stand from the greatest mean difference down; what is not ``clear`` is drawn hollow. ``axis`` says
    what minus what.
    """
    if found.empty:
        return _words(title, "Nothing to compare.")
    prompt = [*_varying(found, ("model",)), "format", "decoding"]
    lanes = _keys(found, prompt)
    means = found.groupby(["encoder", "regime"])["difference"].mean().sort_values(kind="stable")
    figure, panels = _panels(found, title, 0.7 + LANE * len(lanes) * len(means))
    for axes, rows in panels:
        axes.axvline(0, color=BLACK, linewidth=0.8)
        axes.grid(axis="x")
        for lane, aside, colour, marker in _lanes(lanes):
            own = _rows_of(rows, prompt, lane).set_index(["encoder", "regime"]).reindex(means.index)
            at = np.arange(len(means)) + aside
            axes.hlines(at, own["low"], own["high"], color=colour, linewidth=1.4)
            for number, (difference, clear) in enumerate(zip(own["difference"], own["clear"], strict=True)):
                face = colour if clear is True or clear == 1 else "white"
                axes.plot(difference, at[number], marker, color=colour, markerfacecolor=face, markersize=4.5)
            axes.plot([], [], marker, color=colour, label=", ".join(lane))
        _name_rows(axes, [", ".join(names) for names in means.index])
    last = (len(panels) - 1) // PANELS * PANELS
    middle = min(last + min(len(panels), PANELS) // 2, len(panels) - 1)
    panels[middle][0].set_xlabel(
        f"{axis} (points of F1)\nfilled: beyond chance, adjusted for all rows; hollow: not"
    )
    _legend(figure, panels[0][0])
    return figure


@_styled
def f1_by_rule(scores: pd.DataFrame, title: str = "F1 by scoring rule") -> Figure:
    """Return a panel per language: rules across, in the order of the table, and a line per system.

    ``scores``: language, system, regime, rule, f1, sentences. Lines that cross are systems that change places.
    """
    if scores.empty:
        return _words(title, "Nothing was scored.")
    rules = list(scores["rule"].unique())
    lanes = _keys(scores, ("system", "regime"))
    figure, panels = _panels(scores, title, 2.1)
    for axes, rows in panels:
        for lane, _, colour, marker in _lanes(lanes):
            own = _rows_of(rows, ("system", "regime"), lane).set_index("rule").reindex(rules)
            axes.plot(
                range(len(rules)), own["f1"], marker, linestyle="-", color=colour, markersize=4, linewidth=1,
                label=", ".join(lane),
            )  # fmt: skip
        axes.grid(axis="y")
    panels[0][0].set_ylim(0, None)  # all share it, so not before the last is drawn
    for number, (axes, _) in enumerate(panels):
        axes.set_xticks(range(len(rules)), rules, rotation=60, ha="right", fontsize=7.5)
        axes.tick_params(axis="x", labelbottom=number + PANELS >= len(panels))
        if number % PANELS == 0:
            axes.set_ylabel("F1 (%)")
    _legend(figure, panels[0][0])
    return figure


@_styled
def prompts(scores: pd.DataFrame, title: str = "F1 by prompt format and decoding") -> Figure:
    """Return bars of F1 with intervals by language, and each one's control as a line across its bar.

    ``scores``: system, language, format, decoding, control, f1, low, high, sentences.
    """
    if scores.empty:
        return _words(title, "Nothing was asked.")
    names = [*_varying(scores, ("system",)), "format", "decoding"]
    controls = scores["control"].astype(bool)
    bars = _keys(scores, names)
    codes = sorted(scores["language"].unique(), key=_language_name)
    figure = Figure(figsize=(WIDTH, 3.4))
    figure.set_label(title)
    axes = figure.subplots()
    axes.set_title(title)
    width = 0.8 / len(bars)
    for number, (bar, colour) in enumerate(zip(bars, cycle(PALETTE), strict=False)):
        at = np.arange(len(codes)) + (number - (len(bars) - 1) / 2) * width
        rows = _rows_of(scores[~controls], names, bar).set_index("language").reindex(codes)
        axes.bar(at, rows["f1"], 0.9 * width, color=colour, edgecolor="white", label=", ".join(bar))
        spread = np.vstack((rows["f1"] - rows["low"], rows["high"] - rows["f1"])).clip(min=0)
        axes.errorbar(at, rows["f1"], spread, fmt="none", ecolor=BLACK, elinewidth=1, capsize=2)
        control = _rows_of(scores[controls], names, bar).set_index("language").reindex(codes)["f1"]
        known = control.notna().to_numpy()
        axes.hlines(
            control[known], (at - width / 2)[known], (at + width / 2)[known], color=RED, linewidth=2.5
        )
    if controls.any():
        axes.plot([], [], color=RED, linewidth=2.5, label=CONTROL_NAME)
    counts = scores.groupby("language")["sentences"].max()
    axes.set_xticks(range(len(codes)), [f"{_language_name(code)}\nn = {counts[code]}" for code in codes])
    axes.set(ylabel="F1 (%) with interval", ylim=(0, None))
    axes.grid(axis="y")
    _legend(figure, axes, last=CONTROL_NAME)
    return figure


@_styled
def losses(found: pd.DataFrame, title: str = "What became of the mentions that replies named") -> Figure:
    """Return one bar per run: the share of its mentions kept (reason ``grounded``) and lost, by reason.

    ``found``: format, decoding, control, reason, mentions, and system where there are several. Controls stand below
    the models: a control grounds what it copies, right or wrong.
    """
    if not found["mentions"].sum():
        return _words(title, "No reply named a mention.")
    names = [*_varying(found, ("system",)), "format", "decoding"]
    control = found["control"].astype(bool)
    rows = found.assign(control=control, name=found[names].astype(str).agg(", ".join, axis=1))
    table = rows.pivot_table(
        index=["control", "name"], columns="reason", values="mentions", aggfunc="sum", fill_value=0
    ).sort_index()
    # What was kept comes first and in green, what was named twice in grey; losses follow in the order of their names.
    table = table.loc[(table > 0).any(axis=1), (table > 0).any()]
    table = _few(table)
    table = table[sorted(table.columns, key=lambda reason: (reason != KEPT, reason != AGAIN, reason))]
    table.index = pd.Index([f"{name} (control)" if of_control else name for of_control, name in table.index])
    lost = table.drop(columns=[KEPT, AGAIN], errors="ignore")
    colours = _colours(lost, [colour for colour in PALETTE if colour != GREEN]) | {KEPT: GREEN, AGAIN: GREY}
    named = table.sum(axis=1)
    shares = 100 * table.div(named, axis=0)
    figure, axes = _canvas(len(table), title)
    _bars(axes, shares, colours, totals=[f"n = {count:,}" for count in named])
    axes.set_xlabel("% of the mentions named in replies")
    _legend(figure, axes)
    return figure


@_styled
def learning_curves(curves: pd.DataFrame, title: str = "Learning curves") -> Figure:
    """Return training loss and dev F1 by epoch: a thin line per run, a thick one for the mean of its seeds.

    ``curves``: epoch (from 1), loss, dev_f1, seed, and those of system, regime, corpus and language that tell
    runs apart.
    """
    names = _varying(curves, ("system", "regime", "corpus", "language"))
    # Without a dev split there is no dev F1; the column is then empty and its panel too.
    curves = curves.astype({"loss": np.float64, "dev_f1": np.float64})
    lanes = _keys(curves, names) if names else [()]
    figure = Figure(figsize=(WIDTH, 3.3))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    panels = np.asarray(figure.subplots(1, 2))
    for what, axes, label in zip(
        ("loss", "dev_f1"), panels, ("training loss", "F1 on the dev split (%)"), strict=True
    ):
        for lane, _, colour, marker in _lanes(lanes):
            rows = _rows_of(curves, names, lane) if names else curves
            for _, run in rows.groupby("seed"):
                axes.plot(run["epoch"], run[what], color=colour, linewidth=0.5, alpha=0.4)
            mean = rows.groupby("epoch")[what].mean()
            axes.plot(
                mean.index,
                mean,
                marker=marker,
                markersize=4,
                color=colour,
                linewidth=1.8,
                label=", ".join(lane),
            )
        axes.set(xlabel="epoch", ylabel=label, ylim=(0, None))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="y")
    if names:
        _legend(figure, panels[0])
    return figure


@_styled
def training_loss(found: pd.DataFrame, title: str = "Loss on the answers") -> Figure:
    """Return loss by step, one line per trained model. ``found``: trained (the model's name), step, loss."""
    figure = Figure(figsize=(WIDTH, 3.0))
    figure.set_label(title)
    axes = figure.subplots()
    axes.set_title(title)
    # Dashes tell the lines apart where they run close together.
    for (name,), colour, dashes in zip(_keys(found, ["trained"]), cycle(PALETTE), cycle(("-", "--", ":"))):
        rows = found[found["trained"] == name].sort_values("step")
        axes.plot(rows["step"], rows["loss"], dashes, color=colour, linewidth=1.6, label=name)
    axes.set(xlabel="step of the optimizer", ylabel="mean loss", ylim=(0, None))
    axes.grid(axis="y")
    _legend(figure, axes)
    return figure


@_styled
def unknown_against_f1(found: pd.DataFrame, title: str = "F1 and what the tokenizer cannot read") -> Figure:
    """Return F1 against the share of tokens with an unknown sub-token, one point per language and system.

    ``found``: language, system, unknown_tokens (0 to 1), f1, and regime where there are several.
    """
    figure = Figure(figsize=(WIDTH, 4.2))
    figure.set_label(title)
    axes = figure.subplots()
    axes.set_title(title)
    names = _varying(found, ("system", "regime")) or ["system"]
    for lane, aside, colour, marker in _lanes(_keys(found, names)):
        rows = _rows_of(found, names, lane)
        # Most tokenizers read most languages whole: side by side, points of one share hide each other less.
        axes.plot(
            100 * rows["unknown_tokens"] - ASIDE * aside, rows["f1"], marker, color=colour, markersize=6, markeredgecolor="white",
            alpha=0.9, label=", ".join(lane),
        )  # fmt: skip
    for text, x, y in _beside_points(found):
        axes.text(x, y, text, va="center", fontsize=7, color=GREY)
    axes.set(
        xlabel="tokens with an unknown sub-token (%); systems of the same share stand side by side",
        ylabel="F1 (%)", xlim=(-4, 108), ylim=(-3, 103),
    )  # fmt: skip
    axes.grid()
    _legend(figure, axes)
    return figure


ASIDE = 5.0
"""Points of the axis across over which systems are spread."""
LINE, LETTER = 4.2, 0.85
"""How high a line and how wide a letter of a code is, in points of F1 and of the axis across."""


def _beside_points(found: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Return the language codes beside points, and where they begin; points that all but hide each other share one line.

    A line that would lie over another moves up; one for which there is no room near its points is left out, and the table has it.
    """
    near = found.assign(x=(25 * found["unknown_tokens"]).round(), y=(found["f1"] / LINE).round())
    placed: list[tuple[str, float, float]] = []
    for _, spot in near.sort_values(["language", "system"]).groupby(["y", "x"]):
        codes = list(dict.fromkeys(spot["language"]))
        shown = " ".join(codes) if len(codes) <= 4 else f"{len(codes)} languages"
        x, middle = 100 * float(spot["unknown_tokens"].max()) + 0.6 * ASIDE, float(spot["f1"].mean())
        beside = [
            y for other, at, y in placed if x < at + LETTER * len(other) and at < x + LETTER * len(shown)
        ]
        free = (
            y
            for y in middle + np.linspace(0.0, LINE, 9)
            if y <= 100 and all(abs(y - other) >= LINE for other in beside)
        )
        if (y := next(free, None)) is not None:
            placed.append((shown, x, float(y)))
    return placed


# --- parts of charts ------------------------------------------------------------------------------------------


def _canvas(rows: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, 1.4 + ROW * max(rows, 2)))
    figure.set_label(title)
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(axis="x")
    return figure, axes


def _panels(table: pd.DataFrame, title: str, height: float) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """Return a figure and, for each language of a table, its panel and its rows: `PANELS` side by side, ``height`` inches each.

    A panel is named by its language and the most ``sentences`` of a row.
    """
    codes = sorted(table["language"].unique(), key=_language_name)
    across = min(len(codes), PANELS)
    down = math.ceil(len(codes) / across)
    figure = Figure(figsize=(WIDTH, down * height + 1.1))
    figure.set_label(title)
    figure.suptitle(title, x=0.01, ha="left", fontsize=STYLE["axes.titlesize"])
    grid = list(figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).flat)
    panels = [(axes, table[table["language"] == code]) for axes, code in zip(grid, codes, strict=False)]
    for (axes, rows), code in zip(panels, codes, strict=True):
        axes.set_title(f"{_language_name(code)} (n = {rows['sentences'].max()})")
    for axes in grid[len(codes) :]:
        axes.set_axis_off()
    return figure, panels


def _words(title: str, text: str) -> Figure:
    """Return a figure that says in words that there is nothing to draw."""
    figure = Figure(figsize=(WIDTH, 0.9))
    figure.set_label(f"{title}. {text}")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_axis_off()
    axes.text(0, 0.4, text, transform=axes.transAxes, color=GREY)
    return figure


def _stacked(
    table: pd.DataFrame,
    title: str,
    axis: str,
    colours: Mapping[str, str],
    names: Callable[[str], str] | None = None,
) -> Figure:
    """Return horizontal bars, one per row of the table from the longest down, in segments by column."""
    if table.empty:
        return _words(title, "None.")
    total = table.sum(axis=1)
    table = table.loc[sorted(table.index, key=lambda row: (-total[row], row))]
    table.index = pd.Index([(names or _language_name)(row) for row in table.index])
    figure, axes = _canvas(len(table), title)
    _bars(axes, table, colours)
    axes.set_xlabel(axis)
    _legend(figure, axes)
    return figure


def _bars(
    axes: Axes, table: pd.DataFrame, colours: Mapping[str, str], totals: Sequence[str] | None = None
) -> None:
    """Draw one horizontal bar per row, the first row on top, with its total (or what ``totals`` says) at its end."""
    upward = table.iloc[::-1]
    left = np.zeros(len(upward))
    for name in upward:
        colour = colours.get(str(name), GREY)
        axes.barh(
            range(len(upward)), upward[name], 0.72, left, color=colour, edgecolor="white", label=str(name)
        )
        left += upward[name].to_numpy(np.float64)
    whole = all(pd.api.types.is_integer_dtype(dtype) for dtype in upward.dtypes)
    ends = [format(value, ",.0f" if whole else ".1f") for value in left]
    for row, (value, end) in enumerate(zip(left, list(totals)[::-1] if totals else ends, strict=True)):
        axes.annotate(
            end,
            (value, row),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=GREY,
        )
    if whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(x=0.08)
    axes.set_xlim(left=0)
    _name_rows(axes, [str(name) for name in upward.index])


def _colours(table: pd.DataFrame, palette: Sequence[str]) -> dict[str, str]:
    """Return one colour per column, in order."""
    return {str(name): colour for name, colour in zip(table.columns, palette, strict=False)}


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="y", length=0)


def _legend(figure: FigureBase, axes: Axes, last: str = "") -> None:
    """Put the legend of some axes below the chart, where it hides nothing; the entry ``last`` at its end."""
    handles, names = axes.get_legend_handles_labels()
    order = sorted(range(len(names)), key=lambda number: names[number] == last)
    columns = max(1, LEGEND_WIDTH // (max(map(len, names)) + 8))
    figure.legend(
        [handles[number] for number in order],
        [names[number] for number in order],
        loc="outside lower left",
        ncols=columns,
    )


Key = tuple[str, ...]
"""The values by which one line, bar or marker of a chart is told from the others."""


def _varying(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return those of the columns that are there and tell rows apart."""
    return [name for name in names if name in frame and frame[name].nunique() > 1]


def _keys(frame: pd.DataFrame, names: Sequence[str]) -> list[Key]:
    """Return the combinations of values in the columns ``names``, sorted."""
    return sorted(set(frame[list(names)].astype(str).itertuples(index=False, name=None)))


def _rows_of(frame: pd.DataFrame, names: Sequence[str], key: Key) -> pd.DataFrame:
    """Return the rows whose columns ``names`` have these values."""
    return frame[
        np.logical_and.reduce([frame[name] == value for name, value in zip(names, key, strict=True)])
    ]


def _lanes(lanes: Sequence[Key]) -> Iterable[tuple[Key, float, str, str]]:
    """Yield each lane with its place between two rows, its colour and its marker."""
    step = 0.7 / max(len(lanes), 1)
    for number, (lane, colour, marker) in enumerate(zip(lanes, cycle(PALETTE), cycle(MARKERS), strict=False)):
        yield lane, ((len(lanes) - 1) / 2 - number) * step, colour, marker


def _few(table: pd.DataFrame) -> pd.DataFrame:
    """Return at most as many columns as can be told apart, the most frequent ones, and the sum of the others."""
    if len(table.columns) <= MOST_KINDS + 1:
        return table
    kept = table.sum().sort_values(ascending=False, kind="stable").index[:MOST_KINDS]
    rest = [name for name in table if name not in kept]
    return table[[name for name in table if name in kept]].assign(**{OTHERS: table[rest].sum(axis=1)})


def _language_name(code: str) -> str:
    return language(str(code)).name


def _shown(column: str, value: Any) -> str:
    return _language_name(value) if column == "language" else str(value)
