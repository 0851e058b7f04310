"""Columns of which the first numbers the tokens of each sentence, and nothing else says where sentences end."""

import re
from itertools import pairwise

from openner_utils.readers.guess.evidence import Sample, Unread
from openner_utils.readers.guess.labels import is_label

_BETWEEN = re.compile(r"[\s,;|]+")
"""What may stand between columns, or between the cells of a table."""
_FIRST = (0, 1)
"""From what tokens are numbered."""


def sniff(sample: Sample) -> Unread | None:
    """Return what stands against token numbers that begin again without a blank line, which would be one sentence.

    One number on every line may as well name the only sentence, so it is asked for.
    """
    if sample.json is not None or sample.given.keys() & {"sentence_id", "flags", "sentence"}:
        return None
    first: int | None = None
    alike, at = True, None
    for place, window in enumerate(sample.windows):
        lines = [line for line in window.removesuffix("\n").split("\n") if not line.startswith("#")]
        rows = [_BETWEEN.split(line.strip()) for line in lines]
        # The first line may name the columns.
        if rows and not place and not rows[0][0].isdecimal():
            if any(name.lower().startswith("sentence") for name in rows[0]):
                return None
            rows = rows[1:]
        if any(len(row) < 2 or not row[0].split("-")[0].split(".")[0].isdecimal() for row in rows):
            return None
        numbers = [int(row[0]) for row in rows if row[0].isdecimal() and len(row[0]) <= 9]
        if first is None:
            first = numbers[0] if numbers else None
        steps = list(pairwise(numbers))
        if first not in _FIRST or any(after not in (first, before + 1) for before, after in steps):
            return None
        if not any(is_label(cell) for row in rows for cell in row[1:]):
            return None
        alike = alike and set(numbers) == {first} and bool(steps)
        if at is None and any(after == first < before for before, after in steps):
            at = place
    if first is None or (at is None and not alike):
        return None
    if alike:
        what = (
            f"{first} stands before every token, and no blank line ends a sentence: it names the one sentence, or is the number of "
            "a token alone in its sentence"
        )
        option = "sentence_id" if len(sample.filled[-1].split()) > 1 else "sentence"
        hint = f"Where it names the sentence, give --option {option}=0; where it numbers tokens, write blank lines: {_blank_lines(first)}"
        return Unread(what, 0.98, hint, 0)
    what = f"the numbers of tokens begin again at {first}, and no blank line ends the sentence before"
    return Unread(
        what, 0.98, f"Write blank lines: {_blank_lines(first)}", _line_of(sample, first) if at == 0 else 0
    )


def _blank_lines(first: int) -> str:
    """Return the command that writes a blank line before each token with the ``first`` number, or a range that begins so."""
    return (
        "python -c 'import re, sys; "
        f'sys.stdout.buffer.write(re.sub(rb"\\n(?={first}(?:-\\d+)?[\\t ,;|])", b"\\n\\n", sys.stdin.buffer.read()))\' < FILE > OUT.'
    )


def _line_of(sample: Sample, first: int) -> int:
    """Return the line on which the numbers first begin again."""
    before = first
    for number, line in enumerate(sample.windows[0].split("\n"), 1):
        cell = _BETWEEN.split(line.strip())[0]
        if cell == str(first) and before > first:
            return number
        before = int(cell) if cell.isdecimal() else before
    return 0
