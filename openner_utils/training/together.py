"""One training in several processes: each computes its share of every batch, and gradients are added up over all.

``torchrun`` (or ``accelerate launch``, which does the same) starts a process for each GPU and tells each in its environment who it is.
Every process holds the whole model and takes the same steps, so the effective batch is that of one process.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, nn
from torch import distributed as processes

from openner_utils.support.errors import OpenNERError
from openner_utils.training.descent import DivergedError

_TOLD = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others, which may be reading, before it takes them for dead."""


@dataclass(frozen=True, slots=True)
class Together:
    """One of ``size`` processes that train one model; ``rank`` 0 is the one that speaks and writes."""

    rank: int = 0
    size: int = 1

    def seed(self, seed: int) -> int:
        """Return the seed of this process's draws of dropout: those of two processes differ, and that of one alone stays."""
        return seed + 1_000_003 * self.rank

    def share(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return which windows of a batch this process computes: none, where a last batch holds fewer windows than there are processes.

        Windows of a batch are sorted by length, so shares are about as long.

        >>> [list(Together(rank, 2).share([5, 3, 4])) for rank in (0, 1)]
        [[5, 4], [3]]
        """
        return numbers[self.rank :: self.size]

    def add_up(self, weights: Sequence[nn.Parameter], loss: float) -> float:
        """Add up gradients and the loss over all processes; return that loss.

        A weight that no process has a gradient of keeps none, so that the optimizer leaves it alone as it would in one process.
        """
        device = weights[0].device
        told = torch.tensor([loss, *(float(weight.grad is not None) for weight in weights)], device=device)
        processes.all_reduce(told)
        waits = []
        for weight, having in zip(weights, told[1:].tolist(), strict=True):
            if having:
                gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
                weight.grad = gradient
                waits.append(processes.all_reduce(gradient, async_op=True))
        for wait in waits:
            wait.wait()
        return float(told[0])


ALONE = Together()


def joined() -> Together:
    """Return this process's place among those that train together (see `join`); `ALONE` where nobody joined."""
    if not (processes.is_available() and processes.is_initialized()):
        return ALONE
    return Together(processes.get_rank(), processes.get_world_size())


@contextmanager
def join() -> Iterator[Together]:
    """Join the processes that a launcher started beside this one, until the block ends; `ALONE` where none did.

    Each takes the GPU of its number, or the CPU where there is none. Raises `OpenNERError` where more processes were started
    than there are GPUs.
    """
    if not all(name in os.environ for name in _TOLD) or int(os.environ["WORLD_SIZE"]) < 2:
        yield ALONE
        return
    device = None
    if torch.cuda.is_available():
        local, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= there:
            raise OpenNERError(
                f"Process {local + 1} of this machine has no GPU: there are {there}. Start as many processes as there are GPUs."
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    processes.init_process_group("nccl" if device else "gloo", timeout=_PATIENCE, device_id=device)
    try:
        yield joined()
    finally:
        processes.destroy_process_group()


class Added:
    """The parts of one batch's loss in this process; when they have been asked for, gradients are added up over all processes.

    ``total``: the loss of the whole batch, from then on. Where it is no finite number, every process raises `DivergedError`, and none
    waits for another.
    """

    def __init__(self, parts: Iterator[Tensor], weights: Sequence[nn.Parameter], together: Together) -> None:
        self._parts, self._weights, self._together = parts, weights, together
        self.total = 0.0

    def __iter__(self) -> Iterator[Tensor]:
        mine = 0.0
        for part in self._parts:
            yield part
            mine += float(part.detach())
        self.total = self._together.add_up(self._weights, mine)
        if not math.isfinite(self.total):
            raise DivergedError(f"The loss is {self.total}.")
