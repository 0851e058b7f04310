"""The benchmark of grammars: both engines are given the same replies, and must say them."""

import sys

import pytest

from benchmarks import NeededError, grammar
from openner_utils.llm.automata import automaton
from openner_utils.llm.constrained import Constraint
from openner_utils.support.errors import OpenNERError

END = 0


def letters(text):
    return tuple(map(ord, text))


def case(*tokens, said=("Ann",)):
    return grammar.Case(lambda: automaton(tokens, ("PER",), "inline"), said)


def held(said):
    return Constraint(said, letters, END)


def test_a_right_answer_is_spelled_from_choices():
    said = automaton(["Ann", "Ann"], ["PER"], "json")
    reply = '[{"text": "Ann", "type": "PER", "occurrence": 2}]'
    texts = grammar.spelled(said, reply)
    assert "".join(texts) == reply and texts[1] == "Ann"
    with pytest.raises(OpenNERError, match="no right answer"):
        grammar.spelled(said, '[{"text": "Bo", "type": "PER"}]')


def test_each_token_is_timed_but_the_last():
    found = grammar.times([case("Ann"), case("Ann", "Bo", said=("Ann", " Bo"))], held, letters, END)
    assert len(found.starts) == 2 and len(found.masks) == len("Ann") + len("Ann Bo")


def test_an_engine_that_refuses_the_right_answer_is_not_measured():
    with pytest.raises(OpenNERError, match="does not allow the right answer"):
        grammar.times([case("Bo")], held, letters, END)


def test_sentences_are_of_several_languages_and_joined_where_they_are_short():
    found = grammar.cases(8, 30)
    assert all(len(each.make().words) >= 30 for each in found)
    assert not "".join(map(str, (each.make().words for each in found))).isascii()


def test_a_vocabulary_of_pieces_spells_every_text():
    tokenizer = grammar.byte_fallback(["▁a", "b"])
    ids = tokenizer(" ab北", add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["▁a", "b", "<0xE5>", "<0x8C>", "<0x97>"]
    assert tokenizer.decode(ids) == " ab北"


def test_both_engines_are_measured_or_none(monkeypatch):
    tokenizer = grammar.byte_fallback(["▁a", "b"])
    said = grammar.cases(4)
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(NeededError, match="requirements-grammar"):
        grammar.measured("small", tokenizer, said, "sentences")
    monkeypatch.undo()
    pytest.importorskip("llguidance", reason="needs requirements-grammar.txt")
    claims = grammar.measured("small", tokenizer, said, "sentences")
    assert [each.claim.split(",")[0] for each in claims] == ["automaton"] * 2 + ["llguidance"] * 2
    assert all(each.ours > 0 and each.less_is_better for each in claims)
