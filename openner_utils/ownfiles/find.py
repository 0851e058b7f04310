"""What is wrong with a file of one's own: flaws of its lines, labels that are none, types that look alike, transitions, what is left out."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.core.validation import validate_columns
from openner_utils.exports import conll
from openner_utils.exports.rewrite import Labels
from openner_utils.ownfiles.lookalikes import Alike, cut_in, within
from openner_utils.ownfiles.opening import Opened
from openner_utils.ownfiles.split_words import split_words
from openner_utils.ownfiles.survey import Portion
from openner_utils.readers.document_marks import DOCSTART
from openner_utils.readers.reading import Fault, in_order
from openner_utils.support.errors import MOST_SAID
from openner_utils.support.words import shortened

_HINTS = {
    "transition": "Repair it: openner repair FILE{asked} -o OUT.",
    "cut": "Write the types that look alike in one way first (look-alike-type), then repair what is left: "
    "openner repair FILE{asked} -o OUT.",
    "byte-order-mark": "Take it out, and see whether a sentence or a document begins there.",
    "document-mark": "Correct the token: repair, convert and standardize write columns from this file, and refuse it.",
    "separator-in-token": "Correct the token: repair, convert and standardize write columns from this file, and refuse it.",
    "no-mention": "Name another column or reader (--label, --reader), or leave the file out.",
    "split-word": "Correct the offsets of the mention, unless only a part of the word is meant: the word is two tokens then.",
    "left-out": "Nothing is to do if flat labels are meant; the mention is counted, and in a ledger.",
}


def find(opened: Opened) -> Iterator[Fault]:
    """Yield everything that is wrong with a file, by line, but for flaws that are allowed."""
    alike = within(opened)
    any_fault = False
    cut = bool(alike) and any(cut_in(opened, opened.meant(each), alike) for each in opened.portions())
    parts = chain.from_iterable(
        _find(opened, each, alike, "cut" if cut else "transition") for each in opened.portions()
    )
    for fault in chain(opened.found.of_whole, parts):
        if fault.flaw not in opened.allow:
            any_fault = True
            yield fault
    if not any_fault and {each.label for each in opened.meanings.values()} <= {OUTSIDE}:
        yield _fault(opened, 0, "no-mention", "no mention: every label is read as O", "no-mention")


def _find(opened: Opened, portion: Portion, alike: Mapping[str, Alike], repair: str) -> tuple[Fault, ...]:
    """Return what is wrong with a part, by line; ``repair`` is the hint for invalid transitions."""
    found = list(opened.faults_of(portion))
    found += [
        _fault(opened, row.line, row.rule, _left_out(row), "left-out")
        for row in portion.left_out
        if row.rule != "white space at edge"
    ]
    columns = opened.meant(portion)
    found += [
        _fault(opened, problem.line, "transition", str(replace(problem, file="")), repair)
        for problem in validate_columns(columns, opened.encoding)
    ]
    found += [
        _fault(opened, line, "split-word", what, "split-word") for line, what in split_words(opened, columns)
    ]
    what = "a byte order mark inside a token: two files were joined here"
    found += [
        _fault(opened, int(columns.lines[token]), "byte-order-mark", what, "byte-order-mark")
        for token in _with_mark(columns)
    ]
    if Labels.of(opened.raw, opened.format.layout()) is None:
        found += list(_not_for_columns(opened, columns))
    found += [
        Fault(opened.path, each.use.line, each.flaw, each.what, each.hint)
        for each in alike.values()
        if portion.token <= each.use.token < portion.token + len(columns)
    ]
    return in_order(found)


def _not_for_columns(opened: Opened, columns: Columns) -> Iterator[Fault]:
    """Yield the tokens that could not be read again from the columns that are written of a file which has none."""
    mark = f"a token that begins like {DOCSTART}, which begins a document where tokens stand in columns"
    held = "a token that holds a tab or a line end, which end a token where tokens stand in columns"
    for flaw, what, tokens in (
        ("document-mark", mark, conll.marks(columns, DOCSTART)),
        ("separator-in-token", held, conll.parted(columns)),
    ):
        for token in tokens:
            yield _fault(opened, int(columns.lines[token]), flaw, what, flaw)


def _with_mark(columns: Columns) -> list[int]:
    """Return the tokens that hold a byte order mark; one look at all of them as one text finds that mostly none does."""
    text = columns.tokens.buffers()[2]
    if text is None or not re.search(codecs.BOM_UTF8, text):
        return []
    return [number for number, token in enumerate(columns.tokens.to_pylist()) if "\ufeff" in token]


def _fault(opened: Opened, line: int, flaw: str, what: str, hint: str) -> Fault:
    return Fault(
        opened.path, line, flaw, shortened(what, MOST_SAID), _HINTS[hint].format(asked=opened.asked.said)
    )


def _left_out(row: Change) -> str:
    if row.after is None:
        return f"mention {row.before!r} is left out of the flat labels: {row.rule}"
    return f"mention {row.before!r} becomes {row.after!r}: {row.rule}"
