"""Training and prediction in one plain loop each.

The label of a token stands on its first piece; its other pieces count neither in the loss nor in the prediction.
Batches hold windows of similar length, in an order that follows from the seed alone. The model of the last epoch is
kept: which epoch OpenNER chose is not known, and the dev set stays unseen by every choice.
"""

import os
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
from openner_utils.columns import Columns, offsets_of
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.encoding import IOB2, decode, states
from openner_utils.errors import OpenNERError, unknown
from openner_utils.params import Encoder
from openner_utils.scoring import ALL, score

_ROUND = 16  # batches are filled up to a multiple of this, so that kernels are prepared for few shapes
_POOL = 50  # batches among which windows are sorted by length
_PREDICTED_AT_ONCE = 32  # windows

Advance = Callable[[int], None]
"""Told how many more tokens have been trained on."""


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
    """Some windows as tensors: ``ids`` and ``mask`` [batch, pieces]; and the tokens that count [n_kept]: the row and
    column where each begins, and its number in the sentences.
    """

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
    advance: Advance = lambda _: None,
) -> tuple[Epoch, ...]:
    """Train the tagger's model in place, and return what each epoch came to.

    AdamW with a linear rise and fall of the learning rate, gradients clipped at norm 1. Equal arguments give equal
    weights on one machine. Labels must be among the tagger's.
    """
    if not len(sentences):
        raise OpenNERError("There is no sentence to train on. Check `limits` and the chosen corpora.")
    seed_everything(seed, machine)
    inputs = prepare(tagger, recipe, sentences)
    targets = _targets(tagger.labels, sentences)
    model = _placed(tagger, machine)
    optimizer = torch.optim.AdamW(
        _parameter_groups(model, recipe.weight_decay), lr=recipe.learning_rate, fused=True
    )
    steps = recipe.epochs * -(-len(inputs.windows) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, linear(round(recipe.warmup_ratio * steps), steps))
    random = np.random.default_rng(seed)

    history: list[Epoch] = []
    for _ in range(recipe.epochs):
        model.train()
        total = 0.0
        for numbers in shuffled(inputs.lengths, recipe.batch_size, random):
            batch = collate(tagger, inputs, numbers)
            loss = nn.functional.cross_entropy(
                logits(model, batch, machine), targets[batch.tokens].to(machine.device)
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(batch.tokens)
            advance(len(batch.tokens))
        f1 = None
        if dev is not None:
            f1 = score(dev, predict(tagger, recipe, dev, machine).columns)[ALL].f1
        history.append(Epoch(total / len(sentences), f1))
    return tuple(history)


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
    with machine.autocast():
        output = model(input_ids=batch.ids.to(machine.device), attention_mask=batch.mask.to(machine.device))
    at_starts: Tensor = output.logits[batch.rows.to(machine.device), batch.columns.to(machine.device)]
    return at_starts.float()


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Yield every number once, in batches of similar length that come in random order."""
    order = random.permutation(len(lengths)).tolist()
    batches: list[list[int]] = []
    for first in range(0, len(order), size * _POOL):
        pool = sorted(order[first : first + size * _POOL], key=lengths.__getitem__)
        batches += [pool[start : start + size] for start in range(0, len(pool), size)]
    for number in random.permutation(len(batches)):
        yield batches[number]


def linear(warmup: int, steps: int) -> Callable[[int], float]:
    """Return the factor of the learning rate at each step: up to 1 over ``warmup`` steps, then down to 0."""

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return max(0.0, (steps - step) / max(1, steps - warmup))

    return factor


def seed_everything(seed: int, machine: Machine) -> None:
    """Make what follows depend on the seed alone; on a GPU also choose kernels that repeat their results."""
    torch.manual_seed(seed)
    if machine.device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)


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


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Return the parameters in two groups: matrices decay, biases and norms (one dimension) do not."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
