"""Nearest standardized names: proposals from spelling and synonyms, never from likeness."""

import pytest

from openner_utils.catalog.ontology import entity_types
from openner_utils.catalog.type_names import SYNONYMS, nearest


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
