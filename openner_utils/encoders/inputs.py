"""Sentences made ready for an encoder: sub-tokens, windows, and batches of windows as tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openner_utils.config.params import Encoder
from openner_utils.core.alignment import Alignment, SubTokenizer, align
from openner_utils.core.columns import Columns, Offsets, offsets_of
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.support.errors import OpenNERError
from openner_utils.training.batches import by_length, number_of

_POOL = 50  # batches among which windows are sorted by length


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Sentences made ready for one encoder: their sub-tokens, windows, and sub-tokens of each window with special ones;
    ``sentences``: token offsets [n_sentences + 1].
    """

    alignment: Alignment
    windows: list[Window]
    room: int
    lengths: list[int]
    sentences: Offsets

    def sentences_of(self, windows: Sequence[int]) -> list[int]:
        """Return the numbers of the sentences that these windows read, each once."""
        starts = [self.windows[number].keep_start for number in windows]
        return list(dict.fromkeys((np.searchsorted(self.sentences, starts, side="right") - 1).tolist()))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some windows as tensors: ``ids`` and ``mask`` [batch, sub-tokens]; and the sub-tokens that count [n_kept]: their row
    and column, the number of their token in the sentences, and whether they are its first one.

    ``begins`` and ``ends`` [batch]: whether what counts of a window begins and ends where its sentence does.
    """

    ids: Tensor
    mask: Tensor
    rows: Tensor
    columns: Tensor
    tokens: NDArray[np.int64]
    firsts: NDArray[np.bool_]
    begins: Tensor
    ends: Tensor


def prepare(tagger: Tagger, recipe: Encoder, sentences: Columns) -> Inputs:
    """Take sentences apart into sub-tokens and windows; `OpenNERError` where windows are longer than the model reads."""
    if recipe.max_length > tagger.longest:
        raise OpenNERError(
            f"{recipe.checkpoint} reads at most {tagger.longest} sub-tokens at once, but max_length is "
            f"{recipe.max_length}. Lower it; longer sentences are read in overlapping windows."
        )
    room = room_of(tagger.tokenizer, recipe)
    frame = recipe.max_length - room
    alignment = align(tagger.tokenizer, sentences)
    windows = windows_of(alignment.sizes, sentences.sentences, room, recipe.overlap)
    edges = offsets_of(np.minimum(alignment.sizes, room))
    lengths = [int(edges[window.end] - edges[window.start]) + frame for window in windows]
    return Inputs(alignment, windows, room, lengths, sentences.sentences)


def room_of(tokenizer: SubTokenizer, recipe: Encoder) -> int:
    """Return the sub-tokens that fit into a window beside the special ones."""
    return recipe.max_length - len(tokenizer.before) - len(tokenizer.after)


def collate(tagger: Tagger, inputs: Inputs, numbers: Sequence[int], every: bool = False) -> Batch:
    """Return the windows with these numbers as one batch, each filled up to the longest among them.

    Of a window only the tokens that count there are listed, so that a token is trained on and predicted once though two
    windows read it: by their first sub-tokens, or by ``every`` one.
    """
    before, after = tagger.tokenizer.before, tagger.tokenizer.after
    width = max(inputs.lengths[number] for number in numbers)
    ids = np.full((len(numbers), width), tagger.tokenizer.pad, dtype=np.int64)
    mask = np.zeros((len(numbers), width), dtype=np.int64)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    tokens: list[NDArray[np.int64]] = []
    sub_tokens, offsets = inputs.alignment.sub_tokens, inputs.alignment.offsets
    for row, number in enumerate(numbers):
        window, length = inputs.windows[number], inputs.lengths[number]
        start, end = offsets[window.start], offsets[window.end]
        read = sub_tokens[start:end]
        if (
            len(read) + len(before) + len(after) > length
        ):  # a token longer than a window: its first sub-tokens
            read = read[: inputs.room]
        ids[row, :length] = (*before, *read, *after)
        mask[row, :length] = 1
        kept = np.arange(window.keep_start, window.keep_end)
        starts = offsets[kept] - start
        if every:
            sizes = np.minimum(offsets[kept + 1] - start, len(read)) - starts
            within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            kept, starts = np.repeat(kept, sizes), np.repeat(starts, sizes) + within
        rows.append(np.full(len(kept), row))
        columns.append(starts + len(before))
        tokens.append(kept)
    read_windows = [inputs.windows[number] for number in numbers]
    of_token = np.concatenate(tokens)
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy(mask),
        rows=torch.from_numpy(np.concatenate(rows)),
        columns=torch.from_numpy(np.concatenate(columns)),
        tokens=of_token,
        firsts=np.diff(of_token, prepend=-1) != 0,
        begins=torch.from_numpy(np.isin([w.keep_start for w in read_windows], inputs.sentences)),
        ends=torch.from_numpy(np.isin([w.keep_end for w in read_windows], inputs.sentences)),
    )


def steps_of(tokenizer: SubTokenizer, recipe: Encoder, sentences: Columns) -> int:
    """Return the optimizer steps of a whole training by epochs on these sentences."""
    room = room_of(tokenizer, recipe)
    windows = windows_of(align(tokenizer, sentences).sizes, sentences.sentences, room, recipe.overlap)
    return recipe.epochs * number_of(len(windows), recipe.batch_size)


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Yield every number once, in batches of similar length that come in random order.

    Trainer shuffles without pools: there a batch is filled up to the longest of sentences of all lengths.
    """
    batches = list(by_length(random.permutation(len(lengths)).tolist(), lengths, size, _POOL))
    for number in random.permutation(len(batches)):
        yield batches[number]
