"""The field's loss and probabilities are those of trying all label sequences."""

from dataclasses import replace
from itertools import pairwise, product

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2, states
from openner_utils.encoders import loop, models
from openner_utils.encoders.crf import _AT_ONCE, Crf, _groups
from openner_utils.encoders.prediction import predict
from openner_utils.runs.machine import CPU
from openner_utils.scoring.mentions import ALL, score
from tests.planted import LABELS, RECIPE, planted

FIELD = RECIPE.model_copy(update={"head": "crf", "decoding": "valid"})


def made(n: int = 3) -> Crf:
    torch.manual_seed(0)
    field = Crf(n)
    for weight in field.parameters():
        torch.nn.init.normal_(weight)
    return field


def gain(field: Crf, logits: torch.Tensor, path: tuple[int, ...], begins: bool, ends: bool) -> torch.Tensor:
    along = [field.pairs[pair] for pair in pairwise(path)]
    edges = [field.first[path[0]]] * begins + [field.last[path[-1]]] * ends
    return sum((logits[token, label] for token, label in enumerate(path)), start=sum([*along, *edges]))


@pytest.mark.parametrize(("begins", "ends"), [(True, True), (False, True), (True, False), (False, False)])
def test_the_loss_is_the_share_of_the_gold_sequence_among_all(begins, ends):
    field, logits = made(), torch.randn(9, 3)
    lengths, targets = [4, 1, 3, 1], torch.tensor([0, 1, 2, 0, 1, 2, 2, 1, 0])
    rows = torch.repeat_interleave(torch.arange(4), torch.tensor(lengths))
    expected, start = 0.0, 0
    for length in lengths:
        part, gold = logits[start : start + length], tuple(targets[start : start + length].tolist())
        gains = torch.stack(
            [gain(field, part, path, begins, ends) for path in product(range(3), repeat=length)]
        )
        expected += (torch.logsumexp(gains, 0) - gain(field, part, gold, begins, ends)).item()
        start += length
    edges = torch.full((4,), begins), torch.full((4,), ends)
    assert field(logits, targets, rows, *edges).item() == pytest.approx(expected, abs=1e-4)


def test_probabilities_are_those_of_all_sequences_together():
    field, logits = made(), torch.randn(5, 3)
    sentences = from_rows([(list("abc"), ["O"] * 3), (list("de"), ["O"] * 2)])
    found = field.marginals(logits, sentences)
    for start, end in pairwise(sentences.sentences):
        part, expected = logits[start:end], torch.zeros(end - start, 3)
        paths = list(product(range(3), repeat=end - start))
        shares = torch.softmax(torch.stack([gain(field, part, path, True, True) for path in paths]), 0)
        for path, share in zip(paths, shares, strict=True):
            for token, label in enumerate(path):
                expected[token, label] += share.detach()
        assert torch.allclose(found[start:end].float(), expected, atol=1e-5)


def test_a_field_is_trained_with_its_encoder_and_predicts_valid_sequences():
    train, dev = planted(120, seed=1), planted(40, seed=2)
    tagger = models.load(RECIPE.checkpoint, None, LABELS, 3, "crf")
    loop.train(tagger, FIELD, train, None, 3, CPU)
    assert tagger.crf is not None and all(weight.abs().max() > 0.01 for weight in tagger.crf.parameters())
    found = predict(tagger, FIELD, dev, CPU)
    assert score(dev, found.columns)[ALL].f1 > 0.9
    assert found.invalid_share == 0 and not states(found.columns, IOB2).invalid.any()
    assert ((found.sure > 0.2) & (found.sure <= 1)).all()


def test_a_field_may_have_a_learning_rate_of_its_own():
    def trained(rate: float | None) -> models.Tagger:
        tagger = models.load(RECIPE.checkpoint, None, LABELS, 3, "crf")
        recipe = FIELD.model_copy(update={"crf_learning_rate": rate, "epochs": 1})
        loop.train(tagger, recipe, planted(40, seed=1), None, 3, CPU)
        return tagger

    one, same, quick = trained(None), trained(FIELD.learning_rate), trained(100 * FIELD.learning_rate)
    assert one.crf is not None and same.crf is not None and quick.crf is not None
    for tagger in (one, same):  # in groups of its own or not, the steps are the same
        for name, weight in tagger.model.state_dict().items():
            assert torch.equal(weight, one.model.state_dict()[name]), name
    assert torch.equal(one.crf.pairs, same.crf.pairs)
    assert quick.crf.pairs.abs().mean() > 10 * one.crf.pairs.abs().mean()


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_valid_decoding_mends_what_free_decoding_breaks(head):
    """An untrained model breaks transitions; decoded as valid it cannot, in several windows neither."""
    sentences = from_rows([([f"w{n}" for n in range(90)], ["O"] * 90), *planted(30, seed=4).rows()])
    tagger = models.load(RECIPE.checkpoint, None, LABELS, 5, head)
    with torch.no_grad():
        tagger.model.classifier.weight.mul_(30)
    free = predict(tagger, RECIPE.model_copy(update={"head": head}), sentences, CPU)
    valid = predict(tagger, RECIPE.model_copy(update={"head": head, "decoding": "valid"}), sentences, CPU)
    assert free.invalid_share > 0 and valid.invalid_share == 0
    assert len(valid.columns) == len(sentences)


def test_what_stands_beside_a_sentence_changes_no_label():
    tagger = replace(models.load(RECIPE.checkpoint, None, LABELS, 5), crf=made(len(LABELS)))
    rows = list(planted(20, seed=4).rows())
    together = predict(tagger, FIELD, from_rows(rows), CPU).columns.label_strings().to_pylist()
    alone = [
        predict(tagger, FIELD, from_rows([row]), CPU).columns.label_strings().to_pylist() for row in rows
    ]
    assert together == np.concatenate(alone).tolist()


@given(st.lists(st.integers(1, 2 * _AT_ONCE), max_size=40).map(sorted))
def test_sentences_are_summed_up_together_as_far_as_filling_has_room(lengths):
    groups = list(_groups(np.array(lengths, np.int64)))
    assert [number for some in groups for number in range(some.start, some.stop)] == list(range(len(lengths)))
    for some in groups:
        part = lengths[some]
        assert len(part) == 1 or len(part) * part[-1] <= _AT_ONCE


def test_probabilities_of_a_long_document_and_of_what_stands_beside_it():
    field, sizes = made(), [1, 3, _AT_ONCE, 2, 700, 1]
    sentences = from_rows([(["a"] * size, ["O"] * size) for size in sizes])
    logits = torch.randn(len(sentences), 3)
    together = field.marginals(logits, sentences)
    for number, (start, end) in enumerate(pairwise(sentences.sentences)):
        alone = field.marginals(logits[start:end], sentences.some(number, number + 1))
        assert torch.allclose(together[start:end], alone, atol=1e-9)
