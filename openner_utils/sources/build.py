"""Building data/: always a view of samples/ or of the store, made beside and then swapped in."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import Card, File, load_card, load_cards
from openner_utils.catalog.globs import fits
from openner_utils.sources import pin
from openner_utils.sources.address import url
from openner_utils.sources.store import CHUNK, Store, full_disk
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place
from openner_utils.support.within import distinct, within

SAMPLES = "samples"
FETCHED = "fetched"
"""The word for the compendium's own collection, on the command line and as a card's source."""


class ForeignFilesError(OpenNERError):
    """data/ holds something that is nowhere else, and building it anew would delete that."""


class NotFetchedError(OpenNERError):
    """A corpus whose files are not in the store."""


@dataclass(frozen=True)
class Planned:
    """One file of the view: its path below data/, what it is copied from, and the SHA-256 it must have."""

    path: str
    origin: Path
    sha256: str | None


Seen = frozenset[tuple[str, int, int]]
"""Files that were looked at: each with its path below data/, its size and the time of its last change."""


def samples(place: Place = HERE) -> tuple[str, ...]:
    """Return the ids of the corpora that the compendium brings itself."""
    cards = load_cards(cards=place.cards)
    return tuple(name for name, card in cards.items() if card.source.repository == SAMPLES)


def fetched(store: Store, place: Place = HERE) -> tuple[str, ...]:
    """Return the ids of the corpora of which the store holds something."""
    return tuple(
        name
        for name, card in load_cards(cards=place.cards).items()
        if card.source.repository != SAMPLES
        and any(_origins(card, file, store, place) for file in card.files)
    )


def use(names: Iterable[str], store: Store, place: Place = HERE) -> tuple[str, ...]:
    """Make data/ the view of the named corpora (of all of samples/, or of all that is fetched) and return what it holds.

    Rewrites data/, data.dvc and data.corpora in params.yaml; on an error all three stay as they were.
    After a kill the same command, run again, completes. Nobody else writes to the store or data/ meanwhile.
    Raises `NotFetchedError`, `ForeignFilesError`, or `OpenNERError` for a file that differs from its card.
    """
    with store.exclusive():
        asked = tuple(dict.fromkeys(names))
        if asked == (FETCHED,):
            asked = fetched(store, place)
        whole = asked == (SAMPLES,)
        chosen = tuple(dict.fromkeys(_named(asked, place)))
        if not chosen:
            raise OpenNERError("No corpus to use. Name 'samples' or corpora of the catalog.")
        plan = _plan([load_card(name, place.cards) for name in chosen], store, place)
        if whole:
            carded = {planned.path for planned in plan}
            others = (path.relative_to(place.samples).as_posix() for path in _files(place.samples))
            plan += [Planned(path, place.samples / path, None) for path in others if path not in carded]
        text = pin.params_with(place, chosen)
        _take_up(store, place)
        seen = refuse_foreign(place.data, store, place)
        try:
            with swapped(_fill(plan, place, _aside(place) / "new"), store, place, seen):
                pin.pin(place, imported=whole)
                files.write_text(place.params, text)
        finally:
            if not (_aside(place) / "old").exists():  # what could not be put back is kept
                shutil.rmtree(_aside(place), ignore_errors=True)
        return chosen


def _named(asked: Iterable[str], place: Place) -> Iterator[str]:
    """Yield the ids that words of the command line mean: ``samples`` is its whole collection, beside others or alone."""
    for name in asked:
        yield from samples(place) if name == SAMPLES else (name,)


def lay_out(names: Iterable[str], store: Store, place: Place, folder: Path) -> None:
    """Copy the raw files of corpora into a new ``folder``, as data/ would hold them; each is checked against its card."""
    _fill(_plan([load_card(name, place.cards) for name in names], store, place), place, folder)


def refuse_foreign(
    folder: Path, store: Store, place: Place, seen: Seen = frozenset(), shown: str = "data"
) -> Seen:
    """Raise `ForeignFilesError` if a view in ``folder`` holds a file whose bytes neither samples/ nor the store has.

    What was ``seen`` before and has not changed is not read again. Returns all that was looked at. ``shown`` is what
    the folder is called in errors.
    """
    if folder.is_symlink():
        raise ForeignFilesError(
            f"{shown}/ is a link, not a folder of its own. Remove the link and run again."
        )
    if folder.exists() and not folder.is_dir():
        raise ForeignFilesError(
            f"{shown} is a file, where a folder is to be built. Move it elsewhere and run again."
        )
    known = {files.sha256(path) for path in _files(place.samples)}
    foreign, looked_at = [], set()
    for path in _files(folder):
        name, status = path.relative_to(folder).as_posix(), path.lstat()
        looked_at.add(here := (name, status.st_size, status.st_mtime_ns))
        if here in seen:
            continue
        digest = files.sha256(path) if path.is_file() and not path.is_symlink() else ""
        if digest not in known and not (digest and store.has(digest)):
            foreign.append(f"{shown}/{name}")
    if foreign:
        some = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
        raise ForeignFilesError(
            f"{shown}/ holds files that are neither in samples/ nor in downloads/ ({len(foreign)}): {some}. "
            "data/ is built anew, and they would be lost: move them elsewhere or delete them, then run again."
        )
    return frozenset(looked_at)


def _plan(cards: list[Card], store: Store, place: Place) -> list[Planned]:
    """Return every file of the cards with its origin; two files at one place are an error.

    An unverified file that the store lacks is left out, as long as the store has others of its corpus.
    """
    plan: dict[str, Planned] = {}
    for card in cards:
        of_card: dict[str, Planned] = {}
        distinct((file.path for file in card.files), f"card {card.id}")
        # What is listed by itself comes first, so that a pattern takes only what is left.
        for file in sorted(card.files, key=lambda file: file.pattern):
            if file.path in of_card:
                raise OpenNERError(f"card {card.id}: the file {file.path} is listed twice. Correct the card.")
            origins = _origins(card, file, store, place)
            if not origins and file.sha256:
                raise NotFetchedError(
                    f"{card.id}: {file.path} is not in downloads/. Run `openner fetch {card.id}` first."
                )
            for path, origin in origins.items():
                of_card.setdefault(path, Planned(f"{card.id}/{path}", *origin))
        if not of_card:
            todo = card.source.instructions or f"Run `openner fetch {card.id}` first."
            raise NotFetchedError(f"{card.id}: none of its files is in downloads/. {todo}")
        distinct(of_card, f"card {card.id}")
        plan |= {planned.path: planned for planned in of_card.values()}
    return list(plan.values())


def _origins(card: Card, file: File, store: Store, place: Place) -> dict[str, tuple[Path, str]]:
    """Return where a card's file, or each file that its pattern means, is copied from, and its SHA-256, by its path.

    Nothing is returned of what the store lacks.
    """
    if card.source.repository == SAMPLES:
        folder = within(place.samples, card.id, f"card {card.id}")
        found = (
            (path.relative_to(folder).as_posix() for path in _files(folder)) if file.pattern else [file.path]
        )
        names = [name for name in found if not file.pattern or fits(file.path, name)]
        where = f"card {card.id}"
        return {name: (within(folder, name, where), file.sha256 or "") for name in names}
    held = store.content(file, url(card, file))
    return {name: (store.path(digest), digest) for name, digest in held.items()}


def _aside(place: Place) -> Path:
    """Return the folder, on data/'s disk, in which the new view is made and the old one waits."""
    return place.resume / "data"


def _take_up(store: Store, place: Place) -> None:
    """Put back what a killed run had moved away and not yet replaced, so that nothing in it is lost."""
    old = _aside(place) / "old"
    if not old.exists():
        return
    if not place.data.exists():
        old.replace(place.data)
    else:
        refuse_foreign(old, store, place, shown=place.relative(old))


def _fill(plan: list[Planned], place: Place, fresh: Path) -> Path:
    """Copy the planned files into the fresh folder ``fresh``, verify them, and return the folder."""
    shutil.rmtree(fresh, ignore_errors=True)
    for planned in plan:
        target = within(fresh, planned.path, "data/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not planned.origin.is_file():
            raise OpenNERError(f"{place.relative(planned.origin)}: no such file. Restore it and run again.")
        found = _copy(planned.origin, target)
        if planned.sha256 and found != planned.sha256:
            raise OpenNERError(
                f"{place.relative(planned.origin)}: expected SHA-256 {planned.sha256}, found {found}. "
                "Restore it, or, if it was changed on purpose, write its new size and SHA-256 into its card."
            )
    return fresh


def _copy(origin: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with full_disk(target), open(origin, "rb") as content, open(target, "xb") as out:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@contextmanager
def swapped(fresh: Path, store: Store, place: Place, seen: Seen) -> Iterator[None]:
    """Put ``fresh`` in data/'s place; if the block fails, put data/ and data.dvc back as they were.

    What came into data/ after it was ``seen`` is looked at once it is moved away, where nobody puts more into it.
    """
    old = _aside(place) / "old"
    shutil.rmtree(old, ignore_errors=True)
    before = place.data_pin.read_bytes() if place.data_pin.exists() else None
    if place.data.exists():
        place.data.replace(old)
    try:
        refuse_foreign(old, store, place, seen)
        fresh.replace(place.data)
        yield
    except BaseException:
        if place.data.exists():
            place.data.replace(fresh)
        if old.exists():
            old.replace(place.data)
        if before is None:
            place.data_pin.unlink(missing_ok=True)
        else:
            files.write_bytes(place.data_pin, before)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file and link below a folder, in a stable order."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_symlink() or not path.is_dir():
            yield path
