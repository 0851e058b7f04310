"""The ledger of a file of one's own: written with a repair, and the repair undone from it."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, Ints
from openner_utils.curation.steps import positions
from openner_utils.exports.rewrite import Changes, Labels, rewritten
from openner_utils.ownfiles.labels import meanings
from openner_utils.ownfiles.opening import Opened
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.files import STANDARD, deliver

LEDGER = ("file", "line", "sentence", "token", "before", "after", "rule", "written")
"""Columns: a file and one `Change` of it a row, and the name of the file that was written with it."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_RECORD = "A ledger of JSON or of spans is a record, which cannot be undone from. Keep the original file."


def content(opened: Opened, written: Columns, changed: Ints, method: str, out: Path) -> str:
    """Return the ledger of a repair; ``changed`` are the tokens whose label differs in ``written``."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(LEDGER)
    for row in (*_changes(opened, written, changed, method), *_tokens(opened), *opened.left_out):
        rows.writerow(
            (opened.raw.name, row.line, row.sentence, row.token, row.before, row.after, row.rule, out.name)
        )
    return text.getvalue()


def _changes(opened: Opened, written: Columns, changed: Ints, method: str) -> list[Change]:
    raw = opened.reading.columns
    found = meanings(raw, opened.format.read_as, opened.encoding)
    sentences, places = positions(opened.reading, changed)
    rows = []
    for token, sentence, place in zip(changed.tolist(), sentences.tolist(), places, strict=True):
        before, after = raw.names[raw.labels[token]], written.names[written.labels[token]]
        rule = found[int(raw.labels[token])].flaw or method
        rows.append(Change(int(raw.lines[token]), sentence, place, before, after, rule))
    return rows


def _tokens(opened: Opened) -> Iterable[Change]:
    """Return the tokens that were left out or got a text; a file of columns keeps their lines as they are."""
    if Labels.of(opened.raw, opened.format.layout()):
        return ()
    return (row for row in opened.reading.changes if row.token >= 0)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a ledger; ``number`` is its own line."""

    number: int
    file: str
    change: Change
    written: str


def undo(opened: Opened, out: Path, ledger: Path) -> int:
    """Write a repaired file of columns with the labels that its ledger holds, and return how many there are."""
    labels = Labels.of(opened.raw, opened.format.layout())
    if labels is None:
        raise OpenNERError(f"{opened.path}: only files of columns are undone. Keep the original file.")
    if STANDARD not in (out, ledger) and (
        out.resolve() == ledger.resolve() or (out.exists() and out.samefile(ledger))
    ):
        raise OpenNERError(f"{out}: this is the ledger. Give -o another file.")
    # A file of columns with inner labels has mentions left out in its ledger, too; they are in the file still.
    rows = _rows_of(ledger, inner=bool(opened.left_out))
    _check(opened, ledger, rows)
    changes = Changes.of([(row.change.line, str(row.change.before)) for row in rows])
    deliver({out: rewritten(opened.raw.content, changes, labels)})
    return len(rows)


def _check(opened: Opened, ledger: Path, rows: list[_Row]) -> None:
    """Raise `FormatError` for the first row that does not fit the file."""
    path, columns = opened.path, opened.reading.columns
    tokens = np.searchsorted(columns.lines, [row.change.line for row in rows]).astype(np.int32)
    inside = np.minimum(tokens, len(columns) - 1)
    sentences, places = positions(opened.reading, inside if len(columns) else inside[:0])
    for number, row in enumerate(rows):
        at, change = int(tokens[number]), row.change
        if path.name not in (row.written, Path(row.file).name):
            what = f"the row is about {row.written}, written from {row.file}, not about {path}"
        elif at >= len(columns) or columns.lines[at] != change.line:
            what = f"{path} has no token on line {change.line}"
        elif columns.names[columns.labels[at]] != change.after:
            what = f"line {change.line} of {path} does not have the label {change.after}"
        elif (sentences[number], places[number]) != (change.sentence, change.token):
            what = (
                f"line {change.line} of {path} is token {places[number]} of sentence {sentences[number]}, "
                f"not token {change.token} of sentence {change.sentence}"
            )
        else:
            continue
        raise FormatError(
            ledger, row.number, what, f"Undo the file that this ledger was written with. {_RECORD}"
        )


def _rows_of(ledger: Path, inner: bool) -> list[_Row]:
    """Return the rows of a ledger but, of a file with ``inner`` labels, those of mentions left out.

    Anything else than a ledger is an error, and so is one of JSON or of spans where that shows.
    """
    hint = f"Give a ledger of `openner repair`, whose columns are {', '.join(LEDGER)}."
    found: list[_Row] = []
    lines: dict[int, int] = {}
    try:
        rows = csv.reader(io.StringIO(RawFile.open(ledger).content.decode("utf-8"), newline=""))
        if tuple(next(rows, ())) != LEDGER:
            raise FormatError(ledger, 1, "not a ledger", hint)
        for cells in rows:
            number = rows.line_num
            if len(cells) != len(LEDGER):
                raise FormatError(ledger, number, f"{len(cells)} cells instead of {len(LEDGER)}", hint)
            row = dict(zip(LEDGER, cells, strict=True))
            if row["token"] == "-1":
                if inner:
                    continue
                raise FormatError(ledger, number, "a mention left out of the labels", _RECORD)
            for name in ("line", "sentence", "token"):
                if not _NUMBER.fullmatch(row[name]):
                    raise FormatError(ledger, number, f"{name} {row[name]!r} is no number", hint)
            line, sentence, token = (int(row[name]) for name in ("line", "sentence", "token"))
            if line in lines:
                first = found[lines[line]]
                what = f"line {line} stands here for the second time (first: {ledger}:{first.number})"
                other = (first.change.sentence, first.change.token) != (sentence, token)
                raise FormatError(ledger, number, what, _RECORD if other else "Keep one row for each line.")
            lines[line] = len(found)
            change = Change(line, sentence, token, row["before"], row["after"], row["rule"])
            found.append(_Row(number, row["file"], change, row["written"]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(ledger, 0, "not a text file of rows with commas", hint) from error
    return found
