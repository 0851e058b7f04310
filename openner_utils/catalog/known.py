"""What a card names must be known: its languages and its standardized types, each with what to write where it is new.

A draft of a card that is not complete yet is not known either.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from openner_utils.catalog import TODO, Card
from openner_utils.support import paths
from openner_utils.support.documents import line_of
from openner_utils.support.errors import OpenNERError, unknown


def check(card: Card, path: Path, languages: Collection[str], types: Collection[str]) -> None:
    """Raise `OpenNERError` for the first language or standardized type of the card at ``path`` that is not among those known.

    It names the line of the card, and the line to add to the table of languages or types. What a draft leaves open comes first.
    """
    if left := list(_open(card)):
        lines = sorted(line_of(path, *keys) for keys in left)
        more = f" (also on line {', '.join(map(str, lines[1:]))})" if lines[1:] else ""
        raise OpenNERError(
            f"{paths.relative(path)}:{lines[0]}: {TODO}{more}. Complete the card, or take it out of "
            f"{paths.relative(path.parent)}/ while it is a draft; openner card count reads drafts, wherever they lie."
        )
    for original, name in card.types.items():
        if name not in types:
            raise _unknown(
                f"{original}: {unknown('standardized entity type', name, types)}",
                (path, line_of(path, "types", original)),
                f"{name}: {{core: null, certainty: ours, reason: WHY}}",
                ("types", paths.ONTOLOGY),
            )
    for number, file in enumerate(card.files):
        if file.language not in languages:
            raise _unknown(
                str(unknown("language", file.language, languages)),
                (path, line_of(path, "files", number, "language")),
                f"{file.language}: {{name: NAME, family: FAMILY, script: Latn}}",
                ("languages", paths.LANGUAGES),
            )


def _open(card: Card) -> Iterator[tuple[str, ...]]:
    """Yield the keys of a card under which a draft says that a person has to decide."""
    values: dict[tuple[str, ...], str] = {
        ("name",): card.name,
        ("domain",): card.domain,
        ("description",): card.description,
        ("source", "repository"): card.source.repository,
        ("licence", "note"): card.licence.note,
        ("citation",): card.citation,
        **{("types", type): name for type, name in card.types.items()},
    }
    yield from (keys for keys, value in values.items() if value == TODO)


def _unknown(what: str, place: tuple[Path, int], line: str, table: tuple[str, Path]) -> OpenNERError:
    where, to = f"{paths.relative(place[0])}:{place[1]}", paths.relative(table[1])
    return OpenNERError(f"{where}: {what} Correct it, or add below `{table[0]}:` in {to}:   {line}")
