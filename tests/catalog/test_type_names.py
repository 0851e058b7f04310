"""Nearest standardized names: proposals from spelling and synonyms, never from likeness."""

import pytest

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


@pytest.mark.parametrize("original", ["PRO", "title", "Art", "GROUP", "NAME", "TI", "position", "mon"])
def test_what_means_different_things_in_different_subjects_is_asked_for(original: str) -> None:
    assert nearest(original) is None
    assert candidates(original)


def test_candidates_are_standardized_names_and_no_sure_synonym_is_unsure() -> None:
    assert {name for names in UNSURE.values() for name in names} <= set(entity_types())
    assert not set(UNSURE) & {spelling for each in SYNONYMS.values() for spelling in each}
    assert candidates("PERSN") == ("PER",) and candidates("XYZZY") == ()
