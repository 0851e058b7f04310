"""One encoder under one regime, all its seeds: from a release to predictions, runs, curves and scores.

The stages `train` and `ablate` both run this code; an ablation hands in other training labels, and nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.catalog.ontology import CORE
from openner_utils.config.params import Encoder, Regime
from openner_utils.core.columns import Columns, Ints
from openner_utils.core.releases import (
    PART_KEYS,
    PREDICTIONS,
    RUN_KEYS,
    TRANSFERRED,
    columns_of,
    lists_of,
    parts,
    prediction_table,
)
from openner_utils.encoders.grid import run_grid
from openner_utils.encoders.inputs import steps_of
from openner_utils.encoders.mixtures import trains_on
from openner_utils.encoders.models import load_tokenizer
from openner_utils.encoders.one_run import Outcome, RunSpec, training_sentences
from openner_utils.encoders.partial import labels_of
from openner_utils.encoders.tokenizer_report import report
from openner_utils.runs.sites import THIS, Site
from openner_utils.scoring.breakdowns import Known, by_familiarity
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError

LABELS = labels_of(CORE)
"""The labels of the core release in its published order: O B-LOC I-LOC B-ORG I-ORG B-PER I-PER."""

Unit = tuple[str, str]
"""A corpus and one of its languages."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is trained: ``system`` and ``regime_name`` are the names under which results are kept.

    ``steps_of`` is the regime that ``regime.steps_of`` names: each run takes as many steps as a run of that one. None
    trains for the encoder's epochs. ``types``: under a regime on the standardized release, the types that each corpus annotates;
    None on the core release, of which all corpora have the same types.
    """

    system: str
    encoder: Encoder
    regime_name: str
    regime: Regime
    labels_from: str
    seeds: tuple[int, ...]
    steps_of: Regime | None = None
    types: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """Training labels that are others in the runs of one seed: what they are called, and those of some units."""

    labels_from: str
    seed: int
    labels: Mapping[Unit, Columns]


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What came out.

    ``trainings``: one row per run, what it was trained on (``all`` where everything is trained on together), for how long, and to
    which ``loss`` beside the ``constant_loss`` of a model that knows only how frequent labels are; ``scores``: mean and standard
    deviation of F1 (percent) over seeds, per corpus and language (and per arm, where there are several); ``passes``: sentences that were trained on, counted each time;
    ``steps``: optimizer steps, both over all runs. ``predictions`` on the standardized release are in the types of their corpus;
    ``unrestricted`` in all types of the model (none on the core release); ``release`` says which it was. ``familiarity``: mentions
    of each run's test sets by whether its training sentences hold them (`scoring.breakdowns`). ``transferred``: what models of one
    corpus and language predict of others', in all types of the model; it counts in none of the others. ``left_out``: split → how
    many sentences `limits` left out, and of how many; the caller says it, who applied them.
    """

    predictions: pa.Table
    unrestricted: pa.Table
    transferred: pa.Table
    familiarity: pd.DataFrame
    trainings: pd.DataFrame
    curves: pd.DataFrame
    scores: pd.DataFrame
    tokenizer: pd.DataFrame
    release: str
    device: str
    precision: str
    runs: int
    passes: int
    steps: int
    unscored: int
    invalid_share: float
    left_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The sentences of each unit and split, and their numbers in the release; ``trained``: the units that are trained on.

    ``alone``: whether each of these is trained on by itself.
    """

    columns: dict[str, Columns]
    sentences: dict[str, Ints]
    trained: set[Unit]
    alone: bool

    def has(self, unit: Unit, split: str) -> bool:
        """Return whether there are such sentences for a run: of a unit that is only tested on, test ones alone."""
        return _name(unit, split) in self.columns and (split == "test" or unit in self.trained)

    def own(self, spec: RunSpec) -> tuple[str, ...]:
        """Return the test sets that a run's scores are of: all, but for a unit that is trained on alone only its own."""
        units = {name.rpartition("/")[0] for name in spec.train}
        return tuple(name for name in spec.evaluate if not self.alone or name.rpartition("/")[0] in units)


def _name(unit: Unit, split: str) -> str:
    return "/".join((*unit, split))


def run(
    experiment: Experiment,
    release: pa.Table,
    resume: Path,
    workers: int,
    train_labels: Mapping[Unit, Columns] | None = None,
    site: Site = THIS,
    arms: Sequence[Arm] = (),
) -> Results:
    """Train and predict every run of an experiment; runs that ``resume`` holds are not repeated.

    ``train_labels`` replaces the training sentences of some units, for ablations; ``site`` is where runs are carried out.
    ``arms``: instead of one run for each seed, one for each of these, all of them one grid.
    """
    units, texts = _texts(release, experiment.regime)
    for unit, columns in (train_labels or {}).items():
        texts.columns[_name(unit, "train")] = columns
    groups = _groups(units, texts, experiment)
    steps = _steps(experiment, release)
    specs = [_spec(experiment, group, texts, seed, steps) for group in groups for seed in experiment.seeds]
    if arms:
        specs = [_armed(spec, arm, texts) for arm in arms for spec in specs if spec.seed == arm.seed]
    what = f"{experiment.system}, {experiment.regime_name}, {experiment.labels_from} labels"
    outcomes = run_grid(specs, texts.columns, resume, workers, f"train {what}", site)
    tested = sorted({name for spec in specs for name in texts.own(spec)})
    restricted, unrestricted = (
        _predictions(specs, texts, [getattr(outcome, which) for outcome in outcomes])
        for which in ("predictions", "unrestricted")
    )
    return Results(
        predictions=restricted,
        unrestricted=unrestricted,
        transferred=_transferred(specs, texts, outcomes),
        familiarity=_familiarity(specs, outcomes, texts),
        trainings=_trainings(experiment, specs, outcomes, texts),
        curves=_curves(experiment, specs, outcomes),
        scores=_scores(specs, outcomes, texts),
        tokenizer=_tokenizer(experiment.encoder, tested, texts),
        release=experiment.regime.release,
        device=outcomes[0].device,
        precision=outcomes[0].precision,
        runs=len(specs),
        passes=round(
            sum(
                outcome.epochs * _sentences(spec, texts)
                for spec, outcome in zip(specs, outcomes, strict=True)
            )
        ),
        steps=sum(outcome.steps for outcome in outcomes),
        unscored=sum(
            len(texts.columns[name]) - len(outcome.predictions[name])
            for spec, outcome in zip(specs, outcomes, strict=True)
            for name in texts.own(spec)
        ),
        invalid_share=_mean(
            [
                outcome.invalid_shares[name]
                for spec, outcome in zip(specs, outcomes, strict=True)
                for name in texts.own(spec)
            ]
        ),
    )


def _texts(release: pa.Table, regime: Regime) -> tuple[list[Unit], _Texts]:
    texts = _Texts({}, {}, set(), not regime.together)
    units: list[Unit] = []
    for part in parts(release):
        unit = (part.corpus, part.language)
        if trains_on(regime, *unit):
            texts.trained.add(unit)
        elif not regime.meets(part.language):
            continue
        units += [] if unit in units else [unit]
        name = _name(unit, part.split)
        texts.columns[name] = columns_of(part.table, file=name)
        texts.sentences[name] = part.table["sentence"].to_numpy()
    return units, texts


def _groups(units: list[Unit], texts: _Texts, experiment: Experiment) -> list[list[Unit]]:
    """Return the units that are trained on together; one without training data can only be tested on."""
    if experiment.regime.together:
        groups = [units]
    else:
        groups = [[unit] for unit in units if texts.has(unit, "train") and texts.has(unit, "test")]
    if not any(texts.has(unit, "train") for group in groups for unit in group):
        raise _nothing(experiment.regime_name, experiment.regime)
    return groups


def _nothing(name: str, regime: Regime) -> OpenNERError:
    return OpenNERError(
        f"Regime {name!r} finds nothing to train on: no chosen corpus has training data that it asks for "
        f"({_asked(regime)}). Choose others in params.yaml."
    )


def _asked(regime: Regime) -> str:
    chosen = (f"{what}: {', '.join(names)}" for what, names in regime.restrictions.items())
    return "; ".join(chosen) or "all corpora and languages"


def _steps(experiment: Experiment, release: pa.Table) -> int | None:
    """Return the optimizer steps of a run under the regime that ``steps_of`` names, on the same release."""
    if experiment.steps_of is None:
        return None
    units, texts = _texts(release, experiment.steps_of)
    if not any(texts.has(unit, "train") for unit in units):
        raise _nothing(str(experiment.regime.steps_of), experiment.steps_of)
    like = _spec(replace(experiment, regime=experiment.steps_of), units, texts, experiment.seeds[0], None)
    encoder = experiment.encoder
    tokenizer = load_tokenizer(encoder.checkpoint, encoder.revision)
    return steps_of(tokenizer, encoder, training_sentences(like, texts.columns))


def _spec(experiment: Experiment, group: list[Unit], texts: _Texts, seed: int, steps: int | None) -> RunSpec:
    names = {
        split: tuple(_name(u, split) for u in group if texts.has(u, split))
        for split in ("train", "dev", "test")
    }
    if not experiment.regime.together and experiment.regime.tested != "trained":
        names["test"] += tuple(name for name in texts.columns if _elsewhere(name, names["test"]))
    labels, types = LABELS, None
    if experiment.types is not None:
        types = {name: experiment.types[name.split("/")[0]] for each in names.values() for name in each}
        labels = labels_of({type for name in names["train"] for type in types[name]})
    return RunSpec(
        experiment.system, experiment.regime_name, experiment.labels_from, seed, experiment.encoder, labels,
        names["train"], names["dev"], names["test"], experiment.regime.sampling, steps, types,
        experiment.regime.ontology,
    )  # fmt: skip


def _armed(spec: RunSpec, arm: Arm, texts: _Texts) -> RunSpec:
    """Return a run on the labels of an arm, which are put beside the others under a name of their own."""
    own = {
        _name(unit, "train"): f"{_name(unit, 'train')} ({arm.labels_from}, seed {arm.seed})"
        for unit in arm.labels
    }
    for unit, labels in arm.labels.items():
        texts.columns[own[_name(unit, "train")]] = labels
    return replace(spec, labels_from=arm.labels_from, train=tuple(own.get(name, name) for name in spec.train))


def _predictions(specs: Sequence[RunSpec], texts: _Texts, labels: Sequence[Mapping[str, Ints]]) -> pa.Table:
    """Return what each run predicted: label ids of its tokens, by the name of the sentences."""
    rows = [
        _prediction(spec, name, ids, texts)
        for spec, predicted in zip(specs, labels, strict=True)
        for name, ids in predicted.items()
        if name in texts.own(spec)
    ]
    table = pa.concat_tables(rows or [PREDICTIONS.empty_table()])
    return table.sort_by(
        [(n, "ascending") for n in ("labels_from", "seed", "corpus", "language", "sentence")]
    )


def _elsewhere(name: str, own: tuple[str, ...]) -> bool:
    """Return whether these are test sentences of another unit."""
    return name.endswith("/test") and name not in own


def _transferred(specs: Sequence[RunSpec], texts: _Texts, outcomes: Sequence[Outcome]) -> pa.Table:
    """Return what models of one unit predict of the test sets of others, in all types of the model."""
    tables = [TRANSFERRED.empty_table()]
    for spec, outcome in zip(specs, outcomes, strict=True):
        labels = outcome.predictions if spec.types is None else outcome.unrestricted
        unit = spec.train[0].split("/")[:2]
        for name in spec.evaluate:
            if name not in texts.own(spec):
                table = _prediction(spec, name, labels[name], texts)
                for column, value in zip(("train_corpus", "train_language"), unit, strict=True):
                    table = table.append_column(column, pa.repeat(value, len(table)))
                tables.append(table)
    return pa.concat_tables(tables)


def _prediction(spec: RunSpec, name: str, ids: Ints, texts: _Texts) -> pa.Table:
    corpus, language, split = name.split("/")
    predicted = texts.columns[name].with_labels(ids, spec.labels)
    labels = lists_of(predicted, predicted.label_strings())
    return prediction_table(_keys(spec), (corpus, language, split), texts.sentences[name], labels)


def _keys(spec: RunSpec) -> dict[str, Any]:
    """Return the values of `RUN_KEYS` of a run."""
    return {
        "system": spec.system, "regime": spec.regime, "labels_from": spec.labels_from, "format": "", "decoding": "",
        "policy": "", "control": False, "seed": spec.seed,
    }  # fmt: skip


def _familiarity(specs: Sequence[RunSpec], outcomes: Sequence[Outcome], texts: _Texts) -> pd.DataFrame:
    """Return the mentions of each run's test sets by whether its training sentences hold them, one row per group."""
    rows = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        known = Known.of(training_sentences(spec, texts.columns))
        for name in texts.own(spec):
            part = dict(zip(PART_KEYS, name.split("/"), strict=True))
            found = by_familiarity(texts.columns[name], outcome.predicted(name, texts.columns[name]), known)
            rows += [{**_keys(spec), **part, "group": group, **asdict(one)} for group, one in found.items()]
    return pd.DataFrame(rows, columns=[*RUN_KEYS, *PART_KEYS, "group", "correct", "predicted", "reference"])


def _trained_on(experiment: Experiment, spec: RunSpec) -> dict[str, Any]:
    """Return the columns that tell the runs of one experiment apart."""
    unit = ("all", "all") if experiment.regime.together else spec.train[0].split("/")[:2]
    return {"corpus": unit[0], "language": unit[1], "seed": spec.seed}


def _trainings(
    experiment: Experiment, specs: list[RunSpec], outcomes: list[Outcome], texts: _Texts
) -> pd.DataFrame:
    """Return one row per run: what was trained on how many sentences, for how long, to which loss in the last epoch, on what."""
    return pd.DataFrame(
        {
            "system": spec.system,
            "regime": spec.regime,
            "labels_from": spec.labels_from,
            **_trained_on(experiment, spec),
            "sentences": _sentences(spec, texts),
            "epochs": round(outcome.epochs, 3),
            "steps": outcome.steps,
            "loss": outcome.losses[-1],
            "constant_loss": outcome.constant_loss,
            "device": outcome.device,
            "precision": outcome.precision,
        }
        for spec, outcome in zip(specs, outcomes, strict=True)
    )


def _curves(experiment: Experiment, specs: list[RunSpec], outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one row per run and epoch, the last of which may be cut."""
    rows: list[dict[str, Any]] = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        fixed = {"system": spec.system, "labels_from": spec.labels_from, **_trained_on(experiment, spec)}
        for epoch, (loss, f1) in enumerate(zip(outcome.losses, outcome.dev_f1, strict=True), 1):
            rows.append({**fixed, "epoch": epoch, "loss": loss, "dev_f1": None if f1 is None else 100 * f1})
    return pd.DataFrame(rows)


def _scores(specs: list[RunSpec], outcomes: list[Outcome], texts: _Texts) -> pd.DataFrame:
    """Return mean F1 of each test set; on the standardized release also ``f1_in_all_types``, of unrestricted predictions."""

    def f1(name: str, spec: RunSpec, labels: Mapping[str, Ints]) -> float:
        gold = texts.columns[name]
        return (
            100 * score(gold, gold.with_labels(labels[name], spec.labels))[ALL].f1
            if name in labels
            else math.nan
        )

    rows = [
        (
            spec.labels_from,
            *name.split("/")[:2],
            f1(name, spec, outcome.predictions),
            f1(name, spec, outcome.unrestricted),
        )
        for spec, outcome in zip(specs, outcomes, strict=True)
        for name in texts.own(spec)
    ]
    frame = pd.DataFrame(rows, columns=["labels_from", "corpus", "language", "f1", "f1_in_all_types"])
    arm = ["labels_from"] if frame["labels_from"].nunique() > 1 else []
    grouped = frame.groupby([*arm, "corpus", "language"])
    found = grouped["f1"].agg(f1="mean", sd="std", seeds="count")
    everywhere = grouped["f1_in_all_types"].mean()
    return (found if everywhere.isna().all() else found.join(everywhere)).reset_index()


def _tokenizer(encoder: Encoder, names: list[str], texts: _Texts) -> pd.DataFrame:
    tokenizer = load_tokenizer(encoder.checkpoint, encoder.revision)
    tested = {tuple(name.split("/")[:2]): texts.columns[name] for name in names}
    return report(tokenizer, tested, encoder.max_length, encoder.overlap)  # type: ignore[arg-type]  # pairs of str


def _sentences(spec: RunSpec, texts: _Texts) -> int:
    """Return the number of training sentences of a run, as often as an epoch sees them."""
    return training_sentences(spec, texts.columns).n_sentences


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
