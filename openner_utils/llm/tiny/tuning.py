"""Training the compendium's own small causal LM on prompts and right answers, and its control.

Two starts: ``minilm``, the weights of the packaged encoder, and ``characters``, random weights over characters.
Training takes a fixed number of steps, never a span of time, in one thread, so that a seed gives one model. The
loss is taken on the answer alone.

The *control* is the same training on sentences whose mentions were exchanged at random: as many of them as find
room, of the same lengths and types, but not where the names are. What a model scores beyond its control, it learned from
the labels; what it does not, it would have scored without them.
"""

import math
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import BertModel

from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm import prompts as prompt_files
from openner_utils.llm.prompts import Example, Prompt, answer, shown
from openner_utils.llm.tiny import vocabulary
from openner_utils.llm.tiny.pointer_lm import ReaderConfig, ReaderLM, copyable, first_cursor, next_cursor
from openner_utils.runs.executors import Advance, nobody, this_machine
from openner_utils.runs.kept import Kept
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import CPU
from openner_utils.support import files, paths
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.progress import bar
from openner_utils.training import checkpoints
from openner_utils.training.batches import by_length
from openner_utils.training.descent import Descent, Group

Start = Literal["minilm", "characters"]
STARTS: tuple[Start, ...] = ("minilm", "characters")

HEAD_RATE = 3.0
"""The learning rate of the new layers, as a multiple of the body's."""
SYMBOL_WEIGHT = 3.0
"""The weight of a symbol in the loss: decisions are rare among many copied words."""
WARM_UP = 0.1
"""Share of the steps over which the learning rate rises; then it falls linearly to zero."""
WEIGHT_DECAY = 0.01
BUCKET = 8
"""Sentences of similar length are batched within groups of so many batches."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained; ``prompts`` names its prompt files, ``types`` the entity types with definitions.

    ``layers`` and ``width`` are those of a body from characters; the packaged encoder has its own.
    """

    start: Start
    steps: int
    batch_size: int
    learning_rate: float
    seed: int
    prompts: tuple[str, ...] = ("inline_short", "json_short")
    types: tuple[tuple[str, str], ...] = tuple(prompt_files.CORE_TYPES.items())
    layers: int = 4
    width: int = 192


@dataclass(frozen=True, slots=True)
class Job:
    """One training: recipe, sentences, and the folder that receives model, tokenizer and training.json."""

    recipe: Recipe
    sentences: tuple[Example, ...]
    folder: Path
    description: str = "tuning"

    def __str__(self) -> str:
        return self.description


def key_of(job: Job) -> str:
    """Return the key under which a finished training is kept: recipe, sentences, prompts, code, libraries."""
    start = checkpoints.find(checkpoints.MINILM).content() if job.recipe.start == "minilm" else {}
    return run_key(
        "llm/tiny/tuning.py",
        CPU,
        {
            "recipe": asdict(job.recipe),
            "start": start,
            "sentences": digest([asdict(sentence) for sentence in job.sentences]),
        },
        [paths.PROMPTS / f"{name}.txt" for name in job.recipe.prompts],
    )


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out: examples used and left out as too long, weights, and mean loss by step (rounded)."""

    examples: int
    too_long: int
    weights: int
    losses: tuple[tuple[int, float], ...]

    @classmethod
    def read(cls, folder: Path) -> "Trained":
        """Return what a training wrote beside its model."""
        values = read_json(folder / "training.json")
        return cls(**values | {"losses": tuple((step, loss) for step, loss in values["losses"])})


def shuffled(sentences: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """Return the same sentences for a control: each with another one's mentions, at random places.

    A mention that finds no room in its new sentence is left out.
    """
    chance = random.Random(seed)
    mentions = [IOB2.decode(sentence.labels) for sentence in sentences]
    chance.shuffle(mentions)
    result = []
    for sentence, borrowed in zip(sentences, mentions, strict=True):
        length = len(sentence.tokens)
        placed: list[Mention] = []
        for mention in borrowed:
            spans = (Span(at, at + len(mention.span)) for at in range(length - len(mention.span) + 1))
            free = [span for span in spans if not any(span.overlaps(other.span) for other in placed)]
            if free:
                placed.append(Mention(chance.choice(free), mention.type))
        result.append(replace(sentence, labels=IOB2.encode(sorted(placed), length)))
    return tuple(result)


def train_all(jobs: Sequence[Job], workers: int, resume: Path) -> list[Trained]:
    """Run the jobs, ``workers`` at a time, each in a process of its own with one thread.

    Finished trainings are kept in ``resume`` and taken from there while their key holds; those that no job of the last
    call asked for are dropped, for models are large.
    """
    keys, kept = [key_of(job) for job in jobs], Kept(resume)
    by_key = dict(zip(keys, jobs, strict=True))
    missing = [(key, by_key[key]) for key in kept.missing(keys)]
    if missing:
        steps = sum(job.recipe.steps for _, job in missing)
        with bar(jobs[0].description, total=steps) as shown:
            kept.carry_out(train, missing, this_machine(workers), shown.advance)
    kept.drop_others(keys)
    for key, job in zip(keys, jobs, strict=True):
        shutil.rmtree(job.folder, ignore_errors=True)
        shutil.copytree(kept.folder(key), job.folder)
    return [Trained.read(job.folder) for job in jobs]


def train(job: Job, folder: Path, advance: Advance = nobody) -> Trained:
    """Train one model and save it in ``folder``; raises `OpenNERError` where nothing can be learned from."""
    recipe = job.recipe
    if recipe.start not in STARTS:
        raise unknown("start", recipe.start, STARTS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        prompts = [prompt_files.load(name) for name in recipe.prompts]
        texts = [
            " ".join(shown(sentence.tokens, prompt.format))
            for prompt in prompts
            for sentence in job.sentences
        ]
        model, tokenizer = _beginning(recipe, prompts, texts)
        pairs = _pairs(job.sentences, prompts, dict(recipe.types), tokenizer) if job.sentences else []
        fitting = [pair for pair in pairs if _length(pair) <= model.config.max_position_embeddings]
        if not fitting:
            raise OpenNERError(
                f"{len(job.sentences)} training sentences, none of which fits the model. Name other languages in "
                "the block 'tune' of params.yaml."
            )
        losses = _fit(model, fitting, recipe, advance)
    result = Trained(
        examples=len(fitting),
        too_long=len(pairs) - len(fitting),
        weights=sum(weight.numel() for weight in model.parameters()),
        losses=losses,
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    files.write_json(folder / "training.json", asdict(result))
    return result


def _beginning(recipe: Recipe, prompts: Sequence[Prompt], texts: Sequence[str]) -> tuple[ReaderLM, Any]:
    """Return model and tokenizer before any training.

    From ``minilm`` the body takes over the packaged weights, and each piece of text the packaged vector; from
    ``characters`` all is random. Either way the pointer is set so that the model begins by copying its prompt.
    """
    symbols = vocabulary.symbols(prompts, [type for type, _ in recipe.types])
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


Pair = tuple[list[int], list[int]]
"""Token ids of a prompt and of its right answer, the end included."""


def _pairs(
    sentences: Sequence[Example], prompts: Sequence[Prompt], types: dict[str, str], tokenizer: Any
) -> list[Pair]:
    questions, answers = [], []
    for prompt in prompts:
        for sentence in sentences:
            # Sentences of several languages are mixed: each is written as its language writes, as when it is asked.
            questions.append(prompt.render(sentence.tokens, types, sep=sentence.separator))
            answers.append(answer(sentence.tokens, sentence.labels, prompt.format, sentence.separator))
    asked, answered = (
        tokenizer(texts, add_special_tokens=False)["input_ids"] for texts in (questions, answers)
    )
    return [
        (question, [*reply, tokenizer.eos_token_id]) for question, reply in zip(asked, answered, strict=True)
    ]


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1])


def _batches(pairs: Sequence[Pair], size: int, steps: int, chance: random.Random) -> Iterator[list[Pair]]:
    """Yield ``steps`` batches: epoch by epoch, sentences of similar length together."""
    lengths = [_length(pair) for pair in pairs]
    queue: list[list[int]] = []
    for _ in range(steps):
        if not queue:
            queue = list(by_length(chance.sample(range(len(pairs)), len(pairs)), lengths, size, BUCKET))
            chance.shuffle(queue)
        yield [pairs[number] for number in queue.pop()]


def _fit(
    model: ReaderLM, pairs: Sequence[Pair], recipe: Recipe, advance: Advance
) -> tuple[tuple[int, float], ...]:
    """Train the model in place; return the mean loss over each twentieth of the steps."""
    body = [weight for weight in model.bert.parameters() if weight.requires_grad]
    known = set(map(id, body))
    head = [weight for weight in model.parameters() if id(weight) not in known and weight.requires_grad]
    rate = recipe.learning_rate
    descent = Descent(
        [
            Group(params=body, lr=rate, weight_decay=WEIGHT_DECAY),
            Group(params=head, lr=rate * HEAD_RATE, weight_decay=WEIGHT_DECAY),
        ],
        [*body, *head],
        recipe.steps,
        max(1, round(WARM_UP * recipe.steps)),
        first=1,
    )
    every = math.ceil(recipe.steps / 20)
    recent: list[float] = []
    losses: list[tuple[int, float]] = []
    model.train()
    batches = _batches(pairs, recipe.batch_size, recipe.steps, random.Random(recipe.seed))
    for step, batch in enumerate(batches, start=1):
        recent.append(descent.step([loss_of(model, batch)]))
        advance(1)
        if step % every == 0 or step == recipe.steps:
            losses.append((step, round(sum(recent) / len(recent), 3)))
            recent.clear()
    model.eval()  # type: ignore[no-untyped-call]
    return tuple(losses)


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
