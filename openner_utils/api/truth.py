"""Labelled text whose labels are hidden from a pipeline: corpora of the catalog, and one's own files."""

from collections.abc import Collection, Sequence

from openner_utils.api.collecting import gather
from openner_utils.catalog import corpora, load_card
from openner_utils.catalog.taxonomy import universal
from openner_utils.ownfiles.format import Format
from openner_utils.support.errors import unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.web.gold import passages_of, refuse_empty
from openner_utils.web.mentions import Annotated
from openner_utils.web.passages import UNKNOWN_LICENCE
from openner_utils.web.types import core_of, mapped


def gold(
    names: Sequence[str],
    split: str = "test",
    languages: Collection[str] = (),
    most: int | None = None,
    place: Place = HERE,
    format: Format | None = None,
) -> list[Annotated]:
    """Return labelled sentences as passages with mentions of core types; see `web.gold.passages_of` and `collecting.gather`.

    ``languages``: only these (ISO 639-3); empty: all. Raises `OpenNERError` where a language has no sentence, and where no
    sentence has a mention of a core type.
    """
    known = universal()

    def core(type: str) -> str | None:
        name = mapped(known, [type])[type].type
        return None if name is None else core_of(known, name)

    found: list[Annotated] = []
    for name, corpus in zip(names, gather(names, split, "standardized", place, format), strict=True):
        catalogued = name in corpora(place.cards)
        licence = load_card(name, place.cards).licence.spdx if catalogued else UNKNOWN_LICENCE
        found += passages_of(corpus, core, licence, most)
    there = sorted({each.passage.language for each in found})
    for language in languages:
        if language not in there:
            raise unknown("language of these sentences", language, there)
    found = [each for each in found if not languages or each.passage.language in languages]
    refuse_empty(found)
    return found
