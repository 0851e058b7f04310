"""Tables of cells whose columns no header names: which one holds tokens, which one labels, and which one sentences."""

import re
from collections.abc import Sequence

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import ENOUGH
from openner_utils.readers.guess.labels import is_label, look_like_labels
from openner_utils.readers.guess.places import label_columns_of, label_of, sentences_of, token_of
from openner_utils.readers.guess.table import Rows, width_of

_EVEN = 0.8
"""Share of rows with the usual number of cells from which on a table is meant."""


def places_of(rows: Rows, parted: bool) -> dict[str, int] | None:
    """Return the columns of a table by what they hold, as those between tabs are told apart; None if nothing is sure enough.

    They are options of `csv_tokens`, columns counted from 0; ``sentence`` is there if a column marks sentences.
    ``parted``: blank lines end sentences, as rows of empty cells do.
    """
    if 2 * sum(row[0] != row[0].rstrip() for row in rows if row) > len(rows):
        return None  # with the delimiter between blanks these separate the columns
    filled = [row for row in rows if any(map(str.strip, row))]
    parted = parted or len(filled) < len(rows)
    usual = width_of(filled)
    even = [row for row in filled if len(row) == usual.value]
    if not even or usual.confidence < _EVEN:
        return None
    columns = label_columns_of(even, usual.value)
    label = label_of(even, usual.value, {}, columns)
    if not _are_labels([row[label.value] for row in even]):
        return None
    others = {label.value, *columns}
    once = None if parted else _names_once(even, usual.value)
    token = token_of(even, usual.value, others if once is None else {*others, once}, {})
    if min(label.confidence, token.confidence) < ENOUGH:
        return None
    found = {"token": token.value, "label": label.value, "header": False}
    sentence = once if once is not None else sentences_of(even, parted, {*others, token.value}, {}).value
    return found if sentence is None else found | {"sentence": sentence}


def _are_labels(column: Sequence[str]) -> bool:
    """Return whether a column holds labels from its first cell on, each alone in its cell.

    A first cell that is no label and never comes back is a header with a name that nobody knows; most cells with a blank in them
    hold a label and the next word, where a sentence stands on a line.
    """
    named = not is_label(column[0]) and column.count(column[0]) == 1
    crowded = 2 * sum(" " in cell.strip() for cell in column) > len(column)
    return not named and not crowded and (look_like_labels(column) or OUTSIDE in column)


def _names_once(rows: Rows, width: int) -> int | None:
    """Return the column that names each sentence in its first row, with a number, and is empty in the others."""
    for number in range(width):
        column = [row[number] for row in rows]
        names = [cell for cell in column if cell]
        once = len({*names}) == len(names) < len(column) and bool(column[0])
        if once and all(re.search(r"\d", name) for name in names):
            return number
    return None
