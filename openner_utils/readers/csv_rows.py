"""Rows of CSV line by line, and their columns by place or name; shared by the readers of such tables."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openner_utils.readers.reading import Faults
from openner_utils.support.errors import unknown

Column = int | str
"""A column by its place, counted from 0, or by its name in the header."""
_MOST_LINES = 20
"""Lines over which the quotes of one row may go, for it to be told as one."""


def delimiters_of(given: Mapping[str, Any], usual: Sequence[str]) -> Sequence[str]:
    """Return the delimiters that a guess tries: the one that the user says, or those that are ``usual``.

    What is said and is no single character divides nothing; the check of the reader's options names it.
    """
    if "delimiter" not in given:
        return usual
    said = given["delimiter"]
    return [said] if isinstance(said, str) and len(said) == 1 else []


def taken_apart(
    lines: Sequence[str], delimiter: str, most: int = _MOST_LINES
) -> Iterator[tuple[int, int, list[str] | None]]:
    """Yield the 1-based line of each row, how many more lines its quotes go over (``most``: with its own), and its cells.

    None for the cells of a line whose quotes do not pair, also if they go on until lines are found that make a row as wide
    as the first one.
    """
    width, after = 0, 0
    for at, line in enumerate(lines):
        if at < after:
            continue
        after = at + 1
        cells = _cells(line, delimiter)
        if cells is None:
            closing = (end for end in range(at + 1, min(at + most, len(lines))) if lines[end].count('"') % 2)
            end = next(closing, at) + 1
            several = _cells("\n".join(lines[at:end]), delimiter)
            if several is not None and len(several) == width:
                cells, after = several, end
        width = width or len(cells or ())
        yield at + 1, after - at - 1, cells


def _cells(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line, or of several; None if their quotes do not pair.

    The csv module's limit on fields, which is a global one, is lifted for a line that is longer.
    """
    limit = csv.field_size_limit()
    try:
        csv.field_size_limit(max(limit, len(line)))
        return next(csv.reader(_with_ends(line), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(limit)


def _with_ends(line: str) -> list[str]:
    *others, last = line.split("\n")
    return [*(f"{other}\n" for other in others), last]


def place_of(
    column: Column, names: Sequence[str] | None, width: int, option: str | Sequence[str], faults: Faults
) -> int:
    """Return the place of a column; one that is not there is an error, which names the ``option`` or options that say it."""
    if isinstance(column, int):
        if 0 <= column < width:
            return column
        what = f"there is no column {column}: the rows have {width}"
    elif names is None:
        what = f"no line names the columns, so none is called {column!r}"
    elif names.count(column) == 1:
        return names.index(column)
    elif column in names:
        what = f"two columns are called {column!r}"
    else:
        what = str(unknown("column", column, names)).rstrip(".")
    said = [option] if isinstance(option, str) else option
    raise faults.fail(
        1, "column-count", what, "Name the columns in the first line", [*said, "delimiter", "header"]
    )
