"""Offsets into a text: in what publishers count them, and what speaks for another way of counting than the one taken."""

from collections.abc import Callable, Sequence
from typing import Literal

from openner_utils.readers.reading import Faults

Unit = Literal["characters", "utf16", "utf8"]
"""What offsets count: characters (as Python does), UTF-16 units (JavaScript, Java: an emoji is two), bytes of UTF-8."""
_WIDTHS: dict[str, Callable[[str], int]] = {
    "utf16": lambda character: 1 + (character > "\uffff"),
    "utf8": lambda character: len(character.encode("utf-8", "surrogatepass")),
}
_NAMES = {"utf16": "UTF-16 units, in which an emoji is two", "utf8": "bytes of UTF-8"}
_OTHERS: tuple[Unit, ...] = ("utf16", "utf8")
Edges = tuple[int, int]


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


class Fit:
    """Compares edges of mentions with those of tokens, as they are counted and as they might be meant.

    Mentions may end inside words (a Finnish name with its case ending, say), so what speaks for another way of counting is
    that it explains all of a file's mentions that do, or nearly all.
    """

    def __init__(self) -> None:
        self._all = self._early = self._early_line = 0
        self._off: list[tuple[int, str]] = []
        self._explained: dict[Unit, set[int]] = {unit: set() for unit in _OTHERS}

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
        if not off or text.isascii():
            return
        self._off.append((line, f"{len(off)} of {len(spans)} mentions begin or end inside a token"))
        for unit in _OTHERS:
            place = in_characters(text, unit)
            if all(place(start) in starts and place(end) in ends for start, end in spans):
                self._explained[unit].add(line)

    def finish(self, faults: Faults) -> None:
        """Note a fault for each text in which another unit fits, and one if most mentions end a character too early."""
        unit = max(_OTHERS, key=lambda unit: len(self._explained[unit]))
        if len(self._explained[unit]) > 0.9 * len(self._off):
            for line, what in self._off:
                if line in self._explained[unit]:
                    what += f"; counted in {_NAMES[unit]}, none does"
                    faults.add(line, "bad-span", what, "Count offsets in characters", ["offsets"])
        elif self._early > 0.9 * self._all:
            what = f"{self._early} of {self._all} mentions end one character before a token does"
            fix = "Let the end be the offset after the last character"
            faults.add(self._early_line, "bad-span", what, fix, ["inclusive"])
