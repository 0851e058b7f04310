"""The ledger of a file of one's own: written with a repair, part by part, and read with `undo`."""

import csv
import io
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Ints
from openner_utils.curation.steps import positions
from openner_utils.exports.rewrite import Labels
from openner_utils.ownfiles.opening import Opened
from openner_utils.ownfiles.survey import Portion
from openner_utils.readers.layout import RawFile
from openner_utils.readers.stored import file_of
from openner_utils.support.errors import FormatError
from openner_utils.support.files import Sink, utf8

COLUMNS = ("file", "line", "sentence", "token", "before", "after", "rule", "written")
"""Of a ledger: a file and one `Change` of it a row, and the name of the file that was written with it."""
RECORD = "A ledger of JSON or of spans is a record, which cannot be undone from. Keep the original file."
_NUMBER = re.compile(r"[0-9]{1,9}")


class Ledger:
    """Writes the rows of a repair: labels that were changed, then tokens, then what flat labels do not hold."""

    def __init__(self, opened: Opened, out: Path, ledger: Path, write: Sink, method: str) -> None:
        self._opened, self._out, self._ledger, self._write, self._method = opened, out, ledger, write, method
        write(self._encoded([COLUMNS]))

    def add(self, portion: Portion, written: Columns, changed: Ints) -> None:
        """Write the rows of a part; ``changed`` are the tokens whose label differs in ``written``."""
        self._write(self._encoded(map(self._cells, self._changes(portion, written, changed))))

    def finish(self) -> None:
        """Write the rows of tokens that were left out or got a text, and those of what flat labels do not hold."""
        found = self._opened.found
        if found.respelled and not Labels.of(self._opened.raw, self._opened.format.layout()):
            for portion in self._opened.portions():  # a file of columns keeps such lines as they are
                self._write(self._encoded(map(self._cells, portion.respelled)))
        for portion in self._opened.portions() if found.cut else ():
            self._write(self._encoded(map(self._cells, portion.left_out)))

    def _changes(self, portion: Portion, written: Columns, changed: Ints) -> Iterator[Change]:
        raw = portion.reading.columns
        sentences, places = positions(portion.reading, changed)
        for token, sentence, place in zip(changed.tolist(), sentences.tolist(), places, strict=True):
            before, after = raw.names[raw.labels[token]], written.names[written.labels[token]]
            rule = self._opened.meanings[before].flaw or self._method
            yield Change(int(raw.lines[token]), sentence + portion.sentence, place, before, after, rule)

    def _cells(self, row: Change) -> Sequence[object]:
        change = (row.line, row.sentence, row.token, row.before, row.after, row.rule)
        return (self._opened.raw.name, *change, self._out.name)

    def _encoded(self, rows: Iterable[Sequence[object]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return utf8(self._ledger, text.getvalue())


class Names:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text, a new one where it has none."""
        return self._number.setdefault(text, len(self._number))

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts in the order of their numbers."""
        return tuple(self._number)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a ledger in the order of their lines in the file, as arrays [n]; ``number`` is a row's own line in the ledger.

    Labels and files are numbers into the texts of ``names``.
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

    def some(self, which: slice) -> "Rows":
        """Return some of the rows."""
        arrays = (getattr(self, name) for name in self.__slots__[1:])
        return Rows(self.names, *(each[which] for each in arrays))


def rows_of(ledger: Path, inner: bool) -> Rows:
    """Return the rows of a ledger but, of a file with ``inner`` labels, those of mentions left out.

    Anything else than a ledger is an error, and so is one of JSON or of spans where that shows.
    """
    hint = f"Give a ledger of `openner repair`, whose columns are {', '.join(COLUMNS)}."
    found, seen, names = tuple(array("i") for _ in range(8)), _Seen(), Names()
    try:
        with (
            file_of(RawFile.open(ledger).content) as file,
            io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
        ):
            for number, cells in _cells_of(text, ledger, hint):
                row = dict(zip(COLUMNS, cells, strict=True))
                if row["token"] == "-1":
                    if inner:
                        continue
                    raise FormatError(ledger, number, "a mention left out of the labels", RECORD)
                for name in ("line", "sentence", "token"):
                    if not _NUMBER.fullmatch(row[name]):
                        raise FormatError(ledger, number, f"{name} {row[name]!r} is no number", hint)
                line, sentence, token = (int(row[name]) for name in ("line", "sentence", "token"))
                if seen.before(line):
                    at = found[1].index(line)
                    what = f"line {line} stands here for the second time (first: {ledger}:{found[0][at]})"
                    other = (found[2][at], found[3][at]) != (sentence, token)
                    raise FormatError(
                        ledger, number, what, RECORD if other else "Keep one row for each line."
                    )
                texts = map(names.number, (row[name] for name in ("before", "after", "file", "written")))
                for column, value in zip(found, (number, line, sentence, token, *texts), strict=True):
                    column.append(value)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(ledger, 0, "not a text file of rows with commas", hint) from error
    arrays = [np.array(column, np.int32) for column in found]
    order = np.argsort(arrays[1], kind="stable")
    return Rows(names.texts, *(each[order] for each in arrays))


def _cells_of(text: IO[str], ledger: Path, hint: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row after the names of the columns."""
    rows = csv.reader(text)
    if tuple(next(rows, ())) != COLUMNS:
        raise FormatError(ledger, 1, "not a ledger", hint)
    for cells in rows:
        if len(cells) != len(COLUMNS):
            raise FormatError(ledger, rows.line_num, f"{len(cells)} cells instead of {len(COLUMNS)}", hint)
        yield rows.line_num, cells


class _Seen:
    """Numbers that were met, a bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def before(self, number: int) -> bool:
        """Return whether a number was met before, and note it."""
        place, bit = number >> 3, 1 << (number & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        met = bool(self._bits[place] & bit)
        self._bits[place] |= bit
        return met
