"""The rows of a ledger, read and checked: as arrays, since there are as many as labels were changed."""

import csv
import io
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from openner_utils.core.columns import Ints
from openner_utils.ownfiles.ledger import COLUMNS
from openner_utils.readers.layout import RawFile
from openner_utils.readers.stored import file_of
from openner_utils.support.errors import FormatError

RECORD = (
    "A ledger of JSON, of spans, or of another file that repair wrote as two columns is a record, which cannot be undone from. "
    "Keep the original file."
)
_HINT = f"Give a ledger of `openner repair`, whose columns are {', '.join(COLUMNS)}."
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a ledger in the order of their lines in the file, as arrays [n]; ``number`` is a row's own line in the ledger.

    Labels and files are numbers into ``names``.
    """

    names: tuple[str, ...]
    number: Ints
    line: Ints
    sentence: Ints
    token: Ints
    before: Ints
    after: Ints
    file: Ints
    written: Ints

    def __len__(self) -> int:
        return len(self.number)

    def some(self, which: slice | Ints) -> "Rows":
        """Return some of the rows."""
        arrays = (getattr(self, name) for name in self.__slots__[1:])
        return Rows(self.names, *(each[which] for each in arrays))


def rows_of(ledger: Path, inner: bool) -> Rows:
    """Return the rows of a ledger but, of a file with ``inner`` labels, those of mentions left out.

    Anything else than a ledger is an error, and so is one of JSON or of spans where that shows.
    """
    gathered = _Gathered(ledger)
    try:
        with (
            file_of(RawFile.open(ledger).content) as file,
            io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
        ):
            for number, row in _read(text, ledger):
                if row["token"] != "-1":
                    gathered.take(number, row)
                elif not inner:
                    raise FormatError(ledger, number, "a mention left out of the labels", RECORD)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(ledger, 0, "not a text file of rows with commas", _HINT) from error
    return gathered.rows()


def _read(text: IO[str], ledger: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line and the cells of each row after the names of the columns."""
    rows = csv.reader(text)
    if tuple(next(rows, ())) != COLUMNS:
        raise FormatError(ledger, 1, "not a ledger", _HINT)
    for cells in rows:
        if len(cells) != len(COLUMNS):
            raise FormatError(ledger, rows.line_num, f"{len(cells)} cells instead of {len(COLUMNS)}", _HINT)
        yield rows.line_num, dict(zip(COLUMNS, cells, strict=True))


class _Gathered:
    """Rows as they are read. A line of the file stands in one row only; a bit for each tells which were met."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._columns = tuple(array("i") for _ in Rows.__slots__[1:])
        self._names: dict[str, int] = {}
        self._met = bytearray()

    def take(self, number: int, row: Mapping[str, str]) -> None:
        """Check a row and add it; ``number`` is its line."""
        for name in ("line", "sentence", "token"):
            if not _NUMBER.fullmatch(row[name]):
                raise FormatError(self._ledger, number, f"{name} {row[name]!r} is no number", _HINT)
        line, sentence, token = (int(row[name]) for name in ("line", "sentence", "token"))
        if self._is_met(line):
            numbers, lines, sentences, tokens = self._columns[:4]
            at = lines.index(line)
            what = f"line {line} stands here for the second time (first: {self._ledger}:{numbers[at]})"
            other = (sentences[at], tokens[at]) != (sentence, token)
            raise FormatError(self._ledger, number, what, RECORD if other else "Keep one row for each line.")
        texts = (row[name] for name in ("before", "after", "file", "written"))
        named = (self._names.setdefault(text, len(self._names)) for text in texts)
        for column, value in zip(self._columns, (number, line, sentence, token, *named), strict=True):
            column.append(value)

    def rows(self) -> Rows:
        """Return all rows."""
        arrays = [np.array(column, np.int32) for column in self._columns]
        return Rows(tuple(self._names), *arrays).some(np.argsort(arrays[1], kind="stable").astype(np.int32))

    def _is_met(self, line: int) -> bool:
        place, bit = line >> 3, 1 << (line & 7)
        self._met.extend(bytes(max(place + 1 - len(self._met), 0)))
        met = bool(self._met[place] & bit)
        self._met[place] |= bit
        return met
