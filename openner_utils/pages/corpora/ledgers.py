"""The whole ledger of a corpus as a file beside its page, for a spreadsheet or a program."""

import csv
import io
from pathlib import Path

import pyarrow as pa

from openner_utils.core.changes import LEDGER_ROWS
from openner_utils.support.files import write_text
from openner_utils.support.within import within

_FORMULA = tuple("=+-@\t\r\n")
"""What a cell begins with that a spreadsheet would run as a formula, or lose."""


def path(folder: Path, corpus: str) -> Path:
    """Return where a corpus's ledger lies in the folder of pages."""
    return within(folder, f"ledger-{corpus}.csv", "corpus")


def write(path: Path, ledger: pa.Table) -> None:
    """Write a ledger (`LEDGER_ROWS`) as CSV, a change a row; no cell of it is taken for a formula (see `plain`)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(LEDGER_ROWS.names)
    for batch in ledger.select(LEDGER_ROWS.names).to_batches():
        rows.writerows(map(plain, row.values()) for row in batch.to_pylist())
    write_text(path, text.getvalue())


def plain(value: str | int | None) -> str | int:
    """Return what stands in a cell: nothing for None, and ``'`` before a text that would be taken for a formula.

    >>> plain("B-PER"), plain("=1+1"), plain("-"), plain(-1), plain(None)
    ('B-PER', "'=1+1", "'-", -1, '')
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
