"""What is wrong with a file of one's own: flaws of its lines, labels that are none, types that look alike, transitions, what is left out."""

import codecs
import re
from dataclasses import replace

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.core.validation import validate_columns
from openner_utils.ownfiles.lookalikes import within
from openner_utils.ownfiles.opening import Opened
from openner_utils.readers.reading import Fault
from openner_utils.support.words import shortened

_HINTS = {
    "transition": "Repair it: openner repair FILE -o OUT.",
    "byte-order-mark": "Take it out, and see whether a sentence or a document begins there.",
    "no-mention": "Name another column or reader (--label, --reader), or leave the file out.",
    "left-out": "Nothing is to do if flat labels are meant; the mention is counted, and in a ledger.",
}


def find(opened: Opened) -> tuple[Fault, ...]:
    """Return everything that is wrong with a file, by line, but for flaws that are allowed."""
    found = [fault for fault in opened.faults if fault.flaw not in opened.allow]
    found += [
        _fault(opened, row.line, row.rule, _left_out(row), "left-out")
        for row in opened.left_out
        if row.rule != "white space at edge"
    ]
    found += [
        _fault(opened, problem.line, "transition", str(replace(problem, file="")), "transition")
        for problem in validate_columns(opened.columns, opened.encoding)
    ]
    columns = opened.columns
    what = "a byte order mark inside a token: two files were joined here"
    found += [
        _fault(opened, int(columns.lines[token]), "byte-order-mark", what, "byte-order-mark")
        for token in _with_mark(columns)
    ]
    found += [
        Fault(opened.path, int(columns.lines[token]), "look-alike-type", what, hint)
        for token, what, hint in within(opened).values()
    ]
    if not found and set(columns.names) <= {OUTSIDE}:
        what = "no mention: every label is read as O"
        found.append(_fault(opened, 0, "no-mention", what, "no-mention"))
    return tuple(sorted(found, key=lambda fault: fault.line))


def _with_mark(columns: Columns) -> list[int]:
    """Return the tokens that hold a byte order mark; one look at all of them as one text finds that mostly none does."""
    text = columns.tokens.buffers()[2]
    if text is None or not re.search(codecs.BOM_UTF8, text):
        return []
    return [number for number, token in enumerate(columns.tokens.to_pylist()) if "\ufeff" in token]


def _fault(opened: Opened, line: int, flaw: str, what: str, hint: str) -> Fault:
    return Fault(opened.path, line, flaw, shortened(what), _HINTS[hint])


def _left_out(row: Change) -> str:
    if row.after is None:
        return f"mention {row.before!r} is left out of the flat labels: {row.rule}"
    return f"mention {row.before!r} becomes {row.after!r}: {row.rule}"
