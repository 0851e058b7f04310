"""Cards drafted from a corpus's files, for a person to complete: what could be guessed, and TODO for the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

from openner_utils.catalog.standards import known_language
from openner_utils.ownfiles.drafting import text
from openner_utils.ownfiles.drafting.blocks import Block, Read, blocks_of, read_as, read_file
from openner_utils.ownfiles.drafting.flaws import flaws_of, slips_of
from openner_utils.ownfiles.drafting.gather import Gathered, Source, gathered, told_apart
from openner_utils.ownfiles.drafting.origin import Origin, licences_near, origin_of
from openner_utils.ownfiles.drafting.overlaps import overlaps
from openner_utils.ownfiles.format import Format
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.support.progress import track
from openner_utils.support.within import plain

_SMALL = 0.1
"""Share of the largest block's tokens below which files that are read in another way may be no corpus."""


_UNPROVEN = 0.8
"""Confidence of a guess up to which nothing proves that labels are labels."""
_MANY = 0.25
"""Mentions for a token, above which another column than that of names may have been read."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card's id and text, what was guessed of its files and why, and the flaws at which it stops, a line each.

    ``again`` tells of files of which another one holds half of the sentences.
    """

    id: str
    text: str
    guessed: tuple[str, ...]
    flaws: tuple[str, ...]
    again: tuple[str, ...]

    @property
    def open_places(self) -> int:
        """How many lines there are to complete."""
        return text.open_places(self.text)


@dataclass(frozen=True, slots=True)
class Drafts:
    """A card for each kind of file that was found, the largest first; ``root`` is the folder from which their paths count.

    ``apart`` tells what holds no sentences, or is written like none of the others.
    """

    cards: tuple[Card, ...]
    root: Path
    apart: tuple[str, ...]

    def write(self, out: Path) -> list[Path]:
        """Write the cards to the file ``out``, or into the folder ``out``; existing cards are kept, and then none is written."""
        if out.suffix == ".yaml" and len(self.cards) > 1:
            raise OpenNERError(f"{out}: {len(self.cards)} cards are to be written. Name a folder with -o.")
        paths = [out if out.suffix == ".yaml" else out / f"{card.id}.yaml" for card in self.cards]
        for path in paths:
            if path.exists():
                raise OpenNERError(
                    f"{path}: there is a card already. Give another --id, or another place with -o."
                )
        for path, card in zip(paths, self.cards, strict=True):
            write_text(path, card.text)
        return paths


def draft(
    source: Path, name: str | None = None, language: str = "und", asked: Format | None = None
) -> Drafts:
    """Inspect a file, or the files of a folder, an archive or a repository, and return cards to complete.

    ``asked`` overrules what is guessed; the flaws that it allows go on the cards whatever they cost, all others only where
    nothing is lost. The cards have no `expect`: counts that this program makes would only confirm itself. They stand in
    comments, to be compared with a count made in another way.
    """
    asked = asked or Format()
    try:
        known_language(language)
    except ValueError as error:
        raise OpenNERError(f"--language {language}: {error}. Give three letters, such as fin.") from error
    with gathered(source) as found:
        origin = origin_of(found.root)
        id = _slug(_name_of(source, origin)) if name is None else name
        if not re.fullmatch(r"[a-z0-9_]{1,64}", id):
            raise OpenNERError(
                f"{id!r} is no corpus id: 1 to 64 lower-case letters of ASCII, digits and _. Give one with --id."
            )
        plain(f"{id}.yaml", f"the corpus id {id!r}")
        apart = dict(found.apart)
        blocks = _blocks(found, replace(asked, allow=()), apart, single=not source.is_dir())
        blocks = _alike(blocks, apart)
        if not blocks:
            if not apart:
                raise OpenNERError(
                    f"{source}: there is no file in it. Name a file, or a folder that holds some."
                )
            lines = (f"  {line}" for line in told_apart(apart))
            hint = "Correct them, or name one alone that is to be read all the same: openner card new FILE"
            raise OpenNERError(
                f"{source}: no file with labels was found, for what is told below. {hint}", *lines
            )
        licences = licences_near(found.root, origin.root) if source.is_dir() or origin.repository else []
        cards = tuple(
            _card(id_of_block, block, found.root, origin, licences, language, asked)
            for id_of_block, block in zip(_ids(id, blocks), blocks, strict=True)
        )
        return Drafts(cards, origin.root, tuple(told_apart(apart)))


def _blocks(found: Gathered, asked: Format, apart: dict[str, str], single: bool) -> list[Block]:
    """Return the files that are read, in blocks; those that are not go to ``apart`` with the reason."""
    read: list[Read] = []
    left: dict[Source, tuple[RawFile, str]] = {}
    known: dict[str, str] = {}
    for source in track(found.sources, "reading files"):
        name = _named(source)
        try:
            raw = RawFile.open(source.path, source.name)
        except (OpenNERError, OSError) as error:
            if single and len(found.sources) == 1:
                raise
            apart[name] = _told(error, source)
            continue
        if (digest := raw.sha256) in known:
            apart[name] = f"the same bytes as {known[digest]}"
            continue
        known[digest] = name
        try:
            each = read_file(source, raw, asked)
        except OpenNERError as error:
            if single and len(found.sources) == 1:
                raise
            left[source] = raw, _told(error, source)
            continue
        if each.types or single:
            read.append(each)
        else:
            left[source] = raw, "no mention was found: every label is read as O"
    blocks = blocks_of(read)
    late = [again for source, (raw, _) in left.items() if (again := read_as(blocks, source, raw, asked))]
    for again in late:
        del left[again.source]
    apart |= {_named(source): why for source, (_, why) in left.items()}
    return blocks_of([*read, *late]) if late else blocks


def _alike(blocks: list[Block], apart: dict[str, str]) -> list[Block]:
    """Return the blocks but for those that seem to be read so by chance, which go to ``apart`` with what speaks against them."""
    kept = blocks[:1]
    for block in blocks[1:]:
        if why := _against(block, blocks[0]):
            apart |= {
                _named(each.source): f"unlike the others, {why}. Name it alone for a card of it"
                for each in block.files
            }
        else:
            kept.append(block)
    return kept


def _against(block: Block, largest: Block) -> str:
    """Return what speaks against a block: a small one has flaws that cost labels, or it has other types and nothing proves them."""
    how = f"read as {block.format.reader} in {block.format.scheme}"
    flaws = [f"{each.flaw} {each.places:,}" for each in flaws_of(block).values() if not each.harmless]
    if flaws and block.tokens < _SMALL * largest.tokens:
        return f"{how}, with {', '.join(flaws)}"
    mentions = sum(sum(each.counted.mentions.values()) for each in block.files)
    unproven = block.format.confidence <= _UNPROVEN and mentions > _MANY * block.tokens
    if unproven and not block.types & largest.types:
        return f"{how}, with other types: {', '.join(sorted(block.types)[:5])}"
    return ""


def _card(
    id: str, block: Block, root: Path, origin: Origin, licences: Sequence[str], language: str, asked: Format
) -> Card:
    flaws, slips = flaws_of(block), slips_of(block)
    again = {
        source: f"{share:.0%} of its sentences stand in {other}, too: versions of one text, or test sentences in training data?"
        for source, (other, share) in overlaps(block.files).items()
    }
    lines = [
        *text.head(id, origin, licences),
        *text.reading(block, flaws, slips, asked.allow),
        *text.types(block),
        *text.files(block, root, origin, language, again),
        "",
    ]
    guessed = (
        f"{what} ({option})" if option == "--scheme" else what for what, option in block.format.reasons
    )
    return Card(
        id,
        text.shown("\n".join(lines)),
        tuple(guessed),
        tuple(text.not_allowed(flaws, asked.allow)),
        tuple(f"{source.name}: {told}" for source, told in again.items()),
    )


def _ids(id: str, blocks: Sequence[Block]) -> list[str]:
    """Return an id for each block: the first has the corpus's, the others add the folder in which they differ, or their reader."""
    folders = [_common(block.files) for block in blocks]
    shared = _prefix(folders)
    ids = [id]
    for block, folder in zip(blocks[1:], folders[1:], strict=True):
        own = folder[len(shared) : len(shared) + 1]
        name = f"{id[:32]}_{_slug(*own)[:27] if own else block.format.reader}"
        again = (f"{name}_{number}" for number in range(2, len(blocks) + 2))
        ids.append(next(one for one in (name, *again) if one not in ids))
    return ids


def _common(files: Sequence[Read]) -> tuple[str, ...]:
    """Return the folders, outermost first, in which all files lie."""
    return _prefix(
        [PurePosixPath(each.source.archive or "", each.source.name).parent.parts for each in files]
    )


def _prefix(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))
    )


def _name_of(source: Path, origin: Origin) -> str:
    """Return what a corpus may be called: as its repository, where all of it was given, else as the file or folder."""
    if origin.repository and source.resolve() == origin.root.resolve():
        return origin.repository.rsplit("/", 1)[1]
    return source.name.removesuffix("".join(source.suffixes[-2:])) or source.name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _named(source: Source) -> str:
    return f"{source.archive}/{source.name}" if source.archive else source.name


def _told(error: OpenNERError | OSError, source: Source) -> str:
    """Return an error without the path of the file, which stands before it."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}. Correct this and rerun"
    return str(error).removeprefix(f"{source.path}").lstrip(": ")
