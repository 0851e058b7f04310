"""A small encoder that sees every script: trained from scratch on characters, with no vocabulary to be missing from.

Its sub-tokens are Unicode code points (decomposed, so that accents, tone marks and Korean letters stand alone) behind
one sub-token that marks the start of a token. Convolutions over characters are pooled to one vector per token, and
convolutions over tokens add context. It is small because it has to learn everything from a few hundred sentences.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import TokenClassifierOutput

from openner_utils.training.loading import LAYERS

PAD, START = 0, 1
_FIRST = 2  # first id of a character

ROWS = 8191
"""Code points share an embedding modulo this prime: every alphabet lies below it and has rows of its own, only
ideographs, Hangul syllables (which are decomposed) and symbols meet."""

CLASSES = 8
_CLASS = {"Lu": 1, "Lt": 1, "Ll": 2, "L": 3, "N": 4, "M": 5, "P": 6}
"""Classes of characters by Unicode general category, or by its first letter; 0 is everything else."""


@cache
def _sub_token(character: str) -> int:
    """Return the id of a character: the row of its lower-case form and its class, so that case is a class alone."""
    category = unicodedata.category(character)
    kind = _CLASS.get(category, _CLASS.get(category[0], 0))
    return _FIRST + (ord(character.lower()[0]) % ROWS) * CLASSES + kind


class CharacterTokenizer:
    """Tokens as characters; see `openner_utils.core.alignment.SubTokenizer`."""

    pad = PAD
    unknown = None
    stand_in = START
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def encode(self, sentences: Sequence[Sequence[str]]) -> Iterator[tuple[list[int], list[int]]]:
        """Yield sub-token ids and token numbers of each sentence; even an empty token has its start sub-token."""
        for sentence in sentences:
            sub_tokens: list[int] = []
            owners: list[int] = []
            for number, token in enumerate(sentence):
                characters = [_sub_token(character) for character in unicodedata.normalize("NFD", token)]
                sub_tokens += [START, *characters]
                owners += [number] * (1 + len(characters))
            yield sub_tokens, owners

    def seen(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens as they are: case, accents and every character of every script are seen."""
        return list(tokens)


class CharacterConfig(PretrainedConfig):
    """Sizes of a `CharacterModel`; ``kernels`` are widths of convolutions over characters, ``layers`` over tokens."""

    model_type = "openner-characters"

    def __init__(
        self,
        character_size: int = 32,
        channels: int = 64,
        kernels: Sequence[int] = (3, 5),
        hidden_size: int = 96,
        layers: int = 3,
        dropout: float = 0.3,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}, no share below 1")
        if layers > LAYERS or len(kernels) > LAYERS:
            raise ValueError(f"{layers:,} layers and {len(kernels):,} kernels are more than {LAYERS:,}")
        self.character_size, self.channels, self.kernels = character_size, channels, list(kernels)
        self.hidden_size, self.layers, self.dropout = hidden_size, layers, dropout


class CharacterModel(PreTrainedModel):
    """Characters → tokens → labels; every sub-token of a token gets the token's logits."""

    config_class = CharacterConfig
    config: CharacterConfig
    base_model_prefix = ""

    def __init__(self, config: CharacterConfig) -> None:
        super().__init__(config)
        size: int = config.hidden_size
        self.rows = nn.Embedding(ROWS + _FIRST, config.character_size)
        self.classes = nn.Embedding(CLASSES, config.character_size)
        self.over_characters = nn.ModuleList(
            nn.Conv1d(config.character_size, config.channels, width, padding=width // 2)
            for width in config.kernels
        )
        self.to_tokens = nn.Linear(config.channels * len(config.kernels), size)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(config.layers))
        self.over_tokens = nn.ModuleList(
            nn.Conv1d(size, size, 3, padding=2**layer, dilation=2**layer) for layer in range(config.layers)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(size, len(config.id2label or ()))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        # Convolutions, linear layers and norms keep the start that torch gives them.
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> TokenClassifierOutput:
        """Return logits [batch, sub-tokens, labels] of ids [batch, sub-tokens] with a mask of 1 (sub-token) and 0 (filling)."""
        present = attention_mask.unsqueeze(-1).bool()  # [batch, sub-tokens, 1]
        starts = input_ids == START
        token = (starts.cumsum(1) - 1).clamp(min=0)  # number of the token that each sub-token belongs to
        counts = starts.sum(1, keepdim=True)
        real = torch.arange(int(counts.max()), device=input_ids.device) < counts  # [batch, tokens]

        character = (input_ids - _FIRST).clamp(min=0)
        row = torch.where(input_ids < _FIRST, input_ids, _FIRST + character // CLASSES)
        letters = (self.rows(row) + self.classes(character % CLASSES)) * present
        letters = letters.transpose(1, 2)
        found = torch.cat([convolve(letters).relu() for convolve in self.over_characters], 1)
        found = found.transpose(1, 2) * present

        # What was found is not negative, so zero is neutral for the maximum over a token's sub-tokens.
        pooled = found.new_zeros(*real.shape, found.shape[-1])
        pooled = pooled.scatter_reduce(1, token.unsqueeze(-1).expand_as(found), found, "amax")
        state = self.to_tokens(self.dropout(pooled))
        for norm, convolve in zip(self.norms, self.over_tokens, strict=True):
            around = (norm(state) * real.unsqueeze(-1)).transpose(1, 2)
            state = state + self.dropout(nn.functional.gelu(convolve(around)).transpose(1, 2))
        logits = self.classifier(self.dropout(state))
        of_sub_tokens = token.unsqueeze(-1).expand(-1, -1, logits.shape[-1])
        return TokenClassifierOutput(logits=logits.gather(1, of_sub_tokens))
