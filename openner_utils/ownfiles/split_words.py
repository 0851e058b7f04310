"""Words that a mention's edge divides, where text with spans was cut into tokens."""

from collections.abc import Iterator

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.ownfiles.opening import Opened
from openner_utils.readers.guess.words import is_unspaced


def split_words(opened: Opened, columns: Columns) -> Iterator[tuple[int, str]]:
    """Yield line of each word that a mention begins or ends inside of, and what is so.

    The other side of an apostrophe or a hyphen is no part of the word; scripts without blanks between words have no such
    words, and where a file has tokens of its own their borders are no edges.
    """
    if (
        not opened.found.spans
        or columns.starts is None
        or columns.ends is None
        or "tokens" in opened.format.options
    ):
        return
    touching = columns.ends[:-1] == columns.starts[1:]
    touching[columns.sentences[1:-1] - 1] = False  # the next sentence may count from its own beginning
    for at in np.flatnonzero(touching).tolist():
        before, after = (columns.tokens[number].as_py() for number in (at, at + 1))
        beside = before[-1:] + after[:1]
        if not beside.isalnum() or any(map(is_unspaced, beside)):
            continue
        here, next = (columns.names[columns.labels[number]] for number in (at, at + 1))
        if next.startswith("B-") or (next == OUTSIDE and here != OUTSIDE):
            edge = "begins" if next.startswith("B-") else "ends"
            yield (
                int(columns.lines[at]),
                f"a mention {edge} inside the word {before + after!r}, before {after!r}",
            )
