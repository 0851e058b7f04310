"""Training and prediction in one plain loop each.

The label of a token stands on its first piece; its other pieces count neither in the loss nor in the prediction.
Batches hold windows of similar length, in an order that follows from the seed alone. The model of the last epoch is
kept: which epoch OpenNER chose is not known, and the dev set stays unseen by every choice.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from openner_utils.alignment import Alignment, align
from openner_utils.columns import Columns
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.encoding import IOB2, decode, states
from openner_utils.errors import OpenNERError
from openner_utils.params import Encoder
from openner_utils.scoring import ALL, score

IGNORED = -100
"""Target of pieces that do not count."""

_ROUND = 16  # batches are filled up to a multiple of this, so that kernels are prepared for few shapes
_POOL = 50  # batches among which windows are sorted by length

Advance = Callable[[int], None]
"""Told how many sentences more have been trained on."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run computes: ``device`` is cpu or cuda, ``precision`` fp32 or bf16 (autocast)."""

    device: str
    precision: str

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which the model runs."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16")


def resolve(precision: Literal["auto", "fp32", "bf16"]) -> Machine:
    """Return the GPU if there is one, else the CPU; ``auto`` is bf16 where the hardware multiplies in it."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else _cpu_has_bf16()
        precision = "bf16" if fast else "fp32"
    return Machine(device, precision)


def _cpu_has_bf16() -> bool:
    """Return whether the CPU has instructions for bf16; without them bf16 is slower than fp32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)


@dataclass(frozen=True, slots=True)
class Epoch:
    """Mean training loss per token of one epoch, and micro F1 on dev (0 to 1; None without a dev set)."""

    loss: float
    dev_f1: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predicted labels of some sentences, as the model gives them.

    ``invalid_share``: share of predicted mentions that open with an invalid transition (0 without any mention).
    """

    columns: Columns
    invalid_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Sentences made ready for one encoder: their pieces, windows, and pieces of each window with special ones."""

    alignment: Alignment
    windows: list[Window]
    room: int
    lengths: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some windows as tensors: ids and mask [batch, pieces]; where each kept token begins (row, column), and which
    token of the sentences it is [n_kept]."""

    ids: Tensor
    mask: Tensor
    rows: Tensor
    columns: Tensor
    tokens: NDArray[np.int64]


def prepare(tagger: Tagger, recipe: Encoder, sentences: Columns) -> Inputs:
    """Take sentences apart into pieces and windows."""
    if recipe.max_length > tagger.longest:
        raise OpenNERError(
            f"{recipe.checkpoint} reads at most {tagger.longest} sub-tokens at once, but max_length is "
            f"{recipe.max_length}. Lower it; longer sentences are read in overlapping windows."
        )
    frame = len(tagger.tokenizer.before) + len(tagger.tokenizer.after)
    room = recipe.max_length - frame
    alignment = align(tagger.tokenizer, sentences)
    windows = windows_of(alignment.sizes, sentences.sentences, room, recipe.overlap)
    edges = offsets_of(np.minimum(alignment.sizes, room))
    lengths = [int(edges[window.end] - edges[window.start]) + frame for window in windows]
    return Inputs(alignment, windows, room, lengths)


def collate(tagger: Tagger, inputs: Inputs, numbers: Sequence[int]) -> Batch:
    """Return the windows with these numbers as one batch."""
    before, after = tagger.tokenizer.before, tagger.tokenizer.after
    width = -(-max(inputs.lengths[number] for number in numbers) // _ROUND) * _ROUND
    width = min(width, inputs.room + len(before) + len(after))
    ids = np.full((len(numbers), width), tagger.tokenizer.pad, dtype=np.int64)
    mask = np.zeros((len(numbers), width), dtype=np.int64)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    tokens: list[NDArray[np.int64]] = []
    pieces, offsets = inputs.alignment.pieces, inputs.alignment.offsets
    for row, number in enumerate(numbers):
        window, length = inputs.windows[number], inputs.lengths[number]
        start, end = offsets[window.start], offsets[window.end]
        read = pieces[start:end]
        starts = offsets[window.start : window.end] - start
        if len(read) + len(before) + len(after) > length:  # a token longer than a window: its first pieces
            read = read[: inputs.room]
        ids[row, :length] = (*before, *read, *after)
        mask[row, :length] = 1
        kept = np.arange(window.keep_start, window.keep_end)
        rows.append(np.full(len(kept), row))
        columns.append(starts[kept - window.start] + len(before))
        tokens.append(kept)
    where = (torch.from_numpy(np.concatenate(part)) for part in (rows, columns))
    return Batch(torch.from_numpy(ids), torch.from_numpy(mask), *where, np.concatenate(tokens))
