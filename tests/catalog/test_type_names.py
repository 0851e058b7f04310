"""Nearest standardized names: proposals from spelling and synonyms, never from likeness."""

import pytest

from openner_utils.catalog import load_cards
from openner_utils.catalog.ontology import entity_types
from openner_utils.catalog.type_names import SYNONYMS, UNSURE, candidates, nearest


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("PERSON", "PER"),
        ("person", "PER"),
        ("creative-work", "CREATIVE_WORK"),
        ("GPE_LOC", "GPE-LOC"),
        ("Fac", "FACILITY"),
        ("LOCderiv", "LOC-DERIV"),
        ("ORGpart", "ORG-PART"),
        ("DATEderiv", None),
        ("PERSONAL", None),
        ("TODO", None),
    ],
)
def test_nearest(original: str, name: str | None) -> None:
    assert nearest(original) == name


def test_each_synonym_stands_for_one_known_name() -> None:
    spellings = [spelling for each in SYNONYMS.values() for spelling in each]
    assert len(spellings) == len(set(spellings)) and not set(spellings) & set(entity_types())
    assert set(SYNONYMS) <= set(entity_types())


@pytest.mark.parametrize(
    "original", ["PRO", "title", "Art", "GROUP", "NAME", "TI", "position", "mon", "tim", "WOA", "Media"]
)
def test_what_means_different_things_in_different_subjects_is_asked_for(original: str) -> None:
    assert nearest(original) is None
    assert candidates(original)


def test_candidates_are_standardized_names_and_no_sure_synonym_is_unsure() -> None:
    assert {name for names in UNSURE.values() for name in names} <= set(entity_types())
    assert not set(UNSURE) & {spelling for each in SYNONYMS.values() for spelling in each}
    assert candidates("PERSN") == ("PER",) and candidates("XYZZY") == ()


BY_GROUP = "thainner"
"""Its 104 fine types stand for their groups, so a law is MISC and money NUM there, which a name alone does not say."""


OWN_SENSE = {
    ("chinese_address", "person"): "who takes a parcel: offices and lockers, seldom people",
    ("chinese_literature", "Location"): "common nouns and words such as here as well",
    ("chinese_literature", "Metric"): "numbers with what they count, no metric of evaluation",
    ("chinese_literature", "Organization"): "common nouns as well",
    ("chinese_literature", "Person"): "common nouns and pronouns as well",
    ("chinese_literature", "Time"): "dates as well",
    ("cluener", "book"): "newspapers and magazines as well",
    ("cluener", "game"): "video games by their titles, no kinds of games",
    ("cluener_train", "book"): "newspapers and magazines as well",
    ("cluener_train", "game"): "video games by their titles, no kinds of games",
    ("materials_synthesis", "Brand"): "firms, named as where a material comes from",
    ("mit_restaurant", "Location"): "words such as nearby, seldom a name",
    ("re3d", "Location"): "common nouns and words such as here as well",
    ("re3d", "Organisation"): "common nouns and pronouns as well",
    ("re3d", "Person"): "common nouns and pronouns as well",
    ("re3d", "Quantity"): "numbers without a unit",
}
"""Corpora of a subject that use a name of many corpora for something of their own; the name still stands for what the many mean."""


def test_no_name_is_translated_against_what_a_corpus_means_by_it_but_where_said() -> None:
    against = {
        (name, original)
        for name, card in load_cards().items()
        if name != BY_GROUP
        for original, meant in card.types.items()
        if nearest(original) not in (None, meant)
    }
    assert against == set(OWN_SENSE)


def test_names_that_corpora_mean_different_things_by_are_unsure() -> None:
    meant: dict[str, set[str]] = {}
    for name, card in load_cards().items():
        if name != BY_GROUP:
            for original, standardized in card.types.items():
                if (name, original) not in OWN_SENSE:
                    meant.setdefault(original.upper().replace("-", "_"), set()).add(standardized)
    torn = {original for original, names in meant.items() if len(names) > 1}
    assert torn, "there are such names"
    assert {original: nearest(original) for original in torn} == dict.fromkeys(torn)
    assert all(meant[original] <= set(candidates(original)) for original in torn), {
        original: (meant[original], candidates(original)) for original in torn
    }
