"""Fine-tune one encoder under one regime, every corpus, language and seed, and predict the test sets."""

from pathlib import Path

from openner_utils.config.params import load
from openner_utils.core.releases import AS_RELEASED, limited, read_releases, write_table
from openner_utils.encoders import experiment
from openner_utils.encoders.experiment import Experiment, Results
from openner_utils.support import paths
from openner_utils.support.errors import unknown
from openner_utils.support.files import write_json, write_text

STAGE = "train"


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the core release of each corpus."""
    return [paths.artifact("standardize", "core", f"{corpus}.parquet") for corpus in corpora]


def outputs(encoder: str, regime: str) -> list[Path]:
    """Return predictions, the runs, learning curves, the tokenizer report, and what the runs ran on."""
    names = ("predictions.parquet", "runs.csv", "curves.csv", "tokenizer.csv", "run.json")
    return [paths.artifact(STAGE, f"{encoder}-{regime}", name) for name in names]


def run(encoder: str, regime: str) -> Results:
    """Train every run of ``encoder`` under ``regime`` and write what came out."""
    params = load("data", "limits", "encoders", "train", "run")
    if encoder not in params.encoders:
        raise unknown("encoder", encoder, params.encoders)
    regimes = params.train.regimes
    if regime not in regimes:
        raise unknown("regime", regime, regimes)
    like = regimes[regime].steps_of
    what = Experiment(
        encoder,
        params.encoders[encoder],
        regime,
        regimes[regime],
        AS_RELEASED,
        params.train.seeds,
        steps_of=None if like is None else regimes[like],
    )
    limits = params.limits
    release = limited(
        read_releases(paths.artifact("standardize", "core"), params.data.corpora),
        limits.train_sentences, limits.dev_sentences, limits.test_sentences,
    )  # fmt: skip
    results = experiment.run(what, release, paths.resume(STAGE, f"{encoder}-{regime}"), params.run.count())
    write(results, outputs(encoder, regime))
    return results


def write(results: Results, files: list[Path]) -> None:
    """Write results to the files that `outputs` names, in its order."""
    predictions, runs, curves, tokenizer, run = files
    write_table(predictions, results.predictions)
    write_text(runs, results.trainings.to_csv(index=False))
    write_text(curves, results.curves.to_csv(index=False))
    write_text(tokenizer, results.tokenizer.to_csv(index=False))
    facts = ("device", "precision", "runs", "passes", "steps", "unscored", "invalid_share")
    write_json(run, {name: getattr(results, name) for name in facts})
