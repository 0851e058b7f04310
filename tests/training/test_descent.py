"""The learning rate rises and falls as Trainer's does, and gradients are clipped together."""

import pytest
import torch
from torch import nn

from openner_utils.training.descent import Descent, DivergedError, Group


def rates(steps: int, warm_up: int, first: int = 0) -> list[float]:
    """Return the learning rate of each step, as a share of the peak."""
    weight = nn.Parameter(torch.ones(1))
    descent = Descent([Group(params=[weight], lr=0.5, weight_decay=0.0)], [weight], steps, warm_up, first)
    found = []
    for _ in range(steps):
        found.append(descent.rates[0] / 0.5)
        descent.step([weight.sum()])
    return found


@pytest.mark.parametrize(
    ("steps", "warm_up", "first", "expected"),
    [
        (4, 0, 0, [1, 0.75, 0.5, 0.25]),
        (8, 2, 0, [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        (11, 2, 0, [0, 0.5, *(left / 9 for left in range(9, 0, -1))]),
        (8, 2, 1, [0.5, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7]),
        (3, 1, 1, [1, 2 / 3, 1 / 3]),
    ],
)
def test_the_learning_rate_rises_and_falls_linearly(steps, warm_up, first, expected):
    assert rates(steps, warm_up, first) == pytest.approx(expected)


def test_each_group_has_its_rate_and_its_decay():
    still, decaying = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    groups = [
        Group(params=[still], lr=0.1, weight_decay=0.0),
        Group(params=[decaying], lr=0.2, weight_decay=0.5),
    ]
    descent = Descent(groups, [still, decaying], 4, 0)
    descent.step([0 * (still + decaying).sum()])
    assert (still.item(), decaying.item()) == (1.0, pytest.approx(1 - 0.2 * 0.5))


def test_gradients_are_clipped_at_norm_1_together():
    weights = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    descent = Descent([Group(params=weights, lr=0.1, weight_decay=0.0)], weights, 4, 0)
    descent.step([3 * weights[0].sum() + 4 * weights[1].sum()])
    assert [weight.grad.item() for weight in weights] == pytest.approx([0.6, 0.8])


def test_a_batch_in_parts_moves_the_weights_as_the_whole_does():
    moved = []
    for parts in ([0.5, 0.25], [0.75]):
        weight = nn.Parameter(torch.ones(2))
        descent = Descent([Group(params=[weight], lr=0.1, weight_decay=0.0)], [weight], 4, 0)
        assert descent.step(part * (weight**2).sum() for part in parts) == pytest.approx(1.5)
        moved.append(weight.detach().clone())
    assert torch.allclose(*moved) and not torch.allclose(moved[0], torch.ones(2))


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_moves_nothing(factor):
    weight = nn.Parameter(torch.ones(1))
    descent = Descent([Group(params=[weight], lr=0.1, weight_decay=0.5)], [weight], 4, 0)
    with pytest.raises(DivergedError, match=r"The loss is (nan|inf)"):
        descent.step([factor * weight.sum()])
    assert weight.item() == 1
