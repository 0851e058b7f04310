"""Globs: paths that stand for many files."""

import re
from collections.abc import Callable, Iterator
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
    whole = f"{pattern}**/*" if pattern.endswith("/") else pattern
    *folders, name = path.split("/")
    reached = {0}  # how many of the path's folders the pattern has taken so far
    *steps, last = whole.split("/")
    for step in steps:
        if step == "**":
            reached = {end for at in reached for end in _onward(folders, at)}
        else:
            reached = {at + 1 for at in reached if at < len(folders) and _part(step)(folders[at])}
    return len(folders) in reached and bool(_part(last)(name))


def _onward(folders: list[str], start: int) -> Iterator[int]:
    """Yield where ``**`` may end that begins at ``start``: there, and behind each folder up to one that begins with a dot."""
    yield start
    for at in range(start, len(folders)):
        if folders[at].startswith(".") or not folders[at]:
            return
        yield at + 1


@cache
def _part(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Return what matches one name of a path.

    What follows a star is sought once, and never again further on: else a name and a pattern of a hundred letters take hours.
    """
    first, *others = (
        "".join("." if piece == "?" else re.escape(piece) for piece in re.split(r"(\?)", fixed))
        for fixed in re.split(r"\*+", pattern)
    )
    visible = r"(?!\.)" if pattern.startswith(("*", "?")) else ""
    behind = "".join(f"(?>.*?{fixed})" for fixed in others[:-1]) + "".join(
        f".*{last}" for last in others[-1:]
    )
    return re.compile(visible + first + behind, re.DOTALL).fullmatch
