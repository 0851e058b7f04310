"""Trained taggers in a folder: what Transformers saves and loads, and beside it what it has no place for."""

import tempfile
from pathlib import Path
from typing import Literal

import torch
from pydantic import field_validator
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from openner_utils.config.params import Encoder
from openner_utils.core.encoding import IOB2, OUTSIDE
from openner_utils.encoders import models
from openner_utils.encoders.characters import CharacterModel, CharacterTokenizer
from openner_utils.encoders.models import CHARACTERS, FastTokenizer, Tagger
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.support.records import Record, parse
from openner_utils.training.loading import check_folder, explained

ABOUT, FIELD = "openner.json", "crf.safetensors"


class About(Record):
    """What ``openner.json`` holds: how the model reads and decodes, and what it was made from."""

    version: Literal[1] = 1
    encoder: Encoder
    """The recipe; its ``checkpoint`` is the one that training began with."""
    labels: tuple[str, ...]
    """Every label that the model can give, in the order of its outputs (IOB2)."""
    seed: int
    trained_on: tuple[str, ...]
    """Files or corpora, as their users call them."""
    sentences: int
    steps: int
    types: dict[str, int]
    """Entity type → mentions that were trained on."""

    @field_validator("labels")
    @classmethod
    def _labels_are_iob2(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for label in value:
            IOB2.split(label)
        if OUTSIDE not in value or len(set(value)) < len(value):
            raise ValueError("these are no labels of a model: O and others, each once")
        return value


def save(tagger: Tagger, about: About, folder: Path) -> None:
    """Write a trained tagger into ``folder``, which an earlier model may hold; it appears whole or not at all.

    A plain token-classification pipeline of Transformers loads it too, if it is no model on characters and has no field.
    Raises `OpenNERError` where the folder holds anything else.
    """
    if folder.exists() and not (folder / ABOUT).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise OpenNERError(f"{folder}: holds something else than a trained model. Name another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder.parent) as beside:
        made = Path(beside) / "model"
        tagger.model.save_pretrained(made)
        if isinstance(tagger.tokenizer, FastTokenizer):
            tagger.tokenizer.save(made)
        if tagger.crf is not None:
            save_file(tagger.crf.state_dict(), made / FIELD)
        write_text(made / ABOUT, about.model_dump_json(indent=1) + "\n")
        old = Path(beside) / "old"
        if folder.exists():
            folder.rename(old)
        made.rename(folder)


def about(folder: Path) -> About:
    """Return what a saved model says of itself; `OpenNERError` for a folder without one."""
    path = folder / ABOUT
    if not path.is_file():
        raise OpenNERError(
            f"{folder}: no trained model lies there ({ABOUT} is missing). Make one: openner train --help"
        )
    return parse(About, read_json(path), str(path))


def load(folder: Path) -> tuple[Tagger, About]:
    """Return a saved tagger and what it says of itself; data alone is read, and no code of the folder runs."""
    found = about(folder)
    if found.encoder.checkpoint == CHARACTERS:
        tagger = _characters(folder, found)
    else:
        tagger = models.load(str(folder.resolve()), None, found.labels, seed=0, head=found.encoder.head)
    _refuse_parts_of_others(folder, tagger)
    if tagger.crf is not None:
        path = folder / FIELD
        try:
            tagger.crf.load_state_dict(load_file(path))
        except (OSError, RuntimeError) as error:
            raise OpenNERError(
                f"{path}: no field for {len(found.labels)} labels. Train the model again."
            ) from error
    return tagger, found


def _characters(folder: Path, found: About) -> Tagger:
    name = str(folder)
    with explained(name):
        check_folder(name, folder)
        model = CharacterModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    tagger = models.load(CHARACTERS, None, found.labels, seed=0, head=found.encoder.head)
    return Tagger(CharacterTokenizer(), model, found.labels, tagger.crf, tagger.longest)


def _refuse_parts_of_others(folder: Path, tagger: Tagger) -> None:
    """Refuse a folder whose config or weights are not those of the model that `ABOUT` tells of."""
    named = tuple(label for _, label in sorted((tagger.model.config.id2label or {}).items()))
    with safe_open(folder / "model.safetensors", "pt") as weights:
        there = set(weights.keys())
    what = (
        "labels" if named != tagger.labels else "weights" if there != set(tagger.model.state_dict()) else ""
    )
    if what:
        raise OpenNERError(f"{folder}: the {what} are not those of one model. Train the model again.")
