"""Score every prediction against the gold labels, under every convention, and by two other scorers too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.analysis.breakdowns import BY_FAMILIARITY, BY_LENGTH
from openner_utils.config.params import Data, OfUnits, Score, units
from openner_utils.core.artifacts import (
    ABLATED,
    BREAKDOWNS,
    CONFUSIONS,
    CORE_RELEASE,
    ERRORS,
    PROMPTED,
    RULED,
    SCORES,
    SENTENCES,
    STANDARDIZED,
    TRAINED,
    Artifact,
)
from openner_utils.core.columns import Columns
from openner_utils.core.releases import PART_KEYS, RUN_KEYS, columns_of, select, with_labels
from openner_utils.scoring import errors, peers, rules
from openner_utils.scoring import mentions as scoring
from openner_utils.scoring.breakdowns import by_length
from openner_utils.stages import Work
from openner_utils.support.progress import track

PREDICTIONS = {"train": TRAINED.predictions, "ablate": ABLATED.predictions, "prompt": PROMPTED}
KNOWN = {"train": TRAINED.familiarity, "ablate": ABLATED.familiarity}
"""Of language models it is not told which mentions they knew."""
READS = (CORE_RELEASE, STANDARDIZED, *PREDICTIONS.values(), *KNOWN.values())
WRITES = (SCORES, SENTENCES, RULED, BREAKDOWNS, CONFUSIONS, ERRORS)
KEYS = (*RUN_KEYS, *PART_KEYS)
BY_SENTENCE = ("conlleval", "discard")
"""The conventions under which counts per sentence are kept, on which every comparison rests."""


class Params(OfUnits):
    """The blocks of params.yaml that the stage uses: what there are predictions of, and how they are scored."""

    data: Data
    score: Score


@dataclass(frozen=True, slots=True)
class Result:
    """``scores``: one row per run, part, entity type and convention. The others under conlleval, one row per run and part and…

    ``breakdowns``: …what mentions are grouped by, and group; ``confusions``: …kind of error, type in the reference and in the prediction; ``errors``: …error.
    ``policy``: the main one for texts that stand at several places.
    """

    scores: pd.DataFrame
    breakdowns: pd.DataFrame
    confusions: pd.DataFrame
    errors: pd.DataFrame
    checked: int
    policy: str


@dataclass(frozen=True, slots=True)
class _Tables:
    """Rows as they come: of each prediction those of every table."""

    scores: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[pd.DataFrame] = field(default_factory=list)
    ruled: list[pd.DataFrame] = field(default_factory=list)
    breakdowns: list[dict[str, Any]] = field(default_factory=list)
    confusions: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def run(work: Work, params: Params) -> Result:
    """Score all predictions, and hand over and return what came out."""
    found = _Tables()
    releases: dict[Artifact, pa.Table] = {}
    known: list[pd.DataFrame] = []
    checked = 0
    predicting = [(stage, unit) for stage in PREDICTIONS for unit in units(params)[stage]]
    for stage, unit in track(predicting, "score"):
        release = _release(params, stage, unit)
        if release not in releases:
            releases[release] = work.inputs.of_corpora(release, params.data.corpora)
        for keys, prediction in _groups(work.inputs.table(PREDICTIONS[stage], **unit)):
            part = _reference(releases[release], keys, prediction["sentence"])
            _score(found, keys, part, prediction, params.score.conventions)
            if stage == "train":
                found.ruled.extend(_ruled(keys, part, prediction))
            checked += 1
        if stage in KNOWN:
            known.append(work.inputs.frame(KNOWN[stage], **unit).assign(by=BY_FAMILIARITY))
    names = BREAKDOWNS.empty().columns
    lengths = pd.DataFrame(found.breakdowns, columns=names)
    result = Result(
        pd.DataFrame(found.scores),
        pd.concat([lengths, *(each[names] for each in known)], ignore_index=True),
        pd.DataFrame(found.confusions, columns=CONFUSIONS.empty().columns),
        pd.DataFrame(found.errors, columns=ERRORS.empty().columns),
        checked,
        params.prompt.policy,
    )
    work.outputs.put(SENTENCES, pd.concat(found.sentences, ignore_index=True))
    work.outputs.put(RULED, pd.concat(found.ruled, ignore_index=True) if found.ruled else RULED.empty())
    for artifact, table in (
        (SCORES, result.scores), (BREAKDOWNS, result.breakdowns), (CONFUSIONS, result.confusions), (ERRORS, result.errors),
    ):  # fmt: skip
        work.outputs.put(artifact, table)
    return result


def _release(params: Params, stage: str, unit: Mapping[str, str]) -> Artifact:
    """Return the release whose labels a unit's predictions are scored against: that which it was trained on."""
    trained = stage == "train" and params.train.regimes[unit["regime"]].release == "standardized"
    return STANDARDIZED if trained else CORE_RELEASE


def _score(
    found: _Tables, keys: dict[str, Any], part: pa.Table, prediction: pa.Table, conventions: Iterable[str]
) -> None:
    """Score one run's prediction of one part, whose sentences of the release are given."""
    reference = columns_of(part, file="/".join(str(keys[name]) for name in PART_KEYS))
    predicted = with_labels(reference, prediction["labels"])
    counts: dict[str, scoring.Counts] = {
        name: scoring.count(reference, predicted, name) for name in conventions
    }
    scores = {name: each.scores() for name, each in counts.items()}
    what = " ".join(str(value) for value in keys.values() if value not in ("", False))
    peers.check(_labels(reference), _labels(predicted), scores, what)
    found.scores.extend(
        {**keys, "type": type, "convention": name, **_values(score)}
        for name, by_type in scores.items()
        for type, score in by_type.items()
    )
    found.sentences.extend(_per_sentence(keys, name, part, prediction, counts[name]) for name in BY_SENTENCE)
    found.breakdowns.extend(
        {**keys, "by": BY_LENGTH, "group": group, **asdict(score)}
        for group, score in by_length(reference, predicted).items()
    )
    became = errors.compared(reference, predicted)
    found.confusions.extend(
        {**keys, "kind": kind, "reference_type": type, "predicted_type": other, "mentions": number}
        for (kind, type, other), number in sorted(errors.confusion(became).items())
    )
    numbers = part["sentence"].to_pylist()
    found.errors.extend(
        {
            **keys,
            "sentence": numbers[each.sentence],
            "kind": each.kind,
            "reference_type": each.reference_type or "",
            "predicted_type": each.predicted_type or "",
            **asdict(errors.in_words(each, reference)),
        }
        for each in became
        if each.kind != errors.RIGHT
    )


def _ruled(keys: dict[str, Any], part: pa.Table, prediction: pa.Table) -> Iterator[pd.DataFrame]:
    """Yield the counts of one run's prediction of one part under each rule, where they are others than under the main one."""
    reference = columns_of(part, file="/".join(str(keys[name]) for name in PART_KEYS))
    credits = rules.credits(reference, with_labels(reference, prediction["labels"]))
    numbers = part["sentence"].to_numpy()
    for rule, found in credits.items():
        other = (found != credits[rules.MAIN]).any(axis=1)
        if other.any():
            correct, predicted, wanted = found[other].T
            yield pd.DataFrame(
                {**keys, "sentence": numbers[other], "rule": rule, "correct": correct, "predicted": predicted, "reference": wanted}
            )  # fmt: skip


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
