"""Training a model on one's own sentences."""

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch

from openner_utils import __version__
from openner_utils.analysis.one_system import FEWEST_DOCUMENTS
from openner_utils.api.examples import example_of
from openner_utils.api.modes import follow_umask
from openner_utils.api.tagging import Model
from openner_utils.config.params import Encoder
from openner_utils.core.columns import Columns, concat
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.duplicates import SHORTEST, normalized
from openner_utils.encoders import loop, model_card, models, saved
from openner_utils.encoders.about import About, Known, Losses, Material, OfType, Ran, Scored
from openner_utils.encoders.loop import AfterEpoch, Epoch, to_the_end
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.pages.passport import Basis
from openner_utils.readers import unspaced
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.key import LIBRARIES
from openner_utils.runs.machine import Machine, resolve
from openner_utils.scoring.mentions import ALL, count
from openner_utils.scoring.significance import interval
from openner_utils.support.paths import HERE, Place
from openner_utils.support.words import counted
from openner_utils.training.together import joined

CONFIDENCE = 0.95

Text: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Sentences in IOB2 that a model is scored on; nothing of them enters it. ``dev`` is scored after each epoch, too."""

    dev: Sequence[Columns] = ()
    test: Sequence[Columns] = ()


NOTHING = Held()


def train(
    encoder: Encoder,
    files: Sequence[Columns],
    out: Path,
    held: Held = NOTHING,
    seed: int = 1,
    advance: Advance = nobody,
    known: Mapping[str, Known] | None = None,
    place: Place = HERE,
    after_epoch: AfterEpoch = to_the_end,
) -> tuple[Model, tuple[Epoch, ...]]:
    """Train a model on sentences with labels in IOB2, write it into the folder ``out``, and return it and its epochs.

    ``out`` is new, empty or holds an earlier model as it was written; anything else is refused before training begins.

    ``advance`` is told of tokens as they are trained on, ``after_epoch`` of all epochs so far when one ends. ``known``: what is
    known of a file, by the ``file`` of its sentences; the model's card says it. ``place`` has the samples that the card takes its example from. Of several processes that train
    together (`training.together`) all return the model, and the first one writes it. Raises `OpenNERError` where there is no mention to learn.
    """
    if joined().rank:
        return _trained(encoder, files, None, held, seed, advance, known, place, after_epoch)
    refuse_foreign(out, model=True)
    with replaced(out) as made:
        return _trained(encoder, files, made, held, seed, advance, known, place, after_epoch)


def _trained(
    encoder: Encoder,
    files: Sequence[Columns],
    made: Path | None,
    held: Held,
    seed: int,
    advance: Advance,
    known: Mapping[str, Known] | None,
    place: Place,
    after_epoch: AfterEpoch,
) -> tuple[Model, tuple[Epoch, ...]]:
    """Train, and write the model into the empty folder ``made``, if one is given; the rest is as in `train`."""
    sentences = concat(files)
    labels = models.labels_of(models.types_in(sentences))
    mentions = decode(sentences, IOB2)
    machine = resolve(encoder.precision)
    tagger = models.load(encoder.checkpoint, encoder.revision, labels, seed, encoder.head)
    begun = time.monotonic()
    dev = concat(held.dev) if held.dev else None
    history = loop.train(
        tagger, encoder, sentences, dev, seed, machine, advance=advance, after_epoch=after_epoch
    )
    ran = Ran(
        seconds=round(time.monotonic() - begun, 1),
        device=_device(machine),
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
        hashes={
            f"{each.what} ({each.source})": each.sha256
            for each in Basis.of_run(place)
            if each.what != "choices"  # its recipe is one
        },
    )
    called = _called([*files, *held.dev, *held.test])
    material = tuple(_material(each, called[each.file], known or {}) for each in files)
    counts = np.bincount(mentions.type, minlength=len(mentions.types)).tolist()
    about = About(
        encoder=encoder.model_copy(
            update={"checkpoint": model_card.short(encoder.checkpoint, encoder.revision)}
        ),
        labels=labels,
        seed=seed,
        trained_on=tuple(each.called for each in material),
        sentences=sentences.n_sentences,
        steps=sum(epoch.steps for epoch in history),
        types=dict(zip(mentions.types, counts, strict=True)),
        unspaced=_unit(sentences),
        material=material,
        losses=Losses(last=history[-1].loss, constant=loop.constant_loss(sentences)),
        versions={"openner": __version__, **{name: version(name) for name in LIBRARIES}},
        ran=ran,
    )
    model = Model(tagger, about, machine)
    seen = set(_texts(sentences))
    scores = (
        *_scores(model, "dev", held.dev, called, known, seen),
        *_scores(model, "test", held.test, called, known, seen),
    )
    example = example_of(model, about.languages, place)
    about = about.model_copy(update={"scores": scores, "example": example})
    if made is not None:
        saved.save(tagger, about, made)
        follow_umask(made)
    return Model(tagger, about, machine), history


def _unit(sentences: Columns) -> Literal["words", "characters"] | None:
    """Return what tokens are in scripts whose words are found by dictionaries."""
    words = unspaced.by_words(sentences.tokens.to_pylist())
    return None if words is None else "words" if words else "characters"


def _device(machine: Machine) -> str:
    cpu = f"CPU, {counted(torch.get_num_threads(), 'thread')}"
    times = f"{joined().size} × " if joined().size > 1 else ""
    name = torch.cuda.get_device_name() if machine.device == "cuda" else cpu
    return f"{times}{name}, {machine.precision}"


def _called(files: Sequence[Columns]) -> dict[str, str]:
    """Return what each file is called in the model: its name, with the folders that tell it from others and no more.

    Where a file lies on somebody's machine does not belong in a model that they give away.
    """
    parts = {each.file: Path(each.file).parts for each in files}
    called = {}
    for file, own in parts.items():
        others = [other for name, other in parts.items() if name != file]
        length = next(
            (n for n in range(1, len(own) + 1) if all(other[-n:] != own[-n:] for other in others)), len(own)
        )
        called[file] = "/".join(own[-length:]) if own else "given in Python"
    return called


def _material(columns: Columns, called: str, known: Mapping[str, Known]) -> Material:
    return Material(
        called=called,
        sentences=columns.n_sentences,
        tokens=len(columns),
        mentions=len(decode(columns, IOB2)),
        known=known.get(columns.file, Known()),
    )


def _scores(
    model: Model,
    split: Literal["dev", "test"],
    files: Sequence[Columns],
    called: Mapping[str, str],
    known: Mapping[str, Known] | None,
    seen: Set[Text],
) -> list[Scored]:
    """Return scores on each file, and on all files of a language together where it has several."""
    facts = known or {}
    done = [_scored(model, split, each, _material(each, called[each.file], facts), seen) for each in files]
    codes = [each.material.known.language for each in done]
    for code in sorted({each for each in codes if each and codes.count(each) > 1}):
        together = concat([file for file, own in zip(files, codes, strict=True) if own == code])
        material = _material(together, "all of these", {together.file: Known(language=code)})
        done.append(_scored(model, split, together, material, seen))
    return done


def _texts(sentences: Columns) -> Iterator[Text]:
    """Yield the tokens of each sentence that is long enough to be no repetition by nature, as they are compared."""
    encoded = sentences.tokens.dictionary_encode()
    spelled = [normalized(token) for token in encoded.dictionary.to_pylist()]
    numbers = encoded.indices.to_pylist()
    for start, end in pairwise(sentences.sentences.tolist()):
        if end - start >= SHORTEST:
            yield tuple(spelled[number] for number in numbers[start:end])


def _scored(
    model: Model, split: Literal["dev", "test"], file: Columns, material: Material, seen: Set[Text]
) -> Scored:
    predicted = model.label(file).columns
    counts = count(file, predicted)
    by_type = counts.scores()
    whole = by_type.pop(ALL)
    units = file.document_of.astype(np.int64) if len(file.documents) > FEWEST_DOCUMENTS else None
    by_sentence = counts.values.sum(axis=1, dtype=np.int64)[None]
    bounds = interval(by_sentence, CONFIDENCE, units)
    return Scored(
        split=split,
        material=material,
        precision=whole.precision,
        recall=whole.recall,
        f1=whole.f1,
        low=bounds.low,
        high=bounds.high,
        seen=sum(text in seen for text in _texts(file)),
        predicted=len(decode(predicted, IOB2)),
        types={
            type: OfType(mentions=each.reference, precision=each.precision, recall=each.recall, f1=each.f1)
            for type, each in sorted(by_type.items())
        },
    )
