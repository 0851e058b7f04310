"""One encoder under one regime, all its seeds: from a release to predictions, runs, curves and scores.

The stages `train` and `ablate` both run this code; an ablation hands in other training labels, and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.catalog.ontology import CORE
from openner_utils.config.params import Encoder, Regime
from openner_utils.core.columns import Columns
from openner_utils.core.releases import columns_of, parts
from openner_utils.encoders import run_tables as tables
from openner_utils.encoders.donors import Mix, mixes
from openner_utils.encoders.grid import run_grid
from openner_utils.encoders.inputs import steps_of
from openner_utils.encoders.mixtures import trains_on
from openner_utils.encoders.models import load_tokenizer
from openner_utils.encoders.one_run import RunSpec, training_sentences
from openner_utils.encoders.partial import labels_of
from openner_utils.encoders.texts import Texts, Unit, name_of
from openner_utils.runs.sites import THIS, Site
from openner_utils.support.errors import OpenNERError

LABELS = labels_of(CORE)
"""The labels of the core release in its published order: O B-LOC I-LOC B-ORG I-ORG B-PER I-PER."""


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
        texts.columns[name_of(unit, "train")] = columns
    specs, mixed = _specs(experiment, units, texts, release)
    if arms:
        each = [
            (spec, arm, mix)
            for arm in arms
            for spec, mix in zip(specs, mixed, strict=True)
            if spec.seed == arm.seed
        ]
        specs, mixed = [_armed(spec, arm, texts) for spec, arm, _ in each], [mix for _, _, mix in each]
    what = f"{experiment.system}, {experiment.regime_name}, {experiment.labels_from} labels"
    outcomes = run_grid(specs, texts.columns, resume, workers, f"train {what}", site)
    tested = sorted({name for spec in specs for name in texts.tested(spec)})
    restricted, unrestricted = (
        tables.predictions(specs, texts, [getattr(outcome, which) for outcome in outcomes])
        for which in ("predictions", "unrestricted")
    )
    return Results(
        predictions=restricted,
        unrestricted=unrestricted,
        transferred=tables.transferred(specs, mixed, texts, outcomes),
        familiarity=tables.familiarity(specs, outcomes, texts),
        trainings=tables.trainings(specs, mixed, outcomes, texts),
        curves=tables.curves(specs, mixed, outcomes),
        scores=tables.scores(specs, outcomes, texts),
        tokenizer=tables.tokenizer(experiment.encoder, tested, texts),
        release=experiment.regime.release,
        device=outcomes[0].device,
        precision=outcomes[0].precision,
        runs=len(specs),
        passes=round(
            sum(
                outcome.epochs * tables.sentences(spec, texts)
                for spec, outcome in zip(specs, outcomes, strict=True)
            )
        ),
        steps=sum(outcome.steps for outcome in outcomes),
        unscored=sum(
            len(texts.columns[name]) - len(outcome.predictions[name])
            for spec, outcome in zip(specs, outcomes, strict=True)
            for name in texts.tested(spec)
        ),
        invalid_share=_mean(
            [
                outcome.invalid_shares[name]
                for spec, outcome in zip(specs, outcomes, strict=True)
                for name in texts.tested(spec)
            ]
        ),
    )


def _texts(release: pa.Table, regime: Regime) -> tuple[list[Unit], Texts]:
    texts = Texts({}, {}, set(), not regime.together, regime.targets is None)
    units: list[Unit] = []
    for part in parts(release):
        unit = (part.corpus, part.language)
        if trains_on(regime, *unit):
            texts.trained.add(unit)
        elif not regime.meets(part.language):
            continue
        units += [] if unit in units else [unit]
        name = name_of(unit, part.split)
        texts.columns[name] = columns_of(part.table, file=name)
        texts.sentences[name] = part.table["sentence"].to_numpy()
    return units, texts


def _specs(
    experiment: Experiment, units: list[Unit], texts: Texts, release: pa.Table
) -> tuple[list[RunSpec], list[Mix]]:
    """Return all runs, and what each of them is trained on."""
    if experiment.regime.targets is not None:
        return _donations(experiment, units, texts, release)
    groups, steps = _groups(units, texts, experiment), _steps(experiment, release)
    specs = [_spec(experiment, group, texts, seed, steps) for group in groups for seed in experiment.seeds]
    of = [("all", "all") if experiment.regime.together else _unit(spec.train[0]) for spec in specs]
    return specs, [Mix(unit, None, 0) for unit in of]


def _donations(
    experiment: Experiment, units: list[Unit], texts: Texts, release: pa.Table
) -> tuple[list[RunSpec], list[Mix]]:
    """Return the runs of donors and targets; dev sets are left alone, for nothing is chosen on them."""
    regime, encoder = experiment.regime, experiment.encoder
    assert regime.targets is not None
    donors = [unit for unit in units if texts.has(unit, "train")]
    if not donors:
        raise _nothing(experiment.regime_name, regime)
    found = mixes(experiment.regime_name, regime.targets, donors, release, texts.columns)
    specs = [
        RunSpec(
            experiment.system, experiment.regime_name, experiment.labels_from, seed, encoder, LABELS, mix.train, (), mix.test,
            regime.sampling,
        )
        for mix in found
        for seed in experiment.seeds
    ]  # fmt: skip
    if regime.targets.steps == "matched":
        tokenizer = load_tokenizer(encoder.checkpoint, encoder.revision)
        seen = [training_sentences(spec, texts.columns) for spec in specs[:: len(experiment.seeds)]]
        steps = max(steps_of(tokenizer, encoder, sentences) for sentences in seen)
        specs = [replace(spec, steps=steps) for spec in specs]
    return specs, [mix for mix in found for _ in experiment.seeds]


def _unit(name: str) -> Unit:
    corpus, code, _ = name.split("/")
    return corpus, code


def _groups(units: list[Unit], texts: Texts, experiment: Experiment) -> list[list[Unit]]:
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


def _spec(experiment: Experiment, group: list[Unit], texts: Texts, seed: int, steps: int | None) -> RunSpec:
    names = {
        split: tuple(name_of(u, split) for u in group if texts.has(u, split))
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


def _armed(spec: RunSpec, arm: Arm, texts: Texts) -> RunSpec:
    """Return a run on the labels of an arm, which are put beside the others under a name of their own."""
    own = {
        name_of(unit, "train"): f"{name_of(unit, 'train')} ({arm.labels_from}, seed {arm.seed})"
        for unit in arm.labels
    }
    for unit, labels in arm.labels.items():
        texts.columns[own[name_of(unit, "train")]] = labels
    return replace(spec, labels_from=arm.labels_from, train=tuple(own.get(name, name) for name in spec.train))


def _elsewhere(name: str, own: tuple[str, ...]) -> bool:
    """Return whether these are test sentences of another unit."""
    return name.endswith("/test") and name not in own


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
