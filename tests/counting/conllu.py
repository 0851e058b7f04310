"""CoNLL-U (universaldependencies.org/format.html) and what is made like it: a number, a token, further columns.

Columns are parted by tabs, lines that begin with # are comments, and lines whose first column is no plain number (1-2, 1.1)
are no words. A label stands in a column, the last one if none is said; or in the last column among others parted by |, as
KEY=LABEL, and a word without it is O.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Pair, Row, Tally

PARSER = counting.parser(__doc__)
PARSER.add_argument("--label", type=int, default=0, help="column of the label, from 1 (default: the last)")
PARSER.add_argument("--key", help="the key of the label in the last column")


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the sentences of a file."""
    for block in re.split(r"\n\s*\n", counting.text(path).replace("\r\n", "\n")):
        lines = [line.split("\t") for line in block.split("\n") if line.strip() and line[0] != "#"]
        if rows := [_pair(fields, options) for fields in lines if fields[0].isdecimal()]:
            yield rows


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options))


def _pair(fields: list[str], options: argparse.Namespace) -> Pair:
    if options.key is None:
        return fields[1], fields[options.label - 1]
    keys = dict(each.partition("=")[::2] for each in fields[-1].split("|"))
    return fields[1], keys.get(options.key, "O")


if __name__ == "__main__":
    counting.main(PARSER, tally)
