"""Offsets into a text: in what publishers count them, and what speaks for another way of counting than the one taken."""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from openner_utils.readers.reading import Fault, Faults

Unit = Literal["characters", "utf16", "utf8"]
"""What offsets count: characters (as Python does), UTF-16 units (JavaScript, Java: an emoji is two), bytes of UTF-8."""
_WIDTHS: dict[str, Callable[[str], int]] = {
    "utf16": lambda character: 1 + (character > "\uffff"),
    "utf8": lambda character: len(character.encode("utf-8", "surrogatepass")),
}
_NAMES = {"utf16": "UTF-16 units, in which an emoji is two", "utf8": "bytes of UTF-8"}
_OTHERS: tuple[Unit, ...] = ("utf16", "utf8")
Edges = tuple[int, int]
_SOME = 3
"""Mentions at the least from which on it counts that nearly all of them begin too late."""


def in_characters(text: str, unit: Unit) -> Callable[[int], int]:
    """Return what turns an offset into ``text`` into one in characters; -1 if it lies inside a character or outside.

    >>> in_characters("\N{GRINNING FACE} Ada", "utf16")(3)
    2
    """
    if unit == "characters":
        return lambda offset: offset if 0 <= offset <= len(text) else -1
    at, places = 0, {}
    for place, character in enumerate(text):
        places[at] = place
        at += _WIDTHS[unit](character)
    places[at] = len(text)
    return lambda offset: places.get(offset, -1)


def cause(text: str, edges: Edges, given: str) -> str:
    """Return in what else ``edges`` must be counted for the text there to be ``given``; empty if nothing fits."""
    for unit in _OTHERS:
        place = in_characters(text, unit)
        if min(place(edges[0]), place(edges[1])) >= 0 and text[place(edges[0]) : place(edges[1])] == given:
            return f" (counted in {_NAMES[unit]}, it is)"
    return ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of which mentions are off: its line, what is so, and the units in which none is."""

    line: int
    what: str
    units: tuple[Unit, ...]


class Fit:
    """Compares edges of mentions with those of tokens, as they are counted and as they might be meant.

    Mentions may end inside words (a Finnish name with its case ending, say), so what speaks for another way of counting is
    that it explains all of a file's mentions that do, or nearly all.
    """

    leads: ClassVar[bool] = False

    def __init__(self) -> None:
        self._all = self._early = self._early_line = self._late = self._late_line = self._off = 0
        self._explained: Counter[Unit] = Counter()
        self._first: dict[Unit, _Text] = {}
        self._texts: list[_Text] = []

    def take(self, line: int, text: str, spans: Sequence[Edges], words: Sequence[Edges]) -> None:
        """Look at the spans of one text, counted in characters, and at its tokens."""
        starts, ends = {start for start, _ in words}, {end for _, end in words}

        def fits(start: int, end: int) -> bool:
            inside = text[start:end]
            start, end = start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip())
            return start in starts and end in ends

        off = [span for span in spans if not fits(*span)]
        early = sum(start in starts and end not in ends and end + 1 in ends for start, end in off)
        self._all += len(spans)
        self._early += early
        self._early_line = self._early_line or (line if early else 0)
        late = sum(
            start not in starts and start - 1 in starts and bool({end, end - 1} & ends) for start, end in off
        )
        self._late += late
        self._late_line = self._late_line or (line if late else 0)
        if not off or text.isascii():
            return
        places = {unit: in_characters(text, unit) for unit in _OTHERS}
        units = tuple(
            unit
            for unit, place in places.items()
            if all(place(start) in starts and place(end) in ends for start, end in spans)
        )
        what = f"{len(off)} of {len(spans)} mentions begin or end inside a token"
        self._off += 1
        self._explained.update(units)
        self._texts.append(_Text(line, what, units))
        self._first = dict.fromkeys(units, self._texts[-1]) | self._first

    def moved(self, lines: int) -> "Fit":
        """Return the same of a part before which there are so many lines."""
        found = copy(self)
        found._early_line += lines if self._early_line else 0
        found._late_line += lines if self._late_line else 0
        found._texts = [replace(each, line=each.line + lines) for each in self._texts]
        found._first = {unit: replace(each, line=each.line + lines) for unit, each in self._first.items()}
        return found

    def joined(self, other: "Fit") -> "Fit":
        """Return what this part and the next one tell together."""
        found = copy(self)
        found._all, found._early = self._all + other._all, self._early + other._early
        found._early_line = self._early_line or other._early_line
        found._late, found._late_line = self._late + other._late, self._late_line or other._late_line
        found._off, found._explained = self._off + other._off, self._explained + other._explained
        found._first, found._texts = other._first | self._first, []
        return found

    def told(self, faults: Faults) -> tuple[list[tuple[Fault, int]], dict[str, int]]:
        """Return, for a whole file, the first fault of each kind with how many there are."""
        unit = self._unit
        if unit:
            return [(self._note(faults, self._first[unit], unit), self._explained[unit])], {}
        if self._are_late:
            return [(self._note_late(faults), 1)], {}
        return [(self._note_early(faults), 1)] if self._are_early else [], {}

    def close(self, whole: "Fit", faults: Faults) -> dict[str, int]:
        """Note each text of this part in which another unit fits, or the first of all mentions that end a character too early."""
        for text in self._texts:
            if whole._unit in text.units:
                self._note(faults, text, whole._unit)
        if whole._are_early and self._early_line == whole._early_line:
            whole._note_early(faults)
        if whole._are_late and self._late_line == whole._late_line:
            whole._note_late(faults)
        return {}

    @property
    def _unit(self) -> Unit | None:
        """The unit in which offsets are counted, if they seem not to be counted in characters."""
        unit = max(_OTHERS, key=lambda unit: self._explained[unit])
        return unit if self._explained[unit] > 0.9 * self._off else None

    @property
    def _are_early(self) -> bool:
        """Whether most mentions end a character too early."""
        return self._unit is None and self._early > 0.9 * self._all

    @property
    def _are_late(self) -> bool:
        """Whether most mentions begin a character too late, and there are some: a few may follow an article that is one letter."""
        return self._unit is None and self._late >= _SOME and self._late > 0.9 * self._all

    def _note(self, faults: Faults, text: _Text, unit: Unit) -> Fault:
        what = f"{text.what}; counted in {_NAMES[unit]}, none does"
        return faults.add(text.line, "bad-span", what, "Count offsets in characters", ["offsets"])

    def _note_early(self, faults: Faults) -> Fault:
        what = f"{self._early} of {self._all} mentions end one character before a token does"
        fix = "Let the end be the offset after the last character"
        return faults.add(self._early_line, "bad-span", what, fix, ["inclusive"])

    def _note_late(self, faults: Faults) -> Fault:
        what = f"{self._late} of {self._all} mentions begin one character after a token does, so offsets seem to count from 1"
        return faults.add(self._late_line, "bad-span", what, "Count offsets from 0", ["offsets"])
