"""What the runs of an experiment came to, as tables: predictions, trainings, curves, scores, and what the tokenizer did."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.config.params import Encoder
from openner_utils.core.columns import Ints
from openner_utils.core.releases import (
    PART_KEYS,
    PREDICTIONS,
    RUN_KEYS,
    TRANSFERRED,
    lists_of,
    prediction_table,
)
from openner_utils.encoders.donors import Mix
from openner_utils.encoders.models import load_tokenizer
from openner_utils.encoders.one_run import Outcome, RunSpec, training_sentences
from openner_utils.encoders.texts import Texts
from openner_utils.encoders.tokenizer_report import report
from openner_utils.scoring.breakdowns import Known, by_familiarity
from openner_utils.scoring.mentions import ALL, score

NO_DONOR = ("", "")
"""In place of a corpus and language that there is not."""


def predictions(specs: Sequence[RunSpec], texts: Texts, labels: Sequence[Mapping[str, Ints]]) -> pa.Table:
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


def transferred(
    specs: Sequence[RunSpec], mixed: Sequence[Mix], texts: Texts, outcomes: Sequence[Outcome]
) -> pa.Table:
    """Return what models of one unit predict of the test sets of others, in all types of the model."""
    tables = [TRANSFERRED.empty_table()]
    for spec, mix, outcome in zip(specs, mixed, outcomes, strict=True):
        labels = outcome.predictions if spec.types is None else outcome.unrestricted
        corpus, code = mix.donor or NO_DONOR
        more = (corpus, code, pa.scalar(mix.sentences, pa.int32()))
        for name in spec.evaluate:
            if name not in texts.own(spec):
                table = _prediction(spec, name, labels[name], texts)
                for column, value in zip(TRANSFERRED.names[-3:], more, strict=True):
                    table = table.append_column(column, pa.repeat(value, len(table)))
                tables.append(table)
    return pa.concat_tables(tables)


def _prediction(spec: RunSpec, name: str, ids: Ints, texts: Texts) -> pa.Table:
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


def familiarity(specs: Sequence[RunSpec], outcomes: Sequence[Outcome], texts: Texts) -> pd.DataFrame:
    """Return the mentions of each run's test sets by whether its training sentences hold them, one row per group."""
    rows = []
    for spec, outcome in zip(specs, outcomes, strict=True):
        known = Known.of(training_sentences(spec, texts.columns))
        for name in texts.own(spec):
            part = dict(zip(PART_KEYS, name.split("/"), strict=True))
            found = by_familiarity(texts.columns[name], outcome.predicted(name, texts.columns[name]), known)
            rows += [{**_keys(spec), **part, "group": group, **asdict(one)} for group, one in found.items()]
    return pd.DataFrame(rows, columns=[*RUN_KEYS, *PART_KEYS, "group", "correct", "predicted", "reference"])


def trainings(specs: list[RunSpec], mixed: list[Mix], outcomes: list[Outcome], texts: Texts) -> pd.DataFrame:
    """Return one row per run: what was trained on how many sentences, for how long, to which loss in the last epoch, on what."""
    return pd.DataFrame(
        {
            "system": spec.system,
            "regime": spec.regime,
            "labels_from": spec.labels_from,
            **dict(zip(("corpus", "language"), mix.donor or NO_DONOR, strict=True)),
            **dict(zip(("target_corpus", "target_language"), mix.target or NO_DONOR, strict=True)),
            "target_sentences": mix.sentences,
            "seed": spec.seed,
            "sentences": sentences(spec, texts),
            "epochs": round(outcome.epochs, 3),
            "steps": outcome.steps,
            "loss": outcome.losses[-1],
            "constant_loss": outcome.constant_loss,
            "device": outcome.device,
            "precision": outcome.precision,
        }
        for spec, mix, outcome in zip(specs, mixed, outcomes, strict=True)
    )


def curves(specs: list[RunSpec], mixed: list[Mix], outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one row per run and epoch, the last of which may be cut; corpora and languages that are trained on together with ``+``."""
    rows: list[dict[str, Any]] = []
    for spec, mix, outcome in zip(specs, mixed, outcomes, strict=True):
        corpora, codes = zip(*(unit for unit in (mix.donor, mix.target) if unit), strict=True)
        codes = (*codes[:-1], f"{codes[-1]} ({mix.sentences})") if mix.target else codes
        fixed = {
            "system": spec.system,
            "labels_from": spec.labels_from,
            "corpus": " + ".join(corpora),
            "language": " + ".join(codes),
            "seed": spec.seed,
        }
        for epoch, (loss, f1) in enumerate(zip(outcome.losses, outcome.dev_f1, strict=True), 1):
            rows.append({**fixed, "epoch": epoch, "loss": loss, "dev_f1": None if f1 is None else 100 * f1})
    return pd.DataFrame(rows)


def scores(specs: list[RunSpec], outcomes: list[Outcome], texts: Texts) -> pd.DataFrame:
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


def tokenizer(encoder: Encoder, names: list[str], texts: Texts) -> pd.DataFrame:
    """Return what the encoder's tokenizer does to the sentences of these names."""
    loaded = load_tokenizer(encoder.checkpoint, encoder.revision)
    tested = {tuple(name.split("/")[:2]): texts.columns[name] for name in names}
    return report(loaded, tested, encoder.max_length, encoder.overlap)  # type: ignore[arg-type]  # pairs of str


def sentences(spec: RunSpec, texts: Texts) -> int:
    """Return the number of training sentences of a run, as often as an epoch sees them."""
    return training_sentences(spec, texts.columns).n_sentences
