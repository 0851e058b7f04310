"""What an export says of labels before and after; unlike exports themselves this needs no ONNX Runtime."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from openner_utils.api import exporting
from openner_utils.encoders.about import About, Form
from openner_utils.support.paths import HERE
from tests.planted import LABELS, RECIPE

ABOUT = About(
    encoder=RECIPE, labels=LABELS, seed=1, trained_on=("a",), sentences=1, steps=1, types={"PER": 1}
)


@pytest.mark.parametrize(
    ("before", "after", "silent"), [(0, 0, True), (3, 3, False), (0, 2, False), (2, 0, False)]
)
def test_mentions_are_those_of_the_model_before(monkeypatch, before, after, silent):
    found = iter((before, after))

    def predict(tagger, recipe, sentences, machine):
        labels = np.zeros(len(sentences), np.int32)
        labels[: next(found)] = 1
        return SimpleNamespace(columns=replace(sentences, labels=labels, names=LABELS))

    monkeypatch.setattr(exporting, "predict", predict)
    compared = exporting._compared(None, None, ABOUT, HERE)
    assert (compared.mentions, compared.differing) == (before, abs(before - after))
    assert compared.tokens > 500
    form = Form(
        file="onnx", weights="int8", tokens=compared.tokens, differing=compared.differing, mentions=before
    )
    assert form.silent is silent
