"""Errors that a user can act on: what is wrong, where, and what to do next."""

import difflib
import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

from openner_utils.support.words import shortened

MOST_SHOWN = 40
"""Choices that an error names."""
MOST_COMPARED = 2_000
"""Choices that a name is compared with."""
MOST_SAID = 600
"""Characters of what is wrong: room for the places of two files, which must not be cut."""


class OpenNERError(Exception):
    """A fault of the input, the configuration or the machine; its message is shown without a traceback.

    Attributes: what is ``said``, in one line, and ``details``, lines below it.
    """

    def __init__(self, said: str, *details: str) -> None:
        self.said, self.details = said, details
        super().__init__(said, *details)

    def __str__(self) -> str:
        return "\n".join((self.said, *self.details))

    def _render_traceback_(self) -> list[str]:
        """Return the lines that a notebook shows; IPython asks an error for them before it writes a traceback."""
        return str(self).splitlines()


class FormatError(OpenNERError):
    """A corpus file that breaks its declared format.

    Attributes: ``path`` and 1-based ``line`` of the first offending line (0: the file as a whole),
    ``what`` is wrong (its middle left out where it is long), and a ``hint`` at what to do. ``flaw`` is the short name under
    which a card may allow it. ``details`` tell what else is wrong, a line each.
    """

    def __init__(
        self, path: Path | str, line: int, what: str, hint: str, flaw: str = "", *details: str
    ) -> None:
        self.path, self.line, self.what, self.hint, self.flaw = (
            str(path),
            line,
            shortened(what, MOST_SAID),
            hint,
            flaw,
        )
        place = f"{self.path}:{line}" if line else self.path
        super().__init__(f"{place}: {self.what}. {hint}", *details)

    def __reduce__(self) -> tuple[type["FormatError"], tuple[str | int, ...]]:
        # Exceptions cross process borders by pickle, which would otherwise call us with the message alone.
        return FormatError, (self.path, self.line, self.what, self.hint, self.flaw, *self.details)


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says where nothing more can be written: the disk, the user's share of it, or the largest file is full."""
_UNFINISHED = re.compile(r"(?P<folder>(?:.*/)?)\.(?P<name>[^/]+)\.\d+\.part", re.DOTALL)
"""How a file is called while it is written; see `files.atomic`."""


def refusal(error: OSError, path: Path | str = "input/output") -> str:
    """Return what a system refused, by the name that the user knows: not that of a file that is being written for it.

    ``path`` stands where the error names no file.

    >>> refusal(OSError(36, "File name too long", "out/.dev.tsv.77.part"))
    'out/dev.tsv: File name too long. Correct this and rerun.'
    >>> refusal(OSError(28, "No space left on device"))
    'input/output: no space left on the disk, or no more allowed (No space left on device). Free some space and run the same command again.'
    """
    name = str(path if error.filename is None else error.filename)
    hidden = _UNFINISHED.fullmatch(name)
    shown = hidden["folder"] + hidden["name"] if hidden else name
    if error.errno in FULL:
        return full(shown, error.errno)
    return f"{shown}: {error.strerror or error}. Correct this and rerun."


_IN_RUST = re.compile(r"\(os error (\d+)\)")


def refused_in_rust(error: BaseException, place: Path) -> OpenNERError | None:
    """Return what a system refused a library in Rust at ``place``; None for an error of another kind.

    Such libraries (safetensors, tokenizers) have exceptions of their own, which hold the system's error in words alone.

    >>> print(refused_in_rust(Exception("I/O error: File too large (os error 27)"), Path("out")))
    out: no space left on the disk, or no more allowed (File too large). Free some space and run the same command again.
    """
    told = None if isinstance(error, OSError | OpenNERError) else _IN_RUST.search(str(error))
    if told is None:
        return None
    number = int(told[1])
    return OpenNERError(refusal(OSError(number, os.strerror(number), str(place))))


def full(place: Path | str, number: int) -> str:
    """Return what is said where nothing more can be written at ``place``; ``number`` is the system's, one of `FULL`."""
    return (
        f"{place}: no space left on the disk, or no more allowed ({os.strerror(number)}). Free some space and run the same "
        "command again."
    )


def unknown(kind: str, name: str, choices: Iterable[str]) -> OpenNERError:
    """Return the error for a name that is not among ``choices``, with the nearest one suggested.

    Where there are very many choices, some are shown and the others counted.
    """
    known = sorted(set(choices))
    near = difflib.get_close_matches(shortened(name), _alike(name, known), n=1, cutoff=0.5)
    hint = f" Did you mean {shortened(repr(near[0]))}?" if near else ""
    shown = ", ".join(map(shortened, known[:MOST_SHOWN])) or "none"
    more = f" and {len(known) - MOST_SHOWN:,} more" if len(known) > MOST_SHOWN else ""
    return OpenNERError(f"Unknown {kind} {shortened(repr(name))}.{hint} Known: {shown}{more}.")


def _alike(name: str, known: list[str]) -> list[str]:
    """Return the choices that are worth comparing with a name: of very many, those that end like it or begin like it."""
    if len(known) <= MOST_COMPARED:
        return known
    last = name.rpartition("/")[2]
    return [each for each in known if each.endswith(last) or each[:3] == name[:3]][:MOST_COMPARED]
