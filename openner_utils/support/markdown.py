"""Markdown tables and lists: the one place that writes them."""

import re
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import quote

from openner_utils.support.words import visible

_OF_ADDRESSES = ":/?#@!$&'*+,;=%~"
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
    r"""Return plain text as Markdown that shows it as it is, in one line; it must not begin that line.

    >>> escaped("<b> a_b _c_ [d](e)")
    '\\<b> a_b \\_c\\_ \\[d](e)'
    """
    return _MARKED.sub(r"\\\g<0>", visible(" ".join(text.splitlines())).replace("&", "&amp;"))


def linked(text: str, address: str) -> str:
    """Return plain text as a link to a web page, or as text alone if the address is none.

    >>> linked("a_", "https://x.org/(a b)"), linked("b", "javascript:alert(1)")
    ('[a\\\\_](https://x.org/%28a%20b%29)', 'b')
    """
    if not address.startswith(("https://", "http://")):
        return escaped(text)
    return f"[{escaped(text)}]({quote(address, safe=_OF_ADDRESSES)})"


def fenced(text: str) -> str:
    """Return plain text as a block that shows it as it is, whatever fences it holds itself."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{visible(text)}\n{fence}"


def _in_one_cell(cell: str) -> str:
    """Return a cell without what would end it: line ends, and bars that are not escaped yet."""
    return re.sub(r"(?<!\\)\|", r"\|", " ".join(cell.splitlines()))
