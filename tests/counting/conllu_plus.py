"""CoNLL-U Plus (universaldependencies.org/ext-format.html): the line ``# global.columns =`` names the columns.

Columns are parted by tabs, and an empty line ends a sentence. With a column ID, lines whose ID is no plain number are no words.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)
PARSER.add_argument("--token", default="FORM", help="name of the token's column")
PARSER.add_argument("--label", required=True, help="name of the label's column")
_NAMES = "# global.columns = "


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the sentences of a file."""
    names: list[str] = []
    rows: Row = []
    for line in [*counting.text(path).split("\n"), ""]:
        line = line.removesuffix("\r")
        if line.startswith(_NAMES):
            names = line.removeprefix(_NAMES).split(" ")
        elif line.strip() and not line.startswith("#"):
            cells = dict(zip(names, line.split("\t"), strict=True))
            if cells.get("ID", "1").isdecimal():
                rows.append((cells[options.token], cells[options.label]))
        elif rows and not line.strip():
            yield rows
            rows = []


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options))


if __name__ == "__main__":
    counting.main(PARSER, tally)
