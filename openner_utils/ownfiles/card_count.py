"""What a corpus's files hold when they are read and cleaned as their card says: for cards that are being written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import Card, File, card_at
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import Cleaned, check_hash, clean_file
from openner_utils.ownfiles.drafting.gather import unpack
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import OpenNERError
from openner_utils.support.process import scratch
from openner_utils.support.within import within

_OF_LEDGER = "ledger: "


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one file, and whether it is not as its card says."""

    told: str
    failed: bool = False


def count(path: Path, folder: Path) -> Iterator[Row]:
    """Yield a row for each file with sentences of the card at ``path``, whose files lie below ``folder``.

    Archives are unpacked for the time of counting. A file that is missing, stops at a fault, or holds something else than is
    expected is a row, and the others have their turn.
    """
    card = card_at(path)
    with scratch() as room:
        places: dict[str, Path] = {}
        for file in card.annotated:
            try:
                if file.archive and file.archive not in places:
                    places[file.archive] = _unpacked(card, file.archive, folder, room / str(len(places)))
                where = places[file.archive] if file.archive else folder
                yield _row(file, _cleaned(card, file, within(where, file.path, str(path))))
            except OpenNERError as error:
                yield Row(f"{file.path}: {error}", failed=True)
            except OSError as error:
                hint = "Name the folder from which the paths on the card count."
                yield Row(f"{error.filename or file.path}: {error.strerror or error}. {hint}", failed=True)


def _unpacked(card: Card, archive: str, folder: Path, room: Path) -> Path:
    """Unpack what a card names of an archive, and return the folder."""
    members = [file.path for file in card.files if file.archive == archive]
    unpack(within(folder, archive, f"card {card.id}"), members, room)
    return room


def _cleaned(card: Card, file: File, path: Path) -> Cleaned:
    raw = RawFile.open(path, file.path)
    check_hash(raw, card, file)
    return clean_file(raw, card, file)


def _row(file: File, found: Cleaned) -> Row:
    mentions = decode(found.repaired, IOB2)
    types = Counter(mentions.types[type] for type in mentions.type.tolist())
    counts = found.counts["sentences"], found.counts["tokens"], len(mentions)
    told = f"{file.path}: {_said(*counts)}"
    if types:
        told += f" ({', '.join(f'{type} {number:,}' for type, number in sorted(types.items()))})"
    if found.layers:
        told += f"; {len(found.layers):,} inner mentions"
    changed = {
        name.removeprefix(_OF_LEDGER): number for name, number in found.counts.items() if _OF_LEDGER in name
    }
    if changed:
        told += f"; changed: {', '.join(f'{rule} {number:,}' for rule, number in changed.items())}"
    if file.expect is None:
        return Row(told)
    expected = file.expect.sentences, file.expect.tokens, file.expect.mentions
    compared = counts if file.expect.mentions is not None else (*counts[:2], None)
    if compared == expected:
        return Row(f"{told}; as expected")
    return Row(f"{told}; expected: {_said(*expected)}", failed=True)


def _said(sentences: int, tokens: int, mentions: int | None) -> str:
    more = "" if mentions is None else f", {mentions:,} mentions"
    return f"{sentences:,} sentences, {tokens:,} tokens{more}"
