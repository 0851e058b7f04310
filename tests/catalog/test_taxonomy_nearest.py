"""What a label may mean: hand cases, misspelt and foreign labels among them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openner_utils.catalog.taxonomy import universal
from openner_utils.catalog.taxonomy.nearest import suggest

FIRST = [
    ("PERSON", "person"),
    ("Organisatoin", "organization"),
    ("Loaction", "location"),
    ("diseaze", "disease"),
    ("musicalartist", "person -> musical artist"),
    ("CreativeWork", "creative work"),
    ("FAC", "location -> facility"),
    ("歌手名", "person -> singer"),
    ("组织机构名->银行", "organization -> bank"),
    ("personne", "person"),
    ("päivämäärä", "date or period"),
    ("GRT", "organization -> court"),
    ("cell_type", "cell type"),
    ("PRO", "product name"),
    ("Restaurant_Name", "restaurant name"),
]
"""Labels and the type that must come first."""


@pytest.mark.parametrize(("label", "type"), FIRST)
def test_the_first_suggestion(label: str, type: str) -> None:
    assert suggest(universal(), label)[0].type == type


@pytest.mark.parametrize(
    ("words", "type"),
    [
        ("rivers and lakes", "location -> water body"),
        ("fee or interest of a bank", "organization -> bank"),
        ("people who play in films", "person -> actor"),
        ("digest of a file", "hash value"),
    ],
)
def test_a_description_finds_its_type_among_the_first_five(words: str, type: str) -> None:
    assert type in [each.type for each in suggest(universal(), words)]


def test_a_label_with_two_meanings_names_both_with_the_corpora() -> None:
    found = {each.type: each.why for each in suggest(universal(), "PRO", 10)}
    assert "turku_ner" in found["product name"] and "resume_ner" in found["academic major"]


def test_a_subject_leaves_out_all_others() -> None:
    taxonomy = universal()
    found = suggest(taxonomy, "tool", 20, "cybersecurity")
    assert found[0].type == "technical tool"
    assert {taxonomy.subject(each.type) for each in found} == {"cybersecurity"}


@pytest.mark.parametrize("label", ["Xyzzy", "…", "aika", "aik", "ei", "zpq"])
def test_what_is_like_nothing_gets_no_suggestion(label: str) -> None:
    assert suggest(universal(), label) == []


@given(st.text(max_size=30))
@example("PER")
def test_any_label_gets_a_ranked_answer_without_repeats(label: str) -> None:
    found = suggest(universal(), label, 8)
    assert len({each.type for each in found}) == len(found) <= 8
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(0 < each.score <= 1 and each.why for each in found)
