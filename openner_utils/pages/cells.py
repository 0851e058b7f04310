"""What stands in the cells of a table: every value as text, floats rounded half up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from openner_utils.pages.wording import glossary
from openner_utils.support.rounding import half_up_all, shown
from openner_utils.support.words import visible

DIGITS = 1
ONE_LINE = 24
"""Characters up to which a text is not broken."""
P_DIGITS = 3
"""Decimals of a p value, which is never shown as 0."""
_NOISE = 10
"""Decimals beyond which a number is what arithmetic left, such as 4.499999999999999 for 100 * 0.045."""
_LARGE = 1e5
"""Numbers from here on have no room for so many decimals."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as readers see it: its heading, its cells as text, and whether they are numbers."""

    name: str
    cells: tuple[str, ...]
    number: bool

    @property
    def short(self) -> bool:
        """Whether every cell is short enough to stand in one line."""
        return all(len(cell) <= ONE_LINE for cell in self.cells)

    @property
    def meaning(self) -> str:
        """What the heading means, where it means the same in every table; else nothing."""
        return glossary.meaning(self.name)


def columns(
    frame: pd.DataFrame, digits: int = DIGITS, decimals: Mapping[str, int] | None = None, grouping: str = ","
) -> list[Column]:
    """Return the columns of a frame [n_rows, n_columns] for readers.

    Floats have ``digits`` decimals, or what ``decimals`` says for the column of that name; a column ``p`` holds p values.
    ``grouping`` stands between thousands. Missing values are empty, truth is yes or no, `Markup` stays as it is.
    """
    rounded = rounded_floats(frame, digits, decimals or {})
    found = []
    for position, name in enumerate(map(str, frame)):
        values = frame.iloc[:, position] if name == "p" else rounded.iloc[:, position]
        form = _form(values.dtype, grouping, (decimals or {}).get(name, digits))
        cells = tuple(_p(value) if name == "p" else _text(value, form) for value in values)
        found.append(Column(name.replace("_", " "), cells, bool(form)))
    return found


def rounded_floats(frame: pd.DataFrame, digits: int, decimals: Mapping[str, int]) -> pd.DataFrame:
    """Return a frame with floats of at most ``digits`` decimals, or what ``decimals`` says for their column."""
    rounded = frame.copy()
    for position, (name, dtype) in enumerate(frame.dtypes.items()):
        if pd.api.types.is_float_dtype(dtype):
            values = frame.iloc[:, position].to_numpy(na_value=np.nan, copy=True)
            if values.dtype == np.float64:
                short = np.abs(values) < _LARGE
                values[short] = values[short].round(_NOISE)
            rounded.isetitem(position, half_up_all(values, decimals.get(str(name), digits)))
    return rounded


def _form(dtype: Any, grouping: str, digits: int) -> str:
    """Return how numbers of a type are written; nothing for what is no number."""
    if pd.api.types.is_float_dtype(dtype):
        return f"{grouping}.{digits}f"
    return f"{grouping}d" if pd.api.types.is_integer_dtype(dtype) else ""


def _text(value: Any, form: str) -> str:
    if isinstance(value, Markup):
        return value
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool):
        return "yes" if value else "no"
    return format(value, form) if form else visible(str(value))


def _p(value: float) -> str:
    if pd.isna(value):
        return ""
    return "< 0.001" if value < 0.5 * 10**-P_DIGITS else shown(value, P_DIGITS)
