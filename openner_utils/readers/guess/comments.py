"""Guessing which lines of a delimited file hold no token: a header, and comments."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openner_utils.readers.guess.evidence import Found, Sample
from openner_utils.readers.guess.labels import is_label
from openner_utils.readers.guess.places import label_columns_of, label_of
from openner_utils.readers.guess.table import Table
from openner_utils.readers.stored import lines_of

_HEADER = re.compile(
    r"(label|tag|ner|ne|iob2?|bio|entit|type|class|category|gold|pred|annotation)(s|y|ies|e|es)?([-_ ]\w+)*$",
    re.IGNORECASE,
)
"""How the name of a column of labels begins."""
_MANY = 100_000
"""Different lines with a number sign that are looked at, at the most."""


def header_of(table: Table, given: Mapping[str, Any]) -> Found[bool]:
    """Return whether the first line names the columns: one cell is a usual name, and its label is none of the others'."""
    if "header" in given:
        return Found(bool(given["header"]), 1.0)
    width, first, others = table.width.value, table.rows[0], table.even[1:]
    if len(first) != width or not others or not any(_HEADER.match(cell) for cell in first[1:]):
        return Found(False, 1.0)
    label = label_of(others, width, given, label_columns_of(others, width)).value
    if any(map(is_label, first)) or first[label] in {row[label] for row in others}:
        return Found(False, 0.9)
    return Found(True, 0.9, (("the first line is a header", "--option header"),))


def token_test(table: Table, label: int) -> Callable[[str], bool]:
    """Return what tells whether a line is a token's: of the usual width, with a label that others have or that is spelled as one."""
    known = {row[label] for row in table.even}
    known = known if len(known) <= max(2, len(table.even) / 5) else set()

    def is_token(line: str) -> bool:
        row = table.cells(line)
        return len(row) == table.width.value and (row[label] in known or is_label(row[label]))

    return is_token


def comment_of(
    lines: Sequence[str], is_token: Callable[[str], bool], given: Mapping[str, Any]
) -> Found[str | Sequence[str] | None]:
    """Return how comment lines begin, or None; ``lines`` are those with a number sign, of which some are tokens.

    Where tokens begin like comments, the comments' first word tells them apart; if it does not, there are none, and
    reading shows the lines that do not fit.

    >>> comment_of(["# file: x", "# O"], lambda line: line == "# O", {}).value
    '# file:'
    """
    if "comment" in given:
        return Found(given["comment"], 1.0)
    odd = [line for line in lines if not is_token(line)]
    tokens = [line for line in lines if is_token(line)]
    common = _common(odd)
    for pattern in (r"#+[ \t]?", r"#+[ \t]?[^\s#]+"):
        match = re.match(pattern, common)
        if match and not any(token.startswith(match[0]) for token in tokens):
            why = f"lines that begin with {match[0]!r} are comments"
            return Found(match[0], 0.9, ((why, "--option comment"),))
    return Found(None, 0.9)


def _common(lines: Sequence[str]) -> str:
    """Return what all lines begin with."""
    first, last = min(lines, default=""), max(lines, default="")
    return next((first[:end] for end in range(len(first), 0, -1) if last.startswith(first[:end])), "")


def hash_lines(sample: Sample) -> list[str]:
    """Return the lines of the whole file that begin with a number sign, each once: a token may be one, too."""
    if sample.encoding.startswith("utf-16") or sample.encoding == "utf-32":
        return list(dict.fromkeys(line for line in sample.lines if line.startswith("#")))
    found: dict[bytes, None] = {}
    for piece in lines_of(sample.raw.content):
        position = 0 if piece.startswith(b"#") else piece.find(b"\n#") + 1
        while (position or piece.startswith(b"#")) and len(found) < _MANY:
            end = piece.find(b"\n", position)
            end = len(piece) if end < 0 else end
            found[piece[position:end].rstrip(b"\r")] = None
            position = piece.find(b"\n#", end) + 1
            if not position:
                break
    return [line.decode(sample.encoding, "replace") for line in found]
