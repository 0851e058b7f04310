"""Steps of the optimizer on a GPU, recorded once for each shape of batch and then replayed.

A step of a small encoder is some thousand kernels of a few microseconds; started one by one from Python they take several times
as long as they run. A CUDA graph starts all of them at once. That asks for three things: tensors at fixed places (batches are
filled up to one of a few widths, gradients are kept), nothing that waits for a number on the way (losses stay on the
device and are looked at later), and a learning rate that is read from memory.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from openner_utils.training.descent import DivergedError, Group


class CapturedSteps:
    """One training's steps: AdamW, gradients clipped at norm 1, the learning rate rising and then falling linearly.

    The same steps as those of `descent.Descent`, which looks at each loss before it moves the weights; here `losses` looks,
    which is called now and then. ``loss_of(part, whole)``: what some rows of a batch add to its mean loss. A batch that does not
    fit into the device's memory is computed in halves, and so are all that come after. On a CPU nothing is recorded.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        clipped: Sequence[nn.Parameter],
        steps: int,
        warm_up: int,
        loss_of: Callable[[Tensor, Tensor], Tensor],
        in_parts: int = 1,
    ) -> None:
        self._loss_of, self._in_parts = loss_of, in_parts
        self._weights = [weight for weight in clipped if weight.requires_grad]
        self._gradients = [torch.zeros_like(weight) for weight in self._weights]
        for weight, gradient in zip(self._weights, self._gradients, strict=True):
            weight.grad = gradient
        self._device = self._weights[0].device
        shares = torch.tensor([rate(taken, steps, warm_up) for taken in range(steps)], dtype=torch.float64)
        peaks = torch.tensor([group["lr"] for group in groups], dtype=torch.float64)
        planned = shares.outer(peaks)
        self._planned = planned.to(self._device, torch.float32)
        self._rates = torch.zeros_like(self._planned[0])
        placed = [{**group, "lr": own} for group, own in zip(groups, self._rates, strict=True)]
        self._optimizer = torch.optim.AdamW(placed, fused=True, capturable=self._device.type == "cuda")
        decays = torch.tensor([group["weight_decay"] for group in groups], dtype=torch.float64)
        self._left = (1 - planned * decays).cumprod(0).tolist()
        self._taken = 0
        self._found: list[Tensor] = []
        self._recorded: dict[torch.Size, _Recorded | None] = {}
        self._pool: Any = None

    @property
    def decays(self) -> list[float]:
        """What weight decay alone has left of a weight of each group, as a share."""
        return list(self._left[self._taken - 1]) if self._taken else [1.0] * len(self._rates)

    def step(self, batch: Tensor) -> None:
        """Move the weights against the gradient of the loss of a batch [rows, …], which lies on their device or in pinned memory."""
        self._rates.copy_(self._planned[self._taken])
        self._taken += 1
        while True:
            try:
                self._found.append(self._loss(batch).clone())
                return
            except torch.OutOfMemoryError:
                if self._in_parts >= len(batch):
                    raise
                self._in_parts *= 2
                self._recorded.clear()
                torch.cuda.empty_cache()

    def losses(self) -> list[float]:
        """Return the losses of the steps since this was last asked.

        Raises `DivergedError` if one of them, or the norm of its gradients, is no finite number; its ``step`` says which.
        """
        found = torch.stack(self._found).tolist() if self._found else []
        self._found.clear()
        for number, loss in enumerate(found):
            if not math.isfinite(loss):
                raise DivergedError(f"The loss of a step or the norm of its gradients is {loss}.", number)
        return found

    def _loss(self, batch: Tensor) -> Tensor:
        """Take a step on a batch, by the record of its shape where there is one, and return its loss."""
        if batch.shape not in self._recorded:
            self._recorded[batch.shape] = None
            with _aside(self._device):
                return self._taken_on(batch.to(self._device))
        recorded = self._recorded[batch.shape]
        if recorded is None:
            if self._device.type == "cpu":
                return self._taken_on(batch)
            recorded = self._recorded[batch.shape] = self._record(batch.to(self._device))
        recorded.place.copy_(batch, non_blocking=True)
        recorded.graph.replay()
        return recorded.loss

    def _record(self, place: Tensor) -> "_Recorded":
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            loss = self._taken_on(place)
        self._pool = self._pool or graph.pool()  # records take turns, so they share their memory
        return _Recorded(graph, place, loss)

    def _taken_on(self, batch: Tensor) -> Tensor:
        """Take a step on a batch kernel by kernel, and return its loss: NaN where that or a gradient is not finite."""
        torch._foreach_zero_(self._gradients)
        losses = []
        for part in batch.split(math.ceil(len(batch) / self._in_parts)):
            loss = self._loss_of(part, batch)
            loss.backward()
            losses.append(loss.detach())
        norm = nn.utils.get_total_norm(self._gradients)
        nn.utils.clip_grads_with_norm_(self._weights, 1.0, norm)
        self._optimizer.step()
        return torch.stack(losses).sum() + 0 * norm


@dataclass(frozen=True, slots=True, eq=False)
class _Recorded:
    """A step on batches of one shape: what is replayed, where it reads its batch, and where it leaves the loss."""

    graph: torch.cuda.CUDAGraph
    place: Tensor
    loss: Tensor


def rate(taken: int, steps: int, warm_up: int) -> float:
    """Return the share of its peak that the learning rate has after so many steps (the schedule of Transformers' Trainer).

    >>> [rate(taken, steps=4, warm_up=2) for taken in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if taken < warm_up:
        return taken / max(1, warm_up)
    return max(0.0, (steps - taken) / max(1, steps - warm_up))


@contextmanager
def _aside(device: torch.device) -> Iterator[None]:
    """Work on a stream of its own, as a recording does: the first step of a shape is taken there, so that libraries are ready."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        yield
    torch.cuda.current_stream(device).wait_stream(stream)
