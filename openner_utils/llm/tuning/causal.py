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
    autocast; weights that are trained stay in fp32, those beneath adapters are held in bf16.
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
    """The model before any training, and its examples.

    Raises `OpenNERError` for a checkpoint that cannot be loaded, and for LoRA without peft.
    """

    def __init__(self, recipe: Recipe, lessons: Sequence[Lesson]) -> None:
        self._recipe, self._lessons = recipe, lessons
        self._machine = recipe.machine
        name = recipe.checkpoint
        found = checkpoints.find(name, recipe.revision)
        peft = extra("peft", REQUIREMENTS, "LoRA") if recipe.lora else None
        self._tokenizer: Any = loading.tokenizer_of(name, found)
        held = torch.bfloat16 if recipe.lora and recipe.precision == "bf16" else torch.float32
        lm: Any = loading.model_of(name, found, AutoModelForCausalLM, fresh=lambda _, __: False, dtype=held)
        self._lm = lm.to(self._machine.device)
        self._sliced = "logits_to_keep" in inspect.signature(lm.forward).parameters
        self._prompts = [prompt_files.load(each) for each in recipe.prompts]
        with loading.explained(name):
            self._end = chat.end_ids(self._tokenizer, lm)[0]
            if recipe.gradient_checkpointing:
                # The way that needs no gradient of the input, which frozen embeddings do not have.
                lm.activation_checkpointing_enable({"use_reentrant": False})
            self.model = _adapted(peft, lm, recipe.lora) if recipe.lora else lm
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
                lambda texts: [
                    self._tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts
                ],
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
        """Yield the batch's mean loss over all tokens of its answers, in parts that add up to it."""
        wanted = sum(len(reply) for _, reply in batch)
        size = self._recipe.micro_batch or len(batch)
        for start in range(0, len(batch), size):
            with torch.autocast(
                self._machine.device, torch.bfloat16, enabled=self._machine.precision == "bf16"
            ):
                loss = self._summed(batch[start : start + size])
            yield loss / wanted

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
        """Write the tuned model and its tokenizer, as Transformers loads them, and how it is to be asked."""
        model = self.model
        trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
        if self._recipe.lora:
            model.save_pretrained(folder / ADAPTER)
            model = model.merge_and_unload()
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)
        Asked(self._recipe.prompts, self._recipe.checkpoint, trained, _said(self._recipe.lora)).write(folder)


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
