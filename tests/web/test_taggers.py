"""Taggers that are trained as annotators: offsets, keys, and that nothing is trained twice."""

from dataclasses import replace

import pytest

from openner_utils.core.columns import from_rows
from openner_utils.web import taggers
from openner_utils.web.taggers import Job, annotated, parts, tokens_of
from openner_utils.web.working import Here
from tests.planted import RECIPE
from tests.web.marked import passage

ROWS = [
    (["Ada", "met", "Bo", "."], ["B-PER", "O", "B-PER", "O"]),
    (["In", "Oslo", "."], ["O", "B-LOC", "O"]),
] * 12
JOB = Job(
    "t",
    RECIPE.model_copy(update={"epochs": 40}),
    1,
    from_rows(ROWS),
    (passage("Ada met Bo. In Oslo.", 1), passage(" ", 2)),
)


def test_tokens_of_each_sentence_stand_where_they_are():
    text = "Ada met Bo.  In Oslo."
    found = [[text[a:b] for a, b in each] for each in tokens_of(passage(text))]
    assert found == [["Ada", "met", "Bo", "."], ["In", "Oslo", "."]]
    assert not list(tokens_of(passage(" ")))
    thai = passage("ประเทศไทย", script="Thai", language="tha")
    assert len([token for each in tokens_of(thai) for token in each]) > 1


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("taggers")


def test_what_was_learnt_is_found_at_its_offsets_and_kept(home, monkeypatch):
    (found,) = annotated([JOB], home, Here())
    assert [found[0].text_of(each) for each in found[0].mentions] == ["Ada", "Bo", "Oslo"]
    assert all(each.score is not None and 0 < each.score <= 1 for each in found[0].mentions)
    assert not found[1].mentions
    monkeypatch.setattr(taggers, "fill", lambda *_: pytest.fail("trained again"))
    assert annotated([JOB], home, Here()) == [found]


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, seed=2),
        replace(JOB, sentences=from_rows(ROWS[:-1])),
        replace(JOB, passages=JOB.passages[:1]),
        replace(JOB, recipe=RECIPE),
    ],
)
def test_whatever_decides_the_result_is_in_the_key(other):
    assert other.key != JOB.key


def test_the_name_is_not_in_the_key():
    assert replace(JOB, name="other").key == JOB.key


def test_sentences_are_dealt_out_each_once():
    dealt = parts(from_rows(ROWS[:5]), 2)
    assert [each.n_sentences for each in dealt] == [3, 2]
