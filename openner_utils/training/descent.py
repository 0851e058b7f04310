"""Steps of the optimizer: AdamW, gradients clipped at norm 1, the learning rate rising and then falling linearly."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from transformers import get_linear_schedule_with_warmup

from openner_utils.support.errors import OpenNERError


class DivergedError(OpenNERError):
    """A loss, or the norm of its gradients, that is no finite number; ``step``: which one of those that were asked for together."""

    def __init__(self, message: str, step: int = 0) -> None:
        super().__init__(message)
        self.step = step


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
    gradients are clipped together, in an order that decides the last bits of their norm; ``table`` is one of them that
    holds one row for each sub-token, of which a batch touches a few.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        clipped: Sequence[nn.Parameter],
        steps: int,
        warm_up: int,
        first: int = 0,
        table: nn.Parameter | None = None,
    ) -> None:
        self._clipped, self._table = clipped, table
        # A schedule that does not begin at 0 is taken for a resumed one, which must know where rates began.
        begun = [{**group, "initial_lr": group["lr"]} for group in groups]
        self._optimizer = torch.optim.AdamW(begun, fused=True)
        self._schedule = get_linear_schedule_with_warmup(
            self._optimizer, warm_up, steps + first, last_epoch=first - 1
        )
        self.decays = [1.0] * len(groups)
        """What weight decay alone has left of a weight of each group, as a share."""

    @property
    def rates(self) -> list[float]:
        """The learning rate of each group in the next step."""
        return [group["lr"] for group in self._optimizer.param_groups]

    def step(self, losses: Iterable[Tensor]) -> float:
        """Move the weights against the gradient of the sum of ``losses`` (single numbers), and return that sum.

        Each loss is asked for when the one before has given its gradient, so a batch may be computed in parts. Raises `DivergedError`,
        with the weights as they were, where the sum or the gradients are not finite.
        """
        self._optimizer.zero_grad()
        total = 0.0
        for loss in losses:
            loss.backward()
            total += float(loss.detach())
        norm = self._norm()
        if not (math.isfinite(total) and math.isfinite(norm)):
            raise DivergedError(f"The loss is {total}, the norm of its gradients {float(norm)}.")
        nn.utils.clip_grads_with_norm_(self._clipped, 1.0, norm)
        for number, group in enumerate(self._optimizer.param_groups):
            self.decays[number] *= 1 - group["lr"] * group["weight_decay"]
        self._optimizer.step()
        self._schedule.step()
        return total

    def state(self) -> dict[str, Any]:
        """Return what the next steps hang on beside the weights themselves; `restore` takes it."""
        return {
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "decays": list(self.decays),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from the `state` of a descent over the same groups and steps; the weights are the caller's to restore."""
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self.decays = list(state["decays"])

    def _norm(self) -> Tensor:
        """Return the norm of all gradients together.

        Of the table only rows that have a gradient are added up: sums of numbers depend in their last bits on the zeros
        between them, and rows that are aside (`rows.TouchedRows`) must not show.
        """
        gradients = []
        for weight in self._clipped:
            if weight.grad is None:
                continue
            gradient = weight.grad
            if weight is self._table:
                norms = torch.linalg.vector_norm(gradient, dim=1)
                gradient = norms[norms > 0]
            gradients.append(gradient)
        norm = nn.utils.get_total_norm(gradients)
        # Of weights that are split among processes every one needs the norm of the whole.
        return norm.full_tensor() if isinstance(norm, DTensor) else norm
