"""Training only the rows that are touched gives what training the whole table gives, to the bit."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForTokenClassification

from openner_utils.encoders.characters import CharacterConfig, CharacterModel
from openner_utils.training.descent import Descent, Group
from openner_utils.training.rows import TouchedRows

torch.set_num_threads(1)
VOCABULARY, STEPS = 900, 40


def bert(pad: int) -> BertForTokenClassification:
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=16, num_labels=5, pad_token_id=pad,
    )  # fmt: skip
    return BertForTokenClassification(config)


def batches(ids: np.ndarray) -> list[tuple[torch.Tensor, torch.Tensor]]:
    random = np.random.default_rng(3)
    return [
        (torch.from_numpy(random.choice(ids, (4, 9))), torch.from_numpy(random.integers(0, 5, (4, 9))))
        for _ in range(STEPS)
    ]


def descend(model: nn.Module, ids: np.ndarray) -> tuple[list[float], Descent]:
    table = model.get_input_embeddings().weight
    weights = list(model.parameters())
    matrices = [weight for weight in weights if weight.ndim > 1]
    rest = [weight for weight in weights if weight.ndim == 1]
    groups = [
        Group(params=matrices, lr=3e-3, weight_decay=0.05),
        Group(params=rest, lr=3e-3, weight_decay=0.0),
    ]
    descent = Descent(groups, weights, STEPS, 4, table=table)
    torch.manual_seed(11)  # for dropout
    losses = []
    for tokens, labels in batches(ids):
        loss = model(input_ids=tokens, labels=labels).loss
        descent.step([loss])
        losses.append(float(loss.detach()))
    return losses, descent


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
def test_losses_and_weights_are_those_of_the_whole_table(pad: int, share: float) -> None:
    ids = np.random.default_rng(5).permutation(VOCABULARY)[: int(share * VOCABULARY)].astype(np.int64)
    whole, touched = bert(pad), bert(pad)
    expected, _ = descend(whole, ids)
    rows = TouchedRows.of(touched, ids)
    assert rows is not None and len(rows.weight) <= len(ids) + 1
    found, descent = descend(touched, ids)
    rows.give_back(touched, descent.decays[0])
    assert found == expected
    for (name, one), (_, other) in zip(whole.named_parameters(), touched.named_parameters(), strict=True):
        if name.endswith("word_embeddings.weight"):
            assert torch.equal(one[ids], other[ids])
            torch.testing.assert_close(one, other, rtol=1e-5, atol=0)  # decayed in one step, and not in forty
        else:
            assert torch.equal(one, other), name


def test_an_id_that_is_not_there_is_an_error() -> None:
    model = bert(0)
    TouchedRows.of(model, np.array([5, 6]))
    with pytest.raises(IndexError):
        model(input_ids=torch.tensor([[5, 7]]))


def test_a_model_that_reads_characters_stays_as_it_is() -> None:
    assert TouchedRows.of(CharacterModel(CharacterConfig()), np.array([1])) is None
