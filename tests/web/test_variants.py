"""The twelve variants: what is in each, by counting, and what a card says of it."""

import pytest

from openner_utils.web import mentions
from openner_utils.web.clustering import Group
from openner_utils.web.sentences import rows
from openner_utils.web.translating import Translated
from openner_utils.web.variant_cards import card
from openner_utils.web.variants import DATA, VARIANTS, collisions, write
from tests.web.marked import named

FOUND = [
    named(
        "Ada saw Oslo. Bo won a cup.",
        ("Ada", "writer"),
        ("Oslo", "town"),
        ("cup", "odd <b>thing</b>"),
        number=1,
    ),
    named("Ada alikuja. Mji wa Oslo.", ("Ada", "novelist"), ("Oslo", "town"), number=2, language="swa"),
]
GROUPS = [
    Group(("writer", "novelist"), 2, "person -> writer", 0.99, "person -> writer"),
    Group(("town",), 2, "city", 0.9, "city"),
    Group(("odd <b>thing</b>",), 1, None, 0.1, "food"),
]
NAMES = Translated({("swa", "novelist"): "mwandishi", ("swa", "writer"): "mwandishi", ("swa", "town"): "mji"})


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants")
    return folder, {each.name: write(FOUND, GROUPS, NAMES, each, folder / each.name) for each in VARIANTS}


def test_there_are_twelve_and_all_can_be_read_as_annotated_passages(written):
    folder, counted = written
    assert len(counted) == 12
    for name, told in counted.items():
        read = list(mentions.read(folder / name / DATA))
        assert (
            len(read) == told.rows.total()
            and sum(len(each.mentions) for each in read) == told.mentions.total()
        )
        for each in read:
            whole = FOUND[0 if each.passage.language == "eng" else 1].passage.text
            assert whole[each.passage.start : each.passage.end] == each.passage.text


@pytest.mark.parametrize(
    ("name", "names", "number", "left_out"),
    [
        ("english-raw-passages", {"writer", "novelist", "town", "odd <b>thing</b>"}, 2, 0),
        ("english-grouped-sentences", {"writer", "town", "odd <b>thing</b>"}, 4, 0),
        ("english-mapped-passages", {"person -> writer", "city"}, 1, 1),
        ("english-mapped-sentences", {"person -> writer", "city"}, 3, 1),
        ("translated-raw-passages", {"writer", "mwandishi", "town", "mji", "odd <b>thing</b>"}, 2, 0),
        (
            "translated-mapped-sentences",
            {"person -> writer", "city"},
            3,
            1,
        ),  # the table names no type of the taxonomy
    ],
)
def test_what_a_variant_holds(written, name, names, number, left_out):
    told = written[1][name]
    assert set(told.names) == names
    assert (told.rows.total(), told.left_out) == (number, left_out)


def test_rows_and_those_left_out_add_up(written):
    for told in written[1].values():
        assert told.rows.total() + told.left_out == (2 if told.variant.row == "passages" else 4)
        assert told.licences.total() == told.rows.total()


def test_a_card_carries_licences_and_counts_and_shows_labels_as_text(written):
    told = written[1]["translated-raw-passages"]
    text = card(told, GROUPS, "Made here.")
    assert "| CC0-1.0 | 2 |" in text and "**CC0-1.0**" in text
    assert "2 passages with 5 mentions of 5 types in 2 languages" in text
    assert "<b>" not in text.replace("\\<b>", "") and "2 mentions have one" in text


def test_a_label_of_no_group_is_a_bug(tmp_path):
    with pytest.raises(ValueError, match="'town' is in no group"):
        write(FOUND[1:], GROUPS[:1], NAMES, VARIANTS[0], tmp_path / "x")


def test_sentences_are_passages_of_their_own():
    first, second = rows(FOUND[0])
    assert (first.passage.text, second.passage.text) == ("Ada saw Oslo.", "Bo won a cup.")
    assert second.passage.start == 14 and second.passage.id != first.passage.id


def test_types_that_a_table_gives_one_name_are_told_for_each_kind_of_types():
    both = named("Ada saw Oslo.", ("Ada", "writer"), ("Oslo", "town"), number=3, language="swa")
    names = Translated({("swa", "writer"): "town", ("swa", "city"): "x", ("swa", "person -> writer"): "x"})
    assert list(collisions(names, [*FOUND, both], GROUPS)) == [
        ("raw", "swa", "town", ("town", "writer")),
        ("grouped", "swa", "town", ("town", "writer")),
        ("mapped", "swa", "x", ("city", "person -> writer")),
    ]
    assert list(collisions(Translated({}), [*FOUND, both], GROUPS)) == []
