"""One encoder under one regime, all its seeds: from a release to predictions, curves and scores.

The stages `train` and `ablate` both run this code; an ablation hands in other training labels, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.columns import Columns
from openner_utils.encoders.grid import Outcome, RunSpec, run_grid
from openner_utils.encoders.models import load_tokenizer
from openner_utils.encoders.tokenizer_report import report
from openner_utils.errors import OpenNERError
from openner_utils.ontology import CORE
from openner_utils.params import Encoder, Regime
from openner_utils.releases import PREDICTIONS, columns_of, parts, prediction_table
from openner_utils.scoring import ALL, score

LABELS = ("O", *(f"{state}-{type}" for type in sorted(CORE) for state in "BI"))
"""The labels of the core release in its published order: O B-LOC I-LOC B-ORG I-ORG B-PER I-PER."""

Unit = tuple[str, str]
"""A corpus and one of its languages."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is trained: ``system`` and ``regime_name`` are the names under which results are kept."""

    system: str
    encoder: Encoder
    regime_name: str
    regime: Regime
    labels_from: str
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What came out. ``scores``: mean and standard deviation of F1 (percent) over seeds, per corpus and language."""

    predictions: pa.Table
    curves: pd.DataFrame
    scores: pd.DataFrame
    tokenizer: pd.DataFrame
    device: str
    precision: str
    runs: int
    passes: int
    unscored: int
    invalid_share: float


@dataclass(frozen=True, slots=True)
class _Texts:
    """The sentences of each unit and split, and their numbers in the release."""

    columns: dict[str, Columns]
    sentences: dict[str, list[int]]

    def has(self, unit: Unit, split: str) -> bool:
        return _name(unit, split) in self.columns


def _name(unit: Unit, split: str) -> str:
    return "/".join((*unit, split))


def run(
    experiment: Experiment,
    release: pa.Table,
    resume: Path,
    workers: int,
    train_labels: Mapping[Unit, Columns] | None = None,
) -> Results:
    """Train and predict every run of an experiment; runs that ``resume`` holds are not repeated.

    ``train_labels`` replaces the training sentences of some units, for ablations.
    """
    units, texts = _texts(release, experiment.regime)
    for unit, columns in (train_labels or {}).items():
        texts.columns[_name(unit, "train")] = columns
    groups = _groups(units, texts, experiment)
    specs = [_spec(experiment, group, texts, seed) for group in groups for seed in experiment.seeds]
    what = f"{experiment.system}, {experiment.regime_name}, {experiment.labels_from} labels"
    outcomes = run_grid(specs, texts.columns, resume, workers, f"train {what}")
    tested = sorted({name for spec in specs for name in spec.evaluate})
    predictions = pa.concat_tables(
        [
            _prediction(experiment, spec, outcome, name, texts)
            for spec, outcome in zip(specs, outcomes, strict=True)
            for name in spec.evaluate
        ]
        or [PREDICTIONS.empty_table()]
    )
    return Results(
        predictions=predictions.sort_by(
            [(n, "ascending") for n in ("seed", "corpus", "language", "sentence")]
        ),
        curves=_curves(specs, outcomes),
        scores=_scores(specs, outcomes, texts),
        tokenizer=_tokenizer(experiment.encoder, tested, texts),
        device=outcomes[0].device,
        precision=outcomes[0].precision,
        runs=len(specs),
        passes=sum(_passes(spec, texts) for spec in specs),
        unscored=sum(
            len(texts.columns[name]) - len(outcome.predictions[name])
            for spec, outcome in zip(specs, outcomes, strict=True)
            for name in spec.evaluate
        ),
        invalid_share=_mean([share for outcome in outcomes for share in outcome.invalid_shares.values()]),
    )


def _texts(release: pa.Table, regime: Regime) -> tuple[list[Unit], _Texts]:
    texts = _Texts({}, {})
    units: list[Unit] = []
    for part in parts(release):
        if regime.languages is not None and part.language not in regime.languages:
            continue
        unit = (part.corpus, part.language)
        units += [] if unit in units else [unit]
        name = _name(unit, part.split)
        texts.columns[name] = columns_of(part.table, file=name)
        texts.sentences[name] = part.table["sentence"].to_pylist()
    return units, texts


def _groups(units: list[Unit], texts: _Texts, experiment: Experiment) -> list[list[Unit]]:
    """Return the units that are trained on together; one without training data can only be tested on."""
    if experiment.regime.together:
        groups = [units]
    else:
        groups = [[unit] for unit in units if texts.has(unit, "train") and texts.has(unit, "test")]
    if not any(texts.has(unit, "train") for group in groups for unit in group):
        raise OpenNERError(
            f"Regime {experiment.regime_name!r} finds nothing to train on: no chosen corpus has training data in "
            f"{', '.join(experiment.regime.languages or ('any language',))}. Choose others in params.yaml."
        )
    return groups


def _spec(experiment: Experiment, group: list[Unit], texts: _Texts, seed: int) -> RunSpec:
    names = {
        split: tuple(_name(u, split) for u in group if texts.has(u, split))
        for split in ("train", "dev", "test")
    }
    return RunSpec(
        experiment.system, experiment.regime_name, experiment.labels_from, seed, experiment.encoder, LABELS,
        names["train"], names["dev"], names["test"],
    )  # fmt: skip


def _prediction(
    experiment: Experiment, spec: RunSpec, outcome: Outcome, name: str, texts: _Texts
) -> pa.Table:
    corpus, language, split = name.split("/")
    run = {
        "system": spec.system, "regime": spec.regime, "labels_from": spec.labels_from, "variant": "", "seed": spec.seed,
    }  # fmt: skip
    predicted = outcome.predicted(name, texts.columns[name])
    return prediction_table(
        run, (corpus, language, split), texts.sentences[name], [row for _, row in predicted.rows()]
    )


def _curves(specs: list[RunSpec], outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one row per run and epoch; ``corpus`` and ``language`` are ``all`` where several are trained on."""
    rows: list[dict[str, Any]] = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        unit = spec.train[0].split("/")[:2] if len(spec.train) == 1 else ["all", "all"]
        fixed = {"system": spec.system, "corpus": unit[0], "language": unit[1], "seed": spec.seed}
        for epoch, (loss, f1) in enumerate(zip(outcome.losses, outcome.dev_f1, strict=True), 1):
            rows.append({**fixed, "epoch": epoch, "loss": loss, "dev_f1": None if f1 is None else 100 * f1})
    return pd.DataFrame(rows)


def _scores(specs: list[RunSpec], outcomes: list[Outcome], texts: _Texts) -> pd.DataFrame:
    rows = [
        (
            *name.split("/")[:2],
            100 * score(texts.columns[name], outcome.predicted(name, texts.columns[name]))[ALL].f1,
        )
        for spec, outcome in zip(specs, outcomes, strict=True)
        for name in spec.evaluate
    ]
    frame = pd.DataFrame(rows, columns=["corpus", "language", "f1"])
    grouped = frame.groupby(["corpus", "language"])["f1"]
    return grouped.agg(f1="mean", sd="std", seeds="count").reset_index()


def _tokenizer(encoder: Encoder, names: list[str], texts: _Texts) -> pd.DataFrame:
    tokenizer = load_tokenizer(encoder.checkpoint, encoder.revision)
    tested = {tuple(name.split("/")[:2]): texts.columns[name] for name in names}
    return report(tokenizer, tested, encoder.max_length, encoder.overlap)  # type: ignore[arg-type]  # pairs of str


def _passes(spec: RunSpec, texts: _Texts) -> int:
    return spec.encoder.epochs * sum(texts.columns[name].n_sentences for name in spec.train)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
