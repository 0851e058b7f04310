"""A repaired file of one's own with its published labels again, from the ledger that was written with it."""

from pathlib import Path

import numpy as np

from openner_utils.core.columns import Mask
from openner_utils.curation.steps import positions
from openner_utils.exports.rewrite import Changes, Labels, rewritten
from openner_utils.ownfiles.ledger_rows import RECORD, Rows, rows_of
from openner_utils.ownfiles.opening import Opened
from openner_utils.ownfiles.survey import Portion
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.files import STANDARD, delivery, resolved
from openner_utils.support.words import shortened

_SEPARATORS = {"tab": "\t", "space": " ", "whitespace": " \t"}


def undo(opened: Opened, out: Path, ledger: Path) -> int:
    """Write a repaired file of columns with the labels that its ledger holds, and return how many there are."""
    labels = Labels.of(opened.raw, opened.format.layout())
    if labels is None:
        raise OpenNERError(f"{opened.path}: only files of columns are undone. Keep the original file.")
    if STANDARD not in (out, ledger) and (
        resolved(out) == resolved(ledger) or (out.exists() and out.samefile(ledger))
    ):
        raise OpenNERError(f"{out}: this is the ledger. Give -o another file.")
    # A file of columns with inner labels has mentions left out in its ledger, too; they are in the file still.
    rows = rows_of(ledger, inner=opened.found.cut)
    _refuse_parted(ledger, rows, labels)
    wrong: list[tuple[int, str, str]] = []
    done = 0
    with delivery(out) as (write,):
        for portion in opened.portions():
            lines = portion.reading.columns.lines
            upto = int(np.searchsorted(rows.line, lines[-1], side="right")) if len(lines) else done
            here = rows.some(slice(done, upto))
            wrong += _misfit(opened.path, portion, here)
            if not wrong:
                for piece in rewritten(portion.part, Changes(here.line, here.before, here.names), labels):
                    write(piece)
            done = upto
        wrong += _misfit(opened.path, portion, rows.some(slice(done, None)))
        if wrong:
            raise FormatError(ledger, *min(wrong))
    return len(rows)


def _refuse_parted(ledger: Path, rows: Rows, labels: Labels) -> None:
    """Raise `FormatError` for a published label that the file cannot have had: it holds what ends a label there."""
    ends = {*_SEPARATORS[labels.options.separator], *"\r\n", *("|" if labels.key else "")}
    for name in np.unique(rows.before).tolist():
        if ends & set(rows.names[name]):
            what = f"the label {shortened(repr(rows.names[name]))} holds what ends a label in such a file"
            number = int(rows.number[rows.before == name][0])
            raise FormatError(ledger, number, what, "Give the ledger as openner repair wrote it.")


def _misfit(path: Path, portion: Portion, rows: Rows) -> list[tuple[int, str, str]]:
    """Return the first row of a ledger that does not fit a part of the file, what is wrong with it, and what to do; or nothing."""
    columns = portion.reading.columns
    tokens = np.searchsorted(columns.lines, rows.line).astype(np.int32)
    there = tokens < len(columns)
    there[there] = columns.lines[tokens[there]] == rows.line[there]
    tokens = tokens[there]
    sentences, places = positions(portion.reading, tokens)
    sentences += portion.sentence
    numbers = {text: number for number, text in enumerate(rows.names)}
    labels = np.array([numbers.get(name, -1) for name in columns.names], np.int32)[columns.labels[tokens]]
    of_file, labelled, placed = _of_file(path, rows), there.copy(), there.copy()
    labelled[there] = labels == rows.after[there]
    placed[there] = (sentences == rows.sentence[there]) & (np.array(places, np.int32) == rows.token[there])
    bad = np.flatnonzero(~(of_file & labelled & placed))
    if not len(bad):
        return []
    at = int(bad[rows.number[bad].argmin()])
    line, token, names = rows.line[at], int(there[:at].sum()), rows.names
    hint = f"Undo the file that this ledger was written with, with the options that openner repair was given. {RECORD}"
    if not of_file[at]:
        what = f"the row is about {names[rows.written[at]]}, written from {names[rows.file[at]]}, not about {path}"
        hint = f"Undo that file; if {path} is it, give it its name back: {names[rows.written[at]]}"
    elif not there[at]:
        what = f"{path} has no token on line {line}"
    elif not labelled[at]:
        what = f"line {line} of {path} does not have the label {names[rows.after[at]]}"
        hint = f"Undo the file as openner repair wrote it, before any other change. {RECORD}"
    else:
        what = (
            f"line {line} of {path} is token {places[token]} of sentence {sentences[token]}, "
            f"not token {rows.token[at]} of sentence {rows.sentence[at]}"
        )
    return [(int(rows.number[at]), what, hint)]


def _of_file(path: Path, rows: Rows) -> Mask:
    """Return which rows are about the file ``path``, as what was written or as what was repaired [n_rows]."""
    count = len(rows.names)
    pairs, which = np.unique(rows.file.astype(np.int64) * count + rows.written, return_inverse=True)
    named = ((rows.names[pair // count], rows.names[pair % count]) for pair in pairs.tolist())
    fits = [path.name in (written, Path(file).name) for file, written in named]
    return np.array(fits, np.bool_)[which]
