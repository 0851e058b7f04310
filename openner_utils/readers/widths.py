"""How many columns the lines of a file have: those that have another number than is usual are wrong, or lack something."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from openner_utils.core.columns import Ints
from openner_utils.readers.reading import Fault, Faults

ODD = "line with another number of columns"
"""What lines are counted under that are read though they have another number of columns."""


@dataclass(frozen=True, slots=True)
class Widths:
    """Number of columns → how many token lines have it, and the first of them; and in a part these ``lines`` themselves.

    ``named`` are the columns that options name, each with its option, ``needed`` is the last column that every line must have, ``inner`` the first and the last one of inner layers (0 and -1: none),
    which lines may lack. ``rest``: a token may hold separators, so more columns are as good. ``known`` is the number of columns that the file
    itself names; otherwise the most frequent one counts as right.
    """

    leads: ClassVar[bool] = True
    uses: Counter[int]
    first: Mapping[int, int]
    lines: Mapping[int, Ints]
    named: tuple[tuple[str, int], ...]
    needed: int
    inner: tuple[int, int]
    rest: bool
    known: int | None

    def moved(self, lines: int) -> "Widths":
        """Return the same of a part before which there are so many lines."""
        first = {width: line + lines for width, line in self.first.items()}
        return replace(self, first=first, lines={width: of + lines for width, of in self.lines.items()})

    def joined(self, other: "Widths") -> "Widths":
        """Return what this part and the next one tell together."""
        return replace(self, uses=self.uses + other.uses, first={**other.first, **self.first}, lines={})

    def told(self, faults: Faults) -> tuple[list[tuple[Fault, int]], dict[str, int]]:
        """Return, for a whole file, the first fault of each number of columns with how many there are, and what else is counted.

        Raises `FormatError` for a file that lacks columns.
        """
        usual, odd = self._odd(faults)
        found = [(self._note(faults, self.first[width], width, usual), self.uses[width]) for width in odd]
        return found, {ODD: sum(self.uses[width] for width in odd if width > 1)}

    def close(self, whole: "Widths", faults: Faults) -> dict[str, int]:
        """Note the lines of this part whose number of columns is not the usual one of the whole file, and count them."""
        usual, wrong = whole._odd(faults)
        odd = [width for width in self.lines if width in wrong]
        for width in odd:
            for line in self.lines[width].tolist():
                self._note(faults, line, width, usual)
        return {ODD: sum(self.uses[width] for width in odd if width > 1)}

    def _odd(self, faults: Faults) -> tuple[int, list[int]]:
        """Return the number of columns that counts as right in a file (0 where it has no lines), and those that are wrong."""
        if not self.uses:
            return 0, []
        outer, inner = self.inner
        # Some lines hold an inner layer, or none does.
        needed = self.needed if inner < max(self.uses) else max(self.needed, inner)
        usual = self.known or max(self.uses, key=lambda width: (self.uses[width], width > needed, -width))
        if usual <= needed:
            what = f"{usual} column(s) where {needed + 1} are needed"
            options = ["separator", "token", "label"]
            raise faults.fail(self.first[usual], "column-count", what, "Correct the lines", options)
        taken: dict[int, str] = {}
        for option, column in self.named if usual > 1 else ():
            place = column + usual if column < 0 else column
            if other := taken.get(place):
                what = f"column {place} is taken both for {other} and for {option}"
                raise faults.fail(0, "column-count", what, "Name two columns", dict.fromkeys((other, option)))
            taken[place] = option

        def is_right(width: int) -> bool:
            # Labels of inner layers that some lines lack; where most have them all, a shorter line is odd.
            layered = usual <= inner and max(outer, needed + 1) <= width <= inner + 1
            return width == usual or layered or (self.rest and width > usual)  # a token with separators in it

        return usual, [width for width in self.uses if not is_right(width)]

    def _note(self, faults: Faults, line: int, width: int, usual: int) -> Fault:
        what = (
            f"{width} column(s) where {'the header names' if self.known else 'the other lines have'} {usual}"
        )
        flaw, what = ("missing-label", f"missing label: {what}") if width == 1 else ("column-count", what)
        return faults.add(line, flaw, what, options=["separator", "comment"])
