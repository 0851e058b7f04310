"""Two-column text: token, separator, label; a blank line after each sentence."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.columns import Columns
from openner_utils.files import atomic


def write(path: Path, columns: Columns, separator: str = "\t") -> None:
    """Write ``columns`` to ``path`` atomically, in UTF-8, labels as they are."""
    # The line end goes with the label, so that each line is one join and the joined bytes are the file.
    ends = [f"{name}\n" for name in columns.names] + [f"{name}\n\n" for name in columns.names]
    last = np.zeros(len(columns), dtype=np.int32)
    last[columns.sentences[1:] - 1] = len(columns.names)
    labels = pa.array(ends, pa.string()).take(pa.array(columns.labels + last))
    lines = pc.binary_join_element_wise(columns.tokens, labels, separator)
    with atomic(path) as beside, open(beside, "wb") as out:
        if len(lines):
            offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
            out.write(memoryview(lines.buffers()[2])[offsets[lines.offset] : offsets[lines.offset + len(lines)]])
