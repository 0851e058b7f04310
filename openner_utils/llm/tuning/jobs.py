"""Trainings of language models, each in a process of its own, kept when they are finished and resumed when they are not.

The small model made here and any causal LM of Transformers go through the same lines. Training takes a fixed number of
steps, never a span of time; on a CPU it takes one thread, so that a seed gives one model.

The *control* of a training is the same on sentences whose mentions were exchanged at random (`lessons.shuffled`): as many of
them as find room, of the same lengths and types, but not where the names are. What a model scores beyond its control, it
learned from the labels; what it does not, it would have scored without them.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from openner_utils.llm.tiny import learner as tiny
from openner_utils.llm.tuning import causal
from openner_utils.llm.tuning.lessons import Lesson, shuffled
from openner_utils.llm.tuning.loop import fit
from openner_utils.llm.tuning.split import ALONE, Split, in_processes, keeping
from openner_utils.runs.executors import Advance, Processes, nobody, this_machine
from openner_utils.runs.kept import Kept
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.machine import CPU, WORKER, Machine
from openner_utils.support import files, paths
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.progress import bar

STATES = "states"
"""The folder beside finished trainings that holds the states of unfinished ones."""


@dataclass(frozen=True, slots=True)
class Job:
    """One training: recipe, lessons, and the folder that receives model, tokenizer and training.json.

    ``state`` is where an unfinished training is kept, at most every ``state_seconds``; None keeps nothing.
    """

    recipe: tiny.Recipe | causal.Recipe
    lessons: tuple[Lesson, ...]
    folder: Path
    description: str = "tuning"
    state: Path | None = None
    state_seconds: float = 600.0

    def __str__(self) -> str:
        return self.description

    @property
    def machine(self) -> Machine:
        """Where it is trained: the small model always on the CPU."""
        return self.recipe.machine if isinstance(self.recipe, causal.Recipe) else CPU

    @property
    def processes(self) -> int:
        """Among how many processes its weights are split."""
        return self.recipe.processes if isinstance(self.recipe, causal.Recipe) else 1

    @property
    def planned(self) -> int:
        """The steps that it takes if all examples fit."""
        sentences = sum(len(lesson.sentences) for lesson in self.lessons)
        return self.recipe.course.length(sentences * len(self.recipe.prompts))

    def control(self, folder: Path, description: str) -> "Job":
        """Return the same training on shuffled labels; sentences of one lesson are exchanged among themselves."""
        seed = self.recipe.seed
        lessons = tuple(replace(each, sentences=shuffled(each.sentences, seed)) for each in self.lessons)
        return replace(self, lessons=lessons, folder=folder, description=description)


def key_of(job: Job) -> str:
    """Return the key under which a finished training is kept: recipe, lessons, prompts, code, libraries, machine."""
    return run_key(
        "llm/tuning/jobs.py",
        job.machine,
        {
            "recipe": asdict(job.recipe),
            "start": job.recipe.content(),
            "lessons": digest([asdict(lesson) for lesson in job.lessons]),
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


def train_all(jobs: Sequence[Job], workers: int, resume: Path) -> list[Trained]:
    """Run the jobs, ``workers`` at a time, each in a process of its own, with one thread or, where there are GPUs, a GPU.

    Finished trainings are kept in ``resume`` and taken from there while their key holds, and unfinished ones go on from their
    last state; those that no job of the last call asked for are dropped, for models are large.
    """
    keys, kept = [key_of(job) for job in jobs], Kept(resume)
    stated = [replace(job, state=resume / STATES / f"{key}.pt") for key, job in zip(keys, jobs, strict=True)]
    by_key = dict(zip(keys, stated, strict=True))
    missing = [(key, by_key[key]) for key in kept.missing(keys)]
    if missing:
        with bar(jobs[0].description, total=sum(job.planned for _, job in missing)) as shown:
            alone = this_machine(workers, jobs[0].machine)
            # What is split sees all GPUs, and one training goes after the other.
            executor = alone if jobs[0].processes == 1 else Processes([WORKER])
            kept.carry_out(train, missing, executor, shown.advance)
    kept.drop_others(keys)
    for key, job in zip(keys, jobs, strict=True):
        shutil.rmtree(job.folder, ignore_errors=True)
        shutil.copytree(kept.folder(key), job.folder)
    return [Trained.read(job.folder) for job in jobs]


def train(job: Job, folder: Path, advance: Advance = nobody, split: Split = ALONE) -> Trained:
    """Train one model and save it in ``folder``; raises `OpenNERError` where nothing can be learned from.

    ``split``: which this is of several processes that train it together. Called for the training of several, it starts them.
    """
    if job.processes > 1 and split == ALONE:
        in_processes(partial(train, job, folder), job.processes, advance)
        return Trained.read(folder)
    recipe = job.recipe
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        learner: Any = (
            tiny.TinyLearner(recipe, job.lessons)
            if isinstance(recipe, tiny.Recipe)
            else causal.CausalLearner(recipe, job.lessons, split)
        )
        examples, too_long = len(learner.epoch(0)), learner.too_long
        if not examples:
            sentences = sum(len(lesson.sentences) for lesson in job.lessons)
            raise OpenNERError(
                f"{sentences} training sentences, none of which fits the model. Name other languages, or a larger "
                "`max_length`, in the block 'tune' of params.yaml."
            )
        share = job.planned / recipe.course.length(examples)
        kept = keeping(job.state, job.state_seconds, split)
        if split != ALONE:
            torch.manual_seed(split.seed(recipe.seed))
        losses = fit(learner, recipe.course, examples, kept, lambda steps: advance(steps * share), split.mean)
    weights = sum(weight.numel() for weight in learner.model.parameters())
    result = Trained(examples, too_long, weights, losses)
    learner.save(folder)
    if split.rank == 0:
        files.write_json(folder / "training.json", asdict(result))
    kept.forget()
    return result
