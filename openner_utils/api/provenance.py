"""What is known of files that a model is trained on or scored on: by the catalog's cards, or by whoever gives them."""

from openner_utils.catalog import Card, File, languages, load_cards
from openner_utils.catalog.patterns import members
from openner_utils.encoders.about import Known
from openner_utils.readers.layout import RawFile
from openner_utils.sources.build import SAMPLES
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import LANGUAGES, Place, relative


def known_of(raw: RawFile, place: Place, language: str | None = None, licence: str | None = None) -> Known:
    """Return what is known of a file.

    A card of the catalog knows a file by its SHA-256, or by its place in ``data/``. ``language`` (ISO 639-3) and
    ``licence`` are what the user says of files that no card knows. Raises `OpenNERError` for a language that the catalog lacks.
    """
    if language is not None and language not in languages():
        raise _unknown_language(language)
    digest = raw.sha256
    for card in load_cards(cards=place.cards).values():
        file = _same(card, digest) or _there(card, raw, place)
        if file is not None:
            own = card.source.repository == SAMPLES
            return Known(
                corpus=card.name,
                repository=None if own else card.source.repository,
                language=file.language,
                licence=card.licence.spdx,
                sha256=digest,
            )
    return Known(language=language, licence=licence, sha256=digest)


def _unknown_language(code: str) -> OpenNERError:
    """Return the error for a code that the catalog lacks; for one of two letters with the codes that begin so."""
    known = languages()
    if len(code) == 2:
        near = [f"{each} ({known[each].name})" for each in sorted(known) if each.startswith(code.lower())]
        named = f": {' or '.join(near)}" if near else ""
        said = f"Unknown language {code!r}. Codes are those of ISO 639-3, of three letters{named}."
    else:
        said = str(unknown("language (ISO 639-3)", code, known))
    return OpenNERError(
        f"{said} A language that is missing is one line in {relative(LANGUAGES)}; without --language it is unknown in the card."
    )


def _same(card: Card, digest: str) -> File | None:
    """Return the file of a card that has these bytes."""
    return next((file for file in card.files if file.archive is None and file.sha256 == digest), None)


def _there(card: Card, raw: RawFile, place: Place) -> File | None:
    """Return the file of a card that lies where this one does, where the card does not say which bytes it has."""
    folder = place.data / card.id
    path = raw.path.absolute()
    if not path.is_relative_to(folder.absolute()):
        return None
    name = path.relative_to(folder.absolute()).as_posix()
    found = members(card.files, [name]).get(name)
    return found if found is None or found.archive or not found.sha256 else None
