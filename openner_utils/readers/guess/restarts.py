"""Columns of which the first numbers the tokens of each sentence, and nothing else says where sentences end."""

from itertools import pairwise

from openner_utils.readers.guess.evidence import Sample, Unread
from openner_utils.readers.guess.labels import is_label

_BLANK_LINES = (
    "Write blank lines: python -c 'import re, sys; "
    'sys.stdout.buffer.write(re.sub(rb"\\n(?=1(?:-\\d+)?[\\t ])", b"\\n\\n", sys.stdin.buffer.read()))\' < FILE > OUT.'
)


def sniff(sample: Sample) -> Unread | None:
    """Return what stands against token numbers that begin again at 1 without a blank line, which would be one sentence."""
    if sample.json is not None or sample.given.keys() & {"sentence_id", "flags", "sentence"}:
        return None
    at: int | None = None
    for place, window in enumerate(sample.windows):
        lines = [line for line in window.removesuffix("\n").split("\n") if not line.startswith("#")]
        rows = [line.split() for line in lines]
        # The first line may name the columns.
        rows = rows[1:] if rows and not place and rows[0] and not rows[0][0].isdecimal() else rows
        if any(len(row) < 2 or not row[0].split("-")[0].split(".")[0].isdecimal() for row in rows):
            return None
        numbers = [int(row[0]) for row in rows if row[0].isdecimal() and len(row[0]) <= 9]
        steps = list(pairwise(numbers))
        if any(after not in (1, before + 1) for before, after in steps):
            return None
        if not any(is_label(cell) for row in rows for cell in row[1:]):
            return None
        if at is None and any(after == 1 for before, after in steps if before > 1):
            at = place
    if at is None:
        return None
    what = "the numbers of tokens begin again at 1, and no blank line ends the sentence before"
    return Unread(what, 0.98, _BLANK_LINES, _line_of(sample) if at == 0 else 0)


def _line_of(sample: Sample) -> int:
    """Return the line on which the numbers first begin again."""
    before = 0
    for number, line in enumerate(sample.windows[0].split("\n"), 1):
        first = (line.split() or [""])[0]
        if first == "1" and before > 1:
            return number
        before = int(first) if first.isdecimal() else before
    return 0
