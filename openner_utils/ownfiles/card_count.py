"""What a corpus's files hold when they are read and cleaned as their card says: for cards that are being written."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import Card, File, card_at
from openner_utils.catalog.patterns import single
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import Cleaned, check_hash, clean_file
from openner_utils.ownfiles.drafting.gather import unpack
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import within

_OF_LEDGER = "ledger: "


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one file, and whether it is not as its card says."""

    told: str
    failed: bool = False


def count(path: Path, folder: Path) -> Iterator[Row]:
    """Yield a row for each file with sentences of the card at ``path``, whose files lie below ``folder``, and one for all of a pattern.

    Archives are unpacked for the time of counting. A file that is missing, stops at a fault, or holds something else than is
    expected is a row, and the others have their turn.
    """
    card = card_at(path)
    with tempfile.TemporaryDirectory(prefix="openner-") as room:
        places: dict[str, Path] = {}
        for file in card.annotated:
            try:
                if file.archive and file.archive not in places:
                    places[file.archive] = _unpacked(
                        card, file.archive, folder, Path(room) / str(len(places))
                    )
                where = places[file.archive] if file.archive else folder
                each = single(card, file, where)
            except (OpenNERError, OSError) as error:
                yield _failed(file, error)
                continue
            totals: Counter[str] = Counter(files=len(each))
            for one in each:
                try:
                    found = _cleaned(card, one, within(where, one.path, str(path)))
                except (OpenNERError, OSError) as error:
                    yield _failed(one, error)
                    continue
                totals.update({what: found.counts.get(name, 0) for what, name in _COUNTED.items()})
                yield _row(one, found)
            if file.pattern:
                yield _of_all(file, totals)


_COUNTED = {"sentences": "sentences", "tokens": "tokens", "mentions": "mentions as repaired"}


def _failed(file: File, error: OpenNERError | OSError) -> Row:
    if isinstance(error, OpenNERError):
        return Row(f"{file.path}: {error}", failed=True)
    hint = "Name the folder from which the paths on the card count."
    return Row(f"{error.filename or file.path}: {error.strerror or error}. {hint}", failed=True)


def _of_all(file: File, totals: Counter[str]) -> Row:
    """Return the row of all files that fit a pattern."""
    if not totals["files"]:
        return Row(f"{file.path}: no file fits. Correct the path on the card.", failed=True)
    counts = totals["sentences"], totals["tokens"], totals["mentions"]
    told = f"{file.path}: {totals['files']:,} files, {_said(*counts)}"
    if file.expect is None:
        return Row(told)
    expected = file.expect.sentences, file.expect.tokens, file.expect.mentions
    same = counts[: 2 + (expected[2] is not None)] == expected[: 2 + (expected[2] is not None)]
    if same and totals["files"] == file.expect.files:
        return Row(f"{told}; as expected")
    return Row(f"{told}; expected: {file.expect.files:,} files, {_said(*expected)}", failed=True)


def _unpacked(card: Card, archive: str, folder: Path, room: Path) -> Path:
    """Unpack what a card names of an archive, and return the folder."""
    members = [file.path for file in card.files if file.archive == archive]
    unpack(within(folder, archive, f"card {card.id}"), members, room)
    return room


def _cleaned(card: Card, file: File, path: Path) -> Cleaned:
    raw = RawFile.open(path, file.path)
    check_hash(path.parent, raw, card, file)
    return clean_file(raw, card, file)


def _row(file: File, found: Cleaned) -> Row:
    mentions = decode(found.repaired, IOB2)
    types = Counter(mentions.types[type] for type in mentions.type.tolist())
    sentences, tokens = found.counts["sentences"], found.counts["tokens"]
    told = f"{file.path}: {_said(sentences, tokens, types)}"
    if found.layers:
        told += f"; {len(found.layers):,} inner mentions"
    changed = {
        name.removeprefix(_OF_LEDGER): number for name, number in found.counts.items() if _OF_LEDGER in name
    }
    if changed:
        told += f"; changed: {', '.join(f'{rule} {number:,}' for rule, number in changed.items())}"
    if file.expect is None:
        return Row(told)
    expect = file.expect
    as_expected = (sentences, tokens) == (expect.sentences, expect.tokens) and expect.types in (None, types)
    if as_expected:
        return Row(f"{told}; as expected")
    return Row(f"{told}; expected: {_said(expect.sentences, expect.tokens, expect.types)}", failed=True)


def _said(sentences: int, tokens: int, types: Mapping[str, int] | None) -> str:
    if types is None:
        return f"{sentences:,} sentences, {tokens:,} tokens"
    by_type = ", ".join(f"{type} {number:,}" for type, number in sorted(types.items()))
    mentions = f"{sum(types.values()):,} mentions{f' ({by_type})' if by_type else ''}"
    return f"{sentences:,} sentences, {tokens:,} tokens, {mentions}"
