"""Tables as CSV: UTF-8, with a head, lines ended alike everywhere."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from openner_utils.support.files import atomic


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table; fractions have four digits."""
    with atomic(path) as beside, open(beside, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([f"{v:.4f}" if isinstance(v, float) else v for v in row] for row in rows)
