"""Two-column text: token, separator, label; a blank line after each sentence."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, arrow_ints, arrow_strings
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic


def write(path: Path, columns: Columns, separator: str = "\t") -> None:
    """Write ``columns`` to ``path`` atomically; see `content`."""
    found = content(path, columns, separator)
    with atomic(path) as beside:
        beside.write_bytes(found)


def content(path: Path, columns: Columns, separator: str = "\t") -> memoryview:
    """Return the bytes of ``columns`` as a file, in UTF-8, labels as they are; ``path`` is what errors name.

    Raises `OpenNERError` for a token or a label that holds the separator or a line end: it could not be read again.
    """
    # The line end goes with the label, so that each line is one join and the joined bytes are the file.
    ends = [f"{name}\n" for name in columns.names] + [f"{name}\n\n" for name in columns.names]
    last = np.zeros(len(columns), dtype=np.int32)
    last[columns.sentences[1:] - 1] = len(columns.names)
    labels = arrow_strings(ends).take(arrow_ints(columns.labels + last))
    lines = pc.binary_join_element_wise(columns.tokens, labels, arrow_strings([separator])[0])
    found = _bytes(lines)
    counts = [np.count_nonzero(found == ord(character)) for character in (separator, "\n", "\r")]
    if counts != [len(columns), len(columns) + columns.n_sentences, 0]:
        raise _unwritable(path, columns, separator)
    return found.data


def _unwritable(path: Path, columns: Columns, separator: str) -> OpenNERError:
    for token in parted(columns, separator):
        return OpenNERError(
            f"{path}: token {columns.tokens[token].as_py()!r} holds the separator or a line end. Choose another separator or format."
        )
    held = next(name for name in columns.names if {separator, "\n", "\r"} & {*name})
    return OpenNERError(
        f"{path}: label {held!r} holds the separator or a line end. Give its type another name."
    )


def parted(columns: Columns, separator: str = "\t") -> list[int]:
    """Return the tokens that columns cannot hold, since they hold the separator or a line end themselves."""
    held = pc.match_substring_regex(columns.tokens, f"[{separator}\r\n]")
    return np.flatnonzero(held.to_numpy(zero_copy_only=False)).tolist()


def marks(columns: Columns, sign: str) -> list[int]:
    """Return the tokens that would not be read back as such from columns: they begin like a document mark, with ``sign``."""
    return np.flatnonzero(pc.starts_with(columns.tokens, sign).to_numpy(zero_copy_only=False)).tolist()


def refuse_marks(path: Path, columns: Columns, sign: str, begins: bool) -> None:
    """Raise `OpenNERError` where a token is one of `marks`, or the first of a file, which these ``begins``, is taken for its encoding."""
    if begins and len(columns) and columns.tokens[0].as_py().startswith("\ufeff"):
        raise OpenNERError(
            f"{path}: the token of line {int(columns.lines[0])} begins with a byte order mark (U+FEFF), which would be lost at the "
            "begin of a file. Nothing was written. Take it out of the text."
        )
    if found := marks(columns, sign):
        raise OpenNERError(
            f"{path}: the token {columns.tokens[found[0]].as_py()!r} of line {int(columns.lines[found[0]])} would be read back as the "
            "begin of a document, and be lost with its label. Nothing was written. Correct the token."
        )


def _bytes(strings: pa.StringArray) -> NDArray[np.uint8]:
    """Return the bytes of all strings one after the other, without a copy."""
    if not len(strings):
        return np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(strings.buffers()[1], dtype=np.int32)
    start, end = offsets[strings.offset], offsets[strings.offset + len(strings)]
    return np.frombuffer(strings.buffers()[2], dtype=np.uint8)[start:end]
