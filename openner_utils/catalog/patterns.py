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
    single = {file.path: file for file in files if not file.pattern}
    patterns = [file for file in files if file.pattern]
    found: dict[str, File] = {}
    for name in sorted(names):
        fitting = [file for file in patterns if fits(file.path, name)]
        if name in single:
            found[name] = single[name]
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
    if not any(file.pattern for file in card.files):
        return list(card.annotated)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    try:
        found = members(card.files, names)
    except OpenNERError as error:
        raise OpenNERError(f"card {card.id}: {error}") from error
    files: list[File] = []
    for file in card.annotated:
        if not file.pattern:
            files.append(file)
            continue
        fitting = [name for name, owner in found.items() if owner is file]
        expected = file.expect.files if file.expect else None
        if expected is not None and fitting and len(fitting) != expected:
            raise OpenNERError(
                f"card {card.id}: {len(fitting)} files fit {file.path!r}, and the card expects {expected}. "
                f"Correct the path or `files` on the card. Or: {rebuilding(folder.parent, card.id)}"
            )
        one = file.model_copy(update={"expect": None})
        files += [one.model_copy(update={"path": name}) for name in fitting] or [file]
    return files
