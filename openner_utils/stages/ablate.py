"""Train again on labels that were not repaired, or otherwise repaired, and change nothing else."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from openner_utils.analysis import ledger
from openner_utils.catalog import load_card
from openner_utils.catalog.ontology import core_types, map_types
from openner_utils.config.params import Ablation, load
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import columns_of, limited, parts, read_releases, read_table
from openner_utils.core.repair import repair
from openner_utils.encoders import experiment
from openner_utils.encoders.experiment import Experiment, Unit
from openner_utils.pages.tables import to_csv
from openner_utils.stages import standardize, train
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import write_text

STAGE = "ablate"


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the cleaned tables, which hold labels as published, and the core release."""
    return [paths.artifact("clean", f"{corpus}.parquet") for corpus in corpora] + train.inputs(corpora)


def outputs(ablation: str) -> list[Path]:
    """Return what `train` writes, for this arm, and the labels in which it differs from the repaired one."""
    return [paths.artifact(STAGE, ablation, path.name) for path in train.outputs("", "")] + [
        changed(ablation)
    ]


def changed(ablation: str) -> Path:
    """Return where the number of training labels lies in which an arm differs from the repaired one."""
    return paths.artifact(STAGE, ablation, "changed.csv")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Scores as in `train`, and how many labels differ from the repaired ones in the sentences trained on.

    ``changed``: per corpus and language, over core types, after limits and decontamination; columns as `ledger.rates`,
    with the labels in ``differ``, after those that name the arm (system, regime, labels_from). ``together``: one model
    was trained on all rows, and not one on each.
    """

    scores: pd.DataFrame
    changed: pd.DataFrame
    runs: int


def run(ablation: str) -> Result:
    """Train one arm on its labels and write what came out."""
    params = load("data", "limits", "standardize", "encoders", "train", "ablations", "run")
    if ablation not in params.ablations:
        raise unknown("ablation", ablation, params.ablations)
    arm = params.ablations[ablation]
    regime = params.train.regimes[arm.regime]
    chosen = tuple(corpus for corpus in params.data.corpora if arm.corpora is None or corpus in arm.corpora)
    if not chosen:
        raise OpenNERError(
            f"Ablation {ablation!r} names the corpora {', '.join(arm.corpora or ())}, none of which is in data.corpora. "
            "Change it in params.yaml, or take a profile: openner profile run NAME"
        )
    # Where all is trained on together, the arm differs from the repaired one in labels only: it reads the same corpora.
    corpora = params.data.corpora if regime.together else chosen
    limits = params.limits
    cut = (limits.train_sentences, limits.dev_sentences, limits.test_sentences)
    release = limited(read_releases(paths.artifact("standardize", "core"), corpora), *cut)
    removed = standardize.removed()
    other: dict[Unit, Columns] = {}
    rows: list[dict[str, object]] = []
    for corpus in corpora:
        mapping = core_types(load_card(corpus), params.standardize.core_switches)
        whole = read_table(paths.artifact("clean", f"{corpus}.parquet"))
        cleaned = limited(standardize.without(whole, removed), *cut)
        for part in parts(cleaned):
            if part.split != "train" or (
                regime.languages is not None and part.language not in regime.languages
            ):
                continue
            repaired = map_types(columns_of(part.table, "labels"), mapping)
            labels = repaired
            if corpus in chosen:
                labels = map_types(_arm(columns_of(part.table, "published"), arm), mapping)
            differ = int(ledger.differing(labels, repaired).sum())
            if differ or (arm.corpora is not None and corpus in chosen):
                other[part.corpus, part.language] = labels
            if (part.corpus, part.language) in other or regime.together:
                rows.append(
                    {
                        "system": arm.encoder,
                        "regime": arm.regime,
                        "labels_from": arm.labels_from,
                        "together": regime.together,
                        "corpus": corpus,
                        "language": part.language,
                        "sentences": labels.n_sentences,
                        "tokens": len(labels),
                        "mentions": len(decode(repaired, IOB2)),
                        "differ": differ,
                    }
                )
    if not other:
        raise OpenNERError(
            f"Ablation {ablation!r}: no training label of the chosen corpora was repaired. Choose others."
        )
    if not regime.together:
        units = [part.table for part in parts(release) if (part.corpus, part.language) in other]
        release = pa.concat_tables(units)
    what = Experiment(
        arm.encoder, params.encoders[arm.encoder], arm.regime, regime, arm.labels_from, params.train.seeds
    )
    results = experiment.run(what, release, paths.resume(STAGE, ablation), params.run.count(), other)
    differing = ledger.rates(pd.DataFrame(rows), "differ")
    train.write(results, outputs(ablation)[:-1])
    write_text(changed(ablation), to_csv(differing))
    return Result(results.scores, differing, results.runs)


def _arm(published: Columns, arm: Ablation) -> Columns:
    """Return training labels as the arm takes them."""
    return repair(published, IOB2, "none" if arm.labels_from == "published" else arm.labels_from)
