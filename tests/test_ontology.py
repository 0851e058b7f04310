"""Types: the table is whole, and both maps do what they say."""

import pytest

from openner_utils import ontology
from openner_utils.catalog import load_cards
from openner_utils.columns import from_rows
from openner_utils.encoding import IOB2
from openner_utils.errors import OpenNERError
from openner_utils.validation import validate
from tests.reading import card


def test_the_table_has_openners_sixty_types() -> None:
    types = {name: type for name, type in ontology.entity_types().items() if not type.domain}
    assert len(types) == 60
    assert {type.core for type in types.values()} == {"PER", "LOC", "ORG", None}
    assert all(types[core].core == core for core in ontology.CORE)


@pytest.mark.parametrize(
    ("name", "core"), [("CORPORATION", "ORG"), ("GROUP", "ORG"), ("GPE", "LOC"), ("DATE", None)]
)
def test_core_types(name, core) -> None:
    assert ontology.core_map().get(name) == core


def test_switches_change_drop_and_add() -> None:
    core = ontology.core_map({"GPE": "ORG", "FACILITY": "", "NORP": "PER"})
    assert (core["GPE"], core.get("FACILITY"), core["NORP"]) == ("ORG", None, "PER")
    assert ontology.core_map()["GPE"] == "LOC", "a switch must not outlive its run"


def test_unknown_switch_gets_the_nearest_name() -> None:
    with pytest.raises(OpenNERError, match="Did you mean 'FACILITY'"):
        ontology.core_map({"FACILTY": ""})


@pytest.mark.parametrize("name", load_cards())
def test_every_card_uses_names_of_the_table(name) -> None:
    assert ontology.standardized_map(load_cards([name])[name])


def test_a_card_with_another_name_is_refused() -> None:
    with pytest.raises(OpenNERError, match="Card tiny: PERS: Unknown standardized entity type 'PERSN'"):
        ontology.standardized_map(card("delimited", types={"PERS": "PERSN"}))


def test_types_are_renamed_merged_or_dropped() -> None:
    made = from_rows([(["a", "b", "c", "d"], ["B-person", "I-person", "B-date", "B-group"])])
    mapped = ontology.map_types(made, {"person": "PER", "group": "ORG"})
    assert [labels for _, labels in mapped.rows()] == [("B-PER", "I-PER", "O", "B-ORG")]


def test_merging_types_never_joins_two_mentions() -> None:
    made = from_rows([(["a", "b"], ["B-GPE", "B-LOC"]), (["a", "b"], ["B-creative-work", "I-creative-work"])])
    mapped = ontology.map_types(made, {"GPE": "LOC", "LOC": "LOC", "creative-work": "ART"})
    rows = [labels for _, labels in mapped.rows()]
    assert rows == [("B-LOC", "B-LOC"), ("B-ART", "I-ART")]
    assert not any(validate(row, IOB2) for row in rows)
