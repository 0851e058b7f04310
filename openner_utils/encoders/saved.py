"""Trained taggers in a folder: what Transformers saves and loads, and beside it what it has no place for."""

import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import PreTrainedConfig

from openner_utils.encoders import model_card, models
from openner_utils.encoders.about import About
from openner_utils.encoders.characters import CharacterConfig, CharacterModel, CharacterTokenizer
from openner_utils.encoders.crf import Crf
from openner_utils.encoders.exported import GRAPH, Exported
from openner_utils.encoders.models import CHARACTERS, FastTokenizer, Tagger
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.support.records import parse
from openner_utils.training import checkpoints
from openner_utils.training.loading import check_folder, config_of, explained

ABOUT, FIELD, CARD = "openner.json", "crf.safetensors", "README.md"


def save(tagger: Tagger, about: About, folder: Path) -> None:
    """Write a trained tagger into an empty ``folder``.

    A plain token-classification pipeline of Transformers loads it too, if it is no model on characters and has no field.
    """
    tagger.pretrained.save_pretrained(folder)
    save_beside(tagger, about, folder)


def save_beside(tagger: Tagger, about: About, folder: Path) -> None:
    """Write what belongs to a tagger beside its weights: tokenizer, field, what is known of it, and its card."""
    if isinstance(tagger.tokenizer, FastTokenizer):
        tagger.tokenizer.save(folder)
    if tagger.crf is not None:
        save_file(tagger.crf.state_dict(), folder / FIELD)
    write_text(folder / ABOUT, about.model_dump_json(indent=1) + "\n")
    write_text(folder / CARD, model_card.text(about))


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
    if found.form is not None:
        tagger = _exported(folder, found)
    else:
        characters = found.encoder.checkpoint == CHARACTERS
        tagger = _characters(folder, found) if characters else _pretrained(folder, found)
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


def _pretrained(folder: Path, found: About) -> Tagger:
    return models.load(str(folder.resolve()), None, found.labels, seed=0, head=found.encoder.head)


def _exported(folder: Path, found: About) -> Tagger:
    """Return a tagger whose model is an ONNX file; its tokenizer and config are as Transformers saves them."""
    name = str(folder)
    crf = Crf(len(found.labels)) if found.encoder.head == "crf" else None
    if found.encoder.checkpoint == CHARACTERS:
        with explained(name):
            check_folder(name, folder)
            of_characters = CharacterConfig.from_pretrained(folder)
        _refuse_labels(folder, of_characters, found.labels)
        model = Exported(folder / GRAPH, found.labels)
        return Tagger(CharacterTokenizer(), model, found.labels, crf, sys.maxsize)
    checkpoint = checkpoints.in_folder(folder.resolve())
    config = config_of(name, checkpoint)
    _refuse_labels(folder, config, found.labels)
    tokenizer, longest = models.tokenizer_of(name, checkpoint, config)
    return Tagger(tokenizer, Exported(folder / GRAPH, found.labels), found.labels, crf, longest)


def _characters(folder: Path, found: About) -> Tagger:
    name = str(folder)
    with explained(name):
        check_folder(name, folder)
        model = CharacterModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    tagger = models.load(CHARACTERS, None, found.labels, seed=0, head=found.encoder.head)
    return Tagger(CharacterTokenizer(), model, found.labels, tagger.crf, tagger.longest)


def _refuse_labels(folder: Path, config: PreTrainedConfig, labels: tuple[str, ...]) -> None:
    if tuple(label for _, label in sorted((config.id2label or {}).items())) != labels:
        raise _not_of_one(folder, "labels")


def _refuse_parts_of_others(folder: Path, tagger: Tagger) -> None:
    """Refuse a folder whose config or weights are not those of the model that `ABOUT` tells of."""
    _refuse_labels(folder, tagger.pretrained.config, tagger.labels)
    with safe_open(folder / "model.safetensors", "pt") as weights:
        there = set(weights.keys())
    needed = tagger.model.state_dict()
    # A weight that has two names (T5's table of sub-tokens) is written under one of them.
    held = {needed[name].data_ptr() for name in there & set(needed)}
    if there - set(needed) or any(weight.data_ptr() not in held for weight in needed.values()):
        raise _not_of_one(folder, "weights")


def _not_of_one(folder: Path, what: str) -> OpenNERError:
    return OpenNERError(f"{folder}: the {what} are not those of one model. Train the model again.")
