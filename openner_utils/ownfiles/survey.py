"""A file read to its end, part by part: what was met in all of it, and its parts once more when they are asked for.

What is wrong with a line, and what its label means, may hang on lines far away. So a file is read once to the end, and what has
to be known of all of it is kept; whoever needs the content reads the parts again. The first parts are kept, so that a small
file is read once.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.readers import no_sentence
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.parts import PART, Part, parts_of
from openner_utils.readers.reading import Fault, Faults, Open, Reading, in_order
from openner_utils.support.errors import OpenNERError


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a file is held: bytes of a part, at the least, and how many parts, the first ones, are kept (one or more)."""

    part: int = PART
    kept: int = 4


WHOLE = Bounds(sys.maxsize)
"""All of the file is one part."""


@dataclass(frozen=True, slots=True)
class Use:
    """How many tokens have a label, and of the first of them its number in the file and its line."""

    number: int
    token: int
    line: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A part that has been read, with nothing open: ``sentence`` and ``token`` are how many come before it in the file."""

    part: Part
    reading: Reading
    sentence: int
    token: int

    @property
    def left_out(self) -> tuple[Change, ...]:
        """What the flat labels do not hold, with sentences as they count in the file; see `left_out`."""
        return tuple(_in_file(row, self.sentence) for row in left_out(self.reading))

    @property
    def respelled(self) -> tuple[Change, ...]:
        """Tokens that were left out or got a text, with sentences as they count in the file."""
        return tuple(_in_file(row, self.sentence) for row in self.reading.changes if row.token >= 0)


def _in_file(row: Change, before: int) -> Change:
    return Change(row.line, max(row.sentence + before, 0), row.token, row.before, row.after, row.rule)


def left_out(reading: Reading) -> tuple[Change, ...]:
    """Return what flat labels do not hold: mentions that overlap longer ones, have gaps, or were cut."""
    changes = tuple(row for row in reading.changes if row.token < 0)
    if any(row.rule == "overlap" for row in changes):
        return changes
    nested = (
        Change(each.line, each.sentence, -1, f"{each.start} {each.end} {each.type}", None, "overlap")
        for each in reading.layers
    )
    return (*changes, *nested)


@dataclass
class Survey:
    """What was met in a file.

    ``uses``: labels as written, ``O`` first, then by first use; a label of tokens that were dropped is among them. ``counts``: as in
    `Reading`. ``flaws``: flaw → faults that have it; ``first``: the first fault of each, by line. ``left_out``: rule → mentions that the
    flat labels do not hold; ``cut``: whether there are any, or such as they hold otherwise. ``respelled``: whether tokens were
    left out or got a text. ``layers``: type → mentions of inner layers. ``spans``: as in `Reading`. ``of_whole``: faults of the file
    as a whole, which no part has.
    """

    raw: RawFile
    layout: Layout
    bounds: Bounds
    parts: int = 0
    sentences: int = 0
    tokens: int = 0
    uses: dict[str, Use] = field(default_factory=lambda: {OUTSIDE: Use(0, 0, 0)})
    counts: dict[str, int] = field(default_factory=dict)
    flaws: Counter[str] = field(default_factory=Counter)
    first: dict[str, Fault] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    cut: bool = False
    respelled: bool = False
    layers: Counter[str] = field(default_factory=Counter)
    spans: bool = False
    of_whole: tuple[Fault, ...] = ()
    _open: Open | None = None
    _kept: list[Portion] = field(default_factory=list)

    @classmethod
    def of(cls, raw: RawFile, layout: Layout, bounds: Bounds) -> "Survey":
        """Read a file to its end; what keeps it from being read is a `FormatError`."""
        found = cls(raw, layout, bounds)
        for number, part in enumerate(parts_of(raw, layout, bounds.part)):
            portion = Portion(part, part.read(), found.sentences, found.tokens)
            found._add(portion)
            found.parts += 1
            if number < bounds.kept:
                found._kept.append(portion)
        found._finish()
        return found

    def portions(self) -> Iterator[Portion]:
        """Yield the parts, read; the first ones are there already. A file that changes meanwhile is an `OpenNERError`."""
        yield from self._kept
        last = self._kept[-1]
        sentence = last.sentence + last.reading.columns.n_sentences
        token = last.token + len(last.reading.columns)
        for part in islice(parts_of(self.raw, self.layout, self.bounds.part), len(self._kept), None):
            reading = part.read().closed(Faults(self.raw, self.layout), self._open)
            if not self.uses.keys() >= set(reading.columns.names):
                raise self._changed()
            yield Portion(part, reading, sentence, token)
            sentence += reading.columns.n_sentences
            token += len(reading.columns)
        if (sentence, token) != (self.sentences, self.tokens):
            raise self._changed()

    def _changed(self) -> OpenNERError:
        what = "the file changed while it was read"
        return OpenNERError(f"{self.raw.path}: {what}. Run again when nothing writes into it.")

    def _add(self, portion: Portion) -> None:
        reading = portion.reading
        self.respelled |= any(row.token >= 0 for row in reading.changes)
        self._use(reading.columns)
        self.sentences += reading.columns.n_sentences
        self.tokens += len(reading.columns)
        for what, number in reading.counts.items():
            self.counts[what] = self.counts.get(what, 0) + number
        for fault in reading.faults:
            self.flaws[fault.flaw] += 1
            self.first.setdefault(fault.flaw, fault)
        for row in left_out(reading):
            self.cut = True
            if row.after is None:
                self.left_out[row.rule] += 1
        self.layers.update(nested.type for nested in reading.layers)
        self.spans |= reading.spans
        if reading.open is not None:
            self._open = self._open.joined(reading.open) if self._open else reading.open

    def _use(self, columns: Columns) -> None:
        """Count the labels of a part."""
        numbers = np.bincount(columns.labels, minlength=len(columns.names)).tolist()
        at = np.zeros(len(columns.names), np.int64)
        # Of tokens with one label the last that is put there stays.
        at[columns.labels[::-1]] = np.arange(len(columns) - 1, -1, -1)
        for name, number, first in zip(columns.names, numbers, at.tolist(), strict=True):
            known = self.uses.get(name, Use(0, 0, 0))
            if number and not known.number:
                known = Use(0, self.tokens + first, int(columns.lines[first]))
            self.uses[name] = replace(known, number=known.number + number)

    def _finish(self) -> None:
        """Settle what the parts left open, for the file and for those parts that are kept."""
        if self._open is not None:
            found, counts = self._open.told(Faults(self.raw, self.layout))
            self.counts |= counts
            for fault, number in found:
                self.flaws[fault.flaw] += number
            told = [fault for fault, _ in found]
            firsts = in_order(
                (*told, *self.first.values()) if self._open.leads else (*self.first.values(), *told)
            )
            self.first = {}
            for fault in firsts:
                self.first.setdefault(fault.flaw, fault)
            self._kept = [
                replace(each, reading=each.reading.closed(Faults(self.raw, self.layout), self._open))
                for each in self._kept
            ]
        self.counts = {what: number for what, number in self.counts.items() if number}
        if not self.tokens and not self.flaws:
            self.of_whole = (no_sentence(self.raw, self.layout),)
            self.first = {fault.flaw: fault for fault in self.of_whole}
            self.flaws.update(self.first.keys())
