"""Markdown tables and lists: the one place that writes them."""

import re
from collections.abc import Collection, Iterable, Sequence

from openner_utils.support.words import visible

_MARKED = re.compile(r"[\\`*\[<|]|(?<!\w)_|_(?!\w)")
"""What Markdown would take for more than a character; an underscore inside a word is none of it."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[str] = ()) -> str:
    r"""Return a table whose cells are Markdown; columns named in ``right`` are set to the right.

    >>> print(table(["what", "n"], [["a|b", "1"]], right=["n"]))
    | what | n |
    | --- | ---: |
    | a\|b | 1 |
    """
    ruler = ["---:" if name in right else "---" for name in head]
    cells = ([_in_one_cell(cell) for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ruler, *cells))


def listed(lines: Iterable[str]) -> str:
    """Return lines of Markdown as a list."""
    return "\n".join(f"- {line}" for line in lines)


def escaped(text: str) -> str:
    r"""Return plain text as Markdown that shows it as it is.

    >>> escaped("<b> a_b _c_ [d](e)")
    '\\<b> a_b \\_c\\_ \\[d](e)'
    """
    return _MARKED.sub(r"\\\g<0>", visible(text).replace("&", "&amp;"))


def _in_one_cell(cell: str) -> str:
    """Return a cell without what would end it: line ends, and bars that are not escaped yet."""
    return re.sub(r"(?<!\\)\|", r"\|", " ".join(cell.splitlines()))
