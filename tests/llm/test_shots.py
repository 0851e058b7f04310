"""Worked examples: of training sentences alone, none of which a test set holds."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.releases import RELEASE
from openner_utils.llm import prompts
from openner_utils.llm.embeddings import SentenceEncoder
from openner_utils.llm.prompts import Example
from openner_utils.llm.questions import Wording, questions
from openner_utils.llm.shots import SELECTIONS, Shots, candidates, content
from openner_utils.training import checkpoints

PLAIN = Wording()


def example(text, label="B-PER"):
    tokens = tuple(text.split())
    return Example(tokens, (label, *["O"] * (len(tokens) - 1)), " ")


POOL = [example(f"Name{number} is here") for number in range(20)]


def counting(texts):
    """Embed a text by the letters in it, so that alike texts lie close."""
    vectors = np.array(
        [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz0123456789"] for text in texts]
    )
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_fixed_are_the_first():
    assert Shots(3).choose(POOL, [("a",), ("b",)], "c eng") == [POOL[:3], POOL[:3]]


def test_random_is_a_draw_by_seed_and_place():
    draws = {
        (seed, place): tuple(Shots(3, "random", seed).choose(POOL, [("a",)], place)[0])
        for seed in (1, 2)
        for place in ("c eng", "c fin")
    }
    assert len(set(draws.values())) == 4
    assert draws[1, "c eng"] == tuple(Shots(3, "random", 1).choose(POOL, [("a",)], "c eng")[0])
    one, other = Shots(3, "random", 1).choose(POOL, [("a",), ("b",)], "c eng")
    assert one == other


def test_nearest_stand_last():
    pool = [example("Zoo zzz"), example("Banana nab"), example("Ban bananas now"), example("Quiz")]
    (chosen,) = Shots(2, "nearest", embed=counting).choose(pool, [("Banana", "nabs")], "c eng")
    assert chosen == [pool[2], pool[1]]


def test_of_equally_near_ones_the_first_is_taken():
    pool = [example("ab ba"), example("ba ab"), example("ab ab"), example("zz")]
    (chosen,) = Shots(2, "nearest", embed=counting).choose(pool, [("ab",)], "c eng")
    assert chosen == [pool[1], pool[0]]


@given(st.integers(0, 5), st.integers(0, 30), st.sampled_from(SELECTIONS))
def test_there_are_as_many_as_asked_for_or_as_there_are(size, count, selection):
    (chosen,) = Shots(count, selection, embed=counting).choose(POOL[:size], [("a",)], "c eng")
    assert len(chosen) == min(size, count) == len({each.tokens for each in chosen})


def test_candidates_hold_a_mention_and_stand_in_no_test_set():
    train = [
        example("Ann is here"), example("ann IS  here"), example("Nobody is here", "O"), example("Bo\u0301 left"), example("Éva left"),
    ]  # fmt: skip
    tested = {content(["B\u00f3", "\u200b", "LE\u00adFT"])}
    assert candidates(train, tested) == [train[0], train[4]]


def release(*rows):
    """Return a release of (corpus, language, split, tokens)."""
    columns = {name: [] for name in RELEASE.names}
    for number, (corpus, language, split, text) in enumerate(rows):
        tokens = text.split()
        values = {
            "corpus": corpus, "language": language, "split": split, "document": 0, "sentence": number, "tokens": tokens,
            "labels": ["B-PER", *["O"] * (len(tokens) - 1)],
        }  # fmt: skip
        for field in RELEASE:
            empty = [1] * len(tokens) if field.name == "lines" else None
            columns[field.name].append(values.get(field.name, empty))
    return pa.table([pa.array(columns[field.name], field.type) for field in RELEASE], schema=RELEASE)


ROWS = [
    ("one", "eng", "train", "Ann met nobody"), ("one", "eng", "train", "Leak one here"), ("one", "eng", "train", "Leak two here"),
    ("one", "eng", "dev", "Dev is dev"), ("one", "eng", "test", "Question is this"), ("one", "eng", "test", "LEAK one here"),
    ("two", "eng", "test", "leak TWO here"), ("two", "eng", "train", "Other corpus here"), ("one", "fin", "train", "Toinen on tuo"),
]  # fmt: skip


@pytest.mark.parametrize("selection", SELECTIONS)
def test_no_example_is_of_a_test_set_of_another_split_corpus_or_language(selection):
    whole = release(*ROWS)
    asked = whole.filter(pa.array([row[0] == "one" and row[2] == "test" for row in ROWS]))
    found = questions(asked, whole, whole, prompts.load("json"), PLAIN, Shots(9, selection, 1, counting), {})
    assert len(found) == 2
    for question in found:
        shown = question.prompt.split("Sentence: ")[1:-1]
        assert [turn.split("\n")[0] for turn in shown] == ["Ann met nobody"]


def test_a_sentence_of_a_test_set_that_is_not_asked_is_no_example_either():
    whole = release(*ROWS)
    asked = whole.filter(pa.array([row[3] == "Question is this" for row in ROWS]))
    (question,) = questions(asked, whole, whole, prompts.load("json"), PLAIN, Shots(9), {})
    assert "Leak" not in question.prompt and question.name == "one/eng/test/4"


def test_sentences_that_say_the_same_lie_closer():
    embed = SentenceEncoder(checkpoints.MINILM, batch_size=2)
    texts = [
        "The president visited Paris .", "Fish swim in the deep sea , where it is dark and cold and no light ever comes .",
        "The head of state travelled to the French capital .",
    ]  # fmt: skip
    vectors = embed(texts)
    assert vectors.shape == (3, 384) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1] + 0.2
    alone = np.stack([embed([text])[0] for text in texts])
    assert np.allclose(vectors, alone, atol=1e-5), "a vector hangs on no other text of its batch"
