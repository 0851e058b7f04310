"""The model: one encoder reads sentences and names of types, and a span is of a type if their dot product is above a threshold.

Binder (Zhang et al. 2023, arXiv 2208.14565) has an encoder for text and one for types, compares spans with types by cosine, and learns
thresholds; GLiNER (Zaratiana et al. 2024, arXiv 2311.08526) has one encoder that reads both at once, scores by the sigmoid of a dot
product, and cuts at a half. Here one encoder reads both apart: half the weights, vectors of types that can be kept, and both begin in the
space of a sentence encoder, in which names that mean the same are near each other.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel

from openner_utils.core.alignment import SubTokenizer
from openner_utils.encoders.models import tokenizer_of
from openner_utils.opentypes.inputs import Batch, Texts
from openner_utils.opentypes.packing import KINDS, packed
from openner_utils.opentypes.recipe import Recipe
from openner_utils.support.errors import OpenNERError
from openner_utils.training import loading
from openner_utils.training.checkpoints import Checkpoint, find

SCALE, RARE = 20.0, 8.0
"""Where scale and threshold begin: nearly all spans are of no type, and a model that knows nothing had better say so."""


class Head(nn.Module):
    """What is trained from scratch. It begins as nothing: a span is the mean of its first and its last sub-token, a type the mean of its text,
    and their cosine is what the sentence encoder makes of it; ``size`` units learn what is to be added to either.
    """

    def __init__(self, hidden: int, size: int, widest: int) -> None:
        super().__init__()
        self.begin = nn.Linear(hidden, size)
        self.end = nn.Linear(hidden, size)
        self.width = nn.Embedding(widest, size)
        to_span, to_type = nn.Linear(size, hidden), nn.Linear(size, hidden)
        for added in (to_span, to_type):
            nn.init.zeros_(added.weight)
            nn.init.zeros_(added.bias)
        self.of_span = nn.Sequential(nn.GELU(), nn.LayerNorm(size), to_span)
        self.of_type = nn.Sequential(nn.Linear(hidden, size), nn.GELU(), nn.LayerNorm(size), to_type)
        self.scale = nn.Parameter(torch.tensor(math.log(SCALE)))
        self.threshold = nn.Parameter(torch.tensor(RARE))

    def spans(self, states: Tensor, batch: Batch) -> Tensor:
        """Return vectors of spans of length 1 [n_spans, hidden] from states of sub-tokens [batch, sub-tokens, hidden]."""
        rows, first, last = (each.to(states.device) for each in (batch.rows, batch.first, batch.last))
        widths = torch.from_numpy(batch.ends - batch.starts - 1).to(states.device)
        added = self.begin(states)[rows, first] + self.end(states)[rows, last] + self.width(widths)
        mean = (states[rows, first] + states[rows, last]) / 2
        return nn.functional.normalize(mean + self.of_span(added), dim=-1)

    def types(self, means: Tensor) -> Tensor:
        """Return vectors of types of length 1 [n_types, hidden] from the means of their sub-tokens' states."""
        return nn.functional.normalize(means + self.of_type(means), dim=-1)

    def scores(self, spans: Tensor, types: Tensor) -> Tensor:
        """Return how far each span is above the threshold of being of each type [n_spans, n_types]; its sigmoid is a probability."""
        return self.scale.exp() * (spans @ types.T) - self.threshold


class BiEncoder(nn.Module):
    """The encoder of a checkpoint with a `Head`; the encoder computes in the recipe's ``precision``, the head in fp32."""

    def __init__(self, encoder: PreTrainedModel, recipe: Recipe) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = Head(int(encoder.config.hidden_size), recipe.size, recipe.widest)
        self._bf16 = recipe.precision == "bf16"

    def _states(self, ids: Tensor, mask: Tensor, **more: Tensor) -> Tensor:
        device = next(self.parameters()).device
        placed = {name: each.to(device) for name, each in more.items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=self._bf16):
            read = self.encoder(input_ids=ids.to(device), attention_mask=mask.to(device), **placed)
        states: Tensor = read.last_hidden_state
        return states.float()

    def types(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return vectors of types [n_types, hidden], from the mean over the sub-tokens of their texts [n_types, sub-tokens]."""
        states = self._states(ids, mask)
        weights = mask.to(states.device).unsqueeze(-1).to(states.dtype)
        return self.head.types((states * weights).sum(1) / weights.sum(1))

    def forward(self, batch: Batch, types: Tensor) -> Tensor:
        """Return the scores of a batch's spans for vectors of types [n_spans, n_types] (see `Head.scores`)."""
        return self.head.scores(self.head.spans(self._states(batch.ids, batch.mask), batch), types)

    def together(self, batch: Batch, texts: Texts, numbers: Sequence[int]) -> Tensor:
        """Return what `forward` does for the texts with these numbers, which are read in the same pass where the encoder can (see `packing`)."""
        if self.encoder.config.model_type not in KINDS:
            return self.forward(batch, self.types(*texts.batch(numbers)))
        both = packed(batch, texts.framed(numbers), texts.tokenizer.pad)
        states = self._states(both.ids, both.mask, position_ids=both.places)
        return self.head.scores(
            self.head.spans(states[: both.windows], batch), self.head.types(both.means(states))
        )


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
    return tokenizer, BiEncoder(encoder, recipe)
