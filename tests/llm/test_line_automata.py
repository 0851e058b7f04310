"""What an automaton keeps of a text decides about its quotes as the text itself does, and lists stay few at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm import line_automata, list_replies, pair_replies
from openner_utils.llm.automata import automaton
from openner_utils.llm.constrained import Constraint

parts = st.lists(
    st.sampled_from(
        ["a", "#", "1", "23", "#2", ";", "|", '"', "(", "[", "'", "N", "o", "n", "E", ".", "-", "–", ":", " "]
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize("rule", [pair_replies.needs_quotes, list_replies.needs_quotes])
@given(
    parts.filter(lambda text: text and text == text.strip()), parts.filter(lambda text: text == text.rstrip())
)
def test_what_is_kept_of_a_text_needs_quotes_as_the_text_does(rule, text, more):
    kept = line_automata._kept(text, rule)
    assert rule(kept) == rule(text)
    assert rule(kept + more) == rule(text + more)


@pytest.mark.parametrize("format", ["pairs", "lists"])
def test_a_long_sentence_of_equal_words_has_few_readings_at_a_time(format):
    constraint = Constraint(
        automaton(["a"] * 60, ("PER", "LOC"), format), lambda text: list(map(ord, text)), 0
    )
    most = 0
    for sign in "PER: a a #3; LOC: a #60" if format == "pairs" else "PER: a #2 | a a #5\nLOC: a #9":
        constraint.advance(ord(sign))
        most = max(most, len(constraint._hypotheses))
    assert most <= 60 * 4
