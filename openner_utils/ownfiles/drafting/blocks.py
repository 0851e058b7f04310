"""Which files of a corpus are read alike: those of a block, on which one card can say how they are read.

Each file is read as it seems to be by itself. A file joins a block if one way of reading holds for all: no file then has fewer
tokens, sentences or mentions, or more faults, than read by itself. So a small file, of which little can be told, is read as the
large ones are, and no file pays for another.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from openner_utils.core.encoding import OUTSIDE
from openner_utils.ownfiles.count import Counted, count
from openner_utils.ownfiles.drafting.gather import Source
from openner_utils.ownfiles.drafting.origin import split_of
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect, read_again
from openner_utils.ownfiles.survey import WHOLE
from openner_utils.readers.guess import Guess, fits
from openner_utils.readers.guess.labels import UNNAMED
from openner_utils.readers.layout import RawFile
from openner_utils.readers.meaning import SLIP
from openner_utils.support.errors import OpenNERError

_SOME = 2000
"""Tokens from which on a file has mentions if its labels are there; a short document may have none."""
_ENOUGH = 50
"""Mentions of a folder, at the least, by which its types are known."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file that has been read, with what it holds."""

    source: Source
    opened: Opened
    counted: Counted

    @property
    def types(self) -> set[str]:
        """The entity types of its mentions, inner ones too, as published."""
        return {*self.counted.mentions, *(each.type for each in self.opened.reading.layers)}

    @property
    def faults(self) -> Counter[str]:
        """How many faults it has of each kind, but for white space around labels."""
        return Counter(fault.flaw for fault in self.opened.faults if fault.flaw != SLIP)


@dataclass(frozen=True, slots=True)
class Block:
    """Files that are read alike, in the order of their names, and how."""

    format: Guess
    files: tuple[Read, ...]
    types: frozenset[str]
    """The entity types of all files."""

    @classmethod
    def of(cls, format: Guess, files: Sequence[Read]) -> "Block":
        """Return files that are read alike as a block."""
        return cls(format, tuple(files), frozenset().union(*(each.types for each in files)))

    @property
    def tokens(self) -> int:
        """How many tokens the files have."""
        return sum(each.counted.tokens for each in self.files)


def read_file(source: Source, raw: RawFile, asked: Format) -> Read:
    """Read a file as it seems to be, but for what is ``asked``; a file in no known format is an `OpenNERError`.

    Where some lines break the format, other separators are tried on the whole file, since a guess sees only parts of it.
    """
    opened = inspect(raw, asked, WHOLE)
    best = Read(source, opened, count(opened))
    for format in _other_ways(best, asked):
        other = _as(best, format)
        if other and other.faults.total() < best.faults.total() and _keeps(other, best):
            best = other
    return best


def blocks_of(files: Sequence[Read]) -> list[Block]:
    """Return files in blocks, the largest first; a block whose folders have no type in common falls into several."""
    blocks: list[Block] = []
    for each in sorted(files, key=lambda each: -each.counted.tokens):
        for number, block in enumerate(blocks):
            if joined := _joined(block, each):
                blocks[number] = joined
                break
        else:
            blocks.append(Block.of(each.opened.format, [each]))
    parts = [part for block in blocks for part in _by_types(block)]
    ordered = [replace(part, files=tuple(sorted(part.files, key=_name))) for part in parts]
    return sorted(ordered, key=lambda block: -block.tokens)


def read_as(blocks: Sequence[Block], source: Source, raw: RawFile, asked: Format) -> Read | None:
    """Return a file that by itself tells too little as the first block that fits it is read; None if none does."""
    for block in blocks:
        said = Format(
            block.format.reader,
            block.format.scheme,
            {**block.format.options, **asked.options},
            outside=asked.outside,
        )
        try:
            again = read_again(inspect(raw, said, WHOLE), block.format)
        except OpenNERError:
            continue
        found = Read(source, again, count(again))
        masked = not found.types and found.counted.tokens >= _SOME  # a test set without its labels
        if found.counted.tokens and not masked and not found.opened.faults and found.types <= block.types:
            return found
    return None


def _name(each: Read) -> tuple[str, str]:
    return each.source.archive or "", each.source.name


def _as(each: Read, format: Guess) -> Read | None:
    """Return a file read in a way; None where it cannot be read so at all."""
    if format == each.opened.format:
        return each
    try:
        opened = read_again(each.opened, format)
    except OpenNERError:
        return None
    return replace(each, opened=opened, counted=count(opened))


def _other_ways(each: Read, asked: Format) -> Iterator[Guess]:
    """Yield other ways to read a file of columns that has faults."""
    format = each.opened.format
    flaws = {fault.flaw for fault in each.opened.faults}
    if format.reader != "delimited" or not flaws & {"column-count", "missing-label", "unknown-label"}:
        return
    separators = () if "separator" in asked.options else ("whitespace", "tab", "space")
    for separator in separators:
        if separator != format.options.get("separator"):
            why = f"{separator} between columns: otherwise some lines would have other columns"
            reasons = [reason for reason in format.reasons if reason[1] != "--separator"]
            yield replace(
                format,
                options={**format.options, "separator": separator},
                reasons=((why, "--separator"), *reasons),
            )
    if "label" not in format.options and "column-count" in flaws:
        # Counted from the end, the label of a line with one column more would be that column.
        for place in (1, 2, 3, 4):
            why = f"some lines have more columns, so the label is counted from the first: {place}"
            yield replace(
                format,
                options={**format.options, "label": place},
                reasons=(*format.reasons, (why, "--label")),
            )


def _keeps(new: Read, old: Read, types: Collection[str] = ()) -> bool:
    """Return whether one reading of a file loses nothing of another; ``types``: those that the file's block is known to have."""
    here, there = new.counted, old.counted
    if not _same_tokens(new, old):
        return False
    mentions = sum(here.mentions.values()) >= sum(there.mentions.values())
    # Mentions of types that no other file has may come from a column that holds no labels.
    misread = bool(types) and not old.types & set(types) and bool(new.types) and new.types <= set(types)
    return (
        here.sentences >= there.sentences
        and here.tokens >= there.tokens
        and (mentions or misread)
        and new.faults <= old.faults
        and len(new.opened.reading.layers) >= len(old.opened.reading.layers)
    )


def _same_tokens(new: Read, old: Read) -> bool:
    """Return whether one reading has the tokens of another on each line but for those with faults; else another column was read."""
    here, there = new.opened.columns, old.opened.columns
    if here.tokens.equals(there.tokens):
        return True
    if len(np.unique(there.lines)) < len(there):  # many tokens a line, none of which has a place of its own
        return len(here) != len(there)
    held = dict(zip(here.lines.tolist(), here.tokens.to_pylist(), strict=True))
    odd = {fault.line for fault in old.opened.faults}
    return all(
        held.get(line) == token or line in odd
        for line, token in zip(there.lines.tolist(), there.tokens.to_pylist(), strict=True)
    )


def _joined(block: Block, new: Read) -> Block | None:
    """Return a block with one file more, read in a way that holds for all; None if there is none."""
    if block.format.reader != new.opened.format.reader:
        return None
    for format in _common(block.format, new.opened.format):
        last = _as(new, format)
        if last is None or not _keeps(last, new, block.types):
            continue
        if format == block.format:  # as its files are read already
            return replace(block, files=(*block.files, last), types=block.types | last.types)
        others = [_as(each, format) for each in block.files]
        kept = [
            again for again, each in zip(others, block.files, strict=True) if again and _keeps(again, each)
        ]
        if len(kept) == len(block.files):
            return Block.of(format, (*kept, last))
    return None


def _common(one: Guess, other: Guess) -> Iterator[Guess]:
    """Yield ways to read the files of two guesses alike: as the first says, or with what only the other showed, or as the other."""
    if fits(one.scheme, other):
        scheme = one.scheme
    elif fits(other.scheme, one):
        scheme = other.scheme
    else:
        return
    if one.types and other.types and (UNNAMED in one.types) != (UNNAMED in other.types):
        return  # bare B and I in one, types in the other
    spelling = {**other.spelling, **one.spelling}
    named = [clean for clean in spelling.values() if clean != OUTSIDE]
    if len(set(named)) < len(named) or any(spelling[raw] != clean for raw, clean in other.spelling.items()):
        return
    told = {option for _, option in one.reasons}
    reasons = (*one.reasons, *(reason for reason in other.reasons if reason[1] not in told))
    seen: list[Guess] = []
    for options in (one.options, {**other.options, **one.options}, {**one.options, **other.options}):
        whole = options is not one.options or scheme != one.scheme or spelling != one.spelling
        format = replace(one, scheme=scheme, spelling=spelling, options=options)
        format = replace(format, reasons=reasons) if whole and options != one.options else format
        if format not in seen:
            seen.append(format)
            yield format


def _by_types(block: Block) -> list[Block]:
    """Return the parts of a block whose folders have no type in common: these are several corpora, written alike."""
    groups: list[_Group] = []
    for each in block.files:
        new = _Group({_folder(each)}, set(each.types), sum(each.counted.mentions.values()))
        touching = [group for group in groups if group.folders & new.folders or group.types & new.types]
        groups = [group for group in groups if group not in touching]
        groups.append(sum(touching, new))
    if len(groups) < 2 or min(group.mentions for group in groups) < _ENOUGH:
        return [block]
    return [
        Block.of(block.format, [each for each in block.files if _folder(each) in group.folders])
        for group in groups
    ]


@dataclass(frozen=True, slots=True)
class _Group:
    """Folders whose files share types, directly or through others, and how many mentions they have."""

    folders: set[str]
    types: set[str]
    mentions: int

    def __add__(self, other: "_Group") -> "_Group":
        return _Group(self.folders | other.folders, self.types | other.types, self.mentions + other.mentions)


def _folder(each: Read) -> str:
    """Return the folder of a file; of one that is named for a split, the folder above."""
    folder = PurePosixPath(each.source.name).parent
    while folder.name and split_of(folder.name):
        folder = folder.parent
    return f"{each.source.archive or ''}:{folder}"
