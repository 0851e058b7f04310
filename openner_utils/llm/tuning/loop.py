"""The steps of a tuning, whatever model is tuned: batches in an order of chance, one step for each, and a state to go on from.

A state holds everything that the next steps hang on: what was trained, the optimizer, the generators of random numbers, and the
place in the epoch. A training that was killed goes on from its last state and ends, on a CPU, with the same bytes.
"""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor
from torch.utils._pytree import tree_map

from openner_utils.llm.tuning.lessons import Pair, length
from openner_utils.runs.executors import Advance, nobody
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError
from openner_utils.training.batches import by_length, number_of
from openner_utils.training.descent import Descent, DivergedError, Group

BUCKET = 8
"""Examples of similar length are batched within groups of so many batches."""


class Learner(Protocol):
    """A model in training and its examples; ``model`` is a module of PyTorch."""

    model: Any

    def epoch(self, number: int) -> Sequence[Pair]:
        """Return the examples of an epoch that fit the model, the same whenever they are asked for."""

    def groups(self) -> list[Group]:
        """Return the weights that are trained."""

    def losses(self, batch: Sequence[Pair]) -> Iterable[Tensor]:
        """Yield losses that add up to that of a batch, each computed when the one before has given its gradient."""

    def save(self, folder: Path) -> None:
        """Write the model and its tokenizer, as Transformers loads them."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a training goes: either a number of ``steps`` or of ``epochs``, never a span of time.

    The learning rate rises over the share ``warm_up`` of the steps and then falls linearly to zero.
    """

    batch_size: int
    seed: int
    warm_up: float
    steps: int | None = None
    epochs: int | None = None

    def length(self, examples: int) -> int:
        """Return the steps of a training on so many examples an epoch."""
        if self.steps is not None:
            return self.steps
        return (self.epochs or 1) * number_of(examples, self.batch_size)


class Batches:
    """The batches of one epoch after the other: examples of similar length together, in an order of chance."""

    def __init__(self, learner: Learner, course: Course) -> None:
        self._learner, self._size = learner, course.batch_size
        self._chance = random.Random(course.seed)
        self._epoch = -1
        self._queue: list[list[int]] = []

    def next(self) -> list[Pair]:
        """Return the next batch."""
        if not self._queue:
            self._epoch += 1
            examples = self._learner.epoch(self._epoch)
            lengths = [length(pair) for pair in examples]
            order = self._chance.sample(range(len(examples)), len(examples))
            self._queue = list(by_length(order, lengths, self._size, BUCKET))
            self._chance.shuffle(self._queue)
        examples = self._learner.epoch(self._epoch)
        return [examples[number] for number in self._queue.pop()]

    def state(self) -> dict[str, Any]:
        """Return the place in the order, for `restore`."""
        return {"epoch": self._epoch, "queue": list(self._queue), "chance": self._chance.getstate()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a place."""
        self._epoch, self._queue = state["epoch"], [list(batch) for batch in state["queue"]]
        self._chance.setstate(state["chance"])


@dataclass(slots=True)
class Keeping:
    """Where the state of a training is kept, and how many seconds lie at least between two (0: after every step)."""

    path: Path | None
    seconds: float = 600.0
    _last: float = 0.0

    def begin(self) -> dict[str, Any] | None:
        """Return the state that an interrupted training left, if any, and begin to count time.

        Raises `OpenNERError` for a file that holds none.
        """
        self._last = time.monotonic()
        if self.path is None or not self.path.is_file():
            return None
        try:
            state: dict[str, Any] = torch.load(self.path, weights_only=True, map_location="cpu")
        except (EOFError, RuntimeError, UnpicklingError) as error:
            raise OpenNERError(
                f"{self.path}: the state of an unfinished training cannot be read. Remove the file and run the same command again: the "
                "training begins anew."
            ) from error
        return state

    @property
    def due(self) -> bool:
        """Whether a state is to be kept now."""
        return self.time_is_up

    @property
    def time_is_up(self) -> bool:
        """Whether the last state is old enough for another."""
        return self.path is not None and time.monotonic() - self._last >= self.seconds

    def keep(self, state: dict[str, Any]) -> None:
        """Write a state in place of the last one, whole or not at all."""
        assert self.path is not None
        with files.atomic(self.path) as beside:
            torch.save(state, beside)
        self._last = time.monotonic()

    def forget(self) -> None:
        """Remove the state of a training that is finished."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def fit(
    learner: Learner,
    course: Course,
    first: int,
    keeping: Keeping,
    advance: Advance = nobody,
    mean: Callable[[float], float] = float,
) -> tuple[tuple[int, float], ...]:
    """Train the learner's model in place and return the mean loss over each twentieth of the steps.

    ``first``: the examples of the first epoch. ``advance`` is told of steps, those of an earlier attempt included. ``mean``: that of a
    number over all processes that train together. Raises `DivergedError` where a loss is no finite number.
    """
    steps = course.length(first)
    groups = learner.groups()
    trained = [weight for group in groups for weight in group["params"]]
    descent = Descent(groups, trained, steps, max(1, round(course.warm_up * steps)), first=1)
    batches = Batches(learner, course)
    every = math.ceil(steps / 20)
    done = 0
    recent: list[float] = []
    losses: list[tuple[int, float]] = []
    if (state := keeping.begin()) is not None:
        done, recent = state["step"], list(state["recent"])
        losses = [(step, loss) for step, loss in state["losses"]]
        batches.restore(state["batches"])
        _restore(learner.model, trained, descent, state)
        advance(done)
    learner.model.train()
    for step in range(done + 1, steps + 1):
        try:
            recent.append(mean(descent.step(learner.losses(batches.next()))))
        except DivergedError as error:
            raise DivergedError(
                f"Step {step} of {steps}: {error} Lower `learning_rate` in the block 'tune' of params.yaml, or raise `warmup_ratio`.",
                step,
            ) from error
        if step % every == 0 or step == steps:
            losses.append((step, round(sum(recent) / len(recent), 3)))
            recent.clear()
        if step < steps and keeping.due:
            told = {"step": step, "recent": list(recent), "losses": losses, "batches": batches.state()}
            keeping.keep(told | _state(learner.model, trained, descent))
        advance(1)
    learner.model.eval()
    return tuple(losses)


def _state(model: Any, trained: Sequence[Tensor], descent: Descent) -> dict[str, Any]:
    """Return the state of a training; of weights that are split, the parts that this process has."""
    cuda = torch.cuda.is_available()
    return {
        "weights": [_own(weight.detach()) for weight in trained],
        "buffers": dict(model.named_buffers()),
        "descent": tree_map(_own, descent.state()),
        "chance": torch.get_rng_state(),
        "chance_of_gpus": torch.cuda.get_rng_state_all() if cuda else [],
    }


def _restore(model: Any, trained: Sequence[Tensor], descent: Descent, state: Mapping[str, Any]) -> None:
    buffers = dict(model.named_buffers())
    with torch.no_grad():
        for weight, value in zip(trained, state["weights"], strict=True):
            _own(weight).copy_(value)
        for name, value in state["buffers"].items():
            buffers[name].copy_(value)
    moments = state["descent"]["optimizer"]["state"]
    for number, of in moments.items():
        moments[number] = {name: _as(trained[number], value) for name, value in of.items()}
    descent.restore(state["descent"])
    torch.set_rng_state(state["chance"])
    if state["chance_of_gpus"]:
        torch.cuda.set_rng_state_all(state["chance_of_gpus"])


def _own(value: Any) -> Any:
    """Return the part of a tensor that this process has; anything else as it is."""
    return value.to_local() if isinstance(value, DTensor) else value


def _as(weight: Tensor, own: Tensor) -> Tensor:
    """Return this process's part of what an optimizer keeps for a weight, split as the weight is."""
    if not isinstance(weight, DTensor) or not own.dim():
        return own
    return DTensor.from_local(
        own.to(weight.device),
        weight.device_mesh,
        weight.placements,
        shape=weight.shape,
        stride=weight.stride(),
    )
