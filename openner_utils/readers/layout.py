"""How a file is read, in one form for cards, own files, drafts and readers; and the file itself, opened once."""

import gzip
import hashlib
import lzma
import re
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from openner_utils.core.encoding import OUTSIDE, Encoding, get_encoding
from openner_utils.readers.stored import Bytes, file_of, pieces_of, taken
from openner_utils.support.errors import FULL, FormatError, OpenNERError, full
from openner_utils.support.files import STANDARD
from openner_utils.support.records import R, Record, RecordError, parse
from openner_utils.support.within import plain

if TYPE_CHECKING:  # a file of one's own is read without the catalog
    from openner_utils.catalog import Card

OWN_FLAWS = ("empty-label", "empty-token", "missing-label", "unknown-label")
"""Flaws that ``--allow`` takes for a file without a card; a card may allow more (`catalog.Flaw`)."""
_FLAGS = ("reader", "scheme", "separator", "token", "label", "encoding")
"""What the command line says by an option of its own; other options of a reader go through ``--option``."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read.

    ``reader``: a module of this room; ``options``: that reader's, checked by it; ``scheme``: the encoding of the labels,
    or ``spans``; ``spelling``: labels as the file spells them → labels of the scheme, one to one; ``faults``: labels that are
    slips → what is meant; ``outside``: labels that mean O, too, and stay as they are; ``allow``: flaws that are passed over and counted; ``card``: id of the card that says all
    this, empty where a user does on the command line.
    """

    reader: str
    options: Mapping[str, Any] = field(default_factory=dict)
    scheme: str = "IOB2"
    spelling: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    card: str = ""
    outside: tuple[str, ...] = ()

    @classmethod
    def of(cls, card: "Card") -> "Layout":
        """Return how the files of a corpus are read."""
        return cls(
            card.reader,
            card.options,
            card.scheme,
            card.spelling,
            card.faults,
            card.allow,
            card.id,
            card.outside,
        )

    @property
    def encoding(self) -> Encoding:
        """Return the encoding of the labels; IOB2 where mentions are spans, and where nobody has said or seen which it is."""
        return get_encoding("IOB2" if self.scheme in ("spans", "") else self.scheme)

    def meant(self, label: str) -> str:
        """Return the label of the scheme that a label of the file stands for; one of which nothing is said is itself."""
        if label in self.outside:
            return OUTSIDE
        return self.faults.get(label, self.spelling.get(label, label))

    def parsed(self, kind: type[R]) -> R:
        """Return the options as a record of ``kind``; one that is unknown or ill-typed is an `OpenNERError`, and so are two that
        name one column (those of ``kind.distinct``).
        """
        found = self.typed(kind)
        if twice := _doubled(found):
            *options, column = twice
            by = " and ".join(map(str, options))
            what = (
                f"{by} {'both name the column' if len(options) > 1 else 'names twice the column'} {column!r}"
            )
            say = "" if self.card else f": {_either(_flag(str(option)) for option in options)}"
            raise OpenNERError(f"{self._where}: {what}. Name each column once{say}.")
        return found

    @property
    def _where(self) -> str:
        return f"card {self.card}: options" if self.card else f"options of the reader {self.reader}"

    def typed(self, kind: type[R]) -> R:
        """Return the options as a record of ``kind``, as `parsed` does, but for columns that are named twice.

        Where the rest is still guessed, one of the columns may be there by default only.
        """
        if self.card:
            return parse(kind, dict(self.options), self._where)
        options = {
            name: [value]
            if isinstance(value, str) and name in kind.model_fields and _takes_list(kind, name)
            else value
            for name, value in self.options.items()
        }  # on the command line one value is a list of one
        try:
            return parse(kind, options, self._where)
        except RecordError as error:
            if error.type == "string_type":
                raise OpenNERError(f"{error} Put text in quotes: --option 'NAME=\"VALUE\"'.") from error
            needed = [name for name, field in kind.model_fields.items() if field.is_required()]
            lacking = next((name for name in needed if name not in self.options), "")
            hint = (
                f" Give {_flag(lacking)}, or leave --reader out."
                if error.type == "missing" and lacking
                else ""
            )
            raise OpenNERError(f"{error}{hint}") from error

    def hint(self, fix: str, flaw: str = "", options: Iterable[str] = ()) -> str:
        """Return what to do about a fault: ``fix`` the file, correct ``options`` that are wrong, or allow the ``flaw``.

        Of the options, which may be those of readers that share code, those are named that the reader has.

        >>> Layout("delimited").hint("Correct the line", "empty-token", ["separator", "header"])
        'Correct the line, or give another --separator or --option header=…, or --allow empty-token.'
        >>> Layout("delimited", card="wnut").hint("Correct the line", "empty-token", ["separator"])
        'Correct the line, or correct separator on the card wnut, or allow empty-token there.'
        """
        known = ("reader", "scheme", *self._options())
        options = [option for option in options if option in known]
        if self.card:
            ways = [f"correct {_either(options)} on the card {self.card}"] if options else []
            if flaw in _card_flaws():
                ways.append(f"allow {flaw} {'there' if ways else f'on the card {self.card}'}")
        else:
            switch = self._switched(options[0]) if len(options) == 1 else ""
            ways = [f"give another {_either(map(_flag, options))}"] if options and not switch else []
            ways += [f"give {switch}"] if switch else []
            if flaw in OWN_FLAWS:
                ways.append(f"{'' if ways else 'give '}--allow {flaw}")
        return f"{', or '.join([fix, *ways])}."

    def _switched(self, option: str) -> str:
        """Return how an option that is true or false is given the other value; nothing for another kind of option.

        >>> Layout("json_spans").hint("Correct the end", options=["inclusive"])
        'Correct the end, or give --option inclusive=true.'
        """
        from openner_utils.readers import module_of

        field = module_of(self.reader).Options.model_fields.get(option)
        if field is None or bool not in (field.annotation, *get_args(field.annotation)):
            return ""
        other = not self.options.get(option, field.default)
        return f"--option {option}={str(other).lower()}"

    def _options(self) -> Iterable[str]:
        from openner_utils.readers import module_of

        found: Iterable[str] = module_of(self.reader).Options.model_fields
        return found


def _doubled(options: Record) -> tuple[int | str, ...]:
    """Return the one or two options of a reader that name one column, and that column; nothing where each has its own.

    A list that nobody has given says what is read where it is there, not what must be.
    """
    named: dict[int | str, str] = {}
    for option in getattr(options, "distinct", ()):
        value = getattr(options, option)
        if isinstance(value, tuple) and option not in options.model_fields_set:
            continue
        for column in value if isinstance(value, tuple) else (value,):
            if column in named:
                return (*dict.fromkeys((named[column], option)), column)
            if column is not None:
                named[column] = option
    return ()


def _takes_list(kind: type[Record], option: str) -> bool:
    """Return whether the values of an option are lists, and no text is one."""
    annotation = kind.model_fields[option].annotation
    choices = (annotation,) if get_origin(annotation) is tuple else get_args(annotation)
    return str not in choices and any(get_origin(each) is tuple for each in choices)


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)


def _flag(option: str) -> str:
    return f"--{option}" if option in _FLAGS else f"--option {option}=…"


def _card_flaws() -> tuple[str, ...]:
    from openner_utils.catalog import Flaw

    return get_args(Flaw)


_OFFICE = ("[Content_Types].xml", "META-INF/manifest.xml")
"""Files by which a document or a table of an office program, which is a zip archive, is known."""
HELD = 1 << 24
"""Bytes of a file, at the most, that are held in memory; those of larger ones stay on the disk."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """A raw file, opened once: ``content`` are its bytes, unpacked where it is a .gz or a .zip of one file.

    ``path`` is what errors name; ``name`` is what rows of a ledger name; ``packed`` are the bytes as they were stored, where
    they were unpacked.
    """

    path: Path
    name: str
    content: Bytes
    packed: Bytes = b""

    @classmethod
    def open(cls, path: Path, name: str | None = None, most: int = HELD) -> "RawFile":
        """Open ``path`` (``-``: standard input), and unpack it by its first bytes; up to ``most`` bytes are held in memory."""
        if path == STANDARD:
            if sys.stdin is None:
                raise OpenNERError("-: standard input is closed. Send a file there, or name one.")
            content = taken(sys.stdin.buffer, most)
        else:
            try:
                with open(path, "rb") as file:
                    content = taken(file, most)
            except OSError as error:
                if error.filename is not None or error.errno is None:
                    raise
                # It comes from reading, and names no file.
                raise OSError(error.errno, error.strerror, str(path)) from error
        unpacked = _unpacked(path, content, most)
        packed = b"" if unpacked is content else content
        return cls(path, str(path) if name is None else name, unpacked, packed)

    def whole(self) -> bytes:
        """Return the bytes, all of them held."""
        return self.content[:]

    @property
    def stored(self) -> Bytes:
        """The bytes as they lie on the disk."""
        return self.packed or self.content

    @property
    def sha256(self) -> str:
        """SHA-256 of the stored bytes, in hexadecimal."""
        digest = hashlib.sha256()
        for piece in pieces_of(self.stored):
            digest.update(piece)
        return digest.hexdigest()


_DAMAGED = (
    zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError,
    struct.error,
)  # fmt: skip
"""What a zip file in memory raises that is damaged, encrypted, or packed in a way that is not known."""


_BESIDE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$)")
"""What the Finder of macOS puts beside the files of an archive: attributes and looks, no data."""


def _refuse_full(path: Path, error: BaseException) -> None:
    """Tell a full disk, where what comes out finds no room, from a damaged archive: both are errors of reading."""
    if isinstance(error, OSError) and error.errno in FULL:
        raise OpenNERError(full(f"{path}, unpacked below {tempfile.gettempdir()}", error.errno)) from error


def _unpacked(path: Path, content: Bytes, most: int) -> Bytes:
    if content.startswith(b"\x1f\x8b"):
        try:
            with file_of(content) as packed, gzip.GzipFile(fileobj=packed) as file:
                return taken(file, most)
        except (OSError, EOFError, zlib.error) as error:
            _refuse_full(path, error)
            raise FormatError(path, 0, f"a damaged gzip file ({error})", "Fetch or pack it again.") from error
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # the second begins an archive of nothing
        return content
    try:
        with file_of(content) as packed, zipfile.ZipFile(packed) as archive:
            members = [
                one for one in archive.infolist() if not one.is_dir() and not _BESIDE.search(one.filename)
            ]
            if any(one.filename in _OFFICE for one in members):
                hint = "Save it as CSV or as text, and name that."
                raise FormatError(path, 0, "a document of an office program, which is not read", hint)
            if len(members) != 1:
                raise OpenNERError(
                    f"{path}: a zip archive of {len(members)} files. Unpack it, and name one of its files or the folder."
                )
            plain(
                members[0].filename, str(path)
            )  # as everywhere else, though here nothing is written under the name
            with archive.open(members[0]) as file:
                return taken(file, most)
    except MemoryError as error:  # LZMA may ask for a window of 4 GiB
        raise FormatError(
            path, 0, "a zip file that asks for more memory than there is", "Pack it again."
        ) from error
    except _DAMAGED as error:
        _refuse_full(path, error)
        raise FormatError(path, 0, f"a damaged or encrypted zip file ({error})", "Pack it again.") from error
