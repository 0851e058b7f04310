"""Sentences and names of types as one batch: names are a few sub-tokens long, and several of them fill a row as long as a sentence.

A batch of 8 sentences sees some 30 names. Read apart, and filled up to the longest, they take as many sub-tokens as the sentences, two fifths of
them filling. Here they follow one another in rows of the sentences' width, and a mask keeps each to itself: scores between names of one
row are computed and thrown away, which rows this short hardly feel (unlike one row for a whole batch, see decision 21).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from openner_utils.opentypes.inputs import Batch

FILLING = -1
KINDS = ("bert",)
"""Kinds of models (``model_type``) that take places and a mask of pairs from outside: the packaged ones. Others read names apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Windows and, below them, rows of texts: ``ids``, ``places`` (in the own window or text) and ``owner`` [n_rows, sub-tokens].

    ``owner``: windows have the numbers from 0, texts those that follow, and `FILLING` is of none.
    """

    ids: Tensor
    places: Tensor
    owner: Tensor
    windows: int
    texts: int

    @property
    def mask(self) -> Tensor:
        """Which sub-token looks at which [n_rows, 1, sub-tokens, sub-tokens]: those of one owner at each other."""
        return (self.owner.unsqueeze(2) == self.owner.unsqueeze(1)).unsqueeze(1)

    def means(self, states: Tensor) -> Tensor:
        """Return the mean of each text's sub-tokens [n_texts, hidden] from the states of all [n_rows, sub-tokens, hidden]."""
        below = states[self.windows :].flatten(0, 1)
        owner = self.owner[self.windows :].flatten().to(states.device) - self.windows
        kept = owner >= 0
        sums = states.new_zeros(self.texts, states.shape[-1]).index_add(0, owner[kept], below[kept])
        return sums / torch.bincount(owner[kept], minlength=self.texts).unsqueeze(1)


def packed(batch: Batch, texts: Sequence[Sequence[int]], pad: int) -> Packed:
    """Return a batch and texts (sub-tokens with special ones) in as few rows as come of putting the longest first into the first that has room.

    >>> one = Batch(torch.tensor([[1, 2, 3, 4]]), torch.ones(1, 4, dtype=torch.int64), *[torch.zeros(0)] * 3, *[np.zeros(0, np.int64)] * 2)
    >>> packed(one, [[7], [8, 9, 9], [6]], pad=0).owner.tolist()
    [[0, 0, 0, 0], [2, 2, 2, 1], [3, -1, -1, -1]]
    """
    windows = len(batch.ids)
    width = max(batch.ids.shape[1], *(len(text) for text in texts))
    left: list[int] = []
    rows: list[tuple[int, int]] = [(0, 0)] * len(texts)
    for number in sorted(range(len(texts)), key=lambda number: -len(texts[number])):
        size = len(texts[number])
        row = next((row for row, room in enumerate(left) if room >= size), len(left))
        if row == len(left):
            left.append(width)
        rows[number] = row, width - left[row]
        left[row] -= size
    shape = (windows + len(left), width)
    ids, owner = np.full(shape, pad, np.int64), np.full(shape, FILLING, np.int64)
    places = np.zeros(shape, np.int64)
    read = batch.ids.shape[1]
    ids[:windows, :read] = batch.ids.numpy()
    owner[:windows, :read] = np.where(batch.mask.numpy() == 1, np.arange(windows)[:, None], FILLING)
    places[:windows, :read] = np.arange(read)
    for number, (row, start) in enumerate(rows):
        place = windows + row, slice(start, start + len(texts[number]))
        ids[place], owner[place], places[place] = (
            texts[number],
            windows + number,
            np.arange(len(texts[number])),
        )
    return Packed(
        torch.from_numpy(ids), torch.from_numpy(places), torch.from_numpy(owner), windows, len(texts)
    )
