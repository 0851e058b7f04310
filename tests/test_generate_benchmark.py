"""The benchmark of the local backend compares speed only where both sides say the same."""

import pytest

from benchmarks import generate
from openner_utils.support.errors import OpenNERError


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return generate.made(tmp_path_factory.mktemp("weights"), width=32, layers=1)


def test_both_sides_answer_the_same_questions(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "QUESTIONS", 5)
    monkeypatch.setattr(generate, "NEW_TOKENS", 6)
    found = generate.claim(weights, tmp_path, "inline_short")
    assert found.ours > 0 and found.peer > 0 and found.note.startswith("5 questions, 6 tokens each")


def test_other_tokens_are_no_comparison(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "QUESTIONS", 2)
    monkeypatch.setattr(generate, "NEW_TOKENS", 2)
    monkeypatch.setattr(generate, "_loop", lambda _: lambda asked: ["other"] * len(asked))
    with pytest.raises(OpenNERError, match="Do not compare speed"):
        generate.claim(weights, tmp_path, "inline_short")
