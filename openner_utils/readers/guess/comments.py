"""Guessing which lines of a delimited file hold no token: a header, and comments."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
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
"""Different lines that may be comments that are looked at, at the most."""
_OTHER_SIGN = re.compile(r"(?:(?:;+|%+|//+)[ \t]+|;;+|%%+)(?=\S)")
"""How comments begin elsewhere: one sign and a blank, or several signs. A sign alone, or with others, is more likely a token."""
_OTHERS = re.compile(rb"^(?:(?:;+|%+|//+) +|;;+|%%+)[^\s][^\n]*", re.MULTILINE)
"""Lines that may be comments without a number sign. Behind a tab a label follows."""


_PIECE = re.compile(r"##[^\s#]")
"""How a sub-token of WordPiece begins that goes on with a word (BERT: ``##ing``); its label is often one of no other token, X."""


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
    """Return what tells whether a line is a token's: of the usual width, with a label that others have or that is spelled as one.

    So is one of the usual width that begins with a sub-token. Of lines without a number sign, which seldom are comments, all of the usual width are.
    """
    known = {row[label] for row in table.even}
    known = known if len(known) <= max(2, len(table.even) / 5) else set()

    def is_token(line: str) -> bool:
        row = table.cells(line)
        fits = len(row) == table.width.value
        told = not line.startswith("#") or bool(_PIECE.match(line))
        return fits and (told or row[label] in known or is_label(row[label]))

    return is_token


def comment_of(
    lines: Sequence[str], is_token: Callable[[str], bool], given: Mapping[str, Any]
) -> Found[str | Sequence[str] | None]:
    """Return how comment lines begin, or None; ``lines`` are those that may be comments, of which some are tokens.

    Where tokens begin like comments, the comments' first word tells them apart; if it does not, there are none, and
    reading shows the lines that do not fit. Several signs are several answers.

    >>> comment_of(["# file: x", "# O"], lambda line: line == "# O", {}).value
    '# file:'
    >>> comment_of(["; by me", "%% x", "%% y"], lambda line: False, {}).value
    ('; ', '%% ')
    """
    if "comment" in given:
        return Found(given["comment"], 1.0)
    odd: dict[str, list[str]] = {}
    tokens: list[str] = []
    for line in lines:
        if is_token(line):
            tokens.append(line)
        elif line.startswith("#"):
            odd.setdefault("#", []).append(line)
        elif sign := _OTHER_SIGN.match(line):
            odd.setdefault(sign[0], []).append(line)
    found = [begin for sign, of_sign in odd.items() if (begin := _begin(sign[0], of_sign, tokens))]
    if not found:
        return Found(None, 0.9)
    why = f"lines that begin with {' or '.join(map(repr, found))} are comments"
    return Found(found[0] if len(found) == 1 else tuple(found), 0.9, ((why, "--option comment"),))


def _begin(sign: str, odd: Sequence[str], tokens: Sequence[str]) -> str:
    """Return how lines begin that are no tokens, if no token begins so; else an empty text."""
    common = _common(odd)
    for pattern in (rf"{sign}+[ \t]?", rf"{sign}+[ \t]?[^\s{sign}]+"):
        match = re.match(pattern, common)
        if match and not any(token.startswith(match[0]) for token in tokens):
            return match[0]
    return ""


def _common(lines: Sequence[str]) -> str:
    """Return what all lines begin with."""
    first, last = min(lines, default=""), max(lines, default="")
    return next((first[:end] for end in range(len(first), 0, -1) if last.startswith(first[:end])), "")


def is_comment(line: str) -> bool:
    """Return whether a line looks like a comment; a token may look so, too."""
    return line.startswith("#") or bool(_OTHER_SIGN.match(line))


def comment_lines(sample: Sample) -> list[str]:
    """Return the lines of the whole file that look like comments, each once: a token may look so, too."""
    if sample.encoding.startswith("utf-16") or sample.encoding == "utf-32":
        return list(dict.fromkeys(filter(is_comment, sample.lines)))
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
        for match in islice(_OTHERS.finditer(piece), _MANY):
            found[match[0].rstrip(b"\r")] = None
    return [line.decode(sample.encoding, "replace") for line in found]
