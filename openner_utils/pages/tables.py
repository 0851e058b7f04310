"""Tables for readers: on a page, as small CSV files in reports/tables, and as LaTeX.

`save` writes equal bytes for equal content, with floats rounded half up, so that a change of results is a readable
diff.
"""

import html
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import HTML

from openner_utils.support import files, paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.rounding import half_up_all, shown

DIGITS = 1
_NOISE = 10
"""Decimals beyond which a number is what arithmetic left, such as 4.499999999999999 for 100 * 0.045."""
_LARGE = 1e5
"""Numbers from here on have no room for so many decimals."""

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def show(frame: pd.DataFrame, caption: str = "", digits: int = DIGITS, **columns: int) -> HTML:
    """Return a frame as an HTML table for a notebook's page: no index, numbers grouped and rounded.

    Floats have ``digits`` decimals, or what ``columns`` says for the column of that name: ``show(frame, p=3)``.
    """
    head = "".join(f"<th>{_escaped(str(name).replace('_', ' '))}</th>" for name in frame)
    body = "".join(
        "<tr>" + "".join(f'<td dir="auto">{_escaped(cell)}</td>' for cell in row) + "</tr>\n"
        for row in _cells(frame, digits, ",", columns)
    )
    title = f"<caption>{_escaped(caption)}</caption>" if caption else ""
    return HTML(f"<table>{title}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>")


HOW = ("p_raw", "se", "seed_se")
"""What a comparison was computed from: in its CSV, and no reader's first question."""


def show_comparison(frame: pd.DataFrame, caption: str = "", **columns: int) -> HTML:
    """Return a table of `analysis.systems.compared` for a page: p below 0.001 says so, `HOW` is left out."""
    kept = frame.drop(columns=[name for name in HOW if name in frame])
    small = kept["p"].map(lambda p: "< 0.001" if p < 0.0005 else shown(p, 3))
    yes = kept["clear"].astype(bool).map({True: "yes", False: "no"})
    return show(kept.assign(p=small, clear=yes), caption, **columns)


def save(
    frame: pd.DataFrame, name: str, caption: str, place: Place, digits: int = DIGITS, **columns: int
) -> Path:
    """Write ``reports/tables/<name>.csv`` and ``artifacts/figures/<name>.tex``; return the first.

    Rows keep their order: give them in one that follows from their content. ``caption`` goes into the LaTeX;
    decimals are those of `show`, in both files.
    """
    path = place.tables / f"{name}.csv"
    files.write_text(path, to_csv(frame, digits, **columns))
    latex = place.artifacts / "figures" / f"{name}.tex"
    files.write_text(latex, to_latex(frame, name, caption, digits, **columns))
    return path


def read(path: Path) -> pd.DataFrame:
    """Return a CSV table that this compendium wrote: only an empty cell is missing; ``NA`` and ``nan`` are text."""
    if not path.is_file():
        raise OpenNERError(f"{paths.relative(path)} is missing. Run the stage that makes it: dvc repro")
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def to_csv(frame: pd.DataFrame, digits: int = 4, **columns: int) -> str:
    """Return CSV with Unix line ends; floats have at most ``digits`` decimals, missing values are empty."""
    return _rounded(frame, digits, columns).to_csv(index=False, lineterminator="\n")


def to_latex(frame: pd.DataFrame, name: str, caption: str, digits: int = DIGITS, **columns: int) -> str:
    """Return a LaTeX table in the style of the package booktabs, with numbers set to the right."""
    alignment = "".join("r" if pd.api.types.is_numeric_dtype(dtype) else "l" for dtype in frame.dtypes)
    lines = [[str(column).replace("_", " ") for column in frame], *_cells(frame, digits, "", columns)]
    head, *body = (" & ".join(map(_in_latex, cells)) + r" \\" for cells in lines)
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_in_latex(caption)}}}",
            rf"\label{{tab:{name}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _rounded(frame: pd.DataFrame, digits: int, columns: Mapping[str, int]) -> pd.DataFrame:
    rounded = frame.copy()
    for position, (name, dtype) in enumerate(frame.dtypes.items()):
        if pd.api.types.is_float_dtype(dtype):
            values = frame.iloc[:, position].to_numpy(na_value=np.nan, copy=True)
            if values.dtype == np.float64:
                short = np.abs(values) < _LARGE
                values[short] = values[short].round(_NOISE)
            rounded.isetitem(position, half_up_all(values, columns.get(str(name), digits)))
    return rounded


def _cells(frame: pd.DataFrame, digits: int, grouping: str, columns: Mapping[str, int]) -> list[list[str]]:
    """Return every cell as text."""
    rounded = _rounded(frame, digits, columns)
    texts = []
    for position, (name, dtype) in enumerate(frame.dtypes.items()):
        if pd.api.types.is_float_dtype(dtype):
            form = f"{grouping}.{columns.get(str(name), digits)}f"
        elif pd.api.types.is_integer_dtype(dtype):
            form = f"{grouping}d"
        else:
            form = ""
        texts.append(
            [
                "" if pd.isna(value) else format(value, form) if form else str(value)
                for value in rounded.iloc[:, position]
            ]
        )
    return [list(row) for row in zip(*texts, strict=True)]


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _in_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
