"""The flaws of a block's files: how many lines have each, and what a card that allows it would lose."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from openner_utils.catalog import Flaw
from openner_utils.core.encoding import OUTSIDE
from openner_utils.ownfiles.drafting.blocks import Block, Read
from openner_utils.readers.guess.labels import LABEL, undressed
from openner_utils.readers.meaning import SLIP, UNKNOWN
from openner_utils.readers.reading import NO_LABEL

ALLOWABLE = get_args(Flaw)
"""Flaws that a card may allow."""


@dataclass(slots=True)
class Found:
    """A flaw of several files: ``places`` that have it, the first of them, and what would be lost by passing over it.

    ``lost`` counts, by what they are, the labels, tokens and entries that would be gone; where that is more than nothing, or the
    flaw is none that a card may allow, a draft does not allow it.
    """

    flaw: str
    places: int = 0
    first: str = ""
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def harmless(self) -> bool:
        """Whether nothing is lost where it is passed over."""
        return self.flaw in ALLOWABLE and not self.lost

    @property
    def told(self) -> str:
        """What would be lost, in words."""
        return ", ".join(f"{number:,} {what}" for what, number in self.lost.most_common(5))


def flaws_of(block: Block) -> dict[str, Found]:
    """Return the flaws of the files of a block, by name; white space around labels is none (see `slips_of`)."""
    found: dict[str, Found] = {}
    for each in block.files:
        for fault in each.opened.faults:
            if fault.flaw == SLIP:
                continue
            one = found.setdefault(fault.flaw, Found(fault.flaw))
            one.places += 1
            one.first = one.first or (f"{each.source.name}:{fault.line}" if fault.line else each.source.name)
        for flaw, what in _lost(each):
            if flaw in found:
                found[flaw].lost[what] += 1
        for flaw in ("bad-span", "bad-json"):
            if flaw in found:
                found[flaw].lost["mentions" if flaw == "bad-span" else "entries"] = found[flaw].places
    return dict(sorted(found.items()))


def slips_of(block: Block) -> dict[str, str]:
    """Return labels with white space around them → the labels that are meant, as the files spell them."""
    return {name: undressed(name) for each in block.files for name in _names(each, SLIP)}


def _names(each: Read, flaw: str) -> list[str]:
    """Return the labels of a file that have a flaw."""
    return [name for name, meaning in each.opened.meanings.items() if meaning.flaw == flaw]


def _lost(each: Read) -> Iterator[tuple[str, str]]:
    """Yield (flaw, what) for each thing in a file that would be lost if the flaw were allowed."""
    reading = each.opened.reading
    columns = reading.columns
    for name in _names(each, UNKNOWN):
        uses = int((columns.labels == columns.names.index(name)).sum())
        yield from [(UNKNOWN, f"labels {name!r}")] * uses
    if NO_LABEL in columns.names:
        alone = np.flatnonzero(columns.labels == columns.names.index(NO_LABEL))
        used = np.unique(columns.labels).tolist()
        known = {columns.names[number] for number in used} - {NO_LABEL, ""}
        for token in columns.tokens.take(alone).to_pylist():
            if _holds_label(token, known):
                yield "missing-label", "labels that stand in the token, behind another separator"
    spelling = each.opened.format.read_as
    for change in reading.changes:
        if (
            change.rule == "empty-token"
            and change.before
            and spelling.get(change.before, change.before) != OUTSIDE
        ):
            yield "empty-token", f"labels {change.before!r}"
    odd = [fault.line for fault in each.opened.faults if fault.flaw == "column-count"]
    if odd:
        yield from _lost_in_lines(each, odd)


def _holds_label(token: str, known: set[str]) -> bool:
    """Return whether a token that has no label is one, or ends or begins with one: another separator stands there.

    >>> [_holds_label(token, {"PER", "B-PER", "O"}) for token in ("Bo    PER", "B-PER", "O", "\u00a0")]
    [True, True, False, False]
    """
    words = token.split()
    if len(words) == 1:
        return token in known and token != OUTSIDE
    return any(word in known or LABEL.match(word) for word in (*words[-1:], *words[:1]))


def _lost_in_lines(each: Read, lines: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yield what is lost in lines with another number of columns: those that gave no token, or a label that is none."""
    columns = each.opened.reading.columns
    unknown = {columns.names.index(name) for name in _names(each, UNKNOWN)}
    unknown |= {columns.names.index(NO_LABEL)} if NO_LABEL in columns.names else set()
    held = dict(zip(columns.lines.tolist(), columns.labels.tolist(), strict=True))
    for line in lines:
        if line not in held:
            yield "column-count", "lines that give no token"
        elif held[line] in unknown:
            yield "column-count", "lines whose label is not found"
