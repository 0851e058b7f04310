"""A JSON list of documents or sentences: the list ``tokens``, and ``entities`` that span tokens by their numbers.

Thai-NNER writes an entity as ``entity_type`` and ``span``, SpERT as ``type``, ``start`` and ``end`` (of the token behind it).
Mentions nest; those that lie inside no other are counted, of equal spans the first. An entry is one sentence.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.counting import tally as counting
from tests.counting.tally import Row, Tally

PARSER = counting.parser(__doc__)


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the entries of a file, labels of the outermost mentions."""
    for entry in json.loads(counting.text(path)):
        labels = ["O"] * len(entry["tokens"])
        for start, end, kind in sorted(map(_span, entry["entities"]), key=lambda span: (span[0], -span[1])):
            if set(labels[start:end]) == {"O"}:
                labels[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
        yield list(zip(entry["tokens"], labels, strict=True))


def _span(entity: dict[str, Any]) -> tuple[int, int, str]:
    if "span" in entity:
        return *entity["span"], entity["entity_type"]
    return entity["start"], entity["end"], entity["type"]


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    return counting.of_rows(sentences(path, options))


if __name__ == "__main__":
    counting.main(PARSER, tally)
