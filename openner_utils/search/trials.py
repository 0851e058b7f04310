"""One trial: a recipe that is trained, and scored on the development set after each epoch. The test set is never seen."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import torch

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.encoders import loop, models
from openner_utils.encoders.loop import Epoch
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import Machine, resolve
from openner_utils.search.space import TRIED
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.training.descent import DivergedError

TRIAL = "trial.json"

State = Literal["finished", "stopped", "diverged"]
"""All epochs were trained; it was broken off, being worse than others; a loss or gradient was no finite number."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """What every trial of a search is trained and scored on (labels in IOB2); ``labels`` are those that a model can give."""

    train: Columns
    dev: Columns
    labels: tuple[str, ...]

    @classmethod
    def of(cls, train: Columns, dev: Columns) -> Self:
        """Return both, and the labels of the training sentences; `OpenNERError` where either holds no mention."""
        if not len(decode(dev, IOB2)):
            raise OpenNERError(
                "There is no mention in the dev sentences, on which recipes are compared. Check what was read: openner count FILE"
            )
        return cls(train, dev, models.labels_of(models.types_in(train)))

    def content(self) -> dict[str, str]:
        """Return what changes when the sentences do."""
        return {
            name: digest([part.tokens.to_pylist(), part.label_strings().to_pylist(), part.sentences.tolist()])
            for name, part in (("train", self.train), ("dev", self.dev))
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial came to.

    ``dev_f1`` [epochs]: micro F1 on dev after each epoch (0 to 1; conventions of `openner_utils.scoring`); ``losses`` [epochs]:
    mean training loss per token (nats), beside the ``constant_loss`` of a model that knows only how frequent labels are.
    """

    recipe: Encoder
    state: State
    dev_f1: tuple[float, ...]
    losses: tuple[float, ...]
    constant_loss: float

    @property
    def f1(self) -> float:
        """F1 on dev after the last epoch: the model that a training by this recipe leaves. 0 where there is none."""
        return self.dev_f1[-1] if self.dev_f1 and self.state != "diverged" else 0.0

    @property
    def collapsed(self) -> bool:
        """Whether nothing was learnt from the text: the loss did not fall below the constant one, and no mention is right."""
        return bool(self.losses) and self.losses[-1] >= self.constant_loss and self.f1 == 0

    def values(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self) | {"recipe": self.recipe.model_dump()}

    @classmethod
    def read(cls, values: dict[str, Any]) -> Self:
        """Return what `values` returned."""
        lists = {name: tuple(values[name]) for name in ("dev_f1", "losses")}
        return cls(**values | lists | {"recipe": Encoder.model_validate(values["recipe"])})


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A recipe to be tried; ``stop``: the epoch after which it is broken off, None trains to the end."""

    recipe: Encoder
    sentences: Sentences
    seed: int
    stop: int | None = None

    def __str__(self) -> str:
        until = "" if self.stop is None else f", {self.stop} of its epochs"
        return f"Trial of {told(self.recipe)}{until}"

    @property
    def epochs(self) -> int:
        """How many epochs are trained."""
        return self.recipe.epochs if self.stop is None else min(self.stop, self.recipe.epochs)

    def key(self, machine: Machine, sentences: dict[str, str], checkpoint: dict[str, str]) -> str:
        """Return the key under which its outcome is kept; ``sentences`` and ``checkpoint`` are their contents."""
        values = {
            "encoder": self.recipe.model_dump(), "checkpoint": checkpoint, "seed": self.seed, "stop": self.stop,
            "labels": self.sentences.labels, **sentences,
        }  # fmt: skip
        return run_key("search/trials.py", machine, values)


def told(recipe: Encoder) -> str:
    """Return what a search changes of a recipe, in words."""
    values = ((name, getattr(recipe, name)) for name in TRIED)
    return ", ".join(f"{name} {value}" for name, value in values if value is not None)


def carry_out(
    trial: Trial, advance: Advance = nobody, go_on: Callable[[Sequence[Epoch]], bool] = loop.to_the_end
) -> Tried:
    """Train a recipe in this process, in one thread. ``advance`` is told of epochs; ``go_on`` may break the trial off."""
    torch.set_num_threads(1)
    recipe, sentences = trial.recipe, trial.sentences
    history: list[Epoch] = []
    stopped = False

    def after_epoch(epochs: Sequence[Epoch]) -> bool:
        nonlocal stopped
        history[:] = epochs
        advance(1)
        if len(epochs) == trial.stop:
            return False
        stopped = not go_on(epochs) and len(epochs) < recipe.epochs
        return not stopped

    machine = resolve(recipe.precision)
    tagger = models.load(recipe.checkpoint, recipe.revision, sentences.labels, trial.seed, recipe.head)
    state: State = "finished"
    try:
        loop.train(
            tagger, recipe, sentences.train, sentences.dev, trial.seed, machine, after_epoch=after_epoch
        )
    except DivergedError:
        state = "diverged"
    return Tried(
        recipe,
        "stopped" if stopped else state,
        tuple(epoch.dev_f1 or 0.0 for epoch in history),
        tuple(epoch.loss for epoch in history),
        loop.constant_loss(sentences.train),
    )


def fill(trial: Trial, folder: Path, advance: Advance) -> None:
    """Carry out a trial and write its outcome into a folder (`runs.kept.Fill`)."""
    write_text(folder / TRIAL, json.dumps(carry_out(trial, advance).values()) + "\n")


def read(folder: Path) -> Tried:
    """Return the outcome that `fill` wrote."""
    return Tried.read(read_json(folder / TRIAL))
