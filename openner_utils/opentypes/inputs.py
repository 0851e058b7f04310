"""Sentences made ready for a tagger of spans: windows of sub-tokens as tensors, and the spans that are scored in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openner_utils.core.alignment import Alignment, SubTokenizer, align
from openner_utils.core.columns import Columns, offsets_of
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.opentypes.recipe import Recipe

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Sentences as sub-tokens and windows; ``lengths``: sub-tokens of each window with special ones; ``room``: without, at most.

    ``sentence_of`` [n_windows]: the sentence that each window reads.
    """

    tokenizer: SubTokenizer
    alignment: Alignment
    windows: list[Window]
    lengths: list[int]
    room: int
    sentence_of: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some windows: ``ids`` and ``mask`` [batch, sub-tokens], and their spans [n_spans].

    ``rows``: the window of each span; ``first`` and ``last``: the columns of its first and its last sub-token; ``starts`` and ``ends``: its
    tokens [start, end) among all tokens.
    """

    ids: Tensor
    mask: Tensor
    rows: Tensor
    first: Tensor
    last: Tensor
    starts: Numbers
    ends: Numbers


def prepare(tokenizer: SubTokenizer, recipe: Recipe, sentences: Columns) -> Inputs:
    """Take sentences apart into sub-tokens and windows; nothing is cut but tokens longer than a window."""
    frame = len(tokenizer.before) + len(tokenizer.after)
    room = recipe.max_length - frame
    alignment = align(tokenizer, sentences)
    windows = windows_of(alignment.sizes, sentences.sentences, room, recipe.overlap)
    edges = offsets_of(np.minimum(alignment.sizes, room))
    lengths = [int(edges[window.end] - edges[window.start]) + frame for window in windows]
    starts = np.array([window.start for window in windows], np.int64)
    sentence_of = np.searchsorted(sentences.sentences, starts, side="right") - 1
    return Inputs(tokenizer, alignment, windows, lengths, room, sentence_of.astype(np.int64))


def spans_of(window: Window, widest: int) -> tuple[Numbers, Numbers]:
    """Return the spans [start, end) that are scored in a window: those that begin where its tokens count, up to ``widest`` tokens.

    So each span of a sentence that one window holds together with what counts there is scored once.

    >>> starts, ends = spans_of(Window(0, 3, 0, 2), widest=2)
    >>> list(zip(starts.tolist(), ends.tolist()))
    [(0, 1), (0, 2), (1, 2), (1, 3)]
    """
    starts = np.repeat(np.arange(window.keep_start, window.keep_end, dtype=np.int64), widest)
    ends = starts + np.tile(np.arange(1, widest + 1), window.keep_end - window.keep_start)
    held = ends <= window.end
    return starts[held], ends[held]


def collate(inputs: Inputs, numbers: Sequence[int], widest: int) -> Batch:
    """Return the windows with these numbers as one batch, each filled up to the longest among them."""
    before, after = inputs.tokenizer.before, inputs.tokenizer.after
    width = max(inputs.lengths[number] for number in numbers)
    ids = np.full((len(numbers), width), inputs.tokenizer.pad, np.int64)
    mask = np.zeros((len(numbers), width), np.int64)
    offsets = inputs.alignment.offsets
    rows: list[Numbers] = []
    first: list[Numbers] = []
    last: list[Numbers] = []
    starts: list[Numbers] = []
    ends: list[Numbers] = []
    for row, number in enumerate(numbers):
        window, length = inputs.windows[number], inputs.lengths[number]
        origin = offsets[window.start]
        read = inputs.alignment.sub_tokens[origin : offsets[window.end]][: length - len(before) - len(after)]
        ids[row, :length] = (*before, *read, *after)
        mask[row, :length] = 1
        begin, stop = spans_of(window, widest)
        rows.append(np.full(len(begin), row))
        first.append(np.minimum(offsets[begin] - origin, len(read) - 1) + len(before))
        last.append(np.minimum(offsets[stop] - 1 - origin, len(read) - 1) + len(before))
        starts.append(begin)
        ends.append(stop)
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy(mask),
        rows=torch.from_numpy(np.concatenate(rows)),
        first=torch.from_numpy(np.concatenate(first)),
        last=torch.from_numpy(np.concatenate(last)),
        starts=np.concatenate(starts),
        ends=np.concatenate(ends),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Names (and definitions) of types as sub-tokens, each cut at ``longest`` with special ones."""

    tokenizer: SubTokenizer
    ids: list[list[int]]

    @classmethod
    def of(cls, tokenizer: SubTokenizer, texts: Sequence[str], longest: int) -> "Texts":
        """Take texts apart; one without any sub-token is the stand-in."""
        room = longest - len(tokenizer.before) - len(tokenizer.after)
        found = tokenizer.encode([text.split() or [""] for text in texts])
        return cls(tokenizer, [list(ids[:room]) or [tokenizer.stand_in] for ids, _ in found])

    def framed(self, numbers: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the texts with these numbers as sub-tokens with special ones."""
        return [(*self.tokenizer.before, *self.ids[n], *self.tokenizer.after) for n in numbers]

    def batch(self, numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return ids and mask [n_texts, sub-tokens] of the texts with these numbers."""
        whole = self.framed(numbers)
        width = max(map(len, whole))
        ids = np.full((len(whole), width), self.tokenizer.pad, np.int64)
        mask = np.zeros((len(whole), width), np.int64)
        for row, each in enumerate(whole):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        return torch.from_numpy(ids), torch.from_numpy(mask)
