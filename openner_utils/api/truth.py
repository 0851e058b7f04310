"""Labelled text whose labels are hidden from a pipeline: corpora of the catalog, and one's own files."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from openner_utils.api.collecting import gather
from openner_utils.api.training import train
from openner_utils.catalog import corpora, load_card
from openner_utils.catalog.ontology import core_map, map_types
from openner_utils.catalog.taxonomy import universal
from openner_utils.config.params import Encoders, load
from openner_utils.ownfiles.format import Format
from openner_utils.support.errors import unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.process import scratch
from openner_utils.web.annotating import Annotator, by_model
from openner_utils.web.gold import passages_of, refuse_empty
from openner_utils.web.mentions import Annotated
from openner_utils.web.merging import Clash
from openner_utils.web.passages import UNKNOWN_LICENCE
from openner_utils.web.truth import Box
from openner_utils.web.types import by_types, core_of, mapped


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


def trained_here(names: Sequence[str], count: int, encoder: str, place: Place = HERE) -> list[Annotator]:
    """Return ``count`` annotators that are trained now, each on its own part of the corpora's training sentences.

    ``encoder``: a name under ``encoders`` of params.yaml. Real models with real errors, which differ; nothing of them is kept.
    """
    recipes = load(Encoders, place.params).encoders
    if encoder not in recipes:
        raise unknown("encoder", encoder, recipes)
    sentences = [
        (each.name, map_types(each.columns, core_map()))
        for each in gather(names, "train", "standardized", place)
    ]
    found = []
    for part in range(count):
        files = [
            replace(columns.pick(np.arange(part, columns.n_sentences, count, dtype=np.int32)), file=name)
            for name, columns in sentences
        ]
        with scratch() as room:
            model, _ = train(recipes[encoder], files, room / "model", seed=part + 1, place=place)
        found.append(by_model(f"{encoder} {part + 1}", model.predict_each))
    return found


def box_of(annotators: Sequence[Annotator], target: float, confidence: float, clash: Clash = "drop") -> Box:
    """Return two annotators, and a third one as the judge if there is one, with labels compared by the taxonomy."""
    first, second, *third = annotators
    return Box(first, second, third[0] if third else None, by_types, universal(), clash, target, confidence)
