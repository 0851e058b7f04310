"""The compendium's own small causal LM as a learner: what it begins from, its examples, and the loss of its answers.

Two starts: ``minilm``, the weights of the packaged encoder, and ``characters``, random weights over characters. The loss is
taken on the answer alone. Its prompts list no types, so nothing about types is drawn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import BertModel

from openner_utils.llm import chat
from openner_utils.llm import prompts as prompt_files
from openner_utils.llm.prompts import Prompt, shown
from openner_utils.llm.tiny import vocabulary
from openner_utils.llm.tiny.pointer_lm import ReaderConfig, ReaderLM, copyable, first_cursor, next_cursor
from openner_utils.llm.tuning.lessons import Lesson, Pair, length, pairs
from openner_utils.llm.tuning.loop import Course
from openner_utils.support.errors import unknown
from openner_utils.training import checkpoints
from openner_utils.training.descent import Group

Start = Literal["minilm", "characters"]
STARTS: tuple[Start, ...] = ("minilm", "characters")

HEAD_RATE = 3.0
"""The learning rate of the new layers, as a multiple of the body's."""
SYMBOL_WEIGHT = 3.0
"""The weight of a symbol in the loss: decisions are rare among many copied words."""
WARM_UP = 0.1
"""Share of the steps over which the learning rate rises; then it falls linearly to zero."""
WEIGHT_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained; ``prompts`` names its prompt files.

    ``layers`` and ``width`` are those of a body from characters; the packaged encoder has its own.
    """

    start: Start
    steps: int
    batch_size: int
    learning_rate: float
    seed: int
    prompts: tuple[str, ...] = ("inline_short", "json_short")
    layers: int = 4
    width: int = 192

    @property
    def course(self) -> Course:
        """How its training goes."""
        return Course(self.batch_size, self.seed, WARM_UP, steps=self.steps)

    def content(self) -> dict[str, str]:
        """Return what changes when what it begins from does."""
        return checkpoints.find(checkpoints.MINILM).content() if self.start == "minilm" else {}


class TinyLearner:
    """The model before any training, and its examples, which are the same in every epoch.

    Raises `OpenNERError` for a start that is unknown.
    """

    def __init__(self, recipe: Recipe, lessons: Sequence[Lesson]) -> None:
        if recipe.start not in STARTS:
            raise unknown("start", recipe.start, STARTS)
        prompts = [prompt_files.load(name) for name in recipe.prompts]
        sentences = [sentence for lesson in lessons for sentence in lesson.sentences]
        texts = [
            " ".join(shown(sentence.tokens, prompt.format)) for prompt in prompts for sentence in sentences
        ]
        types = list(dict.fromkeys(type for lesson in lessons for type, _ in lesson.types))
        self._rate = recipe.learning_rate
        self.model, self._tokenizer = beginning(recipe, prompts, types, texts)
        found = examples(lessons, prompts, self._tokenizer) if sentences else []
        room = self.model.config.max_position_embeddings
        self._fitting = [pair for pair in found if length(pair) <= room]
        self.too_long = len(found) - len(self._fitting)

    def epoch(self, number: int) -> Sequence[Pair]:
        """Return the examples that fit; see `loop.Learner`."""
        return self._fitting

    def groups(self) -> list[Group]:
        """Return the body and the new layers, which learn faster."""
        body = [weight for weight in self.model.bert.parameters() if weight.requires_grad]
        known = set(map(id, body))
        head = [
            weight for weight in self.model.parameters() if id(weight) not in known and weight.requires_grad
        ]
        return [
            Group(params=body, lr=self._rate, weight_decay=WEIGHT_DECAY),
            Group(params=head, lr=self._rate * HEAD_RATE, weight_decay=WEIGHT_DECAY),
        ]

    def losses(self, batch: Sequence[Pair]) -> Iterable[Tensor]:
        """Yield the loss of a batch."""
        yield loss_of(self.model, batch)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer."""
        self.model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)


def examples(lessons: Sequence[Lesson], prompts: Sequence[Prompt], tokenizer: Any) -> list[Pair]:
    """Return the sentences as token ids of prompts and their answers."""
    encode = partial(chat.text_ids, tokenizer)
    return pairs(lessons, prompts, encode, encode, tokenizer.eos_token_id)


def beginning(
    recipe: Recipe, prompts: Sequence[Prompt], types: Sequence[str], texts: Sequence[str]
) -> tuple[ReaderLM, Any]:
    """Return model and tokenizer before any training.

    From ``minilm`` the body takes over the packaged weights, and each piece of text the packaged vector; from
    ``characters`` all is random. Either way the pointer is set so that the model begins by copying its prompt.
    """
    symbols = vocabulary.symbols(prompts, types)
    if recipe.start == "minilm":
        words, body = _packaged(texts, recipe.seed)
        shape = body.config.to_dict()
    else:
        words, body = vocabulary.of_characters(texts), None
        shape = {
            "hidden_size": recipe.width,
            "num_hidden_layers": recipe.layers,
            "num_attention_heads": max(1, recipe.width // 32),
            "intermediate_size": 4 * recipe.width,
            "max_position_embeddings": 1024,
        }
    tokenizer = vocabulary.tokenizer(words, symbols)
    shape |= {
        "vocab_size": len(tokenizer),
        "first_symbol": len(words.pieces),
        "is_decoder": True,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    for name in ("architectures", "model_type", "_name_or_path", "transformers_version", "dtype"):
        shape.pop(name, None)
    model = ReaderLM(ReaderConfig(**shape))
    if body is not None and words.vectors is not None:
        _take_over(model, body, words.vectors)
    model.start_pointing()
    return model, tokenizer


def _packaged(texts: Sequence[str], seed: int) -> tuple[vocabulary.Vocabulary, Any]:
    """Return the packaged encoder's vocabulary, with what ``texts`` need beside it, and its body."""
    start = checkpoints.find(checkpoints.MINILM)
    assert start.folder is not None
    body: Any = BertModel.from_pretrained(
        start.source, add_pooling_layer=False, use_safetensors=True, **start.options
    )
    vectors = body.embeddings.word_embeddings.weight.detach()
    return vocabulary.of_checkpoint(start.folder, vectors, texts, seed), body


def _take_over(model: ReaderLM, body: Any, vectors: Tensor) -> None:
    """Give the model a pretrained body, and the ``vectors`` [pieces, width] of its pieces of text."""
    weights = {k: v for k, v in body.state_dict().items() if k != "embeddings.word_embeddings.weight"}
    model.bert.load_state_dict(weights, strict=False)
    words = model.bert.embeddings.word_embeddings.weight
    with torch.no_grad():
        words[: len(vectors)] = vectors
    # A few hundred sentences meet few of the words: pretrained vectors stay as they are, for words that were
    # met and words that were not. It also saves a fifth of the time.
    words.requires_grad_(False)


def loss_of(model: ReaderLM, batch: Sequence[Pair]) -> Tensor:
    """Return the mean loss of a batch's answers.

    A word's probability is the sum over its places in the prompt. Answer tokens that the prompt lacks (a
    backslash before a quote in JSON) cannot be said by this model and are left out of the loss.

    Prompts are padded on the left and answers on the right, [batch, width + length], so that every answer begins in one
    column, as in generation. All answer tokens are computed at once: each sees its prompt and the answer before it.
    """
    first = model.config.first_symbol
    width = max(len(prompt) for prompt, _ in batch)
    length = max(len(reply) for _, reply in batch)
    ids = torch.zeros(len(batch), width + length, dtype=torch.long)
    seen = torch.zeros_like(ids, dtype=torch.bool)
    for row, (prompt, reply) in enumerate(batch):
        at = width - len(prompt)
        ids[row, at : width + len(reply)] = torch.tensor(prompt + reply)
        seen[row, at : width + len(reply)] = True
    asked, asked_seen = ids[:, :width], seen[:, :width]
    may_copy = copyable(asked, asked_seen, first)
    positions = _positions(ids, seen, width, first, may_copy)
    place = torch.arange(width + length)
    mask = seen[:, None, None] & ((place[None, :] < width) | (place[None, :] <= place[:, None]))
    answer = (place >= width - 1).expand_as(ids)
    mask = mask | torch.eye(width + length, dtype=torch.bool)
    # The last token of a reply is the end, which nothing follows: it is predicted, but not read.
    states = model.read(ids[:, :-1], mask[..., :-1, :-1], positions[:, :-1], answer[:, :-1]).last_hidden_state
    match, symbols = model.scores(states[:, width - 1 :], states[:, :width], may_copy)
    target, wanted = ids[:, width:], seen[:, width:]
    everything = torch.cat([match, symbols], -1).logsumexp(-1)
    same = (asked[:, None] == target[..., None]) & may_copy[:, None]
    copied = match.masked_fill(~same, -1e9).logsumexp(-1)
    is_symbol = target >= first
    said = symbols.gather(-1, (target - first).clamp_min(0)[..., None])[..., 0]
    loss = everything - torch.where(is_symbol, said, copied)
    weight = torch.where(is_symbol, SYMBOL_WEIGHT, 1.0) * (wanted & (is_symbol | same.any(-1)))
    return (loss * weight).sum() / weight.sum()


def _positions(ids: Tensor, seen: Tensor, width: int, first_symbol: int, may_copy: Tensor) -> Tensor:
    """Return the positions of prompts (``width`` tokens, left-padded) and answers, as in generation."""
    positions = (seen.cumsum(1) - 1).clamp_min(0)
    cursor = first_cursor(ids[:, :width], seen[:, :width], first_symbol)
    positions[:, width - 1] = positions.gather(1, cursor[:, None])[:, 0]
    for at in range(width, ids.shape[1]):
        cursor = next_cursor(cursor, ids[:, at], ids[:, :width], may_copy)
        positions[:, at] = positions.gather(1, cursor[:, None])[:, 0]
    return positions
