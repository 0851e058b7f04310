"""The best sequence is what trying all sequences finds, and holds no invalid transition."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.encoding import BIOES, IOB1, IOB2, transitions
from openner_utils.encoders.decoding import Steps, best_labels

LABELS = {
    IOB2: ("O", "B-X", "I-X", "B-Y", "I-Y"),
    IOB1: ("O", "I-X", "B-X", "I-Y"),
    BIOES: ("O", "B-X", "I-X", "E-X", "S-X"),
}


def gain(scores: np.ndarray, path: tuple[int, ...], steps: Steps) -> float:
    along = sum(float(steps.pairs[pair]) for pair in pairwise(path))
    tokens = sum(float(scores[token, label]) for token, label in enumerate(path))
    return tokens + along + float(steps.first[path[0]] + steps.last[path[-1]])


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Steps, int]:
    n = draw(st.integers(2, 4))
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    make = lambda *shape: random.normal(size=shape).astype(np.float32)  # noqa: E731
    return make(sum(lengths), n), np.cumsum([0, *lengths]), Steps(make(n), make(n, n), make(n)), n


@given(cases())
def test_the_best_sequence_is_that_of_trying_them_all(case):
    scores, sentences, steps, n = case
    found = best_labels(scores, sentences, steps)
    for start, end in pairwise(sentences):
        part = scores[start:end]
        paths = product(range(n), repeat=end - start)
        best = max(gain(part, path, steps) for path in paths)
        assert gain(part, tuple(found[start:end]), steps) == pytest.approx(best, abs=1e-4)


@settings(max_examples=50)
@given(st.sampled_from(sorted(LABELS, key=str)), st.integers(0, 2**32), st.integers(1, 30))
def test_no_sequence_is_invalid(encoding, seed, length):
    labels = LABELS[encoding]
    scores = np.random.default_rng(seed).normal(size=(length, len(labels))).astype(np.float32)
    steps = Steps.none(len(labels)).only(transitions(labels, encoding))
    path = [encoding.split(labels[label]) for label in best_labels(scores, np.array([0, length]), steps)]
    framed = [("O", ""), *path, ("O", "")]
    assert all(encoding.is_valid(*pair) for pair in pairwise(framed))


def test_without_steps_each_token_has_its_best_label():
    scores = np.random.default_rng(1).normal(size=(700, 7)).astype(np.float32)
    sentences = np.arange(0, 701, 2)
    assert (best_labels(scores, sentences, Steps.none(7)) == scores.argmax(-1)).all()


def test_a_sentence_of_5000_tokens_is_decoded_beside_short_ones():
    scores = np.random.default_rng(1).normal(size=(5300, 7)).astype(np.float32)
    sentences = np.array([0, *range(10, 301, 10), 5300])
    steps = Steps(scores[0], scores[:7], scores[1])
    together = best_labels(scores, sentences, steps)
    alone = [best_labels(scores[a:b], np.array([0, b - a]), steps) for a, b in pairwise(sentences)]
    assert together.tolist() == np.concatenate(alone).tolist()


def test_a_long_document_is_decoded_as_exactly_as_a_short_one():
    """The sums over it outgrow single precision."""
    scores = (8 + np.random.default_rng(1).normal(size=(30_000, 5))).astype(np.float32)
    assert (best_labels(scores, np.array([0, 30_000]), Steps.none(5)) == scores.argmax(-1)).all()
