"""Guessing which column of a table holds what: labels, inner labels, tokens, ids, and what marks sentences."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers.guess.evidence import ENOUGH, Found, Reason
from openner_utils.readers.guess.labels import (
    is_label,
    label_share,
    look_like_labels,
    look_like_types,
    may_be_ids,
    may_be_types,
    outside_share,
    types_of,
)
from openner_utils.readers.guess.table import Rows

_CHUNKS = {"NP", "VP", "PP", "ADJP", "ADVP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of syntactic chunks, which CoNLL-2003 has in a column of its own before the one of names."""
_ID = re.compile(r"\d+([-.]\d+)?")
_HALF = 0.5
"""Share of labels in a column from which on the others are faults, where no other column has more."""
_LONG = 1000
"""Tokens of one sentence from which on it is said that nothing marks where sentences end."""


def label_columns_of(rows: Rows, width: int, ends: Collection[int] = ()) -> tuple[int, ...]:
    """Return the columns that look like labels; the first only if it holds nothing else, and another the tokens.

    Not beside another one a column that may name sentences: of ids (see `may_be_ids`), or of one value in each sentence and
    nothing outside; ``ends`` are the rows behind which a sentence is over, where blank lines say so.
    """
    columns = [[row[number] for row in rows] for number in range(width)]
    fitting = [n for n, column in enumerate(columns) if look_like_labels(column)]
    types = {n: types_of(columns[n]) for n in fitting}
    fitting = [n for n in fitting if not (types[n] and types[n] <= _CHUNKS)]
    if 0 in fitting and (len(fitting) == width or not types[0]):
        fitting.remove(0)
    ids = [n for n in fitting if may_be_ids(columns[n]) or _names_sentences(columns[n], ends)]
    others = [n for n in range(1, width) if n not in ids and (n in fitting or _are_types(columns[n]))]
    return tuple(n for n in fitting if n not in ids or not others)


def _are_types(column: Sequence[str]) -> bool:
    return look_like_types(Counter(column)) and not _CHUNKS.issuperset(types_of(column) or {OUTSIDE})


def _names_sentences(column: Sequence[str], ends: Collection[int]) -> bool:
    """Return whether a column holds one value in each sentence, and in none what means outside."""
    if outside_share(Counter(column)):
        return False
    changes = {number for number, (one, next) in enumerate(pairwise(column)) if one != next}
    if not changes or len(changes) + 1 == len(column):
        return False
    return changes <= set(ends) or _marks_sentences(column)


def label_of(rows: Rows, width: int, given: Mapping[str, Any], fitting: Sequence[int]) -> Found[int]:
    """Return the column of labels: the first with entity types; else the last that may hold types without prefix; ``fitting``: see `label_columns_of`."""
    if "label" in given:
        return Found(given["label"] + (width if given["label"] < 0 else 0), 1.0)
    uses = [Counter(row[number] for row in rows) for number in range(width)]
    named = [number for number in fitting if types_of(uses[number])]
    if named:
        doubt = 0.5 if may_be_ids(uses[named[0]]) else 1.0
        return Found(named[0], 0.95 * doubt * label_share(uses[named[0]]), _where(width, named[0]))
    plain = [number for number in reversed(range(width)) if look_like_types(uses[number])]
    plain.sort(key=lambda number: -(OUTSIDE in uses[number]))
    if plain and (OUTSIDE in uses[plain[0]] or not fitting):
        return Found(plain[0], 0.8, _where(width, plain[0]))
    if fitting:  # nothing but O
        return Found(fitting[-1], 0.7, _where(width, fitting[-1]))
    best = max(range(width), key=lambda number: label_share(uses[number]), default=0)
    if rows and types_of(uses[best]) and (share := label_share(uses[best])) >= _HALF:
        return Found(best, max(ENOUGH, share), _where(width, best))  # labels, many of which are faulty
    few = [number for number in reversed(range(1, width)) if may_be_types(uses[number])]
    if few:
        return Found(few[0], 0.5, _where(width, few[0]))
    return Found(width - 1, 0.0, _where(width, width - 1))


def _where(width: int, label: int) -> tuple[Reason, ...]:
    return ((f"label in column {label} of {width}", "--label"),) if width > 2 else ()


def extra_of(
    table: Rows, width: int, label: int, columns: Sequence[int], given: Mapping[str, Any]
) -> Found[Any]:
    """Return the column of a second layer of labels: beside the first, or, on some lines only, after the last column."""
    if "extra" in given or "label" in given:
        return Found(given.get("extra"), 1.0)
    longer = [(row[label], *row[width:]) for row in table if len(row) > width]
    second = next((n for n in columns if n > label), None)
    if second is not None:
        several = ", ".join(map(str, columns))
        why = f"columns {several} look like labels: {label} is read, {second} left alone (a layer, or predictions)"
        return Found(second, 0.9, ((why, "--label, --option extra"),))
    if longer and all(is_label(cell) for cells in longer for cell in cells):
        why = f"{len(longer)} of the sampled lines have one more label, of an inner layer"
        return Found(width, 0.9, ((why, "--option extra"),))
    return Found(None, 1.0)


def token_of(rows: Rows, width: int, labels: Collection[int], given: Mapping[str, Any]) -> Found[int]:
    """Return the column of tokens: the first that is no counter and has about as many different values as any other."""
    if "token" in given:
        return Found(given["token"] + (width if given["token"] < 0 else 0), 1.0)
    others = [number for number in range(width) if number not in labels]
    values = {number: {row[number] for row in rows} for number in others}
    words = [
        number
        for number in others
        if not all(map(_ID.fullmatch, values[number])) and not _marks_sentences([row[number] for row in rows])
    ]
    # Ids that look like labels are no words.
    words = [n for n in words if not (types_of(values[n]) and look_like_labels([*values[n]]))] or words
    if not words:
        return Found(others[0] if others else 0, 0.7 if others else 0.3)
    most = max(len(values[number]) for number in words)
    token = next(
        number for number in words if 2 * len(values[number]) >= most and len(values[number]) >= min(most, 2)
    )
    why = ((f"token in column {token}", "--token"),) if width > 2 else ()
    return Found(token, 0.9, why)


def id_of(rows: Rows, token: int, comment: str | Sequence[str] | None) -> int | None:
    """Return the column of CoNLL-U ids, before that of tokens: there are ranges among them, or CoNLL-U's comments.

    Where all are like ranges (``1-1``: WebAnno's sentence and token), they are none, or no line would hold a word.
    """
    ids = [row[0] for row in rows] if token else []
    if not ids or not all(map(_ID.fullmatch, ids)) or not any(map(str.isdecimal, ids)):
        return None
    return 0 if comment == "# " or not all(map(str.isdecimal, ids)) else None


def sentences_of(
    rows: Rows, blank: bool, others: Collection[int], given: Mapping[str, Any]
) -> Found[int | None]:
    """Return the column that marks sentences in a file without ``blank`` lines, none of ``others``."""
    if "sentence_id" in given:
        return Found(given["sentence_id"], 1.0)
    if blank or len(rows) < 2 or "flags" in given:
        return Found(None, 1.0)
    for number in range(len(rows[0])):
        if number not in others and _marks_sentences([row[number] for row in rows]):
            why = f"no blank lines, so column {number} marks sentences"
            return Found(number, 0.8, ((why, "--option sentence_id"),))
    if len(rows) < _LONG:
        return Found(None, 0.9)
    why = f"nothing marks where sentences end: {len(rows)} tokens and more are one sentence"
    return Found(None, 0.7, ((why, "--option sentence_id"),))


def _marks_sentences(values: Sequence[str]) -> bool:
    """Return whether values come in runs, hold digits and never come back."""
    changes = sum(a != b for a, b in pairwise(values))
    runs = changes > 0 and len(set(values)) == changes + 1 < len(values)
    return runs and all(re.search(r"\d", value) for value in values)
