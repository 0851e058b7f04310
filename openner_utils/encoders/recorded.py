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
from openner_utils.training.captured import CapturedSteps, Tensors
from openner_utils.training.descent import Group

_IGNORED = -100
_WIDTH = 16
"""Batches are filled up to a multiple of so many sub-tokens: few shapes, and rows as attention kernels like them."""


def applies(tagger: Tagger, machine: Machine, partial: bool) -> bool:
    """Return whether steps can be recorded: on a GPU, with a linear head whose labels say all.

    A field and labels that say part of the truth choose their numbers by what a batch holds, so its shapes are not fixed.
    """
    return machine.device == "cuda" and tagger.crf is None and not partial


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
        in_parts = -(-recipe.batch_size // (recipe.micro_batch or recipe.batch_size))
        self._captured = CapturedSteps(groups, weights, steps, warm_up, self._loss, in_parts)

    @property
    def decays(self) -> list[float]:
        """What weight decay alone has left of a weight of each group, as a share."""
        return self._captured.decays

    def take(self, numbers: Sequence[int]) -> int:
        """Take a step on the windows of a batch; return how many tokens counted."""
        batch = self.batch(numbers)
        if self._machine.device == "cuda":
            batch = {name: part.pin_memory() for name, part in batch.items()}
        self._captured.step(
            {name: part.to(self._machine.device, non_blocking=True) for name, part in batch.items()}
        )
        windows = [self._inputs.windows[number] for number in numbers]
        return sum(window.keep_end - window.keep_start for window in windows)

    def losses(self) -> list[float]:
        """Return the mean losses of the steps since this was last asked; see `CapturedSteps.losses`."""
        return self._captured.losses()

    def batch(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """Return windows as tensors [batch size, width]: sub-token ids, mask and labels, filled up with rows that do not count."""
        found = collate(self._tagger, self._inputs, numbers, self._recipe.loss_on == "every")
        rows, width = found.ids.shape
        wide = max(width, min(-(-width // _WIDTH) * _WIDTH, self._tagger.longest, self._recipe.max_length))
        size = (max(rows, self._recipe.batch_size), wide)
        ids = torch.full(size, self._tagger.tokenizer.pad)
        mask = torch.zeros(size, dtype=torch.int64)
        targets = torch.full(size, _IGNORED)
        ids[:rows, :width], mask[:rows, :width] = found.ids, found.mask
        mask[rows:, 0] = 1  # attention to nothing at all has no mean
        meant = self._targets[found.tokens]
        targets[found.rows, found.columns] = torch.from_numpy(
            np.where(found.firsts, meant, self._continued[meant])
        )
        return {"ids": ids, "mask": mask, "targets": targets}

    def _loss(self, part: Tensors, whole: Tensors) -> Tensor:
        # Under a recording weights must be cast anew in each step, so autocast keeps none.
        with autocast(self._machine, keep=False):
            output = self._tagger.model(input_ids=part["ids"], attention_mask=part["mask"])
        total = nn.functional.cross_entropy(
            output.logits.float().flatten(0, 1),
            part["targets"].flatten(),
            ignore_index=_IGNORED,
            reduction="sum",
        )
        return total / (whole["targets"] != _IGNORED).sum()
