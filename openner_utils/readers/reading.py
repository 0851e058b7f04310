"""What a reader met in a file: its content as columns, every fault with its place, and how readers build both."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np

from openner_utils.core.changes import Change
from openner_utils.core.columns import Columns, arrow_strings, encode_names, offsets_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.support.errors import MOST_SAID, FormatError
from openner_utils.support.words import shortened

NO_LABEL = "\x00"
"""Stands for the label of a token that has none; no file holds it (it is refused)."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A mention that the flat view leaves out because another one covers it; it is kept beside the labels.

    ``line`` is that of its first token or, in text with spans, that on which the publisher gives it. ``start`` and
    ``end`` are tokens of its sentence, ``layer`` counts from 1 inwards (0: the outermost, where a card takes an
    inner layer for the flat view). Types are spelled as published.
    """

    line: int
    sentence: int
    start: int
    end: int
    type: str
    layer: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that breaks its format: where, of which kind (``flaw``), and what to do.

    ``line`` is 1-based, or 0 for the file as a whole; a flaw of `catalog.Flaw` may be allowed.
    """

    path: Path
    line: int
    flaw: str
    what: str
    hint: str

    @property
    def place(self) -> str:
        """Where it is: ``file:line``."""
        return f"{self.path}:{self.line}" if self.line else str(self.path)

    @property
    def error(self) -> FormatError:
        """The error that a strict caller raises."""
        return FormatError(self.path, self.line, self.what, self.hint, self.flaw)


class Open(Protocol):
    """What the reading of a part leaves open, because only all of its file tells what is wrong.

    ``leads``: whether its faults come before others of their line.
    """

    leads: ClassVar[bool]

    def moved(self, lines: int) -> Self:
        """Return the same of a part before which there are so many lines."""

    def joined(self, other: Self) -> Self:
        """Return what this part and the next one tell together."""

    def told(self, faults: "Faults") -> tuple[list[tuple["Fault", int]], dict[str, int]]:
        """Return, for a whole file, the first fault of each kind with how many there are, and what else is counted."""

    def close(self, whole: Self, faults: "Faults") -> dict[str, int]:
        """Note what is wrong with this part of a file that is ``whole``, and return what else is counted in it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as published, or a part of one, read in one pass.

    ``columns`` have raw labels; ``changes`` are what the flat view could not keep (a token dropped, a span left out);
    ``counts`` tell what was passed over; ``layers`` hold nested mentions; ``faults`` is everything that breaks the
    format, by line: the columns hold what is left when they are passed over. ``spans``: mentions are published as spans, and the
    labels are the reader's, in IOB2. ``open`` is what only the whole file settles; see `closed`. In a part sentences count from
    its own first one, of which -1 is the one before.
    """

    columns: Columns
    changes: tuple[Change, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    layers: tuple[Nested, ...] = ()
    faults: tuple[Fault, ...] = ()
    spans: bool = False
    open: Open | None = None

    def moved(self, lines: int) -> "Reading":
        """Return the same of a part before which there are so many lines."""
        if not lines:
            return self
        return replace(
            self,
            columns=replace(self.columns, lines=self.columns.lines + np.int32(lines)),
            changes=tuple(replace(row, line=row.line + lines) for row in self.changes),
            layers=tuple(replace(nested, line=nested.line + lines) for nested in self.layers),
            faults=tuple(replace(fault, line=fault.line + lines) for fault in self.faults),
            open=self.open and self.open.moved(lines),
        )

    def closed(self, faults: "Faults", whole: Open | None = None) -> "Reading":
        """Return this reading with what was open settled, for a file that is ``whole`` (default: this is all of it)."""
        if self.open is None:
            return self
        counts = self.counts | self.open.close(whole or self.open, faults)
        found = faults.sorted()
        together = (*found, *self.faults) if self.open.leads else (*self.faults, *found)
        return replace(self, counts=counts, faults=in_order(together), open=None)

    def strict(self, allow: Collection[str] = ()) -> "Reading":
        """Return this reading, or raise the first fault whose flaw ``allow`` does not name."""
        for fault in self.faults:
            if fault.flaw not in allow:
                raise fault.error
        return self


class Faults:
    """Gathers the faults of one file while it is read; what keeps a reader from going on is raised."""

    def __init__(self, raw: RawFile, layout: Layout) -> None:
        self._path, self._layout = raw.path, layout
        self._found: list[Fault] = []

    def add(
        self,
        line: int,
        flaw: str,
        what: str,
        fix: str = "Correct the line",
        options: Iterable[str] = (),
        path: Path | None = None,
    ) -> Fault:
        """Note a fault after which reading goes on.

        ``fix`` says what to do with the file, without a full stop; ``options`` name those of the layout that may be
        wrong instead. ``path``: the file, where it is not the one that is read (annotations beside a text).
        """
        fault = Fault(
            path or self._path, line, flaw, shortened(what, MOST_SAID), self._layout.hint(fix, flaw, options)
        )
        self._found.append(fault)
        return fault

    def fail(
        self,
        line: int,
        flaw: str,
        what: str,
        fix: str = "Correct the line",
        options: Iterable[str] = (),
        path: Path | None = None,
    ) -> FormatError:
        """Return the error to raise for a fault after which nothing more can be read; see `add`."""
        return self.add(line, flaw, what, fix, options, path).error

    def sorted(self) -> tuple[Fault, ...]:
        """Return the faults in the order of their lines."""
        return in_order(self._found)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of their lines; those of one line stay in theirs."""
    return tuple(sorted(faults, key=lambda fault: fault.line))


class Builder:
    """Columns that grow by sentences, for readers that take a file entry by entry."""

    def __init__(self, raw: RawFile) -> None:
        self._name = raw.name
        self._tokens: list[str] = []
        self._labels: list[str] = []
        self._lines: list[int] = []
        self._places: list[tuple[int, int]] = []
        self._lengths: list[int] = []
        self._documents: list[int] = []
        self._open = 0

    @property
    def n_sentences(self) -> int:
        """How many sentences there are so far."""
        return len(self._lengths)

    def sentence(
        self,
        tokens: Sequence[str],
        labels: Iterable[str],
        lines: int | Sequence[int],
        places: Iterable[tuple[int, int]] = (),
    ) -> None:
        """Add a sentence of one token or more, and one label for each.

        ``lines``: the 1-based line of all tokens, or of each; ``places``: [start, end) of each token in characters of
        its text, given for every sentence of a file or for none.
        """
        self._tokens += tokens
        self._labels += labels
        self._lines += [lines] * len(tokens) if isinstance(lines, int) else lines
        self._places += places
        self._lengths.append(len(tokens))
        self._open += 1

    def end_document(self) -> None:
        """Let the next sentence begin a document; nothing happens where none has come since the last."""
        if self._open:
            self._documents.append(self._open)
        self._open = 0

    def columns(self) -> Columns:
        """Return the columns; the last document ends here."""
        self.end_document()
        ids, names = encode_names(self._labels)
        starts, ends = np.array(self._places, np.int32).reshape(-1, 2).T
        return Columns(
            arrow_strings(self._tokens),
            ids,
            names,
            offsets_of(self._lengths),
            offsets_of(self._documents),
            np.array(self._lines, np.int32),
            self._name,
            np.ascontiguousarray(starts) if self._places else None,
            np.ascontiguousarray(ends) if self._places else None,
        )
