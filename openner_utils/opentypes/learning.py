"""Training: each span of a sentence against each type that its corpus annotates.

Pairs of span and type are judged one by one, as in GLiNER (section 2.3), with two differences. A corpus is no witness against types that it does
not annotate, so these are masked, as in `encoders.partial`. And the loss is focal (see `focal`). It is summed over pairs and averaged over the
sentences of a batch. Steps, batches and the trimmed table of sub-tokens are those of the room `training`. The order of batches, and what
each sees, follow from the seed alone.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from openner_utils.core.alignment import SubTokenizer
from openner_utils.core.columns import concat
from openner_utils.encoders.inputs import shuffled
from openner_utils.encoders.loop import seed_everything
from openner_utils.opentypes.inputs import Batch, Inputs, Numbers, Texts, collate, prepare, spans_of
from openner_utils.opentypes.material import Material, Names, Seen
from openner_utils.opentypes.model import BiEncoder, made
from openner_utils.opentypes.recipe import Recipe
from openner_utils.runs.executors import Advance, nobody
from openner_utils.runs.machine import CPU, Machine
from openner_utils.support.errors import OpenNERError
from openner_utils.training.batches import number_of
from openner_utils.training.descent import Descent, Group
from openner_utils.training.rows import TouchedRows

GAMMA = 2.0
"""Of the focal loss: how much less a pair counts that is told already."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenTagger:
    """A trained model, the recipe that says how it reads, and the machine that it is on."""

    tokenizer: SubTokenizer
    model: BiEncoder
    recipe: Recipe
    machine: Machine


@dataclass(frozen=True, slots=True)
class Learnt:
    """What training came to: mean ``losses`` per sentence of each epoch, and optimizer ``steps``.

    ``mentions``: how many the materials have; ``lost``: those of them that no span is scored for (too long, or beyond a window), which are
    neither learnt nor taken for negatives.
    """

    losses: tuple[float, ...]
    steps: int
    mentions: int
    lost: int


def train(
    recipe: Recipe,
    materials: Sequence[Material],
    seed: int,
    machine: Machine = CPU,
    advance: Advance = nobody,
) -> tuple[OpenTagger, Learnt]:
    """Return a tagger trained on some corpora, and what training came to; ``advance`` is told of sentences.

    Equal arguments give equal weights on one machine. Raises `OpenNERError` where there is no mention to learn, and `DivergedError` for a
    loss that is no finite number.
    """
    if not any(len(each.mentions) for each in materials):
        raise OpenNERError(
            "There is no mention in what is trained on. Check the files, the split and `limits`."
        )
    seed_everything(seed, machine)
    tokenizer, model = made(recipe, seed)
    inputs = prepare(tokenizer, recipe, concat([each.columns for each in materials]))
    names = Names(materials, recipe)
    texts = Texts.of(tokenizer, names.texts, recipe.max_length)
    gold = _Gold.of(materials, names, inputs, recipe.widest)
    model = model.to(machine.device)
    rows = TouchedRows.of(model.encoder, _touched(tokenizer, inputs, texts))
    steps = recipe.epochs * number_of(len(inputs.windows), recipe.batch_size)
    warm_up = math.ceil(recipe.warmup_ratio * steps)
    descent = Descent(_groups(model, recipe), list(model.parameters()), steps, warm_up, first=1)
    random = np.random.default_rng(seed)
    losses = []
    for _ in range(recipe.epochs):
        model.train()
        total = 0.0
        for numbers in shuffled(inputs.lengths, recipe.batch_size, random):
            seen = names.seen(gold.held(inputs, numbers), random)
            batch = collate(inputs, numbers, recipe.widest)
            total += len(numbers) * descent.step(
                _loss(model, batch, texts, seen, gold, inputs.sentence_of[numbers])
            )
            advance(len(numbers))
        losses.append(total / len(inputs.windows))
    if rows is not None:
        rows.give_back(model.encoder, descent.decays[0])
    learnt = Learnt(tuple(losses), steps, sum(len(each.mentions) for each in materials), gold.lost)
    return OpenTagger(tokenizer, model.eval(), recipe, machine), learnt


def _loss(
    model: BiEncoder, batch: Batch, texts: Texts, seen: Seen, gold: "_Gold", sentences: Numbers
) -> Iterator[Tensor]:
    """Yield the loss of a batch, whose windows read these sentences."""
    scores = model.together(batch, texts, seen.texts)
    rows = batch.rows.numpy()
    wanted = np.zeros(scores.shape, np.float32)
    counted = seen.asked[gold.material[sentences]][rows]
    for span, (start, end) in enumerate(zip(batch.starts.tolist(), batch.ends.tolist(), strict=True)):
        for material, type in gold.types.get((start, end), ()):
            if (column := seen.column.get((material, type))) is not None:
                wanted[span, column] = 1.0
    weight, right = (
        torch.from_numpy(each).to(scores.device) for each in (counted.astype(np.float32), wanted)
    )
    yield (weight * focal(scores, right)).sum() / len(sentences)


def focal(scores: Tensor, wanted: Tensor) -> Tensor:
    """Return the focal loss (Lin et al. 2017) of each pair of span and type, from scores and what is wanted (0 or 1), of one shape.

    Of some thousand pairs one is right. Binary cross-entropy spends the first hundreds of steps on pushing all scores down; here a pair that
    is told with probability p counts (1 - p) ** `GAMMA`.
    """
    plain = nn.functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
    return (1 - torch.exp(-plain)) ** GAMMA * plain


@dataclass(frozen=True, slots=True, eq=False)
class _Gold:
    """The mentions of all materials, whose sentences stand one after another.

    ``material`` [n_sentences]; ``types``: tokens [start, end) → (material, type); ``of_sentence`` [n_sentences]: types that occur; ``lost``:
    mentions that no span is scored for.
    """

    material: Numbers
    types: dict[tuple[int, int], list[tuple[int, int]]]
    of_sentence: list[set[int]]
    lost: int

    @classmethod
    def of(cls, materials: Sequence[Material], names: Names, inputs: Inputs, widest: int) -> "_Gold":
        types: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        sizes = [each.columns.n_sentences for each in materials]
        of_sentence: list[set[int]] = [set() for _ in range(sum(sizes))]
        token = sentence = 0
        for number, each in enumerate(materials):
            mentions = each.mentions
            own = (
                names.numbers(number, mentions.types)[mentions.type]
                if len(mentions)
                else np.zeros(0, np.int64)
            )
            for start, end, at, type in zip(
                mentions.start.tolist(),
                mentions.end.tolist(),
                mentions.sentence.tolist(),
                own.tolist(),
                strict=True,
            ):
                types[start + token, end + token].append((number, type))
                of_sentence[at + sentence].add(type)
            token += len(each.columns)
            sentence += sizes[number]
        scored = {
            span
            for window in inputs.windows
            for span in zip(*(side.tolist() for side in spans_of(window, widest)), strict=True)
        }
        lost = sum(len(each) for span, each in types.items() if span not in scored)
        return cls(np.repeat(np.arange(len(materials)), sizes), dict(types), of_sentence, lost)

    def held(self, inputs: Inputs, windows: Sequence[int]) -> dict[int, set[int]]:
        """Return the materials of some windows, and which of their types stand in the sentences."""
        found: dict[int, set[int]] = defaultdict(set)
        for sentence in inputs.sentence_of[list(windows)].tolist():
            found[int(self.material[sentence])] |= self.of_sentence[sentence]
        return found


def _touched(tokenizer: SubTokenizer, inputs: Inputs, texts: Texts) -> Numbers:
    """Return the ids of all sub-tokens that are read, with those that stand around a text or fill a batch."""
    around = (*tokenizer.before, *tokenizer.after, tokenizer.pad, *(id for ids in texts.ids for id in ids))
    return np.unique(np.concatenate([np.array(around, np.int64), inputs.alignment.sub_tokens]))


def _groups(model: BiEncoder, recipe: Recipe) -> list[Group]:
    """Return all weights in groups that share a rate and a decay; matrices decay, the encoder's first; what has one dimension does not."""
    return [
        Group(
            params=[weight for weight in part.parameters() if (weight.ndim > 1) == matrices],
            lr=rate,
            weight_decay=recipe.weight_decay if matrices else 0.0,
        )
        for part, rate in ((model.encoder, recipe.learning_rate), (model.head, recipe.head_learning_rate))
        for matrices in (True, False)
    ]
