"""Guessing how lines become columns: what stands between them, and how many there are."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import Found, Unread

Rows = Sequence[Sequence[str]]
DOCSTART = "-DOCSTART-"
_SEPARATORS = ("tab", "space", "whitespace")
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""Blanks of Unicode that separate no columns, though they look as if they did."""
_TABS = "Write tabs: python -c \"import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().replace({}, b'\\t'))\" < FILE > OUT."
_FEW = 2
"""Rows of the usual width that are taken for granted."""
_MOST = 0.9
"""Share of lines with the same columns from which on these are meant."""


@dataclass(frozen=True, slots=True)
class Table:
    """Lines as columns. ``rows`` are those of all lines but comments, ``rest`` is as in `delimited.Options`.

    A cell that is among ``outside``, the labels that mean O, stands here as O.
    """

    separator: Found[str]
    width: Found[int]
    rest: bool
    rows: Rows
    outside: Collection[str] = ()

    @classmethod
    def of(cls, lines: Sequence[str], given: Mapping[str, Any], outside: Collection[str] = ()) -> "Table":
        """Return the table that most of the lines make."""
        separator, rest = separator_of(lines, given), bool(given.get("rest"))
        rows = [_cells(line, separator.value, rest, outside) for line in lines]
        return cls(separator, width_of(rows), rest, rows, outside)

    @property
    def even(self) -> Rows:
        """The rows of the usual width."""
        return [row for row in self.rows if len(row) == self.width.value]

    def cells(self, line: str) -> Sequence[str]:
        """Return the columns of a line."""
        return _cells(line, self.separator.value, self.rest, self.outside)

    def lines(
        self, lines: Sequence[str], comment: str | Sequence[str] | None, longer: bool = False
    ) -> list[Sequence[str]]:
        """Return the columns of each line [n_lines]; none for blank lines, comments, and lines of another width.

        ``longer``: those with more columns, which inner layers have, are cut to the usual width instead.
        """
        passed_over, width = (DOCSTART, *signs_of(comment)), self.width.value
        rows = ([] if not line or line.startswith(passed_over) else self.cells(line) for line in lines)
        return [row[:width] if len(row) == width or (longer and len(row) > width) else [] for row in rows]


def signs_of(comment: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return how comments begin, given as one sign, as several, or not at all."""
    return (comment,) if isinstance(comment, str) and comment else tuple(comment or ())


def _cells(line: str, separator: str, rest: bool, outside: Collection[str]) -> list[str]:
    row = _split(line, separator)
    if outside:
        row = [OUTSIDE if cell in outside else cell for cell in row]
    return [" ".join(row[:-1]), row[-1]] if rest and len(row) > 1 else row


def _split(line: str, separator: str) -> list[str]:
    """Return the columns of a line as the reader takes it apart: no other white space than blanks and tabs counts."""
    if separator == "whitespace":
        return re.split(r"[ \t]+", line.strip(" \t"))
    return line.split("\t" if separator == "tab" else " ")


def separator_of(lines: Sequence[str], given: Mapping[str, Any]) -> Found[str]:
    """Return what stands between columns: what gives most lines one number of columns, and tabs before blanks.

    >>> separator_of(["Take\\tO", "aspirin\\tB-Drug Name"], {}).value
    'tab'
    >>> separator_of(["Take O", "aspirin  B-Drug"], {}).value
    'whitespace'
    """
    if "separator" in given:
        return Found(str(given["separator"]), 1.0)
    shares = {name: _share([_split(line, name) for line in lines]) for name in _SEPARATORS}
    tabs = sum("\t" in line for line in lines)
    if not tabs:
        if shares["space"] >= shares["whitespace"]:
            return Found("space", 1.0, (("single blanks between columns", "--separator"),))
    elif shares["tab"] >= shares["whitespace"] and not _padded(lines, shares):
        return Found("tab", 1.0, (("tabs between columns", "--separator"),))
    return Found("whitespace", 0.9, (("runs of white space between columns", "--separator"),))


def _padded(lines: Sequence[str], shares: Mapping[str, float]) -> bool:
    """Return whether blanks stand beside the tabs of most lines, so that both are one separator."""
    return (
        shares["whitespace"] == shares["tab"]
        and sum(" \t" in line or "\t " in line for line in lines) > len(lines) / 2
    )


def _share(table: Rows) -> float:
    """Return the share of rows with the most frequent number of columns; rows of one cell, which lack a label, count half."""
    widths = Counter(map(len, table))
    alone = widths.pop(1, 0)
    return (max(widths.values(), default=0) + alone / 2) / len(table) if widths else 0.0


def width_of(table: Rows) -> Found[int]:
    """Return the number of columns, which is at least two."""
    widths = Counter(len(row) for row in table if len(row) > 1)
    width = widths.most_common(1)[0][0] if widths else 2
    # One odd line among few is a fault of that line; reading shows it.
    return Found(width, (_share(table) * len(table) + _FEW) / (len(table) + _FEW))


def odd_space(lines: Sequence[str], table: "Table") -> Unread | None:
    """Return what to say of lines that would be columns if another blank than ours separated them, such as U+00A0."""
    if any(len(row) > 1 for row in table.rows):
        return None
    for space in _SPACES:
        rows = [line.split(space) for line in lines]
        if len(rows[0]) > 1 and _share(rows) > _MOST:
            name = f"U+{ord(space):04X} {unicodedata.name(space)}"
            what = f"{name} between columns, where a tab or a blank is expected"
            return Unread(what, 0.95, _TABS.format(space.encode("utf-8")), 1)
    return None


def beyond(given: Mapping[str, Any], width: int) -> Unread | None:
    """Return what to say of a column that is given and not there."""
    for name in ("token", "label", "sentence_id"):
        place = given.get(name)
        if place is not None and not -width <= place < width:
            what = f"no column {place} for --{name}: most lines have {width}"
            hint = f"Give one from 0 to {width - 1}, or from -{width} to -1; or another --separator."
            return Unread(what, 0.9, hint, 0)
    return None
