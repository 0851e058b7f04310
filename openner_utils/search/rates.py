"""The learning-rate range test (Smith 2017, section 3.3): the loss while the learning rate rises, on a copy of the model.

Smith's rate rises linearly, and he reads bounds off a plot of accuracy: where it begins to rise and where it falters. Here it rises
exponentially, and one rate is read off the loss, as `steep` does in fastai's ``lr_find``: where the loss falls fastest over the
logarithm of the rate, the first tenth of the steps left aside. fastai takes differences of a running mean, each of which hangs on
one batch and lags behind; here lines are fitted to the batches around each step (Cleveland 1979), which neither lag nor jump.
"""

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
from openner_utils.support.errors import OpenNERError
from openner_utils.training.descent import Descent, DivergedError

LOWEST, HIGHEST = 1e-6, 1.0
"""The rates between which a test runs."""
STEPS = 120
_MEMORY = 0.9  # share of the running mean that a step leaves
_WIDTH = (
    5.0  # steps: the standard deviation of the weights of the batches around a step; about 18 of them count
)
_ASIDE = 10  # the first one of so many parts is left aside: a line at an end rests on one side only
_TOO_HIGH = 2.0  # times the lowest running mean, beyond which nothing more is to be seen
_SETTLED = 5  # steps before a running mean means anything


@dataclass(frozen=True, slots=True)
class RateTest:
    """Learning rates in rising order [steps] and the loss as `smooth` leaves it (nats per token) [steps].

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
    def slopes(self) -> np.ndarray:
        """What the loss rises by at each step (nats per token) for a rate e times as high; negative where it falls."""
        return np.gradient(np.array(self.losses), np.log(self.rates))

    @property
    def steepest(self) -> int | None:
        """The step before the lowest loss at which the loss fell fastest; None where it never fell."""
        return self._steepest_from(len(self.losses) // _ASIDE)

    @property
    def steepest_below(self) -> int | None:
        """The same among the steps since the loss last came below the constant one; None if it did not, or did not fall on.

        While it is above, it also falls where a model learns no more than how frequent labels are.
        """
        above = np.flatnonzero(np.array(self.losses[: self.lowest + 1]) >= self.constant_loss)
        return self._steepest_from(max([len(self.losses) // _ASIDE, *(above + 1)]))

    def _steepest_from(self, first: int) -> int | None:
        if self.lowest - first < 1:
            return None
        found = first + int(np.argmin(self.slopes[first : self.lowest]))
        return found if self.slopes[found] < 0 else None

    @property
    def suggested(self) -> float | None:
        """The rate at which the loss fell fastest; None where it never fell."""
        return None if self.steepest is None else self.rates[self.steepest]

    @property
    def learnt(self) -> bool:
        """Whether at any rate the loss fell below the constant one."""
        return min(self.losses) < self.constant_loss


def smooth(losses: Sequence[float]) -> tuple[float, ...]:
    """Return the height, at each step, of the straight line that fits the steps around it best; near ones weigh more.

    The weights are those of a normal distribution of `_WIDTH` steps. Cleveland 1979 ("Robust locally weighted regression and
    smoothing scatterplots"), without the robust weights. Fewer than three losses are returned as they are.
    """
    if len(losses) < 3:
        return tuple(losses)
    place = np.arange(len(losses))
    apart = place[None, :] - place[:, None]
    weights = np.exp(-0.5 * (apart / _WIDTH) ** 2)
    total, first, second = (np.sum(weights * apart**power, axis=1) for power in range(3))
    height, lean = (np.sum(weights * apart**power * np.array(losses), axis=1) for power in range(2))
    return tuple(((second * height - first * lean) / (total * second - first**2)).tolist())


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
    loss has left all bounds; `OpenNERError` where it begins beyond them.
    """
    seed_everything(seed, machine)
    tagger = models.load(recipe.checkpoint, recipe.revision, labels, seed, recipe.head)
    inputs = prepare(tagger, recipe, sentences)
    placed(tagger, machine).train()
    descent = _Rising(tagger, recipe, steps)
    losses = Losses(tagger, recipe, inputs, targets_of(labels, sentences), machine)
    random = np.random.default_rng(seed)
    rates: list[float] = []
    seen: list[float] = []
    means: list[float] = []
    mean = 0.0
    diverged: float | None = None
    batches: list[list[int]] = []
    for step in range(steps):
        batches = batches or list(shuffled(inputs.lengths, recipe.batch_size, random))
        rate = descent.rate
        try:
            loss, _ = losses.step(descent, batches.pop())
        except DivergedError:
            diverged = rate
            break
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        rates.append(rate)
        seen.append(loss)
        means.append(mean / (1 - _MEMORY ** (step + 1)))
        advance(1)
        if step > _SETTLED and means[-1] > _TOO_HIGH * min(means):
            diverged = rate
            break
    if not rates:
        raise OpenNERError(
            f"The loss is no finite number even at the lowest rate, {LOWEST:g}, which moves nothing. Look at the checkpoint, or take "
            "precision: fp32."
        )
    return RateTest(tuple(rates), smooth(seen), constant_loss(sentences), diverged)


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
