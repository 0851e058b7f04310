"""Fine-tune one encoder under one regime, every corpus, language and seed, and predict the test sets."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from openner_utils.catalog import load_card
from openner_utils.catalog.ontology import annotated_types
from openner_utils.config.params import Data, Encoder, Limits, Name, Regime, Train
from openner_utils.core.artifacts import (
    CORE_RELEASE,
    REMOVED,
    STANDARDIZED,
    TRAINED,
    Artifact,
    Inputs,
    Outputs,
    Trained,
)
from openner_utils.core.releases import AS_RELEASED, RELEASE, limited, parts, without
from openner_utils.encoders import experiment
from openner_utils.encoders.experiment import Experiment, Results
from openner_utils.encoders.mixtures import trains_on
from openner_utils.runs.sites import Site
from openner_utils.stages import Work
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record

READS = (CORE_RELEASE, STANDARDIZED, REMOVED)
WRITES = TRAINED.all()


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    limits: Limits
    encoders: dict[Name, Encoder]
    train: Train


def run(work: Work, params: Params, encoder: str, regime: str) -> Results:
    """Train every run of ``encoder`` under ``regime`` and hand over what came out."""
    if encoder not in params.encoders:
        raise unknown("encoder", encoder, params.encoders)
    regimes = params.train.regimes
    if regime not in regimes:
        raise unknown("regime", regime, regimes)
    like, corpora = regimes[regime].steps_of, params.data.corpora
    standardized = regimes[regime].release == "standardized"
    what = Experiment(
        encoder,
        params.encoders[encoder],
        regime,
        regimes[regime],
        AS_RELEASED,
        params.train.seeds,
        steps_of=None if like is None else regimes[like],
        types={each: annotated_types(load_card(each)) for each in corpora} if standardized else None,
    )
    sentences = own_parts(
        work.inputs,
        corpora,
        [each for each in (what.regime, what.steps_of) if each],
        STANDARDIZED if standardized else CORE_RELEASE,
    )
    if standardized:  # the core release lacks them already
        sentences = without(sentences, work.inputs.frame(REMOVED))
    limits = params.limits
    release = limited(
        sentences, limits.train_sentences, limits.dev_sentences, limits.test_sentences,
    )  # fmt: skip
    site = Site(work.run, work.place.own)
    results = experiment.run(what, release, work.resume, work.workers, site=site)
    results = replace(results, left_out=left_out(sentences, release))
    hand_over(results, work.outputs, TRAINED)
    return results


def own_parts(
    inputs: Inputs, corpora: Iterable[str], regimes: Iterable[Regime], release: Artifact = CORE_RELEASE
) -> pa.Table:
    """Return the sentences of a release that regimes train or test on; corpora without any are not opened."""
    chosen = list(regimes)
    if any(regime.tested == "all" or not regime.restrictions for regime in chosen):
        return inputs.of_corpora(release, corpora)

    def wanted(corpus: str, language: str) -> bool:
        return any(trains_on(regime, corpus, language) or regime.meets(language) for regime in chosen)

    kept = [
        part.table
        for corpus in corpora
        if any(wanted(corpus, language) for language in load_card(corpus).languages)
        for part in parts(inputs.table(release, corpus=corpus))
        if wanted(corpus, part.language)
    ]
    return pa.concat_tables([RELEASE.empty_table(), *kept])


def left_out(whole: pa.Table, kept: pa.Table) -> dict[str, tuple[int, int]]:
    """Return for each split how many sentences of a release limits left out, and of how many."""
    before, after = (Counter(table["split"].to_pylist()) for table in (whole, kept))
    return {split: (before[split] - after[split], before[split]) for split in ("train", "dev", "test")}


def hand_over(results: Results, outputs: Outputs, made: Trained) -> None:
    """Hand over what a training of some regime, or of an ablation, came to."""
    outputs.put(made.predictions, results.predictions)
    outputs.put(made.unrestricted, results.unrestricted)
    outputs.put(made.transferred, results.transferred)
    outputs.put(made.familiarity, results.familiarity)
    outputs.put(made.runs, results.trainings)
    outputs.put(made.curves, results.curves)
    outputs.put(made.tokenizer, results.tokenizer)
    facts = (
        "release",
        "device",
        "precision",
        "runs",
        "passes",
        "steps",
        "unscored",
        "invalid_share",
        "left_out",
    )
    outputs.put(made.facts, {name: getattr(results, name) for name in facts})
