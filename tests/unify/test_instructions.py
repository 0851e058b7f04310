"""Instructions: what is asked, what is answered, and that labels are drawn as told."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.llm.harnesses.b2ner import pairs
from openner_utils.unify.corpora import Corpus, Origin
from openner_utils.unify.instructions import Options, instructions, sentences
from tests.unify import made

MANY = [f"type {n:02d}" for n in range(30)]


def corpus(texts: list[str], split: str = "train", language: str = "eng") -> Corpus:
    rows = [made.row(text) for text in texts]
    found = made.corpus("news", rows)
    origins = tuple(Origin(f"news-{n}", language, "f", split) for n in range(len(rows)))
    return replace(found, origins=origins)


def wide(count: int, seed: int = 1, split: str = "train") -> Corpus:
    """Return a corpus with thirty types, two in a sentence."""
    draw = random.Random(seed)
    types = [draw.sample(MANY, 2) for _ in range(count)]
    every = [f"[a{n}|{type}]" for n, type in enumerate(MANY)]
    return corpus([f"[x{n}|{a}] and [y{n}|{b}]" for n, (a, b) in enumerate(types)] + every, split)


def records(of: Corpus, options: Options, **meanings: str) -> list[dict]:
    return [record for _, record in instructions(of, options, meanings)]


def test_an_instruction_as_it_is_read() -> None:
    of = corpus(["[Ada|person] left [Oslo|city]", "it rains"], split="dev")
    first, second = records(of, Options(descriptions=True), person="A human being.")
    assert first["instruction"].splitlines()[-4:] == [
        "Label Set: [city, person]",
        "- person: A human being.",
        "Text: Ada left Oslo",
        "Answer:",
    ]
    assert first["output"] == "person: Ada; city: Oslo"
    assert first["entities"][1] == {"name": "Oslo", "type": "city", "pos": [9, 13]}
    assert second["output"] == "None" and "answer None" in second["instruction"]
    assert "news" not in first["instruction"]
    assert "as in News 2" in next(instructions(of, Options(corpus=True), {}, "News 2"))[1]["instruction"]


def test_chinese_is_asked_in_chinese_without_blanks() -> None:
    (record,) = records(corpus(["[北 京|城市] 很 大"], language="cmn"), Options(dropout=0))
    assert record["sentence"] == "北京很大"
    assert record["output"] == "城市: 北京"
    assert "标签集合: [城市]" in record["instruction"]


@given(seed=st.integers(0, 50), most=st.integers(1, 40), dropout=st.floats(0, 1), copies=st.integers(1, 3))
def test_label_sets_hold_what_answers_hold(seed: int, most: int, dropout: float, copies: int) -> None:
    of = wide(8, seed)
    options = Options(seed, most=most, dropout=dropout, copies=copies)
    found = records(of, options)
    assert len(found) == copies * of.columns.n_sentences
    assert len({record["id"] for record in found}) == len(found)
    for number, record in enumerate(found):
        labels = record["labels"]
        assert 1 <= len(labels) <= min(30, most if most < 30 else 30)
        assert len(set(labels)) == len(labels)
        marked = sentences(of)[number // copies].spans
        assert [(each["type"], each["name"]) for each in record["entities"]] == [
            (each.type, each.text) for each in marked if each.type in labels
        ]
        assert f"[{', '.join(labels)}]" in record["instruction"]
        for each in record["entities"]:
            assert record["sentence"][slice(*each["pos"])] == each["name"]
        assert pairs(record["output"]) == {f"{each['type']}:{each['name']}" for each in record["entities"]}


def test_labels_of_the_sentence_come_first_and_are_dropped_as_often_as_told() -> None:
    of = wide(2000)
    own = [{each.type for each in sentence.spans} for sentence in sentences(of)]
    whole = records(of, Options(dropout=0))
    assert all(mine <= set(record["labels"]) for mine, record in zip(own, whole, strict=True))
    assert {len(record["labels"]) for record in whole} == {18}
    some = records(of, Options())
    kept = sum(len(mine & set(record["labels"])) for mine, record in zip(own, some, strict=True))
    assert kept / sum(map(len, own)) == pytest.approx(0.9, abs=0.02)
    assert np.mean([len(record["labels"]) for record in some]) == pytest.approx(0.9 * 18, abs=0.15)
    first = Counter(record["labels"][0] for record in some)
    assert len(first) == 30 and max(first.values()) < 3 * min(first.values())


def test_dev_and_test_name_every_label_in_one_order() -> None:
    for record in records(wide(5, split="test"), Options()):
        assert record["labels"] == MANY
    for record in records(wide(5), Options(regularize=False)):
        assert record["labels"] == MANY


def test_the_order_of_sentences_makes_no_difference_and_the_seed_does() -> None:
    of = wide(40)
    back = of.pick(np.arange(of.columns.n_sentences)[::-1].copy())
    options = Options(shots=2)
    by_id = [{each["id"]: each for each in records(one, options)} for one in (of, back)]
    assert by_id[0] == by_id[1]
    assert records(of, options) != records(of, replace(options, seed=2))


def test_copies_have_label_sets_of_their_own() -> None:
    found = records(wide(20), Options(copies=2))
    assert (
        sum(one["labels"] == other["labels"] for one, other in zip(found[::2], found[1::2], strict=True)) < 3
    )


def test_examples_are_other_training_sentences_of_the_language() -> None:
    train = corpus([f"[x{n}|city] is here" for n in range(5)])
    test = corpus(["[x0|city] is here"], split="test")
    origins = (*train.origins, *(replace(each, id="t") for each in test.origins))
    rows = [*train.columns.rows(), *test.columns.rows()]
    both = replace(made.corpus("news", rows), origins=origins)
    for record in records(both, Options(shots=3, dropout=0)):
        before, _, asked = record["instruction"].rpartition("Text: ")
        assert before.count("\nAnswer: city: x") == 3
        assert f"Text: {asked.splitlines()[0]}" not in before


def test_signs_that_part_answers_are_quoted() -> None:
    of = made.corpus("news", [(["a;b", 'c"d'], ["B-city", "I-city"])])
    (record,) = records(of, Options(dropout=0))
    assert record["output"] == 'city: "a;b c""d"'


@pytest.mark.parametrize("token", [" ", "a\r", "\u2028b", "a\x85b", "\u00a0", "a\nb"])
def test_an_answer_is_one_line_and_blanks_at_an_end_are_kept(token: str) -> None:
    (record,) = records(made.corpus("news", [([token, "x"], ["B-city", "B-city"])]), Options(dropout=0))
    assert record["output"] == f'city: "{token}"; city: x'
