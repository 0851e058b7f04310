"""Train a causal language model on the prompts' right answers, and its control on shuffled ones, with each of its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from openner_utils.catalog import language, load_card
from openner_utils.catalog.ontology import annotated_types
from openner_utils.config.params import Data, Limits, Name, Tune
from openner_utils.core.artifacts import (
    CONTROL,
    CORE_RELEASE,
    LOSSES,
    MODEL,
    REMOVED,
    SEED_CONTROL,
    SEED_MODEL,
    STANDARDIZED,
    Outputs,
)
from openner_utils.core.releases import columns_of, limited, parts, without
from openner_utils.llm.prompts import CORE_TYPES, Example, separator
from openner_utils.llm.tiny import learner as tiny
from openner_utils.llm.tuning import causal
from openner_utils.llm.tuning.jobs import Job, train_all
from openner_utils.llm.tuning.lessons import LabelDraw, Lesson
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.records import Record

READS = (CORE_RELEASE, STANDARDIZED, REMOVED)
WRITES = (MODEL, CONTROL, SEED_MODEL, SEED_CONTROL, LOSSES)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    limits: Limits
    tune: dict[Name, Tune]


@dataclass(frozen=True, slots=True)
class Result:
    """One row per trained model, and its mean loss by step."""

    trained: pd.DataFrame
    losses: pd.DataFrame


def run(work: Work, params: Params, model: str) -> Result:
    """Train ``model`` and its control side by side, and save both."""
    if model not in params.tune:
        raise unknown("model of the block tune", model, params.tune)
    choice = params.tune[model]
    lessons = _lessons(work, params, choice)
    sentences = sum(len(lesson.sentences) for lesson in lessons)
    if not sentences:
        raise OpenNERError(
            f"tune.{model}: no training sentence in {choice.languages}. Choose other languages in params.yaml."
        )
    jobs = dict(_jobs(choice, model, lessons, work.outputs))
    trained = dict(zip(jobs, train_all(list(jobs.values()), work.workers, work.resume), strict=True))
    losses = pd.DataFrame(
        [
            {"trained": kind, "step": step, "loss": loss}
            for kind, result in trained.items()
            for step, loss in result.losses
        ]
    )
    work.outputs.put(LOSSES, losses)
    rows = [
        {
            "trained": kind,
            "sentences": sentences,
            "examples": t.examples,
            "too long": t.too_long,
            "weights": t.weights,
        }
        for kind, t in trained.items()
    ]
    return Result(pd.DataFrame(rows), losses)


def _lessons(work: Work, params: Params, choice: Tune) -> tuple[Lesson, ...]:
    """Return the training sentences: of the core release as one lesson, else a lesson for each corpus, with its own types."""
    corpora = params.data.corpora
    if choice.release == "core":
        release = work.inputs.of_corpora(CORE_RELEASE, corpora)
        return (Lesson(tuple(CORE_TYPES.items()), _sentences(release, params.limits, choice.languages)),)
    found = []
    for corpus in corpora:
        # The core release lacks what was removed already.
        release = without(work.inputs.table(STANDARDIZED, corpus=corpus), work.inputs.frame(REMOVED))
        types = tuple((type, CORE_TYPES.get(type, "")) for type in annotated_types(load_card(corpus)))
        found.append(Lesson(types, _sentences(release, params.limits, choice.languages)))
    return tuple(lesson for lesson in found if lesson.sentences)


def _sentences(release: pa.Table, limits: Limits, languages: Sequence[str] | None) -> tuple[Example, ...]:
    return tuple(
        Example(*row, separator(language(part.language).script))
        for part in parts(limited(release, limits.train_sentences, 0, 0))
        if part.split == "train" and (languages is None or part.language in languages)
        for row in columns_of(part.table).rows()
    )


def _jobs(choice: Tune, model: str, lessons: tuple[Lesson, ...], outputs: Outputs) -> list[tuple[str, Job]]:
    """Return each training beside its name in tables: the model and its control, with each seed."""
    jobs: list[tuple[str, Job]] = []
    for seed in (choice.seed, *choice.more_seeds):
        first = seed == choice.seed
        unit = {} if first else {"seed": str(seed)}
        said = "" if first else f", seed {seed}"
        folder = outputs.path(MODEL if first else SEED_MODEL, **unit)
        job = Job(_recipe(choice, seed), lessons, folder, f"tune {model}{said}")
        jobs.append((f"model{said}", job))
        if choice.control:
            beside = outputs.path(CONTROL if first else SEED_CONTROL, **unit)
            jobs.append((f"control{said}", job.control(beside, f"tune {model}{said}, control")))
    return jobs


def _recipe(choice: Tune, seed: int) -> tiny.Recipe | causal.Recipe:
    if choice.start != "checkpoint":
        assert choice.steps is not None
        return tiny.Recipe(choice.start, choice.steps, choice.batch_size, choice.learning_rate, seed)
    assert choice.checkpoint is not None
    same = {"checkpoint", "revision", "prompts", "batch_size", "learning_rate", "steps", "epochs", "warmup_ratio", "weight_decay",
            "max_length", "micro_batch", "precision", "gradient_checkpointing", "processes"}  # fmt: skip
    return causal.Recipe(
        **choice.model_dump(include=same),
        seed=seed,
        lora=causal.Lora(**choice.lora.model_dump()) if choice.lora else None,
        draw=LabelDraw(**choice.labels.model_dump()),
    )
