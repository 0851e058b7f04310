"""The loss of a batch of windows, computed in as many parts as memory wants."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from openner_utils.config.params import Encoder
from openner_utils.encoders.inputs import Batch, Inputs, collate
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.partial import Partial, marginal
from openner_utils.encoders.prediction import logits
from openner_utils.runs.machine import Machine, is_out_of_memory
from openner_utils.training.descent import Descent
from openner_utils.training.together import ALONE, Added, Together


class Losses:
    """The loss of batches: the mean over the tokens that count, computed in as many parts as memory wants.

    A part that does not fit into the device's memory is halved, and so are all that come after: gradients of parts add up to the
    batch's, so the effective batch stays. ``partial`` says what a label leaves open (see `Partial`); None: nothing. ``together``: the
    processes among which the windows of a batch are shared out.
    """

    def __init__(
        self,
        tagger: Tagger,
        recipe: Encoder,
        inputs: Inputs,
        targets: NDArray[np.int64],
        machine: Machine,
        partial: Partial | None = None,
        together: Together = ALONE,
    ) -> None:
        self._tagger, self._inputs, self._targets, self._machine = tagger, inputs, targets, machine
        self._partial, self._together = partial, together
        field = [] if tagger.crf is None else tagger.crf.parameters()
        self._weights = [*tagger.model.parameters(), *field]
        self._every = recipe.loss_on == "every"
        self._continued = continued(tagger.labels)
        self._at_once = recipe.micro_batch or recipe.batch_size

    def step(self, descent: Descent, numbers: Sequence[int]) -> tuple[float, int]:
        """Take one step on the windows of a batch; return its mean loss and how many tokens counted."""
        windows = [self._inputs.windows[number] for number in numbers]
        tokens = sum(window.keep_end - window.keep_start for window in windows)
        mine = self._together.share(numbers)
        while True:
            size = self._at_once
            parts = (mine[first : first + size] for first in range(0, len(mine), size))
            losses = (self._part(part, numbers) for part in parts)
            try:
                if self._together == ALONE:
                    return descent.step(losses), tokens
                added = Added(losses, self._weights, self._together)
                descent.step(added)
                return added.total, tokens
            except RuntimeError as error:
                if size == 1 or not is_out_of_memory(error):
                    raise
                self._at_once = min(size, len(mine)) // 2 or 1
                if self._machine.device == "cuda":
                    torch.cuda.empty_cache()

    def _part(self, part: Sequence[int], whole: Sequence[int]) -> Tensor:
        """Return what some windows add to the mean loss of their batch."""
        batch = collate(self._tagger, self._inputs, part, self._every)
        found = logits(self._tagger.model, batch, self._machine)
        meant = self._targets[batch.tokens]
        targets = torch.from_numpy(np.where(batch.firsts, meant, self._continued[meant])).to(found.device)
        loss = self._mean(found, targets, batch)
        return loss if len(part) == len(whole) else loss * (len(targets) / self._counted(whole))

    def _mean(self, found: Tensor, targets: Tensor, batch: Batch) -> Tensor:
        """Return the mean loss of some windows, from the logits and labels of what counts there [n_kept, labels], [n_kept]."""
        field, partial = self._tagger.crf, self._partial
        if field is None:
            if partial is None:
                return nn.functional.cross_entropy(found, targets)
            return marginal(found, *partial.gates(batch.tokens, targets)).mean()
        edges = [each.to(found.device) for each in (batch.rows, batch.begins, batch.ends)]
        if partial is None:
            loss: Tensor = field(found, targets, *edges)
        else:
            possible, compared = (found + gate for gate in partial.gates(batch.tokens, targets))
            loss = field.between(possible, compared, *edges)
        return loss / len(targets)

    def _counted(self, numbers: Sequence[int]) -> int:
        """Return how many sub-tokens count in the loss of these windows."""
        return sum(
            len(collate(self._tagger, self._inputs, [number], self._every).tokens) for number in numbers
        )


def continued(labels: Sequence[str]) -> NDArray[np.int64]:
    """Return the label that goes on after each label inside one token: ``I`` after ``B``, else the same.

    >>> continued(["O", "B-PER", "I-PER"]).tolist()
    [0, 2, 2]
    """
    position = {label: number for number, label in enumerate(labels)}
    return np.array([position.get(f"I-{label[2:]}", number) for number, label in enumerate(labels)])
