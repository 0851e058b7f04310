"""L3Cube's three columns, parted by tabs and named in the first line: a token, its label, the number of its sentence.

Labels are written without a hyphen (BNEP), and no line stands between sentences.
"""

import argparse
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import GLUED, Row, Tally

PARSER = counting.parser(__doc__)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the sentences of a file."""
    lines = counting.text(path).splitlines()[1:]
    for _, rows in groupby((line.split("\t") for line in lines if line.strip()), lambda row: row[2]):
        yield [(token, label) for token, label, _ in rows]


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options), GLUED)


if __name__ == "__main__":
    counting.main(PARSER, tally)
