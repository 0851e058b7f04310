"""Thai-NNER's JSON list of documents: the list ``tokens``, and ``entities`` with ``entity_type`` and a ``span`` of token numbers.

Mentions nest; those that lie inside no other are counted, of equal spans the first. A document is one sentence.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the documents of a file, labels of the outermost mentions."""
    for entry in json.loads(counting.text(path)):
        labels = ["O"] * len(entry["tokens"])
        for entity in sorted(entry["entities"], key=lambda e: (e["span"][0], -e["span"][1])):
            start, end = entity["span"]
            if set(labels[start:end]) == {"O"}:
                kind = entity["entity_type"]
                labels[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
        yield list(zip(entry["tokens"], labels, strict=True))


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options))


if __name__ == "__main__":
    counting.main(PARSER, tally)
