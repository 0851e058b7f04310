"""Building data/: always a view of samples/ or of the store, made beside and then swapped in."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import Card, File, corpora, load_card, load_cards
from openner_utils.sources import pin
from openner_utils.sources.address import inside, url
from openner_utils.sources.store import CHUNK, Store, full_disk
from openner_utils.support import files, paths
from openner_utils.support.errors import OpenNERError

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


def samples() -> tuple[str, ...]:
    """Return the ids of the corpora that the compendium brings itself."""
    return tuple(name for name in corpora() if load_card(name).source.repository == SAMPLES)


def fetched(store: Store) -> tuple[str, ...]:
    """Return the ids of the corpora of which the store holds something."""
    return tuple(
        name
        for name, card in load_cards().items()
        if card.source.repository != SAMPLES and any(_origin(card, file, store) for file in card.files)
    )


def use(names: Iterable[str], store: Store) -> tuple[str, ...]:
    """Make data/ the view of the named corpora (of all of samples/, or of all that is fetched) and return what it holds.

    Rewrites data/, data.dvc and data.corpora in params.yaml; on an error all three stay as they were.
    After a kill the same command, run again, completes.
    Raises `NotFetchedError`, `ForeignFilesError`, or `OpenNERError` for a file that differs from its card.
    """
    asked = tuple(dict.fromkeys(names))
    if asked == (FETCHED,):
        asked = fetched(store)
    whole = asked == (SAMPLES,)
    if SAMPLES in asked and not whole:
        raise OpenNERError("'samples' means the whole collection. Name it alone, or name single corpora.")
    chosen = samples() if whole else asked
    if not chosen:
        raise OpenNERError("No corpus to use. Name 'samples' or corpora of the catalog.")
    plan = _plan([load_card(name) for name in chosen], store)
    if whole:
        carded = {planned.path for planned in plan}
        others = (path.relative_to(paths.SAMPLES).as_posix() for path in _files(paths.SAMPLES))
        plan += [Planned(path, paths.SAMPLES / path, None) for path in others if path not in carded]
    text = pin.params_with(chosen)
    refuse_foreign(store)
    try:
        with _swapped(_fill(plan)):
            pin.pin(imported=whole)
            files.write_text(paths.PARAMS, text)
    finally:
        shutil.rmtree(paths.resume("data"), ignore_errors=True)
    return chosen


def refuse_foreign(store: Store) -> None:
    """Raise `ForeignFilesError` if data/ holds a file whose bytes neither samples/ nor the store has."""
    if paths.DATA.is_symlink():
        raise ForeignFilesError("data/ is a link, not a folder of its own. Remove the link and run again.")
    known = {files.sha256(path) for path in _files(paths.SAMPLES)}
    foreign = []
    for path in _files(paths.DATA):
        digest = "" if path.is_symlink() else files.sha256(path)
        if digest not in known and not store.has(digest):
            foreign.append(paths.relative(path))
    if foreign:
        shown = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
        raise ForeignFilesError(
            f"data/ holds files that are neither in samples/ nor in downloads/ ({len(foreign)}): {shown}. "
            "data/ is built anew, and they would be lost: move them elsewhere or delete them, then run again."
        )


def _plan(cards: list[Card], store: Store) -> list[Planned]:
    """Return every file of the cards with its origin; two files at one place are an error.

    An unverified file that the store lacks is left out, as long as the store has others of its corpus.
    """
    plan: dict[str, Planned] = {}
    for card in cards:
        here = 0
        for file in card.files:
            path = f"{card.id}/{inside(file.path, f'card {card.id}')}"
            if path in plan:
                raise OpenNERError(f"card {card.id}: the file {file.path} is listed twice. Correct the card.")
            origin = _origin(card, file, store)
            if origin:
                plan[path] = Planned(path, *origin)
                here += 1
            elif file.sha256:
                raise NotFetchedError(
                    f"{card.id}: {file.path} is not in downloads/. Run `openner fetch {card.id}` first."
                )
        if not here:
            todo = card.source.instructions or f"Run `openner fetch {card.id}` first."
            raise NotFetchedError(f"{card.id}: none of its files is in downloads/. {todo}")
    return list(plan.values())


def _origin(card: Card, file: File, store: Store) -> tuple[Path, str] | None:
    """Return where a card's file is copied from, and its SHA-256; None if the store lacks it."""
    if card.source.repository == SAMPLES:
        return paths.SAMPLES / card.id / file.path, file.sha256 or ""
    digest = store.content(file, url(card, file))
    return (store.path(digest), digest) if digest else None


def _fill(plan: list[Planned]) -> Path:
    """Copy the planned files into a fresh folder on data/'s disk, verify them, and return the folder."""
    fresh = paths.resume("data", "new")
    shutil.rmtree(fresh, ignore_errors=True)
    for planned in plan:
        target = fresh / planned.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not planned.origin.is_file():
            raise OpenNERError(f"{paths.relative(planned.origin)}: no such file. Restore it and run again.")
        found = _copy(planned.origin, target)
        if planned.sha256 and found != planned.sha256:
            raise OpenNERError(
                f"{paths.relative(planned.origin)}: expected SHA-256 {planned.sha256}, found {found}. "
                "Restore it, or, if it was changed on purpose, write its new size and SHA-256 into its card."
            )
    return fresh


def _copy(origin: Path, target: Path) -> str:
    """Copy a file and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with full_disk(target), open(origin, "rb") as content, open(target, "wb") as out:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


@contextmanager
def _swapped(fresh: Path) -> Iterator[None]:
    """Put ``fresh`` in data/'s place; if the block fails, put data/ and data.dvc back as they were."""
    old = paths.resume("data", "old")
    shutil.rmtree(old, ignore_errors=True)
    before = paths.DATA_PIN.read_bytes() if paths.DATA_PIN.exists() else None
    if paths.DATA.exists():
        paths.DATA.replace(old)
    try:
        fresh.replace(paths.DATA)
        yield
    except BaseException:
        if paths.DATA.exists():
            paths.DATA.replace(fresh)
        if old.exists():
            old.replace(paths.DATA)
        if before is None:
            paths.DATA_PIN.unlink(missing_ok=True)
        else:
            files.write_bytes(paths.DATA_PIN, before)
        raise


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file and link below a folder, in a stable order."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_symlink() or not path.is_dir():
            yield path
