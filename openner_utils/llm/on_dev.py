"""Counts on dev sentences, by which a format and a way of decoding are chosen (`analysis.choice`): never by test scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openner_utils.core.encoding import IOB2


@dataclass(frozen=True, slots=True)
class Answered:
    """A dev sentence by its place, its labels (IOB2), and those that the reply to it gives under the main policy."""

    part: tuple[str, str, str]
    sentence: int
    gold: tuple[str, ...]
    labels: tuple[str, ...]


def counts(names: Mapping[str, Any], seed: int, answered: Iterable[Answered]) -> list[dict[str, Any]]:
    """Return a row for each sentence of one asking, which ``names`` tells from others: mentions found right, named, and wanted."""
    rows = []
    for each in answered:
        wanted, named = _mentions(each.gold), _mentions(each.labels)
        place = dict(zip(("corpus", "language", "split"), each.part, strict=True))
        found = {"correct": len(wanted & named), "predicted": len(named), "reference": len(wanted)}
        rows.append({**names, "seed": seed, **place, "sentence": each.sentence, **found})
    return rows


def _mentions(labels: Sequence[str]) -> set[Any]:
    return set(IOB2.decode(labels))
