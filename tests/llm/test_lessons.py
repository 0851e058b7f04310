"""What a model is tuned on: the types that a prompt lists, their order, and what becomes of mentions of the others."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm import prompts
from openner_utils.llm.grounding import read
from openner_utils.llm.prompts import Example
from openner_utils.llm.tuning.lessons import ALL_TYPES, LabelDraw, Lesson, pairs
from tests.llm.teaching import CORE, sentences, taught

NAMES = ("A", "B", "C", "D", "E", "F")
DRAWS = st.builds(
    LabelDraw, st.none() | st.integers(1, 7), st.sampled_from([0.0, 0.1, 0.9, 0.999]), st.booleans()
)


def letters(texts):
    return [list(map(ord, text)) for text in texts]


def spelled(ids):
    return "".join(map(chr, ids))


def read_off(draw, seed, lessons=None, names=("json",)):
    """Return (prompt, answer) of each example as text."""
    found = pairs(
        lessons or taught(), [prompts.load(name) for name in names], letters, letters, 0, draw, seed
    )
    assert all(reply[-1] == 0 for _, reply in found)
    return [(spelled(question), spelled(reply[:-1])) for question, reply in found]


@given(DRAWS, st.sets(st.sampled_from(NAMES)), st.integers())
def test_a_draw_lists_known_types_once_and_no_more_than_allowed(draw, own, seed):
    drawn = draw.draw(NAMES, own, random.Random(seed))
    assert drawn and len({*drawn}) == len(drawn) and {*drawn} <= {*NAMES}
    assert draw.most is None or len(drawn) <= draw.most
    if not draw.shuffle:
        assert list(drawn) == sorted(drawn)
    if not draw.dropout:
        assert len(drawn) == min(draw.most or 6, 6)
        assert {*drawn} <= own or own <= {*drawn}  # a sentence's own types come before others


def test_dropout_leaves_out_as_many_as_it_says():
    chance = random.Random(1)
    left = Counter(len(LabelDraw(dropout=0.25).draw(NAMES, (), chance)) for _ in range(2000))
    assert sum(count * kept for kept, count in left.items()) / 12000 == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("name", ["inline", "json", "pairs", "lists", "tokens"])
@pytest.mark.parametrize("draw", [ALL_TYPES, LabelDraw(most=2, dropout=0.4, shuffle=True)])
def test_an_answer_has_every_mention_of_the_types_that_its_prompt_lists_and_no_other(name, draw):
    for sentence, (question, reply) in zip(sentences(), read_off(draw, "1", names=(name,)), strict=True):
        listed = [type for type, definition in CORE if f"- {type}: {definition}" in question]
        wanted = tuple(label if label[2:] in listed else "O" for label in sentence.labels)
        assert read(reply, sentence.tokens, listed, name).labels == wanted


def test_without_a_switch_all_epochs_are_alike_and_with_one_each_is_drawn_anew():
    assert read_off(ALL_TYPES, "1 0") == read_off(ALL_TYPES, "1 1")
    draw = LabelDraw(shuffle=True)
    first, second = read_off(draw, "1 0"), read_off(draw, "1 1")
    assert first == read_off(draw, "1 0") and first != second
    assert (
        len({question.partition("Answer")[0] for question, _ in first}) > 3
    )  # examples of one epoch differ, too


def test_each_lesson_lists_its_own_types_and_undefined_ones_alone():
    other = Lesson((("WEAPON", ""), ("PER", "people")), (Example(("Ann", "fires"), ("B-PER", "O"), " "),))
    (*_, (question, reply)) = read_off(ALL_TYPES, "", (*taught(), other))
    assert "- WEAPON\n- PER: people" in question and reply == '[{"text": "Ann", "type": "PER"}]'
