"""Globs: paths that stand for many files."""

import re
from collections.abc import Iterator
from functools import cache


def is_pattern(path: str) -> bool:
    """Return whether a path stands for many files: it has a star or a question mark, or is a folder, with ``/`` at its end."""
    return "*" in path or "?" in path or path.endswith("/")


def fits(pattern: str, path: str) -> bool:
    """Return whether a path fits a glob; ``**`` stands for any folders, and a folder's name with ``/`` for all that is below it.

    Names that begin with a dot fit no star, as in a shell.

    >>> fits("data/*.tsv", "data/a.tsv"), fits("data/*.tsv", "data/more/a.tsv"), fits("data/**/*.tsv", "data/more/a.tsv")
    (True, False, True)
    >>> fits("data/", "data/more/a.tsv"), fits("data/", "data/.git/a"), fits("**/dev?.txt", "dev1.txt")
    (True, False, True)
    """
    return _expression(pattern).fullmatch(path) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    whole = f"{pattern}**/*" if pattern.endswith("/") else pattern
    return re.compile("".join(_pieces(whole)), re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    begins = True  # of a name
    for piece in re.split(r"(\*\*/|\*+|\?|/)", pattern):
        if piece == "**/":
            yield r"(?:(?!\.)[^/]+/)*"
        elif piece.startswith("*") or piece == "?":
            yield (r"(?!\.)" if begins else "") + ("[^/]*" if piece != "?" else "[^/]")
        else:
            yield re.escape(piece)
        begins = begins if not piece else piece.endswith("/")
