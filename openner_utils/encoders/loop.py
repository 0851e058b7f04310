"""Training and prediction in one plain loop each.

The label of a token stands on its first sub-token; its other sub-tokens count neither in the loss nor in the prediction.
Loss, optimizer, decay groups, clipping and schedule are those of Transformers' Trainer. Two things are not: batches
hold windows of similar length, which saves filling, where Trainer shuffles freely; and a long sentence is read in
windows, where Trainer's examples cut it. The order of batches follows from the seed alone. The model of the last epoch
is kept: which epoch OpenNER chose is not known, and the dev set stays unseen by every choice.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from openner_utils.config.params import Encoder
from openner_utils.core.alignment import Alignment, SubTokenizer, align
from openner_utils.core.columns import Columns, offsets_of
from openner_utils.core.encoding import IOB2, decode, states
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import Machine
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.training.batches import by_length, number_of
from openner_utils.training.descent import Descent, Group
from openner_utils.training.rows import TouchedRows, input_table

_POOL = 50  # batches among which windows are sorted by length
_PREDICTED_AT_ONCE = 32  # windows


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training sentences, or the part of it that the number of steps had room for.

    ``steps``: optimizer steps, which are batches; ``share``: of the batches of a whole pass (1 but for a last epoch
    that was cut); ``loss``: mean training loss per token; ``dev_f1``: micro F1 on dev after it (0 to 1; None without a
    dev set).
    """

    steps: int
    share: float
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
    """Sentences made ready for one encoder: their sub-tokens, windows, and sub-tokens of each window with special ones."""

    alignment: Alignment
    windows: list[Window]
    room: int
    lengths: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some windows as tensors: ``ids`` and ``mask`` [batch, sub-tokens]; and the tokens that count [n_kept]: the row and
    column where each begins, and its number in the sentences.
    """

    ids: Tensor
    mask: Tensor
    rows: Tensor
    columns: Tensor
    tokens: NDArray[np.int64]


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
    return Inputs(alignment, windows, room, lengths)


def room_of(tokenizer: SubTokenizer, recipe: Encoder) -> int:
    """Return the sub-tokens that fit into a window beside the special ones."""
    return recipe.max_length - len(tokenizer.before) - len(tokenizer.after)


def collate(tagger: Tagger, inputs: Inputs, numbers: Sequence[int]) -> Batch:
    """Return the windows with these numbers as one batch, each filled up to the longest among them.

    Of a window only the tokens that count there are listed, so that a token is trained on and predicted once though two
    windows read it.
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
        starts = offsets[window.start : window.end] - start
        if (
            len(read) + len(before) + len(after) > length
        ):  # a token longer than a window: its first sub-tokens
            read = read[: inputs.room]
        ids[row, :length] = (*before, *read, *after)
        mask[row, :length] = 1
        kept = np.arange(window.keep_start, window.keep_end)
        rows.append(np.full(len(kept), row))
        columns.append(starts[kept - window.start] + len(before))
        tokens.append(kept)
    return Batch(
        ids=torch.from_numpy(ids),
        mask=torch.from_numpy(mask),
        rows=torch.from_numpy(np.concatenate(rows)),
        columns=torch.from_numpy(np.concatenate(columns)),
        tokens=np.concatenate(tokens),
    )


def train(
    tagger: Tagger,
    recipe: Encoder,
    sentences: Columns,
    dev: Columns | None,
    seed: int,
    machine: Machine,
    steps: int | None = None,
    advance: Advance = nobody,
    later: Sequence[Columns] = (),
    whole_table: bool = False,
) -> tuple[Epoch, ...]:
    """Train the tagger's model in place, and return what each epoch came to.

    ``steps`` optimizer steps, epoch after epoch, the last one cut where they are used up; None takes
    ``recipe.epochs`` whole ones. AdamW with a linear rise and fall of the learning rate over all steps, gradients
    clipped at norm 1. Equal arguments give equal weights on one machine. Raises `OpenNERError` where there is
    no sentence, or a label that is none of the tagger's.

    Of the table of sub-tokens only the rows are trained that the sentences touch (see `training.rows`), those of dev and
    of ``later``, which are predicted afterwards, included: the result is the same as with ``whole_table``, which trains
    every row as Trainer does. Rows that no sentence touches have their weight decay at the end.
    """
    if not len(sentences):
        raise OpenNERError("There is no sentence to train on. Check `limits` and the chosen corpora.")
    seed_everything(seed, machine)
    inputs = prepare(tagger, recipe, sentences)
    targets = _targets(tagger.labels, sentences)
    model = _placed(tagger, machine)
    in_epoch = number_of(len(inputs.windows), recipe.batch_size)
    left = recipe.epochs * in_epoch if steps is None else steps
    read = [
        inputs.alignment,
        *(align(tagger.tokenizer, other) for other in (dev, *later) if other is not None),
    ]
    rows = None if whole_table else TouchedRows.of(tagger.model, _touched(tagger.tokenizer, read))
    weights = list(model.parameters())
    groups = _groups(weights, recipe)
    warm_up = math.ceil(recipe.warmup_ratio * left)
    table = input_table(tagger.model)
    descent = Descent(
        groups, weights, left, warm_up, table=None if table is None else next(table.parameters())
    )
    random = np.random.default_rng(seed)

    history: list[Epoch] = []
    while left:
        model.train()
        loss_sum, tokens = 0.0, 0
        batches = list(shuffled(inputs.lengths, recipe.batch_size, random))[:left]
        for numbers in batches:
            batch = collate(tagger, inputs, numbers)
            loss = _loss(model, batch, targets, machine)
            descent.step(loss)
            loss_sum += float(loss.detach()) * len(batch.tokens)
            tokens += len(batch.tokens)
            advance(len(batch.tokens))
        left -= len(batches)
        f1 = None if dev is None else score(dev, predict(tagger, recipe, dev, machine).columns)[ALL].f1
        history.append(Epoch(len(batches), len(batches) / in_epoch, loss_sum / tokens, f1))
    if rows is not None:
        rows.give_back(tagger.model, descent.decays[0])
    return tuple(history)


def _loss(model: nn.Module, batch: Batch, targets: Tensor, machine: Machine) -> Tensor:
    """Return the mean loss of the batch's tokens; ``targets`` [n_tokens] are those of all sentences."""
    return nn.functional.cross_entropy(
        logits(model, batch, machine), targets[batch.tokens].to(machine.device)
    )


def _touched(tokenizer: SubTokenizer, read: Sequence[Alignment]) -> NDArray[np.int64]:
    """Return the ids of all sub-tokens that are read, with those that stand around a sentence or fill a batch."""
    around = (*tokenizer.before, *tokenizer.after, tokenizer.pad)
    return np.unique(np.concatenate([np.array(around, np.int64), *(each.sub_tokens for each in read)]))


def steps_of(tokenizer: SubTokenizer, recipe: Encoder, sentences: Columns) -> int:
    """Return the optimizer steps of a whole training by epochs on these sentences."""
    room = room_of(tokenizer, recipe)
    windows = windows_of(align(tokenizer, sentences).sizes, sentences.sentences, room, recipe.overlap)
    return recipe.epochs * number_of(len(windows), recipe.batch_size)


def predict(tagger: Tagger, recipe: Encoder, sentences: Columns, machine: Machine) -> Prediction:
    """Return the most probable label of every token, each decided on its own: transitions may be invalid."""
    inputs = prepare(tagger, recipe, sentences)
    model = _placed(tagger, machine).eval()
    found = np.full(len(sentences), -1, dtype=np.int32)
    by_length = sorted(range(len(inputs.windows)), key=inputs.lengths.__getitem__)
    with torch.inference_mode():
        for first in range(0, len(by_length), _PREDICTED_AT_ONCE):
            batch = collate(tagger, inputs, by_length[first : first + _PREDICTED_AT_ONCE])
            found[batch.tokens] = logits(model, batch, machine).argmax(-1).cpu().numpy()
    if (found < 0).any():
        raise AssertionError(f"{(found < 0).sum()} tokens were not predicted: the windows do not cover them")
    columns = sentences.with_labels(found, tagger.labels)
    mentions = len(decode(columns, IOB2))
    return Prediction(columns, int(states(columns, IOB2).invalid.sum()) / mentions if mentions else 0.0)


def logits(model: nn.Module, batch: Batch, machine: Machine) -> Tensor:
    """Return the label logits of the batch's kept tokens [n_kept, labels], in fp32."""
    with torch.autocast(machine.device, torch.bfloat16, enabled=machine.precision == "bf16"):
        output = model(input_ids=batch.ids.to(machine.device), attention_mask=batch.mask.to(machine.device))
    at_starts: Tensor = output.logits[batch.rows.to(machine.device), batch.columns.to(machine.device)]
    return at_starts.float()


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Yield every number once, in batches of similar length that come in random order.

    Trainer shuffles without pools: there a batch is filled up to the longest of sentences of all lengths.
    """
    batches = list(by_length(random.permutation(len(lengths)).tolist(), lengths, size, _POOL))
    for number in random.permutation(len(batches)):
        yield batches[number]


def seed_everything(seed: int, machine: Machine) -> None:
    """Make what follows depend on the seed alone; on a GPU also choose kernels that repeat their results."""
    torch.manual_seed(seed)
    if machine.device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.allow_tf32 = False  # torch's default for convolutions, which is not fp32


def _placed(tagger: Tagger, machine: Machine) -> nn.Module:
    model: nn.Module = (
        tagger.model
    )  # as a plain module: what Transformers declares for `to` defies type checks
    return model.to(machine.device)


def _targets(labels: Sequence[str], sentences: Columns) -> Tensor:
    """Return the label number of each token [n_tokens]."""
    position = {label: number for number, label in enumerate(labels)}
    for name in sentences.names:
        if name not in position:
            raise unknown("label in the training sentences", name, labels)
    table = np.array([position[name] for name in sentences.names], dtype=np.int64)
    return torch.from_numpy(table[sentences.labels])


def _groups(weights: Sequence[nn.Parameter], recipe: Encoder) -> list[Group]:
    """Return the weights in two groups: matrices decay, biases and norms (one dimension) do not."""
    learnt = [weight for weight in weights if weight.requires_grad]
    return [
        Group(
            params=[weight for weight in learnt if (weight.ndim > 1) == matrices],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay if matrices else 0.0,
        )
        for matrices in (True, False)
    ]
