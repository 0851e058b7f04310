"""The one proof that a path lies in its folder.

Names come from cards, archives, params.yaml and the command line: ids, languages, splits, units, profiles, members. Whoever makes a
path of one asks here first. A test holds that every place that writes does (``tests/test_writers.py``).
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import shortened

LONGEST_PART = 200
"""Bytes of one part of a path: file systems allow 255, and a file that is being written has a longer name."""
LONGEST_PATH = 1000
"""Bytes of a path below its folder."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, with or without an ending."""


def plain(path: str, where: str) -> str:
    """Return ``path`` if it is relative, in plain form, and a file of that name can lie in a folder on any system.

    Raises `OpenNERError` otherwise; ``where`` names the origin of the path in the message.

    >>> plain("data/train.txt", "card x")
    'data/train.txt'
    >>> plain("../train.txt", "card x")
    Traceback (most recent call last):
    openner_utils.support.errors.OpenNERError: card x: the path '../train.txt' is not plain and relative. Write it with '/', \
without '.' and '..'.
    """
    if why := _trouble(path):
        raise OpenNERError(f"{where}: the path {shortened(repr(path))} {why}")
    return path


def name(text: str, where: str) -> str:
    """Return ``text`` if it is one plain name, without a folder before it; raises as `plain` does."""
    if "/" in text:
        raise OpenNERError(
            f"{where}: {shortened(repr(text))} is a path, where a plain name is wanted. Leave out the folders."
        )
    return plain(text, where)


def within(folder: Path, path: str, where: str) -> Path:
    """Return ``folder / path``, having proved that what is written there lies in ``folder``.

    No link on the way leads out of the folder; a link at the end is replaced by what is written, not followed.
    Raises `OpenNERError` otherwise; ``where`` names the origin of the path in the message.
    """
    target = folder / plain(path, where)
    if not _holds(folder, target.parent):
        raise OpenNERError(
            f"{where}: {shortened(str(target))} leads out of its folder by a link. Remove the link."
        )
    return target


def reached(folder: Path, path: str, where: str) -> Path:
    """Return ``folder / path``, having proved that what is read there lies in ``folder``: a link at the end is followed.

    Raises `OpenNERError` as `within` does.
    """
    target = within(folder, path, where)
    if not _holds(folder, target):
        raise OpenNERError(
            f"{where}: {shortened(repr(path))} is a link that leads out of its folder. Put the file itself there."
        )
    return target


def _holds(folder: Path, target: Path) -> bool:
    try:
        return target.resolve().is_relative_to(folder.resolve())
    except (RuntimeError, OSError):  # links that lead to each other
        return False


def distinct(paths: Iterable[str], where: str) -> None:
    """Raise `OpenNERError` if two paths are one file where upper and lower case, or forms of a letter, are not told apart."""
    seen: dict[str, str] = {}
    for path in paths:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
        other = seen.setdefault(folded, path)
        if other != path:
            raise OpenNERError(
                f"{where}: {shortened(repr(other))} and {shortened(repr(path))} are one file on many systems. Rename one of them."
            )


def _trouble(path: str) -> str:
    """Return what is wrong with a path and what to do, or an empty text."""
    pure = PurePosixPath(path)
    if not pure.parts or "\\" in path or pure.is_absolute() or ".." in pure.parts or str(pure) != path:
        return "is not plain and relative. Write it with '/', without '.' and '..'."
    if not path.isprintable():
        return "holds characters that cannot be shown. Write it with letters, digits, '-', '_' and '.'."
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in pure.parts):
        return f"is too long: at most {LONGEST_PATH} bytes, and {LONGEST_PART} between two '/'."
    for part in pure.parts:
        if _DEVICE.fullmatch(part) or part.endswith((" ", ".")) or part.startswith(" "):
            return (
                f"cannot be a file on every system, because of {shortened(repr(part))}. Choose another name."
            )
    return ""
