"""The model: one encoder reads sentences and names of types, and a span is of a type if their dot product is above a threshold.

Binder (Zhang et al. 2023, arXiv 2208.14565) has an encoder for text and one for types, compares spans with types by cosine, and learns
thresholds; GLiNER (Zaratiana et al. 2024, arXiv 2311.08526) has one encoder that reads both at once, scores by the sigmoid of a dot
product, and cuts at a half. Here one encoder reads both apart: half the weights, vectors of types that can be kept, and both begin in the
space of a sentence encoder, in which names that mean the same are near each other.
"""

import math

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel

from openner_utils.core.alignment import SubTokenizer
from openner_utils.encoders.models import tokenizer_of
from openner_utils.opentypes.inputs import Batch
from openner_utils.opentypes.recipe import Recipe
from openner_utils.support.errors import OpenNERError
from openner_utils.training import loading
from openner_utils.training.checkpoints import Checkpoint, find

RARE = 4.0
"""Where the threshold begins: nearly all spans are of no type, and a model that knows nothing had better say so."""


class Head(nn.Module):
    """What is trained from scratch: spans and types are brought into one space of ``size`` dimensions."""

    def __init__(self, hidden: int, size: int, widest: int) -> None:
        super().__init__()
        self.begin = nn.Linear(hidden, size)
        self.end = nn.Linear(hidden, size)
        self.width = nn.Embedding(widest, size)
        self.of_span = nn.Sequential(nn.GELU(), nn.LayerNorm(size), nn.Linear(size, size))
        self.of_type = nn.Linear(hidden, size)
        self.threshold = nn.Parameter(torch.tensor(RARE))
        self._scale = 1 / math.sqrt(size)

    def spans(self, states: Tensor, batch: Batch) -> Tensor:
        """Return vectors of spans [n_spans, size] from states of sub-tokens [batch, sub-tokens, hidden]."""
        rows, first, last = (each.to(states.device) for each in (batch.rows, batch.first, batch.last))
        widths = torch.from_numpy(batch.ends - batch.starts - 1).to(states.device)
        vectors: Tensor = self.of_span(
            self.begin(states)[rows, first] + self.end(states)[rows, last] + self.width(widths)
        )
        return vectors

    def scores(self, spans: Tensor, types: Tensor) -> Tensor:
        """Return how far each span is above the threshold of being of each type [n_spans, n_types]; its sigmoid is a probability."""
        return spans @ types.T * self._scale - self.threshold


class BiEncoder(nn.Module):
    """The encoder of a checkpoint with a `Head`."""

    def __init__(self, encoder: PreTrainedModel, size: int, widest: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = Head(int(encoder.config.hidden_size), size, widest)

    def types(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return vectors of types [n_types, size]: the mean over the sub-tokens of their texts [n_types, sub-tokens]."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        vectors: Tensor = self.head.of_type((states * weights).sum(1) / weights.sum(1))
        return vectors

    def forward(self, batch: Batch, types: Tensor) -> Tensor:
        """Return the scores of a batch's spans for vectors of types [n_spans, n_types] (see `Head.scores`)."""
        device = types.device
        states = self.encoder(input_ids=batch.ids.to(device), attention_mask=batch.mask.to(device))
        return self.head.scores(self.head.spans(states.last_hidden_state, batch), types)


def made(recipe: Recipe, seed: int) -> tuple[SubTokenizer, BiEncoder]:
    """Return the tokenizer and an untrained model of a recipe; ``seed`` sets every weight that the checkpoint lacks."""
    return of_checkpoint(recipe, find(recipe.checkpoint, recipe.revision), recipe.checkpoint, seed)


def of_checkpoint(
    recipe: Recipe, found: Checkpoint, name: str, seed: int = 0
) -> tuple[SubTokenizer, BiEncoder]:
    """Return tokenizer and model with the weights of a checkpoint; ``name`` is named in errors.

    Raises `OpenNERError` for a checkpoint that is absent, broken, or reads less than ``max_length`` sub-tokens.
    """
    config = loading.config_of(name, found)
    tokenizer, longest = tokenizer_of(name, found, config)
    if recipe.max_length > longest:
        raise OpenNERError(
            f"{name} reads at most {longest} sub-tokens at once, but max_length is {recipe.max_length}. Lower it."
        )
    torch.manual_seed(seed)
    encoder = loading.model_of(
        name, found, AutoModel, lambda _, key: key.startswith("pooler."), dtype=torch.float32
    )
    return tokenizer, BiEncoder(encoder, recipe.size, recipe.widest)
