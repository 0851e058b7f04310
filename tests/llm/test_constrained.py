"""Any reply that constrained decoding can make parses and grounds without a loss, whatever the tokenizer."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from openner_utils.core.encoding import IOB2
from openner_utils.llm.automata import Led, automaton
from openner_utils.llm.constrained import Constraint
from openner_utils.llm.grounding import POLICIES, read
from openner_utils.llm.prompts import FORMATS, answer
from openner_utils.support.errors import OpenNERError

TYPES = ("PER", "LOC")
END = 0
TEXTS = ["Ann Paris in <b> [x] New York .", '[{"text": "New York", "type": "PER"}]', "a <PER>Ann</PER> b"] * 3


def characters(text):
    return [ord(character) for character in text]


def coarse(text):
    """A poor tokenizer: case is dropped, and every character outside ASCII is one unknown token."""
    return [ord(character) if ord(character) < 128 else 1 for character in text.lower()]


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=330, special_tokens=["</s>"], initial_alphabet=alphabet)
    )
    return lambda text: tokenizer.encode(text).ids


ENCODERS = {"characters": characters, "coarse": coarse, "byte pairs": byte_pairs()}
sentences = (
    st.lists(
        st.text(st.sampled_from('abAB<>"\\é北[]{␣\u00a0\n'), min_size=1, max_size=3), min_size=1, max_size=6
    )
    | st.lists(st.sampled_from(["a", "b", "ab", " "]), min_size=1, max_size=8)
    | st.lists(
        st.sampled_from(
            ["a", "#", "1", "#2", ";", "|", '"', "(", "No", "ne", "None", "none", ".", "-", ":", "PER"]
        ),
        min_size=1,
        max_size=5,
    )
)


def wander(constraint, seed):
    """Take allowed ids at random until the reply is complete."""
    chance = random.Random(seed)
    for _ in range(5000):
        if constraint.finished:
            return constraint.text
        constraint.advance(chance.choice(constraint.allowed()))
    raise AssertionError("the reply does not end")


@settings(max_examples=300, deadline=None)
@given(
    sentences,
    st.sampled_from(FORMATS),
    st.sampled_from([" ", ""]),
    st.sampled_from(sorted(ENCODERS)),
    st.integers(0, 10**6),
)
def test_any_constrained_reply_parses_and_grounds_without_loss(tokens, format, sep, encoder, seed):
    constraint = Constraint(automaton(tokens, TYPES, format, sep), ENCODERS[encoder], END)
    reply = wander(constraint, seed)
    outcomes = [read(reply, tokens, TYPES, format, policy) for policy in POLICIES[format]]
    for outcome in outcomes:
        assert outcome.losses == () and outcome.faults == () and outcome.again == 0
        assert outcome.emitted == outcome.grounded == len(IOB2.decode(outcome.labels))
        assert outcome.labels == outcomes[0].labels
    assert reply == answer(tokens, outcomes[0].labels, format, sep)


@settings(deadline=None)
@given(sentences, st.data(), st.sampled_from(FORMATS), st.sampled_from([" ", ""]))
def test_every_right_answer_can_be_said_by_a_tokenizer_that_tells_texts_apart(tokens, data, format, sep):
    label = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    labels = data.draw(st.lists(label, min_size=len(tokens), max_size=len(tokens)))
    right = answer(tokens, IOB2.encode(IOB2.decode(labels), len(tokens)), format, sep)
    constraint = Constraint(automaton(tokens, TYPES, format, sep), characters, END)
    for id in [*characters(right), END]:
        assert id in constraint.allowed()
        constraint.advance(id)
    assert constraint.finished and constraint.text == right


@pytest.mark.parametrize(
    ("format", "reply"),
    [
        ("inline", "<PER>Ann Paris</PER> in <LOC>Paris</LOC>"),
        ("inline", "Ann Paris in Paris"),
        ("json", '[{"text": "Paris", "type": "LOC", "occurrence": 1}, {"text": "in Paris", "type": "PER"}]'),
        ("json", '[{"text": "Paris", "type": "LOC", "occurrence": 2}]'),
        ("json", "[]"),
        ("pairs", "PER: Ann Paris; LOC: Paris #2"),
        ("pairs", "None"),
        ("lists", "LOC: Ann | Paris #2\nPER: Paris in"),
        ("lists", "PER: Paris #1\nLOC: Paris #2"),
        ("lists", "None"),
        ("tokens", "Ann B-PER\nParis I-PER\nin O\nParis B-LOC"),
    ],
)
def test_right_answers_can_be_said(format, reply):
    constraint = Constraint(automaton(["Ann", "Paris", "in", "Paris"], TYPES, format), characters, END)
    for id in [*characters(reply), END]:
        assert id in constraint.allowed()
        constraint.advance(id)
    assert constraint.finished and constraint.text == reply
    assert constraint.allowed() == [END]


@pytest.mark.parametrize(
    ("format", "begun", "wrong"),
    [
        ("inline", "", "P"),
        ("inline", "Ann", "a"),
        ("inline", "<", "O"),
        ("inline", "<PER>", "<"),
        ("inline", "<PER>Ann</", "L"),
        ("json", "", "{"),
        ("json", '[{"text": "', '"'),
        ("json", '[{"text": "in', "N"),
        ("json", '[{"text": "Paris", "type": "LOC"}, {"text": "', "A"),
        ("json", '[{"text": "Paris", "type": "LOC"', ","),
        ("json", '[{"text": "is", "type": "LOC"', "}"),
        ("json", '[{"text": "is", "type": "LOC", "occurrence": ', "3"),
        ("json", '[{"text": "is", "type": "LOC", "occurrence": 2}', ","),
        ("pairs", "", "A"),
        ("pairs", "PER: ", '"'),
        ("pairs", "PER: Paris", "#"),
        ("pairs", "PER: is #2", ";"),
        ("pairs", "PER: in; LOC: ", "A"),
        ("lists", "PER: Paris | ", "A"),
        ("lists", "PER: Paris\n", "P"),
        ("lists", "PER: Paris\nLOC: ", "A"),
        ("lists", "PER: Ann | in\nLOC: ", "A"),
        ("lists", "PER: Paris | is #2", " "),
    ],
)
def test_what_is_not_right_in_form_cannot_be_said(format, begun, wrong):
    constraint = Constraint(automaton(["Ann", "Paris", "in", "is", "is"], TYPES, format), characters, END)
    for id in characters(begun):
        constraint.advance(id)
    assert ord(wrong) not in constraint.allowed()
    with pytest.raises(ValueError, match="not allowed"):
        constraint.advance(ord(wrong))


def test_the_text_keeps_characters_that_the_tokenizer_lacks():
    constraint = Constraint(automaton(["Żółw", "北京"], TYPES, "inline"), coarse, END)
    for id in [*coarse("Żółw <loc>北京</loc>"), END]:
        constraint.advance(id)
    assert constraint.text == "Żółw <LOC>北京</LOC>"


def test_a_reply_that_was_cut_off_holds_its_complete_choices():
    constraint = Constraint(automaton(["Ann", "Paris"], TYPES, "inline"), characters, END)
    for id in characters("<PER>Ann Pa"):
        constraint.advance(id)
    assert not constraint.finished and constraint.text == "<PER>Ann"


def test_a_tokenizer_without_tokens_for_a_choice_is_refused():
    with pytest.raises(OpenNERError, match="free decoding"):
        Constraint(automaton(["a"], TYPES, "inline"), lambda text: [], END)


@settings(max_examples=100, deadline=None)
@given(sentences, st.sampled_from(FORMATS), st.sampled_from([" ", "\n"]), st.integers(0, 10**6))
def test_a_lead_stands_before_the_reply_and_changes_nothing_in_it(tokens, format, lead, seed):
    said = automaton(tokens, TYPES, format)
    reply = wander(Constraint(Led(said, lead), characters, END), seed)
    outcome = read(reply, tokens, TYPES, format, POLICIES[format][0])
    assert outcome.losses == () and outcome.faults == ()
    assert reply == lead + answer(tokens, outcome.labels, format)
