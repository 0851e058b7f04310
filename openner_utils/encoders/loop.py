"""Training in one plain loop.

The label of a token stands on its first sub-token; its others count neither in the loss (but where a recipe says so) nor in
the prediction. Loss, optimizer, decay groups, clipping and schedule are those of Transformers' Trainer (but where a recipe
gives the head a learning rate of its own). Two things are not:
batches hold windows of similar length, which saves filling, where Trainer shuffles freely; and a long sentence is read in
windows, where Trainer's examples cut it. The order of batches follows from the seed alone. The model of the last epoch
is kept: which epoch OpenNER chose is not known, and the dev set stays unseen by every choice.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from openner_utils.config.params import Encoder
from openner_utils.core.alignment import Alignment, SubTokenizer, align
from openner_utils.core.columns import Columns
from openner_utils.encoders import recorded
from openner_utils.encoders.decoding import Only
from openner_utils.encoders.inputs import Inputs, prepare, shuffled
from openner_utils.encoders.losses import Losses
from openner_utils.encoders.models import Tagger
from openner_utils.encoders.partial import Partial
from openner_utils.encoders.prediction import NO_ROOM, placed, predict
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import Machine, is_out_of_memory
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.training.batches import number_of
from openner_utils.training.descent import Descent, DivergedError, Group
from openner_utils.training.rows import TouchedRows, input_table
from openner_utils.training.together import ALONE, joined


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


AfterEpoch = Callable[[Sequence[Epoch]], bool]
"""Told of all epochs so far when one is over; says whether to go on."""


def to_the_end(_: Sequence[Epoch]) -> bool:
    """Go on after every epoch."""
    return True


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
    after_epoch: AfterEpoch = to_the_end,
    partial: Partial | None = None,
    dev_only: Only | None = None,
) -> tuple[Epoch, ...]:
    """Train the tagger's model in place, and return what each epoch came to.

    ``steps`` optimizer steps, epoch after epoch, the last one cut where they are used up; None takes
    ``recipe.epochs`` whole ones. AdamW with a linear rise and fall of the learning rate over all steps, gradients
    clipped at norm 1. ``after_epoch`` may break off a training, whose learning rate is then what it was on the way to all steps.
    Equal arguments give equal weights on one machine. Raises `OpenNERError` where there is no sentence or a label that is none
    of the tagger's, or memory has no room for a single window, and `DivergedError` for a loss that is no finite number.

    Of the table of sub-tokens only the rows are trained that the sentences touch (see `training.rows`), those of dev and
    of ``later``, which are predicted afterwards, included: the result is the same as with ``whole_table``, which trains
    every row as Trainer does. Rows that no sentence touches have their weight decay at the end.

    Where this process has joined others (`training.together`), all of them call this with equal arguments, each on the same weights, and
    each ends with the same model.

    ``partial``: what the labels of the sentences leave open, where their corpora annotate different types; ``dev_only``:
    the labels that tokens of dev can be given, None for all.
    """
    if not len(sentences):
        raise OpenNERError("There is no sentence to train on. Check `limits` and the chosen corpora.")
    seed_everything(joined().seed(seed), machine)
    inputs = prepare(tagger, recipe, sentences)
    model = placed(tagger, machine)
    in_epoch = number_of(len(inputs.windows), recipe.batch_size)
    left = recipe.epochs * in_epoch if steps is None else steps
    read = [
        inputs.alignment,
        *(align(tagger.tokenizer, other) for other in (dev, *later) if other is not None),
    ]
    rows = None if whole_table else TouchedRows.of(tagger.pretrained, _touched(tagger.tokenizer, read))
    targets = targets_of(tagger.labels, sentences)
    way = _way(tagger, recipe, inputs, targets, machine, partial, left)
    random = np.random.default_rng(seed)

    history: list[Epoch] = []
    while left:
        model.train()
        batches = list(shuffled(inputs.lengths, recipe.batch_size, random))[:left]
        tokens = []
        try:
            for numbers in batches:
                tokens.append(way.take(numbers))
                advance(tokens[-1])
            losses = way.losses()
            if not _finite(
                model
            ):  # a step is looked at before it is taken: what the last one did is seen here
                raise DivergedError("A weight is no finite number after the last step.", len(batches) - 1)
        except DivergedError as error:
            numbers = inputs.sentences_of(batches[error.step])
            raise DivergedError(_diverged(error, sentences, numbers)) from error
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise OpenNERError(NO_ROOM) from error
        loss = sum(loss * counted for loss, counted in zip(losses, tokens, strict=True)) / sum(tokens)
        left -= len(batches)
        f1 = (
            None
            if dev is None
            else score(dev, predict(tagger, recipe, dev, machine, dev_only).columns)[ALL].f1
        )
        history.append(Epoch(len(batches), len(batches) / in_epoch, loss, f1))
        if not after_epoch(history):
            break
    if rows is not None:
        rows.give_back(tagger.pretrained, way.decays[0])
    return tuple(history)


def _finite(model: nn.Module) -> bool:
    return all(bool(torch.isfinite(weight).all()) for weight in model.parameters())


def constant_loss(sentences: Columns) -> float:
    """Return the loss per token of a model that knows nothing but how frequent each label is (nats): the entropy of labels.

    A training whose loss does not fall below it has learnt nothing from the text.
    """
    counts = np.bincount(sentences.labels)
    shares = counts[counts > 0] / len(sentences)
    return float(-(shares * np.log(shares)).sum())


def _diverged(error: DivergedError, sentences: Columns, numbers: Sequence[int]) -> str:
    shown = []
    for number in numbers[:3]:
        start, end = sentences.sentences[number : number + 2]
        text = " ".join(sentences.tokens[int(start) : int(end)].to_pylist())
        shown.append(f"sentence {number + 1} ({text[:60]!r})")
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    return (
        f"{error} The batch holds {', '.join(shown)}{more} of the training sentences. Lower the learning rate, or look at these "
        "sentences; nothing of this run was kept."
    )


class _Way(Protocol):
    """How steps are taken: at once, or recorded and looked at later."""

    @property
    def decays(self) -> list[float]:
        """What weight decay alone has left of a weight of each group, as a share."""

    def take(self, numbers: Sequence[int]) -> int:
        """Take a step on the windows of a batch; return how many tokens counted."""

    def losses(self) -> list[float]:
        """Return the mean losses of the steps since this was last asked."""


class _StepByStep:
    """Steps of which each is looked at before the next."""

    def __init__(self, losses: Losses, descent: Descent) -> None:
        self._losses, self._descent, self._found = losses, descent, list[float]()

    @property
    def decays(self) -> list[float]:
        return self._descent.decays

    def take(self, numbers: Sequence[int]) -> int:
        try:
            loss, counted = self._losses.step(self._descent, numbers)
        except DivergedError as error:
            error.step = len(self._found)
            raise
        self._found.append(loss)
        return counted

    def losses(self) -> list[float]:
        found, self._found = self._found, []
        return found


def _way(
    tagger: Tagger,
    recipe: Encoder,
    inputs: Inputs,
    targets: NDArray[np.int64],
    machine: Machine,
    partial: Partial | None,
    steps: int,
) -> _Way:
    groups, weights = groups_of(tagger, recipe)
    warm_up = math.ceil(recipe.warmup_ratio * steps)
    together = joined()
    if together == ALONE and recorded.applies(tagger, machine, partial is not None):
        return recorded.RecordedSteps(
            tagger, recipe, inputs, targets, machine, groups, weights, steps, warm_up
        )
    table = input_table(tagger.pretrained)
    descent = Descent(
        groups, weights, steps, warm_up, table=None if table is None else next(table.parameters())
    )
    return _StepByStep(Losses(tagger, recipe, inputs, targets, machine, partial, together), descent)


def _touched(tokenizer: SubTokenizer, read: Sequence[Alignment]) -> NDArray[np.int64]:
    """Return the ids of all sub-tokens that are read, with those that stand around a sentence or fill a batch."""
    around = (*tokenizer.before, *tokenizer.after, tokenizer.pad)
    return np.unique(np.concatenate([np.array(around, np.int64), *(each.sub_tokens for each in read)]))


def seed_everything(seed: int, machine: Machine) -> None:
    """Make what follows depend on the seed alone; on a GPU also choose kernels that repeat their results."""
    torch.manual_seed(seed)
    if machine.device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        # Filling is a kernel for each new tensor, against reading what was never written.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.backends.cuda.enable_cudnn_sdp(False)  # its attention does not repeat
        torch.backends.cudnn.allow_tf32 = False  # torch's default for convolutions, which is not fp32


def targets_of(labels: Sequence[str], sentences: Columns) -> NDArray[np.int64]:
    """Return the label number of each token [n_tokens]."""
    position = {label: number for number, label in enumerate(labels)}
    for name in sentences.names:
        if name not in position:
            raise unknown("label in the training sentences", name, labels)
    table = np.array([position[name] for name in sentences.names], dtype=np.int64)
    return table[sentences.labels]


def groups_of(tagger: Tagger, recipe: Encoder) -> tuple[list[Group], list[nn.Parameter]]:
    """Return all weights of a tagger in groups that share a learning rate and a weight decay, and all in one list.

    Matrices decay, biases and norms (one dimension) do not. The first group are matrices of the encoder; head and field, whose
    weights are new, may have rates of their own.
    """
    weights = list(tagger.model.parameters())
    field = [] if tagger.crf is None else list(tagger.crf.parameters())
    of_head = recipe.head_learning_rate or recipe.learning_rate
    encoder: nn.Module = tagger.pretrained.base_model
    known = {id(weight) for weight in encoder.parameters()}
    by_rate: dict[float, list[nn.Parameter]] = {}
    for weight in weights:
        by_rate.setdefault(recipe.learning_rate if id(weight) in known else of_head, []).append(weight)
    by_rate.setdefault(recipe.crf_learning_rate or of_head, []).extend(field)
    groups = [
        Group(
            params=[weight for weight in part if weight.requires_grad and (weight.ndim > 1) == matrices],
            lr=rate,
            weight_decay=recipe.weight_decay if matrices else 0.0,
        )
        for rate, part in by_rate.items()
        if part
        for matrices in (True, False)
    ]
    return groups, [*weights, *field]
