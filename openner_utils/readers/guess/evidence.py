"""What a guess is made from (`Sample`) and what one reader makes of it (`Detected`, `Unread`).

A reader's module offers ``sniff(sample: Sample) -> Detected | Unread | None`` beside its ``read``: what the reader would be
told if the sample were in its format, or None if it is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from openner_utils.readers.layout import RawFile

Reason = tuple[str, str]
"""Something guessed, in words, and the option of the command line that overrules it."""

ENOUGH = 0.6
"""Confidence below which a guess is refused."""
LONGEST = 1 << 24
"""Bytes of one line, or of the first value of a list of JSON, up to which a sample goes on to its end."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One property of a file as a detector sees it: what it is, how sure that is (see `Detected`), and why."""

    value: T
    confidence: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Json:
    """What a sample holds as JSON.

    ``layout``: ``lines`` (a value a line), ``list`` (one list) or ``object`` (one object, read whole). ``entries`` are the
    sampled values, in the order of the file: those of the lines, those of the list, or the one object. ``lines`` are the
    1-based lines on which they begin (0: unknown, beyond the first window). ``odd`` is how many lines are no JSON.
    """

    layout: Literal["lines", "list", "object"]
    entries: tuple[Any, ...]
    lines: tuple[int, ...]
    odd: int = 0

    @property
    def objects(self) -> tuple[dict[str, Any], ...]:
        """The entries that are objects."""
        return tuple(entry for entry in self.entries if isinstance(entry, dict))


@dataclass(frozen=True)
class Sample:
    """The beginning, the middle and the end of a file as text, each cut at line ends; or the whole of a small one.

    ``windows`` have no byte order mark and no carriage returns, and they end with a line end unless the file does not. ``given``
    are the reader options that the user has said: a sniff takes them as they are. ``outside`` are labels that mean O, as the user
    says.
    """

    raw: RawFile
    windows: tuple[str, ...]
    whole: bool
    encoding: str = "utf-8"
    given: Mapping[str, Any] = field(default_factory=dict)
    outside: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The file, for errors."""
        return self.raw.path

    @property
    def suffix(self) -> str:
        """The ending of the file's name, in small letters and without that of a packing: ``.jsonl``."""
        endings = [ending.lower() for ending in self.raw.path.suffixes]
        return next((ending for ending in reversed(endings) if ending not in (".gz", ".zip")), "")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of all windows, blank ones too, with a blank line between windows."""
        return tuple("\n\n".join(window.removesuffix("\n") for window in self.windows).split("\n"))

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The lines that hold something else than white space."""
        return tuple(line for line in self.lines if line.strip())

    @cached_property
    def parted(self) -> bool:
        """Whether there are blank lines, but for those at the end."""
        return any(re.search(r"\n[ \t]*\n", window.rstrip()) for window in self.windows)

    @cached_property
    def json(self) -> Json | None:
        """The sample as JSON, parsed when it is asked for; None if it is none. Too deep nesting is a `FormatError`."""
        from openner_utils.readers.guess.json_values import parsed

        return parsed(self)


@dataclass(frozen=True, slots=True)
class Detected:
    """How a reader would read the sample.

    ``options`` are the reader's own; those that are as by default may be left out. ``scheme`` is an encoding, or ``spans``
    where the reader makes the labels. ``confidence`` is how sure it is that the file is in this format and read
    rightly so, from 0 to 1:

    - 1.0: the file says so itself (a header line that only this format has);
    - 0.9: every sampled line or entry has the form, and what it holds agrees (mentions cut at tokens, labels as
      encodings spell them);
    - 0.7: the form is there, what it holds is what this form usually holds, but nothing proves it;
    - below `ENOUGH`: as likely something else; the file is refused unless the user says the reader.

    Where some sampled lines do not fit, it is lowered by their share. ``rival``: other options of the same reader that would read
    the sample as well. ``reasons`` say what it was seen by, and which option of the
    command line overrules it. ``spelling``, ``types`` and ``label_columns`` are as in `Guess`.
    """

    reader: str
    scheme: str
    confidence: float
    reasons: tuple[Reason, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    label_columns: tuple[int, ...] = ()
    rival: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """What stands against reading the file, such as a format that is known and not read: ``what`` is so and on which ``line``,
    how sure that is (as in `Detected`), and a ``hint`` at what to do.
    """

    what: str
    confidence: float
    hint: str
    line: int = 1
