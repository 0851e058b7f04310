"""Where sentences end in columns that flag their last tokens: ``EndOfSentence`` among the flags of a column, or its only value."""

from functools import cache

import numpy as np
import pyarrow as pa

from openner_utils.core.columns import Mask
from openner_utils.core.encoding import OUTSIDE, LabelError
from openner_utils.readers.guess.labels import undressed
from openner_utils.readers.layout import Layout

INSIDE = "sentence end inside a mention"
"""Counts the flags at which no sentence ends, because a mention goes on behind them."""


def flagged(cells: pa.StringArray, flag: str) -> Mask:
    """Return which cells [n] hold ``flag``, alone or among others with ``|`` between them.

    >>> flagged(pa.array(["_", "NoSpaceAfter|EndOfSentence", "EndOfSentence", "EndOfSentences"]), "EndOfSentence").tolist()
    [False, True, True, False]
    """
    encoded = cells.dictionary_encode()
    has = np.array([flag in cell.split("|") for cell in encoded.dictionary.to_pylist()], np.bool_)
    return has[encoded.indices.to_numpy()] if len(has) else np.zeros(len(cells), np.bool_)


def as_read(name: str, layout: Layout) -> str:
    """Return the label of the scheme that a label of a file is read as: white space around it does not count.

    >>> as_read("I-LOC ", Layout("delimited")), as_read("LOC ", Layout("delimited", spelling={"LOC": "I-LOC"}))
    ('I-LOC', 'I-LOC')
    """
    label = layout.meant(name)
    return undressed(label) if label != name else layout.meant(undressed(name))


def inside_mention(labels: pa.DictionaryArray, ends: Mask, layout: Layout) -> Mask:
    """Return which of the tokens that end a sentence [n] have a mention that goes on at the next token.

    Only a scheme with a letter of its own for the first token says so: elsewhere a mention may begin there.
    """
    encoding = layout.encoding
    inside = np.zeros(len(ends), np.bool_)
    if not ends.any():
        return inside
    if encoding.begin == encoding.inside:
        return inside
    names, ids = labels.dictionary.to_pylist(), labels.indices.to_numpy()

    @cache
    def taken_apart(id: int) -> tuple[str, str]:
        try:
            return encoding.split(as_read(names[id], layout))
        except LabelError:
            return OUTSIDE, ""

    for place in np.flatnonzero(ends[:-1]).tolist():
        (before, type), (after, next_type) = taken_apart(int(ids[place])), taken_apart(int(ids[place + 1]))
        inside[place] = type == next_type and encoding.continues(before, after)
    return inside
