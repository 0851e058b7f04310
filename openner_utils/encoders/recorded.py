"""A training's steps on a GPU, where batches have a few fixed shapes (`training.captured`)."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from openner_utils.config.params import Encoder
from openner_utils.encoders.inputs import Inputs, collate
from openner_utils.encoders.losses import continued
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.prediction import autocast
from openner_utils.runs.machine import Machine
from openner_utils.training.captured import CapturedSteps
from openner_utils.training.descent import Group

_IGNORED = -100
_TYPES = ("bert", "roberta", "xlm-roberta")
"""Models of Transformers of which it is known that nothing in them waits for a number, which would break a recording."""


def applies(tagger: Tagger, machine: Machine, partial: bool) -> bool:
    """Return whether steps can be recorded: on a GPU, with a known model and a linear head whose labels say all.

    A field and labels that say part of the truth choose their numbers by what a batch holds, so its shapes are not fixed.
    """
    known = tagger.pretrained.config.model_type in _TYPES
    return machine.device == "cuda" and known and tagger.crf is None and not partial


def width_of(longest: int, most: int) -> int:
    """Return the width [sub-tokens] that a batch is filled up to, at most ``most``: few shapes, and such as attention likes.

    >>> [width_of(longest, most=250) for longest in (3, 40, 70, 130, 240)]
    [16, 48, 96, 192, 250]
    """
    step = 16 if longest <= 64 else 32 if longest <= 128 else 64
    return max(longest, min(-(-longest // step) * step, most))


class RecordedSteps:
    """One training's steps over windows, for a linear head; what they come to is that of `losses.Losses` but for rounding."""

    def __init__(
        self,
        tagger: Tagger,
        recipe: Encoder,
        inputs: Inputs,
        targets: NDArray[np.int64],
        machine: Machine,
        groups: Sequence[Group],
        weights: Sequence[nn.Parameter],
        steps: int,
        warm_up: int,
    ) -> None:
        self._tagger, self._recipe, self._inputs, self._targets = tagger, recipe, inputs, targets
        self._machine = machine
        self._continued = continued(tagger.labels)
        if machine.device == "cuda":
            torch.use_deterministic_algorithms(True)  # no kernel that these models use lacks one that repeats
        in_parts = -(-recipe.batch_size // (recipe.micro_batch or recipe.batch_size))
        self._captured = CapturedSteps(groups, weights, steps, warm_up, self._loss, in_parts)

    @property
    def decays(self) -> list[float]:
        """What weight decay alone has left of a weight of each group, as a share."""
        return self._captured.decays

    def take(self, numbers: Sequence[int]) -> int:
        """Take a step on the windows of a batch; return how many tokens counted."""
        batch = self.batch(numbers)
        self._captured.step(batch.pin_memory() if self._machine.device == "cuda" else batch)
        windows = [self._inputs.windows[number] for number in numbers]
        return sum(window.keep_end - window.keep_start for window in windows)

    def losses(self) -> list[float]:
        """Return the mean losses of the steps since this was last asked; see `CapturedSteps.losses`."""
        return self._captured.losses()

    def batch(self, numbers: Sequence[int]) -> Tensor:
        """Return windows as one tensor [batch size, 3, width], filled up with rows that do not count.

        The three are ids of sub-tokens, 1 for each that is there, and the number of its label or `_IGNORED`.
        """
        found = collate(self._tagger, self._inputs, numbers, self._recipe.loss_on == "every")
        rows, width = found.ids.shape
        wide = width_of(width, min(self._tagger.longest, self._recipe.max_length))
        batch = torch.empty(max(rows, self._recipe.batch_size), 3, wide, dtype=torch.int64)
        ids, mask, labels = batch.unbind(1)
        ids.fill_(self._tagger.tokenizer.pad)
        mask.zero_()
        labels.fill_(_IGNORED)
        ids[:rows, :width], mask[:rows, :width] = found.ids, found.mask
        mask[rows:, 0] = 1  # attention to nothing at all has no mean
        meant = self._targets[found.tokens]
        labels[found.rows, found.columns] = torch.from_numpy(
            np.where(found.firsts, meant, self._continued[meant])
        )
        return batch

    def _loss(self, part: Tensor, whole: Tensor) -> Tensor:
        ids, mask, labels = (each.contiguous() for each in part.unbind(1))
        # Under a recording weights must be cast anew in each step, so autocast keeps none.
        with autocast(self._machine, keep=False):
            output = self._tagger.model(input_ids=ids, attention_mask=mask)
        total = nn.functional.cross_entropy(
            output.logits.float().flatten(0, 1), labels.flatten(), ignore_index=_IGNORED, reduction="sum"
        )
        return total / (whole[:, 2] != _IGNORED).sum()
