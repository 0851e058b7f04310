"""Steps over batches of a few fixed shapes move weights as steps over any shapes do."""

import numpy as np
import pytest
import torch

from openner_utils.encoders import loop, prediction, recorded
from openner_utils.encoders.inputs import prepare, shuffled
from openner_utils.encoders.losses import Losses
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support.errors import OpenNERError
from openner_utils.training import captured
from openner_utils.training.captured import CapturedSteps
from openner_utils.training.descent import Descent, DivergedError
from tests.encoders.test_loop import DEV, RECIPE, TRAIN, tagger

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
STEPS = 30


def without_chance():
    made = tagger()
    made.model.dropout.p = 0  # whose draws hang on the shape of a batch
    return made


def way_of(made, recipe=RECIPE, machine=CPU, steps=STEPS):
    inputs = prepare(made, recipe, TRAIN)
    targets = loop.targets_of(made.labels, TRAIN)
    groups, weights = loop.groups_of(made, recipe)
    return inputs, recorded.RecordedSteps(
        made, recipe, inputs, targets, machine, groups, weights, steps, warm_up=3
    )


@pytest.mark.parametrize("changed", [{}, {"micro_batch": 3}, {"loss_on": "every"}])
def test_losses_and_weights_are_those_of_steps_that_are_looked_at(changed):
    recipe = RECIPE.model_copy(update=changed)
    plain, fixed = without_chance(), without_chance()
    inputs, steps = way_of(fixed, recipe)
    groups, weights = loop.groups_of(plain, recipe)
    descent = Descent(groups, weights, STEPS, 3)
    losses = Losses(plain, recipe, inputs, loop.targets_of(plain.labels, TRAIN), CPU)
    expected, tokens = [], []
    for made in (plain, fixed):
        made.model.train()
    random = np.random.default_rng(0)
    while len(expected) < STEPS:
        for numbers in list(shuffled(inputs.lengths, recipe.batch_size, random))[: STEPS - len(expected)]:
            loss, counted = losses.step(descent, numbers)
            assert steps.take(numbers) == counted
            expected.append(loss)
            tokens.append(counted)
    assert steps.losses() == pytest.approx(expected, rel=1e-4)
    assert steps.losses() == []
    assert steps.decays == pytest.approx(descent.decays, rel=1e-12)
    for one, other in zip(plain.model.parameters(), fixed.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_batches_have_few_shapes_and_lose_nothing():
    made = tagger()
    inputs, steps = way_of(made)
    shapes, labels = set(), 0
    for numbers in shuffled(inputs.lengths, RECIPE.batch_size, np.random.default_rng(0)):
        batch = steps.batch(numbers)
        shapes.add(tuple(batch["ids"].shape))
        labels += int((batch["targets"] >= 0).sum())
        assert batch["mask"].sum(1).min() >= 1  # attention to nothing at all is no number
        assert int(batch["mask"][: len(numbers)].sum()) == sum(inputs.lengths[number] for number in numbers)
        assert not (batch["targets"][len(numbers) :] >= 0).any()
    assert labels == len(TRAIN)
    assert {rows for rows, _ in shapes} == {RECIPE.batch_size}
    assert all(width % 16 == 0 or width == RECIPE.max_length for _, width in shapes)


def test_a_loss_that_is_no_number_is_found_later_with_its_step():
    weight = torch.nn.Parameter(torch.ones(1))
    steps = CapturedSteps(
        [{"params": [weight], "lr": 0.1, "weight_decay": 0.0}], [weight], 5, 0,
        lambda part, _: (weight * part["x"]).sum(),
    )  # fmt: skip
    for value in (1.0, 2.0, float("nan"), 1.0):
        steps.step({"x": torch.tensor([value])})
    with pytest.raises(DivergedError, match="nan") as caught:
        steps.losses()
    assert caught.value.step == 2


def test_memory_that_is_short_halves_what_is_computed_at_once():
    weight = torch.nn.Parameter(torch.ones(1))
    sizes = []

    def loss_of(part, whole):
        sizes.append(len(part["x"]))
        if len(part["x"]) > 2:
            raise torch.OutOfMemoryError("no room")
        return (weight * part["x"]).sum() / len(whole["x"])

    steps = CapturedSteps([{"params": [weight], "lr": 0.1, "weight_decay": 0.0}], [weight], 5, 0, loss_of)
    for _ in range(2):
        steps.step({"x": torch.arange(8.0)})
    assert sizes == [8, 4, *[2] * 8]
    assert steps.losses()[0] == pytest.approx(3.5)


def test_memory_that_has_no_room_for_one_example_is_an_error():
    weight = torch.nn.Parameter(torch.ones(1))

    def loss_of(part, whole):
        raise torch.OutOfMemoryError("no room")

    steps = CapturedSteps([{"params": [weight], "lr": 0.1, "weight_decay": 0.0}], [weight], 5, 0, loss_of)
    with pytest.raises(torch.OutOfMemoryError):
        steps.step({"x": torch.arange(8.0)})


def test_the_rate_is_that_of_the_descent():
    weight = torch.nn.Parameter(torch.ones(1))
    descent = Descent([{"params": [weight], "lr": 2.0, "weight_decay": 0.0}], [weight], 7, 3)
    for taken in range(7):
        assert descent.rates[0] == pytest.approx(2.0 * captured.rate(taken, 7, 3))
        descent.step([weight.sum()])


@GPU
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_replayed_is_what_is_taken_kernel_by_kernel(precision):
    machine = Machine("cuda", precision)
    found = []
    for replayed in (True, False):
        made = without_chance()
        made.model.to("cuda").train()
        inputs, steps = way_of(made, machine=machine, steps=60)
        if not replayed:
            steps._captured._recorded = Never()
        random = np.random.default_rng(0)
        for _ in range(4):
            for numbers in shuffled(inputs.lengths, RECIPE.batch_size, random):
                steps.take(numbers)
        found.append((steps.losses(), [weight.detach().cpu() for weight in made.model.parameters()]))
    (one, weights), (other, expected) = found
    assert one == pytest.approx(other, rel=1e-2 if precision == "bf16" else 1e-3)
    for left, right in zip(weights, expected, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-2, atol=1e-2 if precision == "bf16" else 1e-3)


class Never(dict):
    """Records of shapes that are never there."""

    def __contains__(self, shape):
        return False


@GPU
def test_a_training_on_a_gpu_learns_and_repeats():
    machine = Machine("cuda", "bf16")
    found = []
    for _ in range(2):
        made = tagger()
        history = loop.train(made, RECIPE, TRAIN, DEV, 3, machine)
        labels = prediction.predict(made, RECIPE, DEV, machine).columns.label_strings().to_pylist()
        found.append(([epoch.loss for epoch in history], history[-1].dev_f1, labels))
    assert found[0] == found[1]
    assert found[0][1] > 0.85


@GPU
def test_a_loss_that_is_no_number_names_its_sentences_on_a_gpu():
    made = tagger()
    with torch.no_grad():
        made.model.classifier.bias[0] = float("nan")
    with pytest.raises(OpenNERError, match=r"nan.* sentence \d+ \('"):
        loop.train(made, RECIPE, TRAIN, None, 3, Machine("cuda", "fp32"))
