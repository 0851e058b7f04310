import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.encoding import IOB2
from openner_utils.llm.grounding import LOSSES, SEARCHES, read, tally
from openner_utils.llm.prompts import answer

TYPES = ("PER", "LOC", "ORG")
TOKENS = ["Paris", "met", "Ann", "Paris", "in", "New", "York", ",", "New", "York", "State", "."]


def said(*mentions):
    return json.dumps([{"text": text, "type": type} for text, type in mentions])


def places(outcome):
    return [(m.span.start, m.span.end, m.type) for m in IOB2.decode(outcome.labels)]


@pytest.mark.parametrize(
    ("mentions", "search", "expected", "losses"),
    [
        ([("Ann Paris", "PER"), ("New York", "LOC")], "cursor", [(2, 4, "PER"), (5, 7, "LOC")], []),
        ([("Paris", "LOC"), ("Paris", "PER")], "cursor", [(0, 1, "LOC"), (3, 4, "PER")], []),
        ([("New York", "LOC"), ("Paris", "PER")], "cursor", [(5, 7, "LOC")], ["only before the cursor"]),
        ([("Ann Paris", "per"), ("NewYork,", "loc")], "cursor", [(2, 4, "PER"), (5, 8, "LOC")], []),
        ([("Ann", "PER"), ("Ann", "ORG")], "cursor", [(2, 3, "PER")], ["overlaps an earlier mention"]),
        ([("nn", "PER"), ("P", "PER")], "cursor", [], ["crosses token border"] * 2),
        ([("ann", "PER"), ("Anna", "PER")], "cursor", [], ["absent from text"] * 2),
        ([(" ", "PER"), ("", "LOC")], "cursor", [], ["empty mention"] * 2),
        ([("Ann", "CITY")], "cursor", [], ["unknown type"]),
        ([("Paris", "LOC")], "all", [(0, 1, "LOC"), (3, 4, "LOC")], []),
        ([("Ann Paris", "PER"), ("Paris", "LOC")], "all", [(0, 1, "LOC"), (2, 4, "PER")], []),
        ([("Ann", "PER"), ("Ann", "PER")], "all", [(2, 3, "PER")], []),
        ([("Ann", "PER"), ("Ann", "LOC")], "all", [(2, 3, "PER")], ["overlaps an earlier mention"]),
        ([("New York State", "LOC"), ("New York", "LOC")], "all", [(5, 7, "LOC"), (8, 11, "LOC")], []),
    ],
)
def test_a_list_is_grounded_by_its_texts(mentions, search, expected, losses):
    outcome = read(said(*mentions), TOKENS, TYPES, "json", search)
    assert places(outcome) == expected
    assert [loss.reason for loss in outcome.losses] == losses


def test_text_without_blanks_is_grounded_at_token_borders():
    tokens = ["他", "在", "北京", "大学", "读书"]
    found = read(said(("北京大学", "ORG"), ("京", "LOC")), tokens, TYPES, "json")
    assert places(found) == [(2, 4, "ORG")]
    assert [loss.reason for loss in found.losses] == ["crosses token border"]
    assert places(read("他在<ORG>北京大学</ORG>读书", tokens, TYPES, "inline")) == [(2, 4, "ORG")]


SENTENCE = ["Ann", "saw", "<b>", "in", "Rome", "."]


@pytest.mark.parametrize(
    ("reply", "expected", "losses", "faults"),
    [
        ("<PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC> .", [(0, 1, "PER"), (4, 5, "LOC")], [], []),
        ("<PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC>.", [(0, 1, "PER"), (4, 5, "LOC")], [], []),
        (
            "Sure! <PER>Ann</PER> saw ‹b› in <LOC>Rome</LOC> .",
            [(0, 1, "PER"), (4, 5, "LOC")],
            [],
            ["text changed"],
        ),
        ("<PER>Ann</PER> saw in <LOC>Rom</LOC>", [(0, 1, "PER")], ["crosses token border"], ["text changed"]),
        ("<PER>Anna</PER> saw ‹b› in Rome .", [], ["absent from text"], ["text changed"]),
        ("<CITY>Ann</CITY> saw ‹b› in Rome .", [], ["unknown type"], []),
        ("<PER>Ann saw <LOC>‹b›</LOC></PER> in Rome .", [(0, 3, "PER")], ["overlaps an earlier mention"], []),
        ("Ann <PER></PER> saw ‹b› in Rome .", [], ["empty mention"], []),
        ("Ann s<PER>aw</PER> ‹b› in Rome .", [], ["crosses token border"], []),
        ("<PER>Ann</PER> saw ‹b", [(0, 1, "PER")], [], ["text changed"]),
        ("", [], [], ["empty reply"]),
    ],
)
def test_a_marked_sentence_is_grounded_by_its_places(reply, expected, losses, faults):
    outcome = read(reply, SENTENCE, TYPES, "inline")
    assert places(outcome) == expected
    assert [loss.reason for loss in outcome.losses] == losses
    assert list(outcome.faults) == faults


words = st.lists(st.text(st.sampled_from('abA<>"é北 '), min_size=1, max_size=3), min_size=1, max_size=6)
emitted = st.lists(
    st.tuples(st.text(st.sampled_from("abA é北"), max_size=4), st.sampled_from([*TYPES, "X"])), max_size=5
)


@given(words, emitted, st.sampled_from(SEARCHES))
def test_every_listed_mention_is_grounded_or_lost_by_reason(tokens, mentions, search):
    outcome = read(said(*mentions), tokens, TYPES, "json", search)
    assert outcome.emitted == len(mentions) == outcome.grounded + len(outcome.losses)
    assert {loss.reason for loss in outcome.losses} <= set(LOSSES)
    assert len(outcome.labels) == len(tokens)


pieces = st.sampled_from(["<PER>", "</PER>", "<LOC>", "</LOC>", "<X>", "</X>", *'abA"é北 '])


@given(words, st.lists(pieces, max_size=14).map("".join))
def test_every_marked_mention_is_grounded_or_lost_by_reason(tokens, reply):
    outcome = read(reply, tokens, TYPES, "inline")
    assert outcome.emitted == outcome.grounded + len(outcome.losses)
    assert outcome.grounded == len(IOB2.decode(outcome.labels))


@given(st.data(), st.sampled_from(["inline", "json"]), st.sampled_from(["", " "]))
def test_right_answers_lose_nothing(data, format, sep):
    tokens = data.draw(
        st.lists(st.text(st.sampled_from('ab<>"\\é北{'), min_size=1, max_size=3), min_size=1, max_size=6)
    )
    labels = data.draw(
        st.lists(
            st.sampled_from(["O", "B-PER", "I-PER", "B-LOC"]), min_size=len(tokens), max_size=len(tokens)
        )
    )
    labels = IOB2.encode(IOB2.decode(labels), len(tokens))
    outcome = read(answer(tokens, labels, format, sep), tokens, TYPES, format)
    assert not outcome.losses and not outcome.faults
    if format == "inline":  # a list names texts, not places
        assert outcome.labels == labels


def test_accounts_add_up():
    outcomes = [
        read(said(("Ann", "PER"), ("X", "PER")), TOKENS, TYPES, "json"),
        read("no", TOKENS, TYPES, "json"),
    ]
    assert tally(outcomes) == {
        "replies": 2, "emitted": 2, "grounded": 1, "absent from text": 1, "unparsable": 1,
    }  # fmt: skip
