"""Steps of the optimizer: AdamW, gradients clipped at norm 1, the learning rate rising and then falling linearly."""

from collections.abc import Sequence
from typing import TypedDict

import torch
from torch import Tensor, nn
from transformers import get_linear_schedule_with_warmup


class Group(TypedDict):
    """Weights that share a peak learning rate and a weight decay."""

    params: list[nn.Parameter]
    lr: float
    weight_decay: float


class Descent:
    """One training's way down, step by step.

    The learning rate rises over ``warm_up`` steps to each group's ``lr`` and falls to 0 over the rest of ``steps`` (the
    schedule of Transformers' Trainer, whose first step has the rate 0). ``first`` is the number at which steps are
    counted from: with 1 the first step has a rate already and the last one still has. ``clipped`` are the weights whose
    gradients are clipped together, in an order that decides the last bits of their norm.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        clipped: Sequence[nn.Parameter],
        steps: int,
        warm_up: int,
        first: int = 0,
    ) -> None:
        self._clipped = clipped
        # A schedule that does not begin at 0 is taken for a resumed one, which must know where rates began.
        begun = [{**group, "initial_lr": group["lr"]} for group in groups]
        self._optimizer = torch.optim.AdamW(begun, fused=True)
        self._schedule = get_linear_schedule_with_warmup(
            self._optimizer, warm_up, steps + first, last_epoch=first - 1
        )

    @property
    def rates(self) -> list[float]:
        """The learning rate of each group in the next step."""
        return [group["lr"] for group in self._optimizer.param_groups]

    def step(self, loss: Tensor) -> None:
        """Move the weights against the gradient of ``loss`` (a single number)."""
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._clipped, 1.0)
        self._optimizer.step()
        self._schedule.step()
