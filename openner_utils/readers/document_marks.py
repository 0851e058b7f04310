"""Lines that begin a document in columns: what they may not hold, because it would be lost with the line."""

from collections.abc import Iterator

import pyarrow as pa

from openner_utils.core.encoding import LabelError
from openner_utils.readers.guess.labels import type_of, undressed
from openner_utils.readers.guess.table import DOCSTART
from openner_utils.readers.layout import Layout
from openner_utils.readers.sentence_ends import as_read

__all__ = ["DOCSTART", "DOCUMENTS", "labels_of_mentions"]

DOCUMENTS = ("# newdoc", "# document_id", "# hipe2022:document_id")
"""How comments begin that begin a document: CoNLL-U's, and those of HIPE-2020 and HIPE-2022, whose files often lack the first line."""


def labels_of_mentions(cells: pa.StringArray, layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield which of the cells [n] hold the label of a mention, and that label.

    >>> list(labels_of_mentions(pa.array(["O", "-X-", "_", "", "(12)", "B-PER"]), Layout("delimited")))
    [(5, 'B-PER')]
    """
    for place, cell in enumerate(cells.to_pylist()):
        try:
            _, type = layout.encoding.split(as_read(cell, layout))
        except LabelError:
            type = type_of(undressed(cell))
        if type:
            yield place, cell
