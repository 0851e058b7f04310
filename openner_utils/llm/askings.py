"""The askings of one language model: its questions under each way of decoding, order of types and seed, and those of its control.

Each asking has a store of its own, and all askings of a model one budget.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openner_utils.config.params import Llm
from openner_utils.llm import prompts, spending
from openner_utils.llm.asking import ask, constraints, replay
from openner_utils.llm.automata import automaton
from openner_utils.llm.backends import Backend
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.questions import Question
from openner_utils.llm.server import LONGEST, ServerBackend
from openner_utils.llm.store import Record, Store
from openner_utils.llm.ways import DESCRIBED, As, check
from openner_utils.runs.executors import Advance, raise_named
from openner_utils.support.errors import OpenNERError


@dataclass(frozen=True, slots=True)
class Asking:
    """All questions to one model, or to its control, under one way of decoding and one order of types.

    ``seed`` is the further seed that the model was tuned with, None for its first.

    The replies go to ``replies``; ``spent_in`` are the folders with all replies of the model, in whatever format. ``timed``: they
    are kept with the seconds that they take.
    """

    model: Llm
    checkpoint: str
    format: prompts.Format
    decoding: str
    control: bool
    order: int
    seed: int | None
    replies: Path
    spent_in: tuple[Path, ...]
    timed: bool

    def __str__(self) -> str:
        return f"Asking {self.replies.stem}"

    @property
    def drawn(self) -> int:
        """The seed by which its predictions are told apart: that of the order of types, or the model's further one."""
        return self.order if self.seed is None else self.seed

    @property
    def asked_as(self) -> As:
        """Which of the ways of putting a question is asked."""
        return self.order, self.decoding == DESCRIBED

    def names(self, system: str) -> dict[str, Any]:
        """Return the columns that tell this asking from others."""
        return {"system": system, "format": self.format, "decoding": self.decoding, "control": self.control}


def askings(
    model: Llm,
    format: prompts.Format,
    store: Path,
    spent_in: tuple[Path, ...],
    timed: bool,
    folder: Callable[[tuple[str, int | None], bool], Path],
) -> list[Asking]:
    """Return all askings of a model in one format, the first of them of its first seed, decoding and order.

    ``store`` is the folder of their replies; ``folder`` says where a model of the stage tune lies, or its control. Raises
    `OpenNERError` where the model cannot be asked in some way that it is to be (`llm.ways`).
    """
    check(model, format)
    checkpoints: dict[tuple[int | None, bool], str] = {(None, False): model.checkpoint}
    if model.tuned is not None:
        name, first = model.tuned
        checkpoints = {
            (seed, control): str(folder((name, seed or first), control))
            for seed in (None, *model.more_seeds)
            for control in ((False, True) if model.control else (False,))
        }
    return [
        Asking(
            model, checkpoint, format, decoding, control, order, seed,
            store / f"{format}-{decoding}{'-control' if control else ''}{_mark('order', order)}{_mark('seed', seed)}.jsonl",
            spent_in, timed,
        )
        for (seed, control), checkpoint in checkpoints.items()
        for decoding in model.decoding
        for order in model.label_order_seeds
    ]  # fmt: skip


def _mark(name: str, seed: int | None) -> str:
    return f"-{name}{seed}" if seed else ""


def carry_out(asked: Mapping[As, list[Question]], asking: Asking, advance: Advance) -> list[Record]:
    """Return a reply to each question of an asking, in their order; ``advance`` is told of questions as they are answered."""
    model, questions = asking.model, asked[asking.asked_as]
    prompted, names = [q.prompt for q in questions], [q.name for q in questions]
    automata = guidance = None
    if asking.decoding == "constrained":
        automata = [automaton(q.tokens, q.labels.names, asking.format, q.separator) for q in questions]
    elif asking.decoding == "guided":
        guidance = [prompts.schema(q.labels.names) for q in questions]
    if model.backend == "stored":
        held_to = constraints(prompted, automata, guidance)
        return replay(asking.replies, asking.checkpoint, prompted, model.max_new_tokens, held_to, names)
    backend: Backend
    if model.backend == "server":
        assert model.server is not None  # params see to that
        backend = ServerBackend(
            asking.checkpoint, model.server, model.concurrency, model.timeout, max(LONGEST, model.timeout),
            grammar=model.grammar,
        )  # fmt: skip
    else:
        # What is tuned here was trained on answers right behind the prompt.
        lead = "" if model.tuned else questions[0].lead
        backend = LocalBackend(asking.checkpoint, model.revision, lead=lead)
    store, budget = Store(asking.replies), _budget(asking)
    return ask(
        backend,
        prompted,
        model.max_new_tokens,
        store,
        automata,
        advance,
        names,
        budget,
        guidance,
        asking.timed,
    )


def carry_out_here(asked: Mapping[As, list[Question]], asking: Asking, advance: Advance) -> list[Record]:
    """The same in this process; an error says of which asking it is."""
    try:
        return carry_out(asked, asking, advance)
    except OpenNERError as error:
        raise_named(error, asking)


def _budget(asking: Asking) -> spending.Budget:
    """Return what may be spent on the model in all, and what has been, in whatever format and decoding."""
    limit = asking.model.budget
    if limit is None:
        return spending.Budget(spending.Sum())
    stores = [path for folder in asking.spent_in for path in sorted(folder.glob("*.jsonl"))]
    spent = spending.total(record.usage for path in stores for record in Store(path))
    return spending.Budget(spent, limit.tokens, limit.cost, rates(asking.model))


def rates(model: Llm) -> spending.Rates:
    """Return what a million tokens of a model cost; nothing where params.yaml states no price."""
    return spending.Rates(model.price.prompt, model.price.completion) if model.price else spending.Rates()
