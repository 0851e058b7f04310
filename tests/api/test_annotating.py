"""Passages annotated by a trained model part by part: killed at any part, nothing is read twice, lost or doubled."""

import pytest

from openner_utils.api import annotating, tagging
from openner_utils.api.annotators import annotator
from openner_utils.api.training import train
from openner_utils.config.params import Encoders, load
from openner_utils.web import mentions
from tests.planted import planted
from tests.web.marked import passage

TEXTS = [f"we saw mr Adagor Bedlin in Orlund on day {n}" for n in range(9)]


class Killed(BaseException):
    """What no command catches."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "one"
    train(load(Encoders).encoders["characters"], [planted(60, seed=1)], folder, seed=1)
    return folder


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(tagging, "_AT_ONCE", 2 * len(TEXTS[0]))


def counting(monkeypatch, most):
    """Let a model read so many parts, and return the list of the texts that it reads."""
    read, real = [], tagging.Model.predict_each

    def predict_each(self, texts):
        texts = list(texts)
        if len(read) == most:
            raise Killed
        read.append(texts)
        return real(self, texts)

    monkeypatch.setattr(tagging.Model, "predict_each", predict_each)
    return read


@pytest.mark.parametrize("before", range(5))
def test_a_killed_annotation_goes_on(model, tmp_path, monkeypatch, before):
    passages = [passage(text, n) for n, text in enumerate(TEXTS)]
    whole, out = tmp_path / "whole.parquet", tmp_path / "a.parquet"
    mentions.write(annotator(str(model)).annotate(passages).passages, whole)

    with monkeypatch.context() as patch:
        first = counting(patch, before)
        with pytest.raises(Killed):
            annotating.annotate(model, passages, out)
    assert not out.exists() and len(first) == before
    with monkeypatch.context() as patch:
        second = counting(patch, None)
        found = annotating.annotate(model, passages, out)
    assert [text for part in first + second for text in part] == TEXTS  # each read once
    assert out.read_bytes() == whole.read_bytes()
    assert found.account["grounded"] == sum(len(each.mentions) for each in found.passages) > 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.parquet", "whole.parquet"]


def test_parts_of_another_model_or_of_other_passages_are_not_taken(model, tmp_path, monkeypatch):
    passages = [passage(text, n) for n, text in enumerate(TEXTS)]
    other = tmp_path / "other"
    train(load(Encoders).encoders["characters"], [planted(60, seed=2)], other, seed=2)
    out = tmp_path / "a.parquet"
    with monkeypatch.context() as patch:
        counting(patch, 3)
        with pytest.raises(Killed):
            annotating.annotate(model, passages, out)
    with monkeypatch.context() as patch:
        read = counting(patch, None)
        annotating.annotate(other, passages, out)
    assert sum(map(len, read)) == len(TEXTS)


def test_no_passages_are_no_parts(model, tmp_path):
    assert annotating.annotate(model, [], tmp_path / "a.parquet").passages == ()
    assert list(mentions.read(tmp_path / "a.parquet")) == []
