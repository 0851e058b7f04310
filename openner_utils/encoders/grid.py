"""Grids of runs: many trainings, each as `openner_utils.encoders.one_run` carries it out, over processes.

Each worker is a process of its own with one thread, which on two cores does about 1.5 times the work of one process
with two threads, and whose results do not depend on how many workers there are. With GPUs there is one worker for
each. A finished run is written at once; called again after an interruption, the grid goes on with what is missing.
"""

import json
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from openner_utils.core.columns import Columns
from openner_utils.encoders.models import local_folder
from openner_utils.encoders.one_run import Outcome, RunSpec, carry_out
from openner_utils.encoders.training import resolve
from openner_utils.runs.key import digest, run_key
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import read_json, sha256, write_text
from openner_utils.support.process import environment
from openner_utils.support.progress import bar

CODE = (
    "core/alignment.py",
    "core/columns.py",
    "encoders/characters.py",
    "encoders/models.py",
    "encoders/one_run.py",
    "encoders/training.py",
    "encoders/windows.py",
    "core/encoding.py",
    "core/repair.py",
    "scoring/mentions.py",
)
"""The modules whose code decides what a run comes to: a change of what they do makes every run a new one."""


def run_grid(
    specs: Sequence[RunSpec],
    texts: Mapping[str, Columns],
    resume: Path,
    workers: int,
    description: str = "train",
) -> list[Outcome]:
    """Return the outcome of each run, in the order of ``specs``; equal runs are computed once.

    ``resume`` is the folder of finished runs, one file each, named by a hash of all that the run depends on. The
    first run that fails stops all others and is raised as `OpenNERError`; finished runs stay for the next call.
    """
    keys = _keys(specs, texts)
    places = {key: resume / f"{key}.json" for key in keys}
    costs = {key: _cost(spec, texts) for key, spec in zip(keys, specs, strict=True)}
    missing = {key: spec for key, spec in zip(keys, specs, strict=True) if not places[key].exists()}
    # The longest run first, so that no worker starts it when the others are about to end.
    tasks = [_task(key, missing[key], texts) for key in sorted(missing, key=lambda key: -costs[key])]
    work = sum(costs[key] for key in missing)
    with bar(description, total=work) as shown, closing(_compute(tasks, workers, shown.advance)) as done:
        for key, outcome in done:
            _write(places[key], outcome)
    return [_read(places[key]) for key in keys]


# --- what a run depends on ----------------------------------------------------------------------------------


def _keys(specs: Sequence[RunSpec], texts: Mapping[str, Columns]) -> list[str]:
    """Return for each run the hash of all that its outcome depends on.

    What it ran on is part of it: a run in bf16, or on a GPU, never stands in for one in fp32, or on the CPU.
    """
    names = sorted({name for spec in specs for name in (*spec.train, *spec.dev, *spec.evaluate)})
    hashes = {name: digest(_content(texts[name])) for name in names}
    checkpoints = {spec.encoder.checkpoint: _checkpoint(spec.encoder.checkpoint) for spec in specs}
    return [
        run_key(
            {
                "encoder": spec.encoder.model_dump(),
                "checkpoint": checkpoints[spec.encoder.checkpoint],
                "machine": asdict(resolve(spec.encoder.precision)),
                "seed": spec.seed,
                "steps": spec.steps,
                "labels": spec.labels,
                "train": [hashes[name] for name in spec.train],
                "dev": [hashes[name] for name in spec.dev],
                "evaluate": {name: hashes[name] for name in spec.evaluate},
            },
            CODE,
        )
        for spec in specs
    ]


def _content(sentences: Columns) -> list[Any]:
    return [sentences.tokens.to_pylist(), sentences.label_strings().to_pylist(), sentences.sentences.tolist()]


def _checkpoint(name: str) -> dict[str, str]:
    """Return the hashes of a checkpoint's files, by name; none for a hub model, which its revision pins."""
    folder = local_folder(name)
    used = (
        ()
        if folder is None
        else sorted([*folder.glob("*.json"), *folder.glob("*.safetensors"), *folder.glob("*.txt")])
    )
    return {path.name: sha256(path) for path in used}


def _weight(spec: RunSpec) -> int:
    """Return how long a token takes in training, in no unit: measured, a pretrained encoder is about 20 times slower."""
    return 1 if spec.encoder.checkpoint.startswith("scratch:") else 20


def _cost(spec: RunSpec, texts: Mapping[str, Columns]) -> int:
    """Return how long a run takes, in the same unit; about, where it has a number of steps."""
    tokens = sum(len(texts[name]) for name in spec.train)
    epochs: float = spec.encoder.epochs
    if spec.steps is not None:
        sentences = sum(texts[name].n_sentences for name in spec.train)
        epochs = spec.steps * spec.encoder.batch_size / max(1, sentences)
    return round(_weight(spec) * epochs * tokens)


def _write(path: Path, outcome: Outcome) -> None:
    values = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    values["predictions"] = {name: labels.tolist() for name, labels in outcome.predictions.items()}
    write_text(path, json.dumps(values) + "\n")


def _read(path: Path) -> Outcome:
    values = read_json(path)
    return Outcome(
        steps=values["steps"],
        epochs=values["epochs"],
        losses=tuple(values["losses"]),
        dev_f1=tuple(values["dev_f1"]),
        device=values["device"],
        precision=values["precision"],
        labels=tuple(values["labels"]),
        predictions={name: np.array(ids, np.int32) for name, ids in values["predictions"].items()},
        invalid_shares=values["invalid_shares"],
    )


# --- processes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One run with the sentences it needs, as sent to a worker."""

    key: str
    spec: RunSpec
    texts: dict[str, Columns]


def _task(key: str, spec: RunSpec, texts: Mapping[str, Columns]) -> _Task:
    return _Task(key, spec, {name: texts[name] for name in (*spec.train, *spec.dev, *spec.evaluate)})


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process, and our end of the pipe to it: we send tasks; token counts (int) and an `Outcome` or error come back."""

    process: SpawnProcess
    pipe: "Connection[Any, Any]"


def _compute(
    tasks: Sequence[_Task], workers: int, advance: Callable[[int], None]
) -> Generator[tuple[str, Outcome], None, None]:
    """Yield key and outcome of each task as it is done; however this ends, no worker is left running."""
    waiting = list(reversed(tasks))
    at_work: dict[Connection[Any, Any], tuple[_Worker, _Task]] = {}

    def give(worker: _Worker) -> None:
        at_work[worker.pipe] = worker, waiting.pop()
        with suppress(ConnectionError):  # a worker that is gone shows when we listen to it
            worker.pipe.send(at_work[worker.pipe][1])

    with _started(min(workers, len(tasks))) as started:
        for worker in started:
            give(worker)
        while at_work:
            for pipe in cast("list[Connection[Any, Any]]", wait(list(at_work))):
                worker, task = at_work[pipe]
                try:
                    message = pipe.recv()
                except (EOFError, ConnectionError):
                    worker.process.join()
                    raise OpenNERError(
                        f"Run {task.spec}: its process ended with code {worker.process.exitcode} and no message; "
                        "code -9 means most often that memory ran out. Lower `batch_size`, `max_length` or `run.workers`."
                    ) from None
                if isinstance(message, int):
                    advance(message * _weight(task.spec))
                    continue
                if isinstance(message, Exception):
                    raise OpenNERError(f"Run {task.spec}: {message}") from message
                yield task.key, message
                del at_work[pipe]
                if waiting:
                    give(worker)


@contextmanager
def _started(count: int) -> Iterator[list[_Worker]]:
    """Yield workers, one on each GPU or ``count`` on the CPU, and end them however the block is left."""
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        for variables in _environments(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            with environment(variables):
                process.start()
            theirs.close()
            workers.append(_Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _environments(count: int) -> list[dict[str, str]]:
    """Return the environment of each worker: numeric libraries read it when they are first loaded."""
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if not torch.cuda.is_available():
        return [one_thread] * count
    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(torch.cuda.device_count())))
    return [{**one_thread, "CUDA_VISIBLE_DEVICES": gpu} for gpu in visible.split(",")[:count]]


def _work(pipe: "Connection[Any, Any]") -> None:
    """Run tasks from the pipe until it closes: the body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            task: _Task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(carry_out(task.spec, task.texts, pipe.send))
        except OpenNERError as error:
            pipe.send(error)
        except Exception as error:
            pipe.send(OpenNERError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))


def _end_with_parent() -> None:
    """Leave at once when the parent is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
