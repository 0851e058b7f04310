"""Score every prediction against the gold labels, under every convention, and by two other scorers too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.config.params import Data, OfUnits, Score, units
from openner_utils.core.artifacts import (
    ABLATED,
    CORE_RELEASE,
    PROMPTED,
    SCORES,
    SENTENCES,
    STANDARDIZED,
    TRAINED,
)
from openner_utils.core.columns import Columns
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, columns_of, select, with_labels
from openner_utils.scoring import mentions as scoring
from openner_utils.scoring import peers
from openner_utils.stages import Work
from openner_utils.support.progress import track

PREDICTIONS = {"train": TRAINED.predictions, "ablate": ABLATED.predictions, "prompt": PROMPTED}
READS = (CORE_RELEASE, STANDARDIZED, *PREDICTIONS.values())
WRITES = (SCORES, SENTENCES)
KEYS = (*RUN_KEYS, *PART_KEYS)
BY_SENTENCE = ("conlleval", "discard")
"""The conventions under which counts per sentence are kept, on which every comparison rests."""


class Params(OfUnits):
    """The blocks of params.yaml that the stage uses: what there are predictions of, and how they are scored."""

    data: Data
    score: Score


@dataclass(frozen=True, slots=True)
class Result:
    """The long table of scores: one row per run, part, entity type and convention."""

    scores: pd.DataFrame
    checked: int


def run(work: Work, params: Params) -> Result:
    """Score all predictions, hand over both tables, and return the first."""
    gold = work.inputs.of_corpora(CORE_RELEASE, params.data.corpora)
    rows: list[dict[str, Any]] = []
    sentences: list[pd.DataFrame] = []
    checked = 0
    of_stage = units(params)
    predicting = [(made, unit) for stage, made in PREDICTIONS.items() for unit in of_stage[stage]]
    for made, unit in track(predicting, "score"):
        for keys, prediction in _groups(work.inputs.table(made, **unit)):
            part = _reference(gold, keys, prediction["sentence"])
            reference = columns_of(part, file="/".join(str(keys[name]) for name in PART_KEYS))
            predicted = with_labels(reference, prediction["labels"])
            counts: dict[str, scoring.Counts] = {
                name: scoring.count(reference, predicted, name) for name in params.score.conventions
            }
            scores = {name: found.scores() for name, found in counts.items()}
            what = " ".join(str(value) for value in keys.values() if value not in ("", False))
            peers.check(_labels(reference), _labels(predicted), scores, what)
            checked += 1
            rows += [
                {**keys, "type": type, "convention": name, **_values(score)}
                for name, by_type in scores.items()
                for type, score in by_type.items()
            ]
            sentences += [_per_sentence(keys, name, part, prediction, counts[name]) for name in BY_SENTENCE]
    table = pd.DataFrame(rows)
    work.outputs.put(SCORES, table)
    work.outputs.put(SENTENCES, pd.concat(sentences, ignore_index=True))
    return Result(table, checked)


def _groups(table: pa.Table) -> Iterator[tuple[dict[str, Any], pa.Table]]:
    """Yield each run's prediction for one part, sentences in order."""
    for keys in (
        table.select(list(KEYS))
        .group_by(list(KEYS))
        .aggregate([])
        .sort_by([(k, "ascending") for k in KEYS])
        .to_pylist()
    ):
        yield keys, select(table, **keys).sort_by("sentence")


def _reference(gold: pa.Table, keys: dict[str, Any], sentences: pa.ChunkedArray) -> pa.Table:
    part = select(gold, **{name: keys[name] for name in PART_KEYS})
    return part.filter(pc.is_in(part["sentence"], value_set=sentences.combine_chunks())).sort_by("sentence")


def _labels(columns: Columns) -> list[tuple[str, ...]]:
    return [labels for _, labels in columns.rows()]


def _values(score: scoring.Score) -> dict[str, Any]:
    return {
        "correct": score.correct,
        "predicted": score.predicted,
        "reference": score.reference,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
    }


def _per_sentence(
    keys: dict[str, Any], convention: str, part: pa.Table, prediction: pa.Table, counts: scoring.Counts
) -> pd.DataFrame:
    correct, predicted, reference = counts.values.sum(axis=1).T
    return pd.DataFrame(
        {
            **keys,
            "sentence": part["sentence"].to_numpy(),
            "document": part["document"].to_numpy(),
            "convention": convention,
            "correct": correct,
            "predicted": predicted,
            "reference": reference,
            "ungrounded": prediction["ungrounded"].to_numpy(),
        }
    )
