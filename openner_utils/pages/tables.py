"""Tables for readers, each form in one place: HTML, Markdown and LaTeX; and the CSV files, written and read.

Equal content gives equal bytes, so that a change of results is a readable diff.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from IPython.display import HTML
from markupsafe import Markup

from openner_utils.pages.cells import DIGITS, columns, rounded_floats
from openner_utils.pages.render import rendered
from openner_utils.pages.takeaway import Table
from openner_utils.support import files, latex, markdown, paths
from openner_utils.support.errors import OpenNERError

MOST = 30
"""Rows of an excerpt."""
HOW = ("p_raw", "se", "seed_se")
"""What a comparison was computed from: in its CSV, and no reader's first question."""
RESTS_ON = ("over", "seeds", "sentences", "mentions")
"""What a score or a difference rests on: its last columns on a page."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet run a text as a formula, and the mark that keeps it from doing so."""


# --- for a page -----------------------------------------------------------------------------------------------


def show(frame: pd.DataFrame, caption: str = "", digits: int = DIGITS, **decimals: int) -> Table:
    """Return a frame as an HTML table for a page, with its data: no index, numbers grouped and rounded.

    Floats have ``digits`` decimals, or what ``decimals`` says for the column of that name: ``show(frame, share=3)``.
    """
    return _with_data(in_html(frame, caption, digits, **decimals), frame, frame, digits, **decimals)


def excerpt(
    frame: pd.DataFrame, whole: str, nothing: str = "There is none.", digits: int = DIGITS, **decimals: int
) -> Table | HTML:
    """Return the first `MOST` rows of a frame as `show` does, and where the others are: in the file ``whole``, and in its data.

    A frame without rows is ``nothing``, in words.
    """
    if frame.empty:
        return HTML(rendered("excerpt.html.j2", table="", nothing=nothing, rows=0, most=MOST, whole=whole))
    rows = len(frame) if len(frame) > MOST else 0
    table = in_html(frame.head(MOST), "", digits, **decimals)
    html = rendered("excerpt.html.j2", table=table, nothing=nothing, rows=rows, most=MOST, whole=whole)
    return _with_data(html, frame, frame.head(MOST), digits, **decimals)


def first(frame: pd.DataFrame, most: int, digits: int = DIGITS, **decimals: int) -> Table:
    """Return the first rows of a frame as `show` does, with the data of all."""
    some = frame.head(most)
    return _with_data(in_html(some, "", digits, **decimals), frame, some, digits, **decimals)


def part(frame: pd.DataFrame, names: Sequence[str], digits: int = DIGITS, **decimals: int) -> Table:
    """Return some columns of a frame as `show` does, with the data of all."""
    some = frame[list(names)]
    return _with_data(in_html(some, "", digits, **decimals), frame, some, digits, **decimals)


def with_data(html: Markup, frame: pd.DataFrame) -> Table:
    """Return what a page shows in a form of its own as a table whose data are ``frame``."""
    return _with_data(html, frame, frame)


def _with_data(
    html: Markup, frame: pd.DataFrame, shown: pd.DataFrame, digits: int = DIGITS, **decimals: int
) -> Table:
    """Return a table with all rows and columns of ``frame`` as CSV, and those ``shown`` as LaTeX; of links their words."""
    return Table(html, to_csv(in_words(frame)), tabular(in_words(shown), digits, **decimals))


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the words alone of cells that are `Markup`."""
    plain = frame.copy()
    for position in _texts(plain):
        plain.isetitem(position, plain.iloc[:, position].map(_words, na_action="ignore"))
    return plain


def _words(value: object) -> object:
    return value.striptags() if isinstance(value, Markup) else value


def filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns in which nothing stands."""
    stands = [bool((frame[name].notna() & (frame[name].astype(str) != "")).any()) for name in frame]
    return frame.loc[:, stands]


def show_results(frame: pd.DataFrame, **decimals: int) -> Table:
    """Return scores or differences (`analysis.systems`) for a page, what decides first.

    `HOW` is left out, `RESTS_ON` stands last, and names that all rows share are said once below the table. The data hold them all.
    """
    first = [name for name in frame if name not in (*HOW, *RESTS_ON)]
    shared = {name: frame[name].iloc[0] for name in first if _is_shared_name(frame[name])}
    kept = [*(name for name in first if name not in shared), *(name for name in RESTS_ON if name in frame)]
    said = {name.replace("_", " "): value for name, value in shared.items() if value}
    table = in_html(frame[kept], "", DIGITS, **decimals)
    html = rendered("results.html.j2", table=table, shared=said)
    return _with_data(html, frame, frame[kept], DIGITS, **decimals)


def _is_shared_name(values: pd.Series) -> bool:
    """Return whether a column holds one text in all of several rows."""
    texts = pd.api.types.is_string_dtype(values.dtype) or pd.api.types.is_object_dtype(values.dtype)
    return texts and len(values) > 1 and values.nunique(dropna=False) == 1


def in_html(frame: pd.DataFrame, caption: str = "", digits: int = DIGITS, **decimals: int) -> Markup:
    """Return a frame as HTML, escaped but for cells that are `Markup`."""
    found = columns(frame, digits, decimals)
    rows = list(zip(*(column.cells for column in found), strict=True))
    return rendered("table.html.j2", caption=caption, columns=found, rows=rows)


def in_markdown(frame: pd.DataFrame, digits: int = DIGITS, **decimals: int) -> str:
    """Return a frame as a Markdown table, escaped, numbers set to the right."""
    found = columns(frame, digits, decimals)
    rows = zip(*(map(markdown.escaped, column.cells) for column in found), strict=True)
    return markdown.table(
        [markdown.escaped(column.name) for column in found], rows, [c.name for c in found if c.number]
    )


# --- for a paper, and for the next run ------------------------------------------------------------------------


def save(
    frame: pd.DataFrame, csv: Path, tex: Path, caption: str, digits: int = DIGITS, **decimals: int
) -> None:
    """Write a table as CSV and as LaTeX, whose label is the name of the CSV file.

    Rows keep their order: give them in one that follows from their content. Decimals are those of `show`, in both files.
    """
    files.write_text(csv, to_csv(frame, digits, **decimals))
    files.write_text(tex, to_latex(frame, csv.stem, caption, digits, **decimals))


def to_latex(frame: pd.DataFrame, name: str, caption: str, digits: int = DIGITS, **decimals: int) -> str:
    """Return a LaTeX table in the style of the package booktabs, with numbers set to the right."""
    return latex.floating(tabular(frame, digits, **decimals), name, caption)


def tabular(frame: pd.DataFrame, digits: int = DIGITS, **decimals: int) -> str:
    """Return the LaTeX ``tabular`` of a frame, in the style of the package booktabs, with numbers set to the right."""
    found = columns(frame, digits, decimals, grouping="")
    cells = [map(latex.number if column.number else latex.escaped, column.cells) for column in found]
    names = " & ".join(latex.escaped(column.name) for column in found)
    sides = "".join("r" if column.number else "l" for column in found)
    rows = [f"{' & '.join(row)} \\\\" for row in zip(*cells, strict=True)]
    lines = (
        f"\\begin{{tabular}}{{{sides}}}",
        "\\toprule",
        f"{names} \\\\",
        "\\midrule",
        *rows,
        "\\bottomrule",
    )
    return "\n".join((*lines, "\\end{tabular}\n"))


def to_csv(frame: pd.DataFrame, digits: int = 4, **decimals: int) -> str:
    """Return CSV with Unix line ends; floats have at most ``digits`` decimals, missing values are empty.

    A text that a spreadsheet would run as a formula begins with an apostrophe, which `read` takes away.
    """
    rounded = rounded_floats(frame, digits, decimals)
    for position in _texts(rounded):
        rounded.isetitem(position, rounded.iloc[:, position].map(_harmless, na_action="ignore"))
    return rounded.to_csv(index=False, lineterminator="\n")


def read(path: Path) -> pd.DataFrame:
    """Return a CSV table that this compendium wrote: only an empty cell is missing; ``NA`` and ``nan`` are text."""
    if not path.is_file():
        raise OpenNERError(f"{paths.relative(path)} is missing. Run the stage that makes it: dvc repro")
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""])
    for position in _texts(frame):
        frame.isetitem(position, frame.iloc[:, position].map(_as_it_was, na_action="ignore"))
    return frame


def _texts(frame: pd.DataFrame) -> list[int]:
    """Return the positions of the columns that hold texts."""
    kinds = enumerate(frame.dtypes)
    return [
        n for n, kind in kinds if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)
    ]


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _as_it_was(value: object) -> object:
    return value[1:] if isinstance(value, str) and value.startswith("'") else value
