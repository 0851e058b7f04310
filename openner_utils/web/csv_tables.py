"""Tables that people make or correct by hand, read with the number of each line; what is no such table is an error with its place."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from openner_utils.exports.tables import text_of
from openner_utils.support.errors import FormatError, OpenNERError


def rows(path: Path, columns: Sequence[str], what: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and values of the rows of a CSV file in UTF-8 (a byte order mark may stand before it); absent cells are empty.

    Raises `OpenNERError` where it lacks one of ``columns`` (``what`` says what it is not, and what to do), is no UTF-8, or no CSV.
    """
    read = None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            read = csv.DictReader(file, strict=True)
            if not set(columns) <= set(read.fieldnames or ()):
                raise OpenNERError(f"{path}: {what}. It needs the columns {', '.join(columns)}.")
            for row in read:
                yield read.line_num, {column: text_of(row[column] or "") for column in columns}
    except UnicodeDecodeError as error:
        raise OpenNERError(f"{path}: not UTF-8 ({error}). Save the table in UTF-8.") from error
    except csv.Error as error:
        line = read.line_num if read else 0
        raise FormatError(str(path), line, f"no CSV ({error})", "Correct the table.") from error
