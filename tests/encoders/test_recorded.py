"""Steps over batches of a few fixed shapes move weights as steps over any shapes do."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForTokenClassification

from openner_utils.encoders import loop, models, prediction, recorded
from openner_utils.encoders.inputs import prepare, shuffled
from openner_utils.encoders.losses import Losses
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints
from openner_utils.training.captured import CapturedSteps
from openner_utils.training.descent import Descent, DivergedError
from tests.encoders.test_loop import DEV, TRAIN
from tests.planted import LABELS
from tests.planted import RECIPE as OF_CHARACTERS

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
RECIPE = OF_CHARACTERS.model_copy(update={"learning_rate": 3e-3, "max_length": 40})
STEPS = 30


def bert(dropout=0.0):
    """A model of Transformers' most usual kind, tiny; without dropout, whose draws hang on the shape of a batch."""
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=250_037, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
        id2label=dict(enumerate(LABELS)), label2id={label: number for number, label in enumerate(LABELS)},
    )  # fmt: skip
    tokenizer = models.load_tokenizer(checkpoints.E5, None)
    return models.Tagger(tokenizer, BertForTokenClassification(config), LABELS, None, longest=64)


def steps_of(made, recipe=RECIPE, machine=CPU, steps=STEPS):
    inputs = prepare(made, recipe, TRAIN)
    groups, weights = loop.groups_of(made, recipe)
    targets = loop.targets_of(made.labels, TRAIN)
    return inputs, recorded.RecordedSteps(made, recipe, inputs, targets, machine, groups, weights, steps, 3)


@pytest.mark.parametrize(
    "changed", [{}, {"micro_batch": 3}, {"loss_on": "every"}, {"max_length": 12, "overlap": 4}]
)
def test_losses_and_weights_are_those_of_steps_that_are_looked_at(changed):
    recipe = RECIPE.model_copy(update=changed)
    plain, fixed = bert(), bert()
    inputs, steps = steps_of(fixed, recipe)
    groups, weights = loop.groups_of(plain, recipe)
    descent = Descent(groups, weights, STEPS, 3)
    losses = Losses(plain, recipe, inputs, loop.targets_of(plain.labels, TRAIN), CPU)
    expected = []
    for made in (plain, fixed):
        made.model.train()
    random = np.random.default_rng(0)
    while len(expected) < STEPS:
        for numbers in list(shuffled(inputs.lengths, recipe.batch_size, random))[: STEPS - len(expected)]:
            assert steps.decays == pytest.approx(descent.decays, rel=1e-12)
            loss, counted = losses.step(descent, numbers)
            assert steps.take(numbers) == counted
            expected.append(loss)
    assert steps.losses() == pytest.approx(expected, rel=1e-4)
    assert steps.losses() == []
    for one, other in zip(plain.model.parameters(), fixed.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_batches_have_few_shapes_and_lose_nothing():
    inputs, steps = steps_of(bert())
    shapes, labels = set(), 0
    for numbers in shuffled(inputs.lengths, RECIPE.batch_size, np.random.default_rng(0)):
        batch = steps.batch(numbers)
        _, mask, targets = batch.unbind(1)
        shapes.add(tuple(batch.shape))
        labels += int((targets >= 0).sum())
        assert mask.sum(1).min() >= 1
        assert int(mask[: len(numbers)].sum()) == sum(inputs.lengths[number] for number in numbers)
        assert not (targets[len(numbers) :] >= 0).any()
    assert labels == len(TRAIN)
    assert shapes <= {(RECIPE.batch_size, 3, width) for width in (16, 32, 40)}


def one_weight(loss_of, steps=5):
    weight = torch.nn.Parameter(torch.ones(1))
    groups = [{"params": [weight], "lr": 0.1, "weight_decay": 0.0}]
    return CapturedSteps(groups, [weight], steps, 0, lambda part, whole: loss_of(weight, part, whole))


def test_a_loss_that_is_no_number_is_found_later_with_its_step():
    steps = one_weight(lambda weight, part, _: (weight * part).sum())
    for value in (1.0, 2.0, float("nan"), 1.0):
        steps.step(torch.tensor([value]))
    with pytest.raises(DivergedError, match="nan") as caught:
        steps.losses()
    assert caught.value.step == 2


def test_gradients_that_are_no_numbers_are_found_though_the_loss_is_one():
    steps = one_weight(lambda weight, part, _: (weight - 1).abs().sqrt().sum() + part.sum())
    steps.step(torch.tensor([1.0]))
    with pytest.raises(DivergedError):
        steps.losses()


@pytest.mark.parametrize("room", [8, 2, 1])
def test_memory_that_is_short_halves_what_is_computed_at_once(room):
    sizes = []

    def loss_of(weight, part, whole):
        sizes.append(len(part))
        if len(part) > room:
            raise torch.OutOfMemoryError("no room")
        return (weight * part).sum() / len(whole)

    steps = one_weight(loss_of)
    for _ in range(2):
        steps.step(torch.arange(8.0))
    tried = [size for size in (8, 4, 2) if size > room]
    assert sizes == [*tried, *[room] * (2 * 8 // room)]
    assert steps.losses()[0] == pytest.approx(3.5)


def test_memory_that_has_no_room_for_one_example_is_an_error():
    def loss_of(weight, part, whole):
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(torch.OutOfMemoryError):
        one_weight(loss_of).step(torch.arange(8.0))


def test_a_cpu_and_models_that_are_not_known_are_not_recorded():
    gpu = Machine("cuda", "fp32")
    characters = models.load(OF_CHARACTERS.checkpoint, None, LABELS, 3)
    assert recorded.applies(bert(), gpu, partial=False)
    assert not recorded.applies(bert(), gpu, partial=True)
    assert not recorded.applies(bert(), CPU, partial=False)
    assert not recorded.applies(characters, gpu, partial=False)


class Never(dict):
    """Records of shapes that are never there."""

    def __contains__(self, shape):
        return False


@GPU
@pytest.mark.parametrize(("precision", "near"), [("fp32", 1e-3), ("bf16", 3e-2)])
def test_what_is_replayed_is_what_is_taken_kernel_by_kernel(precision, near):
    machine = Machine("cuda", precision)
    found = []
    for replayed in (True, False):
        made = bert()
        made.model.to("cuda").train()
        inputs, steps = steps_of(made, machine=machine, steps=60)
        if not replayed:
            steps._captured._recorded = Never()
        random = np.random.default_rng(0)
        for _ in range(4):
            for numbers in shuffled(inputs.lengths, RECIPE.batch_size, random):
                steps.take(numbers)
        found.append((steps.losses(), [weight.detach().cpu() for weight in made.model.parameters()]))
    (one, weights), (other, expected) = found
    assert one == pytest.approx(other, rel=near)
    for left, right in zip(weights, expected, strict=True):
        torch.testing.assert_close(left, right, rtol=near, atol=near)


@GPU
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_on_a_gpu_learns_and_repeats_to_the_bit(precision):
    machine, found = Machine("cuda", precision), []
    for _ in range(2):
        made = bert(dropout=0.1)
        history = loop.train(made, RECIPE, TRAIN, DEV, 3, machine)
        labels = prediction.predict(made, RECIPE, DEV, machine).columns.label_strings().to_pylist()
        found.append(([epoch.loss for epoch in history], [epoch.dev_f1 for epoch in history], labels))
    assert found[0] == found[1]
    assert found[0][0][-1] < found[0][0][0] / 2


@GPU
def test_a_loss_that_is_no_number_names_its_sentences_on_a_gpu():
    made = bert()
    with torch.no_grad():
        made.model.classifier.bias[0] = float("nan")
    with pytest.raises(OpenNERError, match=r"nan.* sentence \d+ \('"):
        loop.train(made, RECIPE, TRAIN, None, 3, Machine("cuda", "fp32"))
