"""The learning-rate range test (Smith 2017): the loss while the learning rate rises exponentially, on a copy of the model."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns
from openner_utils.encoders import models
from openner_utils.encoders.inputs import prepare, shuffled
from openner_utils.encoders.loop import constant_loss, groups_of, seed_everything, targets_of
from openner_utils.encoders.losses import Losses
from openner_utils.encoders.prediction import placed
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import Machine
from openner_utils.training.descent import Descent, DivergedError

LOWEST, HIGHEST = 1e-6, 1.0
"""The rates between which a test runs."""
STEPS = 120
_MEMORY = 0.9  # share of the smoothed loss that a step leaves
_TOO_HIGH = 2.0  # times the lowest smoothed loss, beyond which nothing more is to be seen
_SETTLED = 5  # steps before a smoothed loss means anything


@dataclass(frozen=True, slots=True)
class RateTest:
    """Learning rates in rising order [steps] and the loss after smoothing (nats per token) [steps].

    ``constant_loss``: that of a model that knows only how frequent labels are; ``diverged``: the rate at which the loss left all
    bounds, None where it did not.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    constant_loss: float
    diverged: float | None

    @property
    def lowest(self) -> int:
        """The step after which the loss was lowest."""
        return int(np.argmin(self.losses))

    @property
    def suggested(self) -> float | None:
        """The rate at which the loss fell fastest, below the constant one if it ever was; None where it never fell.

        While it is above, a model learns no more than how frequent labels are.
        """
        last = self.lowest
        if last < 2:
            return None
        slopes = np.gradient(np.array(self.losses), np.log(self.rates))[: last + 1]
        below = np.array(self.losses[: last + 1]) < self.constant_loss
        if below.any():
            slopes = np.where(below, slopes, np.inf)
        return self.rates[int(np.argmin(slopes))]

    @property
    def learnt(self) -> bool:
        """Whether at any rate the loss fell below the constant one."""
        return min(self.losses) < self.constant_loss


def find_rate(
    recipe: Encoder,
    sentences: Columns,
    labels: Sequence[str],
    seed: int,
    machine: Machine,
    advance: Advance = nobody,
    steps: int = STEPS,
) -> RateTest:
    """Train a copy of a recipe's model while the learning rate rises from `LOWEST` to `HIGHEST`, and return the losses.

    A field's rate rises alike, in the ratio of the recipe. ``advance`` is told of steps. It ends early where the
    loss has left all bounds.
    """
    seed_everything(seed, machine)
    tagger = models.load(recipe.checkpoint, recipe.revision, labels, seed, recipe.head)
    inputs = prepare(tagger, recipe, sentences)
    placed(tagger, machine).train()
    descent = _Rising(tagger, recipe, steps)
    losses = Losses(tagger, recipe, inputs, targets_of(labels, sentences), machine)
    random = np.random.default_rng(seed)
    rates: list[float] = []
    smoothed: list[float] = []
    mean = 0.0
    batches: list[list[int]] = []
    for step in range(steps):
        batches = batches or list(shuffled(inputs.lengths, recipe.batch_size, random))
        rate = descent.rate
        try:
            loss, _ = losses.step(descent, batches.pop())
        except DivergedError:
            return RateTest(tuple(rates), tuple(smoothed), constant_loss(sentences), rate)
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        rates.append(rate)
        smoothed.append(mean / (1 - _MEMORY ** (step + 1)))
        advance(1)
        if step > _SETTLED and smoothed[-1] > _TOO_HIGH * min(smoothed):
            return RateTest(tuple(rates), tuple(smoothed), constant_loss(sentences), rate)
    return RateTest(tuple(rates), tuple(smoothed), constant_loss(sentences), None)


class _Rising(Descent):
    """Steps whose learning rate rises exponentially; ``rate`` is that of the encoder in the next step."""

    def __init__(self, tagger: models.Tagger, recipe: Encoder, steps: int) -> None:
        groups, weights = groups_of(tagger, recipe)
        super().__init__(groups, weights, steps, 0)
        self._shares = [group["lr"] / recipe.learning_rate for group in groups]
        self._factor = math.exp(math.log(HIGHEST / LOWEST) / (steps - 1))
        self.rate = LOWEST

    def step(self, losses: Iterable[Tensor]) -> float:
        """See `Descent.step`."""
        for group, share in zip(self._optimizer.param_groups, self._shares, strict=True):
            group["lr"] = self.rate * share
        total = super().step(losses)
        self.rate *= self._factor
        return total
