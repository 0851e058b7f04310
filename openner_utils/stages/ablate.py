"""Train again on labels that were not repaired, otherwise repaired, or in which flaws were planted, and change nothing else."""

from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from openner_utils.analysis import flawed_training, ledger
from openner_utils.catalog import load_card
from openner_utils.catalog.ontology import core_types, map_types
from openner_utils.config.params import Ablation, Data, Encoder, Limits, Name, Standardize, Train
from openner_utils.core.artifacts import ABLATED, CHANGED, CLEANED, CORE_RELEASE, PLANTED, REMOVED
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import Part, columns_of, limited, parts, without
from openner_utils.core.repair import repair
from openner_utils.encoders import experiment
from openner_utils.encoders.experiment import Arm, Experiment
from openner_utils.encoders.texts import Unit
from openner_utils.runs.sites import Site
from openner_utils.stages import Work, train
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.records import Record

READS = (CLEANED, CORE_RELEASE, REMOVED)
"""The cleaned tables hold labels as published."""
WRITES = (*ABLATED.all(), CHANGED, PLANTED)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    limits: Limits
    standardize: Standardize
    encoders: dict[Name, Encoder]
    train: Train
    ablations: dict[Name, Ablation]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Scores as in `train`, and how many labels differ from the repaired ones in the sentences trained on.

    ``changed``: per corpus and language, over core types, after limits and decontamination; columns as `ledger.rates`,
    with the labels in ``differ``, after those that name the arm (system, regime, labels_from). ``together``: one model
    was trained on all rows, and not one on each. ``planted``: what was planted, per arm, seed, corpus and language
    (`analysis.flawed_training`). One of the two is empty.
    """

    scores: pd.DataFrame
    changed: pd.DataFrame
    planted: pd.DataFrame
    runs: int


def run(work: Work, params: Params, ablation: str) -> Result:
    """Train one arm on its labels and hand over what came out."""
    if ablation not in params.ablations:
        raise unknown("ablation", ablation, params.ablations)
    arm = params.ablations[ablation]
    regime = params.train.regimes[arm.regime]
    chosen = _chosen(ablation, arm, params.data.corpora)
    # Where all is trained on together, the arm differs from the repaired one in labels only: it reads the same corpora.
    corpora = params.data.corpora if regime.together else chosen
    other: dict[Unit, Columns] = {}
    rows: list[dict[str, object]] = []
    arms: dict[tuple[str, int], dict[Unit, Columns]] = {}
    planted: list[dict[str, object]] = []
    for corpus in corpora:
        mapping = core_types(load_card(corpus), params.standardize.core_switches)
        for part in _trained_on(work, params, corpus, arm):
            repaired = map_types(columns_of(part.table, "labels"), mapping)
            if arm.planted is not None:
                if corpus in chosen:
                    other[part.corpus, part.language] = repaired
                    for each in flawed_training.planted(part, repaired, arm, params.train.seeds):
                        arms.setdefault((each.name, each.seed), {})[part.corpus, part.language] = each.labels
                        planted.append(each.row(arm))
                continue
            labels = repaired
            if corpus in chosen:
                labels = map_types(_arm(columns_of(part.table, "published"), arm), mapping)
            differ = int(ledger.differing(labels, repaired).sum())
            if differ or (arm.corpora is not None and corpus in chosen):
                other[part.corpus, part.language] = labels
            if (part.corpus, part.language) in other or regime.together:
                rows.append(_row(arm, regime.together, part, repaired, differ))
    if not other:
        raise OpenNERError(
            f"Ablation {ablation!r}: no training label of the chosen corpora was repaired. Choose others."
        )
    what = Experiment(
        arm.encoder, params.encoders[arm.encoder], arm.regime, regime, arm.labels_from, params.train.seeds
    )
    whole = work.inputs.of_corpora(CORE_RELEASE, corpora)
    if not regime.together:
        whole = pa.concat_tables(part.table for part in parts(whole) if (part.corpus, part.language) in other)
    release = limited(whole, *_limits(params))
    site = Site(work.run, work.place.own)
    results = experiment.run(
        what, release, work.resume, work.workers, other, site,
        [Arm(name, seed, labels) for (name, seed), labels in arms.items()],
    )  # fmt: skip
    counts = [name for name in CHANGED.empty().columns if not name.startswith("per_100")]
    differing = ledger.rates(pd.DataFrame(rows, columns=counts), "differ")
    train.hand_over(replace(results, left_out=train.left_out(whole, release)), work.outputs, ABLATED)
    work.outputs.put(CHANGED, differing)
    flaws = pd.DataFrame(planted, columns=PLANTED.empty().columns)
    work.outputs.put(PLANTED, flaws)
    return Result(results.scores, differing, flaws, results.runs)


def _chosen(ablation: str, arm: Ablation, corpora: tuple[str, ...]) -> tuple[str, ...]:
    """Return the corpora whose labels are others in this arm."""
    chosen = tuple(corpus for corpus in corpora if arm.corpora is None or corpus in arm.corpora)
    if not chosen:
        raise OpenNERError(
            f"Ablation {ablation!r} names the corpora {', '.join(arm.corpora or ())}, none of which is in data.corpora. "
            "Change it in params.yaml, or take a profile: openner profile run NAME"
        )
    return chosen


def _limits(params: Params) -> tuple[int | None, int | None, int | None]:
    limits = params.limits
    return limits.train_sentences, limits.dev_sentences, limits.test_sentences


def _trained_on(work: Work, params: Params, corpus: str, arm: Ablation) -> list[Part]:
    """Return the training sentences of a corpus as cleaned, those that the core release has too, within limits."""
    languages = params.train.regimes[arm.regime].languages
    whole = work.inputs.table(CLEANED, corpus=corpus)
    cleaned = limited(without(whole, work.inputs.frame(REMOVED)), *_limits(params))
    return [
        part
        for part in parts(cleaned)
        if part.split == "train" and (languages is None or part.language in languages)
    ]


def _row(arm: Ablation, together: bool, part: Part, repaired: Columns, differ: int) -> dict[str, object]:
    return {
        "system": arm.encoder,
        "regime": arm.regime,
        "labels_from": arm.labels_from,
        "together": together,
        "corpus": part.corpus,
        "language": part.language,
        "sentences": repaired.n_sentences,
        "tokens": len(repaired),
        "mentions": len(decode(repaired, IOB2)),
        "differ": differ,
    }


def _arm(published: Columns, arm: Ablation) -> Columns:
    """Return training labels as the arm takes them."""
    return repair(published, IOB2, "none" if arm.labels_from == "published" else arm.labels_from)
