"""Training a model on one's own sentences."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from openner_utils.api.tagging import Model
from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns, concat
from openner_utils.core.encoding import IOB2, decode
from openner_utils.encoders import loop, models, saved
from openner_utils.encoders.loop import Epoch
from openner_utils.encoders.saved import About
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import resolve


def train(
    encoder: Encoder,
    files: Sequence[Columns],
    out: Path,
    dev: Columns | None = None,
    seed: int = 1,
    advance: Advance = nobody,
) -> tuple[Model, tuple[Epoch, ...]]:
    """Train a model on sentences with labels in IOB2, write it into the folder ``out``, and return it and its epochs.

    ``advance`` is told of tokens as they are trained on. ``dev``: sentences that are scored after each epoch, and change
    nothing. Raises `OpenNERError` where there is no mention to learn.
    """
    sentences = concat(files)
    labels = models.labels_of(models.types_in(sentences))
    mentions = decode(sentences, IOB2)
    machine = resolve(encoder.precision)
    tagger = models.load(encoder.checkpoint, encoder.revision, labels, seed, encoder.head)
    history = loop.train(tagger, encoder, sentences, dev, seed, machine, advance=advance)
    counts = np.bincount(mentions.type, minlength=len(mentions.types)).tolist()
    about = About(
        encoder=encoder,
        labels=labels,
        seed=seed,
        trained_on=tuple(each.file for each in files),
        sentences=sentences.n_sentences,
        steps=sum(epoch.steps for epoch in history),
        types=dict(zip(mentions.types, counts, strict=True)),
    )
    saved.save(tagger, about, out)
    return Model(tagger, about, machine), history
