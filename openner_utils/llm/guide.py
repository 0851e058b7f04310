"""Constraints at work inside Transformers' generation, one for each row of a batch."""

from collections.abc import Callable, Sequence

import torch
from transformers import LogitsProcessor

from openner_utils.llm.constrained import Automaton, Constraint


class Guide(LogitsProcessor):
    """Leaves each row only the token ids that its constraint allows."""

    def __init__(
        self, automata: Sequence[Automaton], encode: Callable[[str], Sequence[int]], end: int
    ) -> None:
        self._constraints = [Constraint(automaton, encode, end) for automaton in automata]
        self._started = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return ``scores`` [rows, vocabulary] with every other id at minus infinity."""
        kept = torch.full_like(scores, -torch.inf)
        for row, constraint in enumerate(self._constraints):
            if self._started:
                constraint.advance(int(input_ids[row, -1]))
            allowed = torch.tensor(constraint.allowed(), device=scores.device)
            # A model may give a piece of the sentence no probability at all; it must still be able to go on.
            kept[row, allowed] = scores[row, allowed].clamp_min(torch.finfo(scores.dtype).min)
        self._started = True
        return kept

    def take_last(self, row: int, ids: Sequence[int]) -> Constraint:
        """Return a row's constraint after the last of its new ``ids``, which no call has shown to it yet."""
        constraint = self._constraints[row]
        if not constraint.finished:
            constraint.advance(ids[-1])
        return constraint
