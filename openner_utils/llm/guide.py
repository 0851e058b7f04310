"""Replies that are held to automata, inside Transformers' generation, one for each row of a batch."""

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor

from openner_utils.llm.constrained import Held


class Guide(LogitsProcessor):
    """Leaves each row only the token ids that may come next in its reply."""

    def __init__(self, replies: Sequence[Held]) -> None:
        self._replies = list(replies)
        self._started = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return ``scores`` [rows, vocabulary] with every other id at minus infinity."""
        kept = torch.full_like(scores, -torch.inf)
        for row, reply in enumerate(self._replies):
            if self._started:
                reply.advance(int(input_ids[row, -1]))
            allowed = torch.tensor(reply.allowed(), device=scores.device)
            # A model may give a piece of the sentence no probability at all; it must still be able to go on.
            kept[row, allowed] = scores[row, allowed].clamp_min(torch.finfo(scores.dtype).min)
        self._started = True
        return kept

    def take_last(self, row: int, ids: Sequence[int]) -> Held:
        """Return a row's reply after the last of its new ``ids``, which no call has shown to it yet."""
        reply = self._replies[row]
        if not reply.finished:
            reply.advance(ids[-1])
        return reply
