"""Splits for corpora whose publisher made none: whole documents, or runs of sentences, chosen by a hash.

The hash is of the unit's place (file and number), so the same files give the same splits on every machine and
after every download; no random generator is involved. What a card says under ``division`` decides alone.
"""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from openner_utils.catalog import Card, Split
from openner_utils.core.columns import Columns
from openner_utils.support.errors import OpenNERError


@dataclass(frozen=True, slots=True)
class Unit:
    """Sentences that stay together: those from ``start`` to ``end`` of one file, 0-based."""

    file: str
    start: int
    end: int

    def rank(self) -> str:
        """Return what decides the unit's place in line."""
        return hashlib.sha256(f"{self.file}\n{self.start}".encode()).hexdigest()


def units(columns: Columns, card: Card) -> list[Unit]:
    """Return the units of one file, in order; see `catalog.Division`."""
    division = card.division
    assert division is not None, "the card record checks that files with split `all` have a division"
    if division.by == "block":
        count = columns.n_sentences
        return [
            Unit(columns.file, start, min(start + division.size, count))
            for start in range(0, count, division.size)
        ]
    starts = columns.documents.tolist()
    return [Unit(columns.file, start, end) for start, end in itertools.pairwise(starts)]


def check_shares(card: Card, where: str) -> None:
    """Refuse a division that leaves nothing to train on; ``where`` names the card in the error."""
    division = card.division
    if division is not None and division.dev + division.test >= 1:
        raise OpenNERError(
            f"{where}: division: dev {division.dev:g} and test {division.test:g} are all sentences and leave none to train on. "
            "Give shares that are less than 1 together."
        )


def divide(found: Sequence[Unit], card: Card) -> dict[Unit, Split]:
    """Return the split of each unit of one language: test first, then dev, until their shares are full.

    Raises `OpenNERError` when there are too few units for every split that the card asks for.
    """
    division = card.division
    assert division is not None
    check_shares(card, f"Card {card.id}")
    total = sum(unit.end - unit.start for unit in found)
    splits: dict[Unit, Split] = {}
    waiting = sorted(found, key=Unit.rank, reverse=True)
    shares: tuple[tuple[Split, float], ...] = (("test", division.test), ("dev", division.dev))
    for split, share in shares:
        have = 0
        while waiting and have < share * total:
            unit = waiting.pop()
            splits[unit] = split
            have += unit.end - unit.start
    if not waiting:
        raise OpenNERError(
            f"Card {card.id}: {len(found)} {division.by}(s) are too few to divide. Divide by smaller blocks "
            f"(`division: {{by: block, size: 1, dev: {division.dev:g}, test: {division.test:g}}}`), or take `division` out and give each file "
            "its split: with `split: test` a model is tested on all of it."
        )
    return splits | dict.fromkeys(waiting, "train")
