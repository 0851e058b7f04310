"""What a corpus's files hold when they are read and cleaned as their card says: for cards that are being written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openner_utils.catalog import Card, Expect, File, card_at, known, languages, patterns
from openner_utils.catalog.ontology import entity_types
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import Cleaned, check_hash, clean_file
from openner_utils.curation.division import check_shares
from openner_utils.ownfiles.drafting.gather import unpack
from openner_utils.ownfiles.drafting.text import open_places
from openner_utils.readers.layout import RawFile
from openner_utils.support.documents import line_of
from openner_utils.support.errors import OpenNERError
from openner_utils.support.process import scratch
from openner_utils.support.within import reached, within
from openner_utils.support.words import counted, shown

_OF_LEDGER = "ledger: "


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one file, or of those of one pattern, and whether it is not as its card says."""

    told: str
    failed: bool = False


def count(path: Path, folder: Path) -> Iterator[Row]:
    """Yield a row for each file with sentences of the card at ``path``, whose files lie below ``folder``, and one for all of a pattern.

    Archives are unpacked for the time of counting. A file that is missing, stops at a fault, or holds something else than is
    expected is a row, and the others have their turn. A type or language of a complete card that is not known is an error, as
    where cards are loaded.
    """
    card = card_at(path)
    if not open_places(path.read_text(encoding="utf-8-sig")):
        known.check(card, path, languages(), entity_types())
    if card.division:
        check_shares(card, f"{path}:{line_of(path, 'division')}")
    with scratch() as room:
        view = room / "files"
        view.mkdir()
        refused: dict[str, str] = {}
        yield from _laid_out(card, folder, view, refused)
        names = [each.relative_to(view).as_posix() for each in view.rglob("*") if not each.is_dir()]
        names += refused
        meant = patterns.members(card.files, names)
        for entry in card.annotated:
            files = [name for name, owner in meant.items() if owner is entry] or [entry.path]
            yield from _entry(card, entry, files, view, refused)


def _laid_out(card: Card, folder: Path, view: Path, refused: dict[str, str]) -> Iterator[Row]:
    """Lay the files of a card into ``view``, members of archives too; yield a row for each archive that cannot be opened.

    Files that are no part of ``folder`` go to ``refused`` with the reason.
    """
    for archive in dict.fromkeys(file.archive for file in card.files if file.archive):
        try:
            of_card = reached(folder, archive, f"card {card.id}")
            unpack(of_card, [file.path for file in card.files if file.archive == archive], view)
        except (OpenNERError, OSError) as error:
            yield Row(f"{archive}: {_told(error)}", failed=True)
    plain = [file for file in card.files if not file.archive]
    wanted = [file.path for file in plain if not file.pattern]
    if any(file.pattern for file in plain):
        there = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
        wanted = list(patterns.members(plain, there))
    for name in wanted:
        beside = [Path(name).with_suffix(".ann").as_posix()] if card.reader == "brat" else []
        try:
            for each in (name, *beside):
                reached(folder, each, f"card {card.id}")
        except OpenNERError as error:
            refused[name] = str(error)
            continue
        if (folder / name).is_file():
            target = within(view, name, f"card {card.id}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to((folder / name).absolute())


def _entry(card: Card, entry: File, names: list[str], view: Path, refused: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of an entry of the card: of its one file, or of each that its pattern means and of all together."""
    whole = _Counts()
    for name in names:
        if why := refused.get(name):
            yield Row(f"{shown(name)}: {why}", failed=True)
            continue
        try:
            # A link is followed, so that an error names the file that somebody can correct.
            place = (view / name).readlink() if (view / name).is_symlink() else view / name
            found = _cleaned(card, entry.model_copy(update={"path": name}), place)
        except OpenNERError as error:
            yield Row(f"{name}: {str(error).replace(f'{view}/', '')}", failed=True)
            continue
        except OSError as error:
            yield Row(f"{name}: {_told(error)}", failed=True)
            continue
        counts = _Counts.of(found)
        whole = whole + counts
        told = f"{name}: {counts}{_more(found)}"
        yield Row(told) if entry.pattern else _compared(told, counts, entry.expect)
    if entry.pattern:
        told = f"{entry.path}: {counted(whole.files, 'file')}, {whole}"
        yield _compared(told, whole, entry.expect)


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or error}. Name the folder from which the paths on the card count."
    return str(error)


def _cleaned(card: Card, file: File, path: Path) -> Cleaned:
    raw = RawFile.open(path, file.path)
    check_hash(path.parent, raw, card, file)
    return clean_file(raw, card, file)


@dataclass(frozen=True, slots=True)
class _Counts:
    """What files hold: mentions, by published type, are those after the default repair."""

    sentences: int = 0
    tokens: int = 0
    types: Counter[str] = field(default_factory=Counter)
    files: int = 0

    @classmethod
    def of(cls, found: Cleaned) -> "_Counts":
        mentions = decode(found.repaired, IOB2)
        types = Counter(mentions.types[type] for type in mentions.type.tolist())
        return cls(found.counts["sentences"], found.counts["tokens"], types, 1)

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(
            self.sentences + other.sentences,
            self.tokens + other.tokens,
            self.types + other.types,
            self.files + other.files,
        )

    def __str__(self) -> str:
        types = ", ".join(f"{type} {number:,}" for type, number in sorted(self.types.items()))
        mentions = f"{counted(self.types.total(), 'mention')}{f' ({types})' if types else ''}"
        return f"{counted(self.sentences, 'sentence')}, {counted(self.tokens, 'token')}, {mentions}"


def _more(found: Cleaned) -> str:
    """Return what else is to be said of a file: mentions in inner layers, and changes by their rules."""
    told = f"; {counted(len(found.layers), 'inner mention')}" if found.layers else ""
    changed = [
        f"{name.removeprefix(_OF_LEDGER)} {number:,}"
        for name, number in found.counts.items()
        if name.startswith(_OF_LEDGER)
    ]
    return f"{told}; changed: {', '.join(changed)}" if changed else told


def _compared(told: str, counts: _Counts, expect: Expect | None) -> Row:
    """Return a row that says whether counts are those that the card expects, where it expects any."""
    if expect is None:
        return Row(told)
    wrong = [
        f"{what} {wanted:,}"
        for what, found, wanted in (
            ("files", counts.files, expect.files),
            ("sentences", counts.sentences, expect.sentences),
            ("tokens", counts.tokens, expect.tokens),
            *((type, counts.types[type], number) for type, number in (expect.types or {}).items()),
            *(
                (type, counts.types[type], 0)
                for type in counts.types
                if type not in (expect.types or counts.types)
            ),
        )
        if wanted is not None and found != wanted
    ]
    return Row(f"{told}; expected: {', '.join(wrong)}", failed=True) if wrong else Row(f"{told}; as expected")
