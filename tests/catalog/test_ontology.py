"""Types: the table is whole, both maps do what they say, and what is contested can be switched."""

import pytest

from openner_utils.catalog import load_card, load_cards, ontology
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.core.validation import validate
from openner_utils.support.errors import OpenNERError
from tests.reading import card


def test_the_table_has_openners_sixty_types() -> None:
    types = {name: type for name, type in ontology.entity_types().items() if not type.domain}
    assert len(types) == 60
    assert {type.core for type in types.values()} == {"PER", "LOC", "ORG", None}
    assert all(types[core].core == core for core in ontology.CORE)


def test_nothing_is_called_the_papers_that_was_not_read_in_it() -> None:
    """Only a summary of the paper was at hand: whoever reads the paper changes this with the reasons."""
    used = {type.certainty for type in ontology.entity_types().values()}
    assert used == {"summary", "inferred", "ours"} and used < set(ontology.CERTAINTY)
    assert all(type.certainty == "ours" for type in ontology.entity_types().values() if type.domain), (
        "the paper has no types of domains"
    )


@pytest.mark.parametrize(
    ("name", "core"), [("CORPORATION", "ORG"), ("GROUP", "ORG"), ("GPE", "LOC"), ("DATE", None)]
)
def test_core_types(name, core) -> None:
    assert ontology.core_map().get(name) == core


TINY = card(
    "delimited", types={"pers": "PER", "gpe": "GPE", "fac": "FACILITY", "uni": "FACILITY", "norp": "NORP"}
)
OTHER = "arman/fac"  # a switch of another corpus than TINY


@pytest.mark.parametrize(
    ("switches", "core"),
    [
        ({}, {"pers": "PER", "gpe": "LOC", "fac": "LOC", "uni": "LOC"}),
        ({"GPE": "ORG"}, {"pers": "PER", "gpe": "ORG", "fac": "LOC", "uni": "LOC"}),
        ({"FACILITY": ""}, {"pers": "PER", "gpe": "LOC"}),
        ({"NORP": "PER"}, {"pers": "PER", "gpe": "LOC", "fac": "LOC", "uni": "LOC", "norp": "PER"}),
        ({OTHER: "ORG"}, {"pers": "PER", "gpe": "LOC", "fac": "LOC", "uni": "LOC"}),
    ],
)
def test_switches_for_all_corpora_change_drop_and_add(switches, core) -> None:
    assert ontology.core_types(TINY, switches) == core
    assert ontology.core_map()["GPE"] == "LOC", "a switch must not outlive its run"


@pytest.mark.parametrize(
    ("switches", "fac"),
    [
        ({"arman/fac": "ORG"}, "ORG"),
        ({"arman/fac": ""}, None),
        ({"arman/fac": "ORG", "FACILITY": ""}, "ORG"),
        ({"FACILITY": ""}, None),
        ({"arman/loc": "ORG"}, "LOC"),
        ({"ronec2/FACILITY": "ORG"}, "LOC"),
    ],
)
def test_a_switch_for_one_corpus_is_for_its_own_type_and_wins(switches, fac) -> None:
    arman = load_card("arman")
    core = ontology.core_types(arman, switches)
    assert core.get("fac") == fac
    assert core["org"] == "ORG" and core["pers"] == "PER"
    switched = "arman/fac" in switches or "FACILITY" in switches
    assert ontology.certainty(arman, "fac", switches) == ("switched" if switched else "inferred")


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ("FACILTY", "standardized entity type in core_switches 'FACILTY'. Did you mean 'FACILITY'"),
        ("armann/fac", "corpus in core_switches 'armann'. Did you mean 'arman'"),
        ("arman/face", "entity type of arman in core_switches 'face'. Did you mean 'fac'"),
        ("arman/FACILITY", "entity type of arman in core_switches 'FACILITY'. Known: event, fac, loc"),
        ("/fac", "corpus in core_switches ''"),
        ("arman/", "entity type of arman in core_switches ''"),
    ],
)
def test_an_unknown_switch_is_named_whatever_corpus_is_mapped(switch, said) -> None:
    with pytest.raises(OpenNERError, match=said):
        ontology.core_types(TINY, {switch: "ORG"})


@pytest.mark.parametrize("switch", ontology.contested())
def test_each_contested_choice_can_be_switched_to_what_it_names(switch) -> None:
    choice = ontology.contested()[switch]
    corpus, _, type = switch.rpartition("/")
    of = load_card(corpus) if corpus else card("delimited", types={"x": switch})
    original = type if corpus else "x"
    now = ontology.core_types(of).get(original, "")
    assert choice.reason and choice.instead and now not in choice.instead
    for other in choice.instead:
        assert ontology.core_types(of, {switch: other}).get(original, "") == other


@pytest.mark.parametrize(
    ("corpus", "original", "standardized", "core"),
    [
        ("indonlu_nerp", "IND", "BRAND", None),
        ("ner_uk2", "ART", "PRODUCT", None),
        ("thainner", "role", "POSITION", None),
        ("thainner", "title", "TITLE_AFFIX", None),
        ("thainner", "nicknametitle", "TITLE_AFFIX", None),
        ("thainner", "index", "MISC", None),
        ("thainner", "stock_exchange", "MISC", None),
        ("thainner", "latitude", "NUM", None),
        ("thainner", "longtitude", "NUM", None),
        ("thainner", "postcode", "CONTACT", None),
        ("thainner", "date", "DATE", None),
        ("thainner", "firstname", "PER", "PER"),
        ("thainner", "province", "LOC", "LOC"),
        ("miniharem", "TEMPO", "DATETIME", None),
        ("arman", "fac", "FACILITY", "LOC"),
    ],
)
def test_types_are_what_their_mentions_are_and_not_what_their_names_sound_like(
    corpus, original, standardized, core
) -> None:
    of = load_card(corpus)
    assert ontology.standardized_map(of)[original] == standardized
    assert ontology.core_types(of).get(original) == core


@pytest.mark.parametrize("name", load_cards())
def test_every_card_uses_names_of_the_table(name) -> None:
    assert set(ontology.standardized_map(load_cards([name])[name]).values()) <= set(ontology.entity_types())


@pytest.mark.parametrize(
    ("corpus", "types"),
    [
        ("habari", ("DATE", "LOC", "ORG", "PER")),
        (
            "thainer",
            ("CONTACT", "DATE", "LAW", "LOC", "MEASURE", "MONEY", "ORG", "PER", "PERCENT", "PHONE", "TIME"),
        ),
        ("uner_tagalog_trg", ("LOC", "ORG", "PER")),  # ORG is asked for by its guidelines, and has no mention
    ],
)
def test_a_corpus_annotates_what_its_card_declares_whether_it_occurs_or_not(corpus, types) -> None:
    assert ontology.annotated_types(load_card(corpus)) == types


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
