"""Errors that a user can act on: what is wrong, where, and what to do next."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from openner_utils.support.words import shortened


class OpenNERError(Exception):
    """A fault of the input, the configuration or the machine; its message is shown without a traceback."""


class FormatError(OpenNERError):
    """A corpus file that breaks its declared format.

    Attributes: ``path`` and 1-based ``line`` of the first offending line (0: the file as a whole),
    ``what`` is wrong (its middle left out where it is long), and a ``hint`` at what to do. ``flaw`` is the short name under which a card may allow it.
    """

    def __init__(self, path: Path | str, line: int, what: str, hint: str, flaw: str = "") -> None:
        self.path, self.line, self.what, self.hint, self.flaw = str(path), line, shortened(what), hint, flaw
        place = f"{self.path}:{line}" if line else self.path
        super().__init__(f"{place}: {self.what}. {hint}")

    def __reduce__(self) -> tuple[type["FormatError"], tuple[str, int, str, str, str]]:
        # Exceptions cross process borders by pickle, which would otherwise call us with the message alone.
        return FormatError, (self.path, self.line, self.what, self.hint, self.flaw)


def unknown(kind: str, name: str, choices: Iterable[str]) -> OpenNERError:
    """Return the error for a name that is not among ``choices``, with the nearest one suggested."""
    known = sorted(choices)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return OpenNERError(f"Unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}.")
