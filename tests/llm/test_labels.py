"""What types are called in prompts, and back."""

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.catalog import language, languages
from openner_utils.core.encoding import IOB2
from openner_utils.llm import labels
from openner_utils.llm.automata import automaton
from openner_utils.llm.constrained import Constraint
from openner_utils.llm.grounding import parse, read
from openner_utils.llm.labels import Label, Labels, labels_of, translations
from openner_utils.llm.prompts import CORE_TYPES, FORMATS, answer
from openner_utils.support.errors import OpenNERError

WNUT = [
    ("LOC", "location", 9), ("ORG", "group", 2), ("ORG", "corporation", 5), ("PER", "person", 8), ("", "product", 7),
]  # fmt: skip


def names(*arguments, **options):
    return labels_of(*arguments, **options).names


def test_each_naming():
    assert names("standardized", "wnut17", "eng") == tuple(CORE_TYPES)
    assert names("natural", "wnut17", "eng") == ("person", "location", "organization")
    assert names("translated", "turku", "fin") == ("henkilö", "paikka", "organisaatio")
    assert names("published", "wnut17", "eng", WNUT) == ("person", "location", "corporation or group")


def test_a_type_that_a_corpus_does_not_have_is_not_asked_for():
    assert names("published", "c", "eng", [("PER", "person", 0)]) == ("person",)


def test_published_names_that_differ_in_capitals_are_one():
    assert names("published", "c", "eng", [("PER", "Person", 1), ("PER", "PERSON", 5)]) == ("PERSON",)


@pytest.mark.parametrize(
    "name", ["<PER>", "a:b", "a;b", "a|b", 'a"b', "a\nb", " ", "{x}", "a/b", "", "*", "a`", "_a", " a"]
)
def test_a_published_name_that_formats_use_otherwise_is_refused(name):
    with pytest.raises(OpenNERError, match=r"c: its type .* holds a sign"):
        labels_of("published", "c", "eng", [("PER", name, 1)])


ODD_NAMES = [
    "person or character", "O", "I", "None", "none or no", "answer", "Final", "think", "analysis", "output", "-", "#1", "PER #2", "1",
    "人名", "ບຸກຄົນ", "(a)", "[x]", "x,y", "a.b", "'", "text", "occurrence", "İ", "ss",
]  # fmt: skip
ODD_WORDS = [
    "a",
    "A",
    "#1",
    "None",
    ";",
    "|",
    ":",
    "<think>",
    "</think>",
    "answer:",
    "```",
    "[",
    '"',
    "\\",
    "\u200b",
    "-",
    "1.",
    "😀",
    "PER:",
]


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(FORMATS), st.sampled_from([" ", ""]), st.integers(0, 10**6))
def test_whatever_fitting_names_are_the_right_answer_is_read_and_no_other_can_be_said(
    data, format, sep, seed
):
    names = data.draw(st.lists(st.sampled_from(ODD_NAMES), min_size=1, max_size=3, unique_by=str.casefold))
    tokens = data.draw(st.lists(st.sampled_from(ODD_WORDS), min_size=1, max_size=6))
    published = list(zip(CORE_TYPES, names, [1] * len(names), strict=False))
    called = labels_of("published", "c", "eng", published)
    assert called.names == tuple(names)
    label = st.sampled_from(["O", *(f"{state}-{type}" for type, _, _ in published for state in "BI")])
    drawn = data.draw(st.lists(label, min_size=len(tokens), max_size=len(tokens)))
    labels = called.named(IOB2.encode(IOB2.decode(drawn), len(tokens)))
    outcome = read(answer(tokens, labels, format, sep), tokens, names, format)
    assert outcome.labels == tuple(labels) and outcome.losses == () and outcome.faults == ()
    held, chance = (
        Constraint(automaton(tokens, names, format, sep), lambda text: [*map(ord, text)], -1),
        random.Random(seed),
    )
    while not held.finished:
        held.advance(chance.choice(held.allowed()))
    outcome = read(held.text, tokens, names, format)
    assert (
        held.text == answer(tokens, outcome.labels, format, sep)
        and outcome.losses == ()
        and outcome.faults == ()
    )


@pytest.mark.parametrize(
    ("format", "reply", "type"),
    [
        ("json", '[{"text": "Ada", "type": "group"}]', "corporation or group"),
        ("inline", "<GROUP>Ada</GROUP> saw", "corporation or group"),
        ("pairs", "corporation or group: Ada", "corporation or group"),
        ("pairs", "corporation: Ada", "corporation or group"),
        ("lists", "group: Ada", "corporation or group"),
        ("tokens", "Ada B-group\nsaw O", "corporation or group"),
        ("pairs", "person: Ada", "person"),
    ],
)
def test_a_reply_may_give_any_of_the_names_that_one_joins(format, reply, type):
    called = labels_of("published", "wnut17", "eng", WNUT)
    (mention,) = called.resolved(parse(reply, ["Ada", "saw"], called.read, format)).mentions
    assert mention.type == type


def test_a_standard_type_is_unknown_where_the_prompt_calls_it_otherwise():
    called = labels_of("natural", "c", "eng")
    (mention,) = called.resolved(parse("PER: Ada\nperson: Ada", ["Ada"], called.read, "lists")).mentions[:1]
    assert mention.type == "PER" and "PER" not in called.names


def test_names_come_back_as_types():
    called = labels_of("published", "wnut17", "eng", WNUT).in_order(3)
    standard = ("B-PER", "I-PER", "O", "B-ORG", "B-ORG", "B-LOC")
    assert called.named(standard)[3] == "B-corporation or group"
    assert called.standard(called.named(standard)) == standard


def test_definitions_are_listed_or_left_out():
    assert labels_of("natural", "c", "eng").listed["person"] == CORE_TYPES["PER"]
    assert set(labels_of("natural", "c", "eng", definitions=False).listed.values()) == {""}


def test_order_is_a_seed():
    plain = Labels(tuple(Label(name, name) for name in "abcdefgh"))
    assert plain.in_order(0) == plain
    assert plain.in_order(7) == plain.in_order(7) != plain.in_order(8)
    assert sorted(plain.in_order(7).names) == list("abcdefgh")


def test_languages_without_names_are_named_all_at_once():
    with pytest.raises(OpenNERError, match=r"No names of types in bbj, wol \(.*label_names.yaml\)"):
        translations(["fin", "wol", "bbj"])


def test_the_table_of_names_is_whole():
    table = labels._table()
    assert set(table) <= set(languages())
    for code, of in table.items():
        words = [of[type] for type in CORE_TYPES]
        assert set(of) == {"source", *CORE_TYPES} and of["source"] == "own", code
        assert len({word.casefold() for word in words}) == 3, code
        for word in words:
            assert word == unicodedata.normalize("NFC", word).strip() and not labels._UNFIT & {*word}, (
                code,
                word,
            )
            others = {type.casefold() for type in CORE_TYPES if of[type] != word}
            assert word.casefold() not in others, (code, word)
            script = language(code).script
            letters = {unicodedata.name(letter).split()[0] for letter in word if letter.isalpha()}
            expected = SCRIPTS[script]
            assert letters <= expected, (code, word, letters)


SCRIPTS = {
    "Latn": {"LATIN"}, "Cyrl": {"CYRILLIC"}, "Arab": {"ARABIC"}, "Grek": {"GREEK"}, "Hebr": {"HEBREW"}, "Ethi": {"ETHIOPIC"},
    "Deva": {"DEVANAGARI"}, "Thai": {"THAI"}, "Hani": {"CJK"}, "Jpan": {"CJK"}, "Kore": {"HANGUL"},
}  # fmt: skip
"""How Unicode's names of a script's letters begin."""


def test_labels_are_renamed_and_nothing_else():
    assert (
        IOB2.decode(Labels((Label("PER", "creative-work"),)).named(["B-PER", "I-PER"]))[0].type
        == "creative-work"
    )
