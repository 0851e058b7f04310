"""Which files the patterns among a card's paths mean."""

from collections.abc import Collection, Sequence
from pathlib import Path

from openner_utils.catalog import Card, File
from openner_utils.catalog.globs import fits
from openner_utils.catalog.rebuilding import rebuilding
from openner_utils.support.errors import OpenNERError


def members(files: Sequence[File], names: Collection[str]) -> dict[str, File]:
    """Return those of ``names`` (paths as on the card) that the entries of a card mean, in order, each with its entry.

    An entry for one file comes before patterns that fit it; two patterns that fit one file are an error.
    """
    alone = {file.path: file for file in files if not file.pattern}
    patterns = [file for file in files if file.pattern]
    found: dict[str, File] = {}
    for name in sorted(names):
        fitting = [file for file in patterns if fits(file.path, name)]
        if name in alone:
            found[name] = alone[name]
        elif len(fitting) > 1:
            told = " and ".join(repr(file.path) for file in fitting)
            raise OpenNERError(
                f"the file {name} fits {told}. Correct these paths on the card, so that one of them does."
            )
        elif fitting:
            found[name] = fitting[0]
    return found


def present(card: Card, folder: Path) -> list[File]:
    """Return the files of a corpus that hold sentences, in the card's order: for a pattern the files in ``folder`` that fit it.

    A pattern that fits none stands for itself; one that fits another number of files than the card expects is an error.
    """
    files: list[File] = []
    for file in card.annotated:
        found = _each(card, file, folder)
        expected = file.expect.files if file.expect else None
        if expected is not None and found and len(found) != expected:
            raise OpenNERError(
                f"card {card.id}: {len(found)} files fit {file.path!r}, and the card expects {expected}. "
                f"Correct the path or `files` on the card. Or: {rebuilding(folder.parent, card.id)}"
            )
        files += found or [file]
    return files


def _each(card: Card, file: File, folder: Path) -> list[File]:
    """Return the files in ``folder`` that an entry of a card means, each as an entry of its own; of one file itself."""
    if not file.pattern:
        return [file]
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    try:
        owners = members(card.files, names)
    except OpenNERError as error:
        raise OpenNERError(f"card {card.id}: {error}") from error
    alone = file.model_copy(update={"expect": None})
    return [alone.model_copy(update={"path": name}) for name, owner in owners.items() if owner is file]
