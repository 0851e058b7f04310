"""Other ways of reading the same replies: what they find, and that every mention is accounted for."""

import json
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm.audit import (
    NO_READING,
    OURS,
    REASONS,
    Asked,
    audit,
    began,
    main_reading,
    readings,
    reasons,
    score,
    scored,
)
from openner_utils.llm.grounding import LISTED, MARKED, ground, parse, read
from openner_utils.llm.harnesses import HARNESSES
from openner_utils.llm.matching import BORDERS, MATCHINGS, THRESHOLD, Finder, Way, normalized
from openner_utils.llm.prompts import FORMATS, answer
from openner_utils.scoring.mentions import Score
from tests.llm.test_grounding import KINDS, TYPES, labelled, places, said

NAMES = {type: type for type in TYPES}
NFC, NFD = "Zoë", unicodedata.normalize("NFD", "Zoë")


def outcome_of(reply, tokens, format="json", policy="free", matching="exact", borders="strict"):
    return ground(parse(reply, tokens, TYPES, format), tokens, TYPES, format, policy, matching, borders)


# --- how like the text must be ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "text", "level"),
    [
        (["Ann", "met"], "Ann", "exact"),
        (["Ann", "Lee"], "AnnLee", "exact"),
        (["ANN", "met"], "Ann", "normalized"),
        ([NFC], NFD, "normalized"),
        ([NFD], NFC, "normalized"),
        (["ＡＢＣ"], "abc", "normalized"),
        (["می\u200cخواهم"], "میخواهم", "normalized"),
        (["Straße"], "STRASSE", "normalized"),
        (["İzmir"], "i̇zmir", "normalized"),
        (["Helsingfors"], "Helsingforz", "fuzzy"),
        (["Anne", "Marie", "Lee"], "Anne-Marie Lee", "fuzzy"),
        (["北京市", "很", "大"], "北京城", None),
        (["กรุงเทพ", "สวย"], "กรุงเทพฯ", "fuzzy"),
        (["Rome", "met"], "Paris", None),
        (["Rome"], "\u200d", None),
    ],
)
def test_a_text_is_found_at_one_level_and_all_laxer_ones(tokens, text, level):
    for matching in MATCHINGS:
        outcome = outcome_of(said((text, "PER")), tokens, matching=matching)
        found = level is not None and MATCHINGS.index(matching) >= MATCHINGS.index(level)
        assert outcome.grounded == found
        counts = +reasons(outcome, "json")
        assert counts == ({level: 1} if found else {"absent from text": 1})


@pytest.mark.parametrize(
    ("matching", "borders", "expected"),
    [("exact", "strict", []), ("exact", "snapped", [0]), ("normalized", "snapped", [0, 2])],
)
def test_particles_are_snapped_to_their_token(matching, borders, expected):
    tokens = ["서울에서", "왔다", "KBS는"]
    outcome = outcome_of(said(("서울", "LOC"), ("kbs", "ORG")), tokens, matching=matching, borders=borders)
    assert [start for start, _, _ in places(outcome)] == expected


@pytest.mark.parametrize(
    ("token", "text"), [("בירושלים", "ירושלים"), ("بالقاهرة", "القاهرة"), ("Kampalassa", "Kampala")]
)
def test_a_name_with_a_particle_takes_the_token(token, text):
    tokens = ["x", token, "y"]
    assert places(outcome_of(said((text, "LOC")), tokens, borders="snapped")) == [(1, 2, "LOC")]
    assert [loss.reason for loss in outcome_of(said((text, "LOC")), tokens).losses] == [
        "crosses token border"
    ]


def test_letters_inside_a_word_are_no_name():
    outcome = outcome_of(said(("nan", "PER")), ["banana"], borders="snapped")
    assert [loss.reason for loss in outcome.losses] == ["crosses token border"]


def test_a_text_that_stands_by_itself_is_not_looked_for_inside_tokens():
    outcome = outcome_of(said(("Ann", "PER"), ("Ann", "PER")), ["Annex", "Ann"], borders="snapped")
    assert places(outcome) == [(1, 2, "PER")] and outcome.again == 1


def test_the_most_alike_tokens_are_the_fuzzy_places():
    finder = Finder(["Jon", "Smith", "and", "John", "Smyth", "met", "John", "Smit"])
    assert finder.find("JohnSmith", Way("fuzzy")) == (Span(0, 2), Span(6, 8))
    assert finder.find("Peter", Way("fuzzy")) == ()


@given(
    st.text(st.sampled_from("abcde"), min_size=1, max_size=12),
    st.lists(st.text(st.sampled_from("abcde"), min_size=1, max_size=5), min_size=1, max_size=8),
)
def test_fuzzy_places_are_those_of_a_plain_search(text, tokens):
    def like(start, end):
        one, other = text, "".join(tokens[start:end])
        rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
        for i, a in enumerate(one):
            for j, b in enumerate(other):
                rows[i + 1][j + 1] = rows[i][j] + 1 if a == b else max(rows[i][j + 1], rows[i + 1][j])
        return 2 * rows[-1][-1] / (len(one) + len(other))

    runs = {Span(i, j): like(i, j) for i in range(len(tokens)) for j in range(i + 1, len(tokens) + 1)}
    best = max(runs.values())
    expected = (
        [span for span, value in runs.items() if abs(value - best) < 1e-9] if best > THRESHOLD - 1e-9 else []
    )
    assert list(Finder(tokens).find(text, Way("fuzzy"))) == sorted(expected)


@given(st.text(max_size=8))
def test_normalizing_twice_is_normalizing_once(text):
    once = normalized(text)
    assert not any(each.isspace() for each in once)
    assert normalized(normalized(once)) == normalized(once)


# --- inline -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "exact", "normal", "fuzzy"),
    [
        ("<PER>ANN</PER> saw Rome .", {"in edited text": 1}, {"normalized": 1}, {"normalized": 1}),
        ("<PER>Annn</PER> saw Rome .", {"in edited text": 1}, {"in edited text": 1}, {"fuzzy": 1}),
        ("In Rome <PER>Ann</PER> saw .", {"exact": 1}, {"exact": 1}, {"exact": 1}),
        ("<LOC>Rome</LOC> Ann saw .", {"in edited text": 1}, {"in edited text": 1}, {"fuzzy": 1}),
        ("<PER>Ann</PER> saw <LOC>Rom", {"exact": 1, "truncated": 1}, {"exact": 1, "truncated": 1}, {"exact": 1, "truncated": 1}),
        ("<PER>Ann saw <LOC>Rome</LOC> .", {"exact": 1, "malformed": 1}, {"exact": 1, "malformed": 1}, {"exact": 1, "malformed": 1}),
        ("<think>Ann?</think><X>Ann</X> saw Rome .", {"unknown type": 1}, {"unknown type": 1}, {"unknown type": 1}),
    ],
)  # fmt: skip
def test_an_edited_sentence_is_a_reason_of_its_own(reply, exact, normal, fuzzy):
    tokens = ["Ann", "saw", "Rome", "."]
    for matching, expected in zip(MATCHINGS, (exact, normal, fuzzy), strict=True):
        assert +reasons(outcome_of(reply, tokens, "inline", matching=matching), "inline") == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('[{"text": "Ann", "type": "PER"}, {"text": "Rom', {"exact": 1, "truncated": 1}),
        ('[{"text": "Ann", "type": "PER"}', {"exact": 1}),
        (
            '```json\n[{"text": "Ann", "type": "PER"}, {"text": "Rome"}]\n``` Done.',
            {"exact": 1, "malformed": 1},
        ),
        ('[{"text": "Bo", "text": "Ann", "type": "PER"}, "Rome"]', {"exact": 1, "malformed": 1}),
        ('{"text": "Ann", "ty', {"truncated": 1}),
        ("no list", {}),
    ],
)
def test_what_began_to_be_an_item_is_counted(reply, expected):
    assert +reasons(outcome_of(reply, ["Ann", "saw", "Rome"]), "json") == expected


# --- policies ---------------------------------------------------------------------------------------------------

PARIS = ["Paris", "met", "Ann", "in", "Paris"]


@pytest.mark.parametrize(
    ("mentions", "policy", "expected"),
    [
        ([("Paris", "PER"), ("Paris", "LOC")], "first", [(0, 1, "PER")]),
        ([("Paris", "PER"), ("Ann", "PER"), ("Paris", "LOC")], "monotonic", [(0, 1, "PER"), (2, 3, "PER"), (4, 5, "LOC")]),
        ([("Ann", "PER"), ("Paris", "LOC")], "monotonic", [(2, 3, "PER"), (4, 5, "LOC")]),
        # One mention out of order: cursor and free take it for the place where they are, monotonic leaves it out.
        ([("in", "ORG"), ("Paris", "PER"), ("Ann", "PER")], "free", [(2, 3, "PER"), (3, 4, "ORG"), (4, 5, "PER")]),
        ([("in", "ORG"), ("Paris", "PER"), ("Ann", "PER")], "monotonic", [(0, 1, "PER"), (2, 3, "PER"), (3, 4, "ORG")]),
    ],
)  # fmt: skip
def test_a_policy_places_equal_texts(mentions, policy, expected):
    assert places(outcome_of(said(*mentions), PARIS, policy=policy)) == expected


def test_what_the_first_policy_names_twice_is_named_again_or_lost():
    outcome = outcome_of(said(("Paris", "PER"), ("Paris", "PER"), ("Paris", "LOC")), PARIS, policy="first")
    assert (outcome.grounded, outcome.again, len(outcome.losses)) == (1, 1, 1)


def without_occurrences(sentence, shuffled=None):
    """The right list of a sentence without occurrences, its items in another order if ``shuffled``."""
    items = [
        {k: v for k, v in item.items() if k != "occurrence"} for item in json.loads(answer(*sentence, "json"))
    ]
    if shuffled:
        shuffled.shuffle(items)
    return json.dumps(items)


@given(labelled(), st.randoms(use_true_random=False))
def test_the_right_answer_in_any_order_gives_the_labels_under_every_policy(sentence, chance):
    items = json.loads(answer(*sentence, "json"))
    chance.shuffle(items)
    for policy in LISTED:
        outcome = read(json.dumps(items), sentence[0], KINDS, "json", policy)
        assert outcome.labels == sentence[1] and not outcome.losses


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_without_occurrences_order_costs_free_and_monotonic_nothing_where_equal_texts_are_alike(
    tokens, chance
):
    """Every place of a text is a mention, of one type: then no order of the list is wrong."""
    labels = tuple("B-PER" if token in "ab" else "O" for token in tokens)
    for shuffled in (None, chance):
        reply = without_occurrences((tokens, labels), shuffled)
        for policy in ("free", "monotonic"):
            assert read(reply, tokens, KINDS, "json", policy).labels == labels


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=9), st.data())
def test_in_the_sentence_s_order_monotonic_places_every_mention(tokens, data):
    types = data.draw(
        st.lists(st.sampled_from(["O", "B-PER", "B-LOC"]), min_size=len(tokens), max_size=len(tokens))
    )
    outcome = read(without_occurrences((tokens, tuple(types))), tokens, KINDS, "json", "monotonic")
    assert outcome.grounded == outcome.emitted and not outcome.losses


# --- accounts ---------------------------------------------------------------------------------------------------

words = st.lists(st.text(st.sampled_from("abAé北ü<"), min_size=1, max_size=3), min_size=1, max_size=5)
pieces = st.sampled_from(
    ["<PER>", "</PER>", "<LOC>", "</LOC>", "<X>", '[{"text": "', '", "type": "PER"}', "}, {", "]", '"type": "x"', "PER: ", "; ",
     "LOC: ", "None", "<think>", "</think>", "```", "\n", *'abA"é北 u:'],
)  # fmt: skip
items = st.fixed_dictionaries(
    {
        "text": st.text(max_size=4) | st.sampled_from("abA"),
        "type": st.text(max_size=2) | st.sampled_from([*TYPES, ""]),
    },
    optional={"occurrence": st.integers(-1, 3) | st.none()},
)
anything = (
    st.text(max_size=40)
    | st.lists(pieces, max_size=16).map("".join)
    | st.lists(items, max_size=6).map(json.dumps)
)
"""Replies: any text, parts of answers in any order, and lists of items with any text and type."""


@given(words, anything, st.sampled_from(FORMATS))
def test_any_string_at_all_yields_an_audit_whose_sums_agree(tokens, reply, format):
    parsed = parse(reply, tokens, TYPES, format)
    seen = set()
    for policy in LISTED if format not in MARKED else ("offsets",):
        for matching in MATCHINGS:
            for borders in BORDERS:
                outcome = ground(parsed, tokens, TYPES, format, policy, matching, borders)
                counts = reasons(outcome, format)
                assert set(counts) <= set(REASONS) and min(counts.values()) >= 0
                assert counts.total() == began(outcome)
                assert len(outcome.labels) == len(tokens)
                seen.add(began(outcome))
    assert len(seen) == 1, "what a reply began to name does not hang on how it is read"


@given(words, st.lists(pieces, max_size=14).map("".join), st.sampled_from(FORMATS))
def test_a_laxer_reading_keeps_what_a_stricter_one_found(tokens, reply, format):
    parsed = parse(reply, tokens, TYPES, format)
    before = set()
    for matching in MATCHINGS:
        outcome = ground(parsed, tokens, TYPES, format, "free", matching)
        found = set(IOB2.decode(outcome.labels))
        assert before <= found
        before = found


@pytest.mark.parametrize("format", FORMATS)
def test_the_readings_change_one_thing_each_and_at_last_all(format):
    main, *others = readings(format, "free")
    assert main == main_reading(format, "free") and len(set(others)) == len(others)
    changes = [
        sum(getattr(each, name) != getattr(main, name) for name in ("policy", "matching", "borders"))
        for each in others
    ]
    assert changes == [1] * (len(others) - 1) + [2]
    assert {each.policy for each in (main, *others)} == ({"offsets"} if format in MARKED else set(LISTED))


def test_an_audit_counts_each_sentence_under_every_reading_and_rule():
    tokens = ("Ann", "saw", "Rome")
    asked = [
        Asked(("c", "eng", "test"), n, 0, tokens, " ", (Mention(Span(0, 1), "PER"),), NAMES) for n in (3, 7)
    ]
    replies = [said(("Ann", "PER")), said(("ann", "PER"), ("Rome", "LOC"), ("Bo", "PER"))]
    parsed = [parse(reply, tokens, TYPES, "json") for reply in replies]
    found = audit(asked, replies, parsed, "json", "free")
    rules = found.counts.groupby("rule")["sentence"].agg(list)
    assert set(rules.index) == {OURS, *HARNESSES}
    assert all(rules[name] == [3, 7] for name in HARNESSES)
    ours = found.counts.query("rule == 'ours' and policy == 'free' and borders == 'strict'").set_index(
        ["matching", "sentence"]
    )
    numbers = ours[["correct", "predicted", "reference", "ungrounded"]]
    assert [tuple(numbers.loc[(matching, 7)]) for matching in MATCHINGS] == [
        (0, 1, 1, 2),
        (1, 2, 1, 1),
        (1, 2, 1, 1),
    ]
    assert found.counts.query("rule != 'ours'")[list(NO_READING)].eq("").all(axis=None)
    assert found.lost[["reason", "text"]].values.tolist() == [
        ["absent from text", "ann"],
        ["absent from text", "Bo"],
    ]
    sums = found.reasons.groupby(["policy", "matching", "borders"])["mentions"].sum()
    assert set(sums) == {4} and len(sums) == len(readings("json", "free"))


def test_scores_are_of_the_main_reading_by_language_and_over_all_and_never_pool_ways_of_asking():
    tables = []
    for language, replies in {"eng": ["Ann", "ann"], "fin": ["Ann"]}.items():
        asked = [
            Asked(("c", language, "test"), n, 0, ("Ann", "saw"), " ", (Mention(Span(0, 1), "PER"),), NAMES)
            for n in range(len(replies))
        ]
        parsed = [
            parse(said((text, "PER")), each.tokens, TYPES, "json")
            for text, each in zip(replies, asked, strict=True)
        ]
        tables.append(audit(asked, ["" for _ in asked], parsed, "json", "free").counts)
    free = pd.concat(tables).assign(decoding="free", control=False)
    wrong = free.assign(decoding="constrained", correct=0)
    found = scored(pd.concat([free, wrong, free.assign(control=True)]), main_reading("json", "free"))
    rows = found.query("not control and decoding == 'free'")
    assert list(rows["language"]) == ["eng", "fin", "all"]
    assert rows[["sentences", "precision", "recall"]].values.tolist() == [
        [2, 100, 50], [1, 100, 100], [3, 100, pytest.approx(200 / 3)],
    ]  # fmt: skip
    assert list(rows["F1"]) == [pytest.approx(200 / 3), 100, 80]
    assert set(found.query("decoding == 'constrained'")["F1"]) == {0} and len(found) == 9


@pytest.mark.parametrize(
    ("format", "reply"),
    [
        ("inline", "<PER>{}</PER>"), ("json", '[{{"text": "{}", "type": "PER"}}]'), ("pairs", "PER: {}"),
        ("pairs", 'PER: "{}"'), ("lists", "PER: {}"), ("tokens", "{} B-PER"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("half", ["\ud800", "a\udfffb", "\\ud800", "\x00", "\ufffe"])
def test_what_no_file_can_hold_is_lost_as_any_text_is(format, reply, half, tmp_path):
    asked = [Asked(("c", "eng", "test"), 0, 0, ("Ann", "saw"), " ", (), NAMES)]
    replies = [reply.format(half)]
    parsed = [parse(replies[0], asked[0].tokens, TYPES, format)]
    found = audit(asked, replies, parsed, format, "free")
    found.lost.to_parquet(tmp_path / "lost.parquet")
    assert list(found.lost["reason"]) in (["absent from text"], ["unknown type"])
    sums = found.reasons.groupby(["policy", "matching", "borders"])["mentions"].sum()
    assert set(sums) == {1}


def test_counts_are_those_of_sets_of_mentions():
    reference = [Mention(Span(0, 1), "PER"), Mention(Span(2, 3), "LOC")]
    assert score(("B-PER", "O", "B-ORG"), reference) == Score(1, 2, 2)


def test_types_may_be_called_otherwise_in_the_prompt():
    names = {"person": "PER", "place": "LOC"}
    asked = [Asked(("c", "eng", "test"), 0, 0, ("Ann", "saw"), " ", (Mention(Span(0, 1), "PER"),), names)]
    reply = said(("Ann", "Person"))
    found = audit(asked, [reply], [parse(reply, ["Ann", "saw"], names, "json")], "json", "free")
    assert (found.counts["correct"] == 1).all() and (found.counts["predicted"] == 1).all()
