"""A JSON list of sentences, each with the list ``tokens`` and beside it the list ``ner_tags``."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the sentences of a file."""
    for entry in json.loads(counting.text(path)):
        yield list(zip(entry["tokens"], map(str, entry["ner_tags"]), strict=True))


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options))


if __name__ == "__main__":
    counting.main(PARSER, tally)
