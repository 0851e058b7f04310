"""One run: a training and what is predicted with it, a pure function of its specification and its data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from openner_utils.config.params import Encoder, Sampling
from openner_utils.core.columns import Columns, Ints, concat
from openner_utils.encoders import loop, models
from openner_utils.encoders.decoding import Only
from openner_utils.encoders.mixtures import drawn
from openner_utils.encoders.partial import Partial, own
from openner_utils.encoders.prediction import decoded, scores_of
from openner_utils.runs.executors import Advance
from openner_utils.runs.machine import resolve


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One training and what is predicted with it.

    ``system``, ``regime`` and ``labels_from`` name the run and do not change it. ``labels`` are all labels that the
    model can give, ``O`` among them. ``train``, ``dev`` and ``evaluate`` name sentences in the ``texts`` of
    `carry_out`: those trained on (together), those scored after each epoch (none: no dev scores), those predicted in
    the end. ``sampling`` says how often the sentences of each of ``train`` are seen; None takes each once an epoch.
    ``steps`` are optimizer steps; None trains for the encoder's epochs.

    ``types``: where corpora annotate different types, those that each of the named sentences' corpus annotates; dev and
    evaluate are then predicted in these alone, and ``ontology`` says what a label is taken to say of others: that the token is no
    mention of them (union), or less (see `encoders.partial`). None: all annotate whatever ``labels`` hold.
    """

    system: str
    regime: str
    labels_from: str
    seed: int
    encoder: Encoder
    labels: tuple[str, ...]
    train: tuple[str, ...]
    dev: tuple[str, ...]
    evaluate: tuple[str, ...]
    sampling: Sampling | None = None
    steps: int | None = None
    types: Mapping[str, tuple[str, ...]] | None = None
    ontology: Literal["union", "masked", "marginal"] = "union"

    def __str__(self) -> str:
        return f"{self.system}, {self.regime}, labels {self.labels_from}, seed {self.seed}, {' + '.join(self.train)}"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one run came to.

    ``steps``: optimizer steps taken, and ``epochs``: passes over the training sentences that they make, the last one
    perhaps cut; ``losses`` and ``dev_f1`` [epochs, rounded up]: mean training loss per token, and micro F1 on all dev
    sentences (0 to 1; None without any); ``constant_loss``: that of a model that knows only how frequent labels are; ``device`` and ``precision`` of the computation; ``predictions``: for each
    name in ``evaluate`` the labels as the model gave them [n_tokens], ids into ``labels``; ``invalid_shares``: for each
    name the share of predicted mentions that open with an invalid transition. ``unrestricted``: where predictions are in
    the types of their corpus alone, those without this restriction, else nothing.
    """

    steps: int
    epochs: float
    losses: tuple[float, ...]
    constant_loss: float
    dev_f1: tuple[float | None, ...]
    device: str
    precision: str
    labels: tuple[str, ...]
    predictions: dict[str, Ints]
    invalid_shares: dict[str, float]
    unrestricted: dict[str, Ints] = field(default_factory=dict)

    def predicted(self, name: str, sentences: Columns) -> Columns:
        """Return the sentences called ``name`` under their predicted labels."""
        return sentences.with_labels(self.predictions[name], self.labels)


def carry_out(spec: RunSpec, texts: Mapping[str, Columns], advance: Advance) -> Outcome:
    """Train and predict in this process, in one thread; ``advance`` is told of tokens as they are trained on."""
    torch.set_num_threads(1)
    recipe = spec.encoder
    machine = resolve(recipe.precision)
    tagger = models.load(recipe.checkpoint, recipe.revision, spec.labels, spec.seed, recipe.head)
    sentences = training_sentences(spec, texts)
    dev = concat([texts[name] for name in spec.dev]) if spec.dev else None
    later = [texts[name] for name in spec.evaluate]
    partial = _partial(spec, texts)
    history = loop.train(
        tagger, recipe, sentences, dev, spec.seed, machine, spec.steps, advance, later,
        partial=partial, dev_only=_only(spec, spec.dev, texts),
    )  # fmt: skip
    found, unrestricted = {}, {}
    for name in spec.evaluate:
        scores = scores_of(tagger, recipe, texts[name], machine)
        found[name] = decoded(tagger, recipe, texts[name], scores, _only(spec, [name], texts))
        if spec.types is not None:
            unrestricted[name] = decoded(tagger, recipe, texts[name], scores).columns.labels
    return Outcome(
        steps=sum(epoch.steps for epoch in history),
        epochs=sum(epoch.share for epoch in history),
        losses=tuple(epoch.loss for epoch in history),
        constant_loss=(
            loop.constant_loss(sentences)
            if partial is None
            else partial.constant_loss(loop.targets_of(spec.labels, sentences))
        ),
        dev_f1=tuple(epoch.dev_f1 for epoch in history),
        device=machine.device,
        precision=machine.precision,
        labels=spec.labels,
        predictions={name: prediction.columns.labels for name, prediction in found.items()},
        invalid_shares={name: prediction.invalid_share for name, prediction in found.items()},
        unrestricted=unrestricted,
    )


def training_sentences(spec: RunSpec, texts: Mapping[str, Columns]) -> Columns:
    """Return what one epoch of a run sees."""
    return concat(_training_parts(spec, texts))


def _training_parts(spec: RunSpec, texts: Mapping[str, Columns]) -> list[Columns]:
    """Return what one epoch of a run sees of each of its training sentences' names."""
    parts = [texts[name] for name in spec.train]
    if spec.sampling is not None:
        numbers = drawn([part.n_sentences for part in parts], spec.sampling, spec.seed)
        parts = [part.pick(chosen) for part, chosen in zip(parts, numbers, strict=True)]
    return parts


def _partial(spec: RunSpec, texts: Mapping[str, Columns]) -> Partial | None:
    """Return what the labels of the training sentences leave open; None where a run takes them at their word."""
    if spec.types is None or spec.ontology == "union":
        return None
    parts = zip(spec.train, _training_parts(spec, texts), strict=True)
    return Partial.of(spec.labels, [(spec.types[name], len(part)) for name, part in parts], spec.ontology)


def _only(spec: RunSpec, names: Sequence[str], texts: Mapping[str, Columns]) -> Only | None:
    """Return the labels that the tokens of some sentences, one after the other, can be given; None for all."""
    if spec.types is None or not names:
        return None
    rows = [own(spec.labels, spec.types[name]) for name in names]
    labels = np.repeat(np.stack(rows), [len(texts[name]) for name in names], axis=0)
    return Only(labels, afterwards=spec.ontology == "marginal")
