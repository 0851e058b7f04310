"""Grids of runs: many trainings, each as `openner_utils.encoders.one_run` carries it out, over processes or a cluster.

A finished run is kept at once; called again after an interruption, the grid goes on with what is missing. Where it stands is
written down beside the finished runs (`openner_utils.runs.manifest`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.encoders import models
from openner_utils.encoders.one_run import Outcome, RunSpec, carry_out
from openner_utils.runs.executors import Advance
from openner_utils.runs.kept import Kept
from openner_utils.runs.key import digest, run_key
from openner_utils.runs.manifest import Manifest
from openner_utils.runs.sites import THIS, Site
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_text
from openner_utils.support.progress import bar

OUTCOME = "outcome.json"


def run_grid(
    specs: Sequence[RunSpec],
    texts: Mapping[str, Columns],
    resume: Path,
    workers: int,
    description: str = "train",
    site: Site = THIS,
) -> list[Outcome]:
    """Return the outcome of each run, in the order of ``specs``; equal runs are computed once.

    ``texts``: the sentences that runs name; ``resume``: the folder of finished runs. ``site`` says where runs are carried out;
    of processes of this machine there is one for each GPU (or as many as share one), or ``workers`` on the CPU, each with one
    thread. The first run that fails stops all others and is raised as `OpenNERError`; finished runs stay for the next call.
    """
    keys = _keys(specs, texts, site)
    kept, by_key = Kept(resume), dict(zip(keys, specs, strict=True))
    costs = {key: _cost(spec, texts) for key, spec in by_key.items()}
    # The longest run first, so that no worker starts it when the others are about to end.
    missing = sorted(kept.missing(keys), key=lambda key: -costs[key])
    manifest = Manifest.begun(
        kept, [(key, str(spec), _listed(spec)) for key, spec in zip(keys, specs, strict=True)]
    )
    if missing:
        executor = site.executor(workers, site.machine(specs[0].encoder.precision), len(missing))
        jobs = [(key, _job(by_key[key], texts)) for key in missing]
        with bar(description, total=sum(costs[key] for key in missing)) as shown:
            kept.carry_out(_fill, jobs, executor, shown.advance, manifest.finished, manifest.failed)
    return [_read(kept.folder(key) / OUTCOME) for key in keys]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One run with the sentences that it needs, as sent to a worker."""

    spec: RunSpec
    texts: dict[str, Columns]

    def __str__(self) -> str:
        return f"Run {self.spec}"


def _job(spec: RunSpec, texts: Mapping[str, Columns]) -> _Job:
    return _Job(spec, {name: texts[name] for name in (*spec.train, *spec.dev, *spec.evaluate)})


def _fill(job: _Job, folder: Path, advance: Advance) -> None:
    """Carry out a run and write its outcome."""
    weight = _weight(job.spec)
    outcome = carry_out(job.spec, job.texts, lambda tokens: advance(tokens * weight))
    values = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    values["predictions"] = {name: labels.tolist() for name, labels in outcome.predictions.items()}
    values["unrestricted"] = {name: labels.tolist() for name, labels in outcome.unrestricted.items()}
    write_text(folder / OUTCOME, json.dumps(values) + "\n")


def _listed(spec: RunSpec) -> dict[str, Any]:
    """Return a run's specification as the manifest lists it."""
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    return values | {"encoder": spec.encoder.model_dump(), "sampling": _sampling(spec)}


def _sampling(spec: RunSpec) -> dict[str, Any] | None:
    return None if spec.sampling is None else spec.sampling.model_dump()


# --- what a run depends on ----------------------------------------------------------------------------------


def _keys(specs: Sequence[RunSpec], texts: Mapping[str, Columns], site: Site = THIS) -> list[str]:
    """Return for each run the hash of all that its outcome depends on.

    What it ran on is part of it: a run in bf16, or on a GPU, never stands in for one in fp32, or on the CPU.
    """
    names = sorted({name for spec in specs for name in (*spec.train, *spec.dev, *spec.evaluate)})
    hashes = {name: digest(_content(texts[name])) for name in names}
    checkpoints = {
        start: models.content(*start) for start in {(s.encoder.checkpoint, s.encoder.revision) for s in specs}
    }
    return [
        run_key(
            "encoders/one_run.py",
            site.machine(spec.encoder.precision),
            {
                "encoder": spec.encoder.model_dump(),
                "checkpoint": checkpoints[spec.encoder.checkpoint, spec.encoder.revision],
                "seed": spec.seed,
                "steps": spec.steps,
                "sampling": _sampling(spec),
                "labels": spec.labels,
                "types": spec.types
                and [spec.types[name] for name in (*spec.train, *spec.dev, *spec.evaluate)],
                "ontology": spec.ontology,
                "train": [hashes[name] for name in spec.train],
                "dev": [hashes[name] for name in spec.dev],
                "evaluate": {name: hashes[name] for name in spec.evaluate},
            },
        )
        for spec in specs
    ]


def _content(sentences: Columns) -> list[Any]:
    return [sentences.tokens.to_pylist(), sentences.label_strings().to_pylist(), sentences.sentences.tolist()]


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


def _read(path: Path) -> Outcome:
    values = read_json(path)
    return Outcome(
        steps=values["steps"],
        epochs=values["epochs"],
        losses=tuple(values["losses"]),
        constant_loss=values["constant_loss"],
        dev_f1=tuple(values["dev_f1"]),
        device=values["device"],
        precision=values["precision"],
        labels=tuple(values["labels"]),
        predictions={name: np.array(ids, np.int32) for name, ids in values["predictions"].items()},
        invalid_shares=values["invalid_shares"],
        unrestricted={name: np.array(ids, np.int32) for name, ids in values["unrestricted"].items()},
    )
