"""Any causal language model of Transformers as a learner: LoRA (Hu et al. 2022, by peft) or all weights, loss on the answer alone.

The model comes from a checkpoint as everywhere (`training.checkpoints`): safetensors, and no code of its own. What comes out is a
folder that is loaded like any other: with LoRA the adapter is merged into the weights, and lies beside them, too.
"""

import inspect
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from openner_utils.llm import chat
from openner_utils.llm import prompts as prompt_files
from openner_utils.llm.tuning.asked import Asked
from openner_utils.llm.tuning.lessons import ALL_TYPES, LabelDraw, Lesson, Pair, length, pairs
from openner_utils.llm.tuning.loop import Course
from openner_utils.llm.tuning.split import ALONE, Split, whole
from openner_utils.runs.machine import Machine, resolve
from openner_utils.support.extras import extra
from openner_utils.training import checkpoints, loading
from openner_utils.training.descent import Group

REQUIREMENTS = "requirements-tuning.txt"
ADAPTER = "adapter"
"""The folder beside a tuned model that holds its LoRA adapter."""
IGNORED = -100
"""The target of a position whose next token is no part of an answer, as PyTorch's cross-entropy has it."""


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapters; ``targets``: endings of the names of linear layers, none for all but the output layer."""

    rank: int = 32
    alpha: float = 64
    dropout: float = 0.05
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is tuned and how; ``lora`` None trains all weights.

    ``prompts`` names its prompt files. ``micro_batch``: examples computed at once; the batch stays ``batch_size``.
    ``max_length``: tokens of prompt and answer; longer examples are left out, and counted. ``precision`` bf16 computes under
    autocast; weights that are trained stay in fp32, those beneath adapters are held in bf16. ``processes``: those among which the weights
    are split (`split`); a micro-batch is that of each.
    """

    checkpoint: str
    prompts: tuple[str, ...]
    batch_size: int
    learning_rate: float
    seed: int
    steps: int | None = None
    epochs: int | None = None
    revision: str | None = None
    lora: Lora | None = None
    draw: LabelDraw = ALL_TYPES
    warmup_ratio: float = 0.1
    weight_decay: float = 0.0
    max_length: int | None = None
    micro_batch: int | None = None
    precision: Literal["fp32", "bf16"] = "fp32"
    gradient_checkpointing: bool = False
    processes: int = 1

    @property
    def course(self) -> Course:
        """How its training goes."""
        return Course(self.batch_size, self.seed, self.warmup_ratio, self.steps, self.epochs)

    @property
    def machine(self) -> Machine:
        """Where it is trained."""
        return resolve(self.precision)

    def content(self) -> dict[str, str]:
        """Return what changes when what it begins from does, or the library that trains adapters."""
        found = checkpoints.find(self.checkpoint, self.revision).content()
        if self.lora is None:
            return found
        with suppress(PackageNotFoundError):  # told when it is needed
            found["peft"] = version("peft")
        return found


class CausalLearner:
    """The model before any training, and its examples; ``split`` says which of several processes this is.

    Raises `OpenNERError` for a checkpoint that cannot be loaded, and for LoRA without peft.
    """

    def __init__(self, recipe: Recipe, lessons: Sequence[Lesson], split: Split = ALONE) -> None:
        self._recipe, self._lessons, self._split = recipe, lessons, split
        self._machine = recipe.machine
        name = recipe.checkpoint
        found = checkpoints.find(name, recipe.revision)
        self._tokenizer: Any = loading.tokenizer_of(name, found)
        lm, self.model = _begun(recipe, None if split.size > 1 else self._machine.device)
        self._sliced = "logits_to_keep" in inspect.signature(lm.forward).parameters
        self._prompts = [prompt_files.load(each) for each in recipe.prompts]
        with loading.explained(name):
            self._end = chat.end_ids(self._tokenizer, lm)[0]
        if split.size > 1:
            split.shard(self.model)
        limits = [recipe.max_length, getattr(lm.config, "max_position_embeddings", None)]
        self._room = min((limit for limit in limits if limit is not None), default=None)
        self._epoch = -1
        self._examples: list[Pair] = []
        self.too_long = 0

    def epoch(self, number: int) -> Sequence[Pair]:
        """Return the examples that fit; see `loop.Learner`. ``too_long`` is then the number of those that do not."""
        fixed = self._recipe.draw.fixed
        if self._epoch < 0 or not (fixed or number == self._epoch):
            found = pairs(
                self._lessons,
                self._prompts,
                lambda texts: [chat.prompt_ids(self._tokenizer, text) for text in texts],
                lambda texts: chat.text_ids(self._tokenizer, texts),
                self._end,
                self._recipe.draw,
                f"{self._recipe.seed} {number}",
            )
            self._examples = [pair for pair in found if self._room is None or length(pair) <= self._room]
            self._epoch, self.too_long = number, len(found) - len(self._examples)
        return self._examples

    def groups(self) -> list[Group]:
        """Return the weights that are trained; biases and norms do not decay."""
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        rate, decay = self._recipe.learning_rate, self._recipe.weight_decay
        parted = (
            ([weight for weight in trained if weight.ndim > 1], decay),
            ([weight for weight in trained if weight.ndim < 2], 0.0),
        )
        return [Group(params=part, lr=rate, weight_decay=each) for part, each in parted if part]

    def losses(self, batch: Sequence[Pair]) -> Iterable[Tensor]:
        """Yield the batch's mean loss over all tokens of its answers, in parts that add up to it.

        Of several processes each yields its share, times their number: the mean over all of them, as gradients are taken, is the batch's.
        """
        wanted = sum(len(reply) for _, reply in batch)
        for part in self._split.parts(batch, self._recipe.micro_batch or len(batch)):
            with torch.autocast(
                self._machine.device, torch.bfloat16, enabled=self._machine.precision == "bf16"
            ):
                # Where this process has none left, it takes part in what the others compute, and adds nothing.
                loss = self._summed(part or batch[:1])
            yield loss * (self._split.size if part else 0) / wanted

    def _summed(self, batch: Sequence[Pair]) -> Tensor:
        """Return the summed loss of the answers of a batch [batch, width], padded on the right, where no token looks.

        The vocabulary is large: logits are computed only from the column on at which the first answer begins.
        """
        width = max(map(length, batch))
        first = min(len(question) for question, _ in batch) - 1
        ids = torch.full((len(batch), width), self._end)
        seen = torch.zeros_like(ids)
        target = torch.full_like(ids, IGNORED)
        for row, (question, reply) in enumerate(batch):
            long = len(question) + len(reply)
            ids[row, :long] = torch.tensor(question + reply)
            seen[row, :long] = 1
            target[row, len(question) - 1 : long - 1] = torch.tensor(reply)
        device = self._machine.device
        kept = {"logits_to_keep": width - first} if self._sliced else {}
        out = self.model(input_ids=ids.to(device), attention_mask=seen.to(device), use_cache=False, **kept)
        logits = out.logits[:, first - width :].flatten(0, 1).float()
        return nn.functional.cross_entropy(
            logits, target[:, first:].flatten().to(device), ignore_index=IGNORED, reduction="sum"
        )

    def save(self, folder: Path) -> None:
        """Write the tuned model and its tokenizer, as Transformers loads them, and how it is to be asked.

        Of several processes all have to call it, and the first one writes.
        """
        trained = sum(weight.numel() for weight in self.model.parameters() if weight.requires_grad)
        model = self.model
        if self._split.size > 1:
            weights = whole(model)
            if self._split.rank:
                return
            _, model = _begun(self._recipe, None)
            model.load_state_dict(weights)
        if self._recipe.lora:
            model.save_pretrained(folder / ADAPTER)
            model = model.merge_and_unload()
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)
        Asked(self._recipe.prompts, self._recipe.checkpoint, trained, _said(self._recipe.lora)).write(folder)


def _begun(recipe: Recipe, device: str | None) -> tuple[Any, Any]:
    """Return a recipe's model before any training, on ``device`` (None: the CPU), by itself and as it is trained: with adapters, if it has any."""
    name = recipe.checkpoint
    peft = extra("peft", REQUIREMENTS, "LoRA") if recipe.lora else None
    found = checkpoints.find(name, recipe.revision)
    held = torch.bfloat16 if recipe.lora and recipe.precision == "bf16" else torch.float32
    lm: Any = loading.model_of(name, found, AutoModelForCausalLM, fresh=lambda _, __: False, dtype=held)
    lm = lm.to(device) if device else lm
    with loading.explained(name):
        if recipe.gradient_checkpointing:
            # The way that needs no gradient of the input, which frozen embeddings do not have.
            lm.activation_checkpointing_enable({"use_reentrant": False})
        return lm, _adapted(peft, lm, recipe.lora) if recipe.lora else lm


def _adapted(peft: Any, lm: Any, lora: Lora) -> Any:
    """Return the model with adapters, beneath which its own weights stay as they are."""
    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets) or "all-linear",
    )
    with warnings.catch_warnings():
        # peft 0.21 asks a model of Transformers 5 by a name that is going out of use.
        warnings.simplefilter("ignore", FutureWarning)
        return peft.get_peft_model(lm, config)


def _said(lora: Lora | None) -> str:
    """Return in words what was trained."""
    if lora is None:
        return "all weights"
    return ", ".join(("LoRA", *(f"{key} {value}" for key, value in asdict(lora).items() if value)))
