"""Tables as CSV: UTF-8, with a head, lines ended alike everywhere."""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from openner_utils.support.files import atomic

_FORMULA = tuple("=+-@\t\r\n")
"""What a cell begins with that a spreadsheet would run as a formula, or lose."""
_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table; fractions have four digits, and no text is taken for a formula."""
    with atomic(path) as beside, open(beside, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(map(_cell, row) for row in rows)


def text_of(cell: str) -> str:
    """Return the text that `write_csv` wrote into a cell.

    >>> text_of("'=1+1"), text_of("'tis"), text_of("PER")
    ('=1+1', "'tis", 'PER')
    """
    return cell[1:] if cell[:1] == "'" and _cell(cell[1:]) == cell else cell


def _cell(value: object) -> object:
    """Return what stands in a cell: ``'`` before a text that a spreadsheet would run as a formula.

    >>> _cell("PER"), _cell("=1+1"), _cell(-0.5), _cell("-0.5"), _cell(None)
    ('PER', "'=1+1", '-0.5000', '-0.5', None)
    """
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
