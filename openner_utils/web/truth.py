"""Truth in a box: the pipeline on text whose gold labels are hidden from it, and what each stage costs in precision and recall.

Annotators are given passages, which have no labels; gold labels come in when a stage is measured, and for the judge's threshold.
For that the documents are parted in two by a hash: the gold labels of one half choose the threshold of each language, and
everything that is reported is measured on the other half.

Beside the stages stands what both annotators name with span and label: what merging would be that keeps nothing else.

The gold labels are core types, so a stage is measured by the core types that its labels mean. A label that means a type
without one (a date) is left aside, for the gold labels say nothing of it. A label that means no type counts as wrong until the stage
that maps labels sets it aside.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.catalog.ontology import CORE
from openner_utils.catalog.taxonomy import Taxonomy
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import counted
from openner_utils.web.annotating import Annotation, Annotator
from openner_utils.web.counting import Rates, count, rates, units_of
from openner_utils.web.guarantee import Guarantee, Judged, Scored, guarantee
from openner_utils.web.judging import calibrated, judge, scored
from openner_utils.web.mentions import Annotated
from openner_utils.web.merging import CLASHES, Alike, Clash, merge
from openner_utils.web.passages import Passage
from openner_utils.web.types import Mapped, core_of, mapped

EVERY = "ALL"
BOTH, MERGED, MAPPED, ACCEPTED = "named by both", "merged", "mapped", "accepted"
REST = "merging, mapping, judging"
MEASURED = 1
"""The half of the documents (`half`) that stages are measured on."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is measured: two annotators, how their labels are compared and merged, and what is promised of what is accepted.

    ``likeness`` makes of all labels that occur how alike two of them are; ``judge`` None: the annotators' own scores decide;
    ``target`` and ``confidence``: of `guarantee`.
    """

    first: Annotator
    second: Annotator
    judge: Annotator | None
    likeness: Callable[[Sequence[str]], Alike]
    taxonomy: Taxonomy
    clash: Clash = "drop"
    target: float = 0.9
    confidence: float = 0.9


@dataclass(frozen=True, slots=True)
class Truth:
    """What came out.

    ``stages``: a row for each language, and all together, and stage; ``thresholds``: a row for each language with the judge
    beside the truth, and what is guaranteed; ``merging``: what became of the annotators' mentions; ``labels``: what each label
    means; ``annotations``: by annotator, with losses, and ``judges`` the same of the judge, if there is one; ``accepted``: all
    passages with the mentions that are accepted; ``seconds``: of processors, by annotator, and for all that comes after them (`REST`).
    """

    stages: pd.DataFrame
    thresholds: pd.DataFrame
    merging: Counter[str]
    labels: Mapping[str, Mapped]
    annotations: Mapping[str, Annotation]
    judges: Mapping[str, Annotation]
    accepted: tuple[Annotated, ...]
    seconds: Mapping[str, float]


def half(document: str) -> int:
    """Return in which half a document is: 0, or 1, which is `MEASURED`."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()[0] % 2


def truth(gold: Sequence[Annotated], box: Box) -> Truth:
    """Run the pipeline on the text of ``gold`` and measure each stage against it.

    Raises `OpenNERError` where the half that is measured has no document.
    """
    if not any(half(each.passage.document) == MEASURED for each in gold):
        raise OpenNERError(
            f"{counted(len({each.passage.document for each in gold}), 'document')}, and a hash puts none into the half that is measured. "
            "Give more labelled text."
        )
    hidden = [each.passage for each in gold]
    seconds: dict[str, float] = {}
    annotations = {each.name: _timed(each, hidden, seconds) for each in (box.first, box.second)}
    first, second = (annotations[each.name].passages for each in (box.first, box.second))
    judging = {each.name: _timed(each, hidden, seconds) for each in (box.judge,) if each}
    judges = next((each.passages for each in judging.values()), None)
    begun = process_time()
    alike = box.likeness(labels_of(first, second))
    combined = {clash: merged(first, second, alike, clash) for clash in CLASHES}
    of_clash, account = combined[box.clash]
    labels = mapped(box.taxonomy, labels_of(first, second, of_clash, judges or ()))
    core = _core(labels, box.taxonomy)
    chosen = [_in_core(each, core) for each in of_clash]
    judged = chosen if judges is None else scored(chosen, [_in_core(each, core) for each in judges])
    promised = _promised(gold, judged, box)
    accepted = [_accepted(each, promised[each.passage.language]) for each in judged]
    seconds[REST] = process_time() - begun
    stages: dict[str, Sequence[Annotated]] = {
        box.first.name: first,
        box.second.name: second,
        BOTH: [one.with_mentions(judge(one, other).right) for one, other in zip(first, second, strict=True)],
        **{f"{MERGED}, {clash}": found for clash, (found, _) in combined.items()},
        MAPPED: chosen,
        ACCEPTED: accepted,
    }
    rows = [row for stage, found in stages.items() for row in _rows(stage, gold, found, core)]
    verdicts = None if judges is None else [_in_core(each, core) for each in judges]
    return Truth(
        pd.DataFrame(rows).sort_values("language", kind="stable", ignore_index=True),
        pd.DataFrame(_thresholds(gold, chosen, verdicts, accepted, promised)),
        account,
        labels,
        annotations,
        judging,
        tuple(accepted),
        seconds,
    )


def _timed(annotator: Annotator, passages: Sequence[Passage], seconds: dict[str, float]) -> Annotation:
    """Return what an annotator makes of passages, and put down the processor seconds of this process that it took."""
    begun = process_time()
    found = annotator.annotate(passages)
    seconds[annotator.name] = process_time() - begun
    return found


def labels_of(*sides: Sequence[Annotated]) -> list[str]:
    """Return the labels that occur in some annotations, sorted."""
    return sorted({mention.type for side in sides for each in side for mention in each.mentions})


def merged(
    first: Sequence[Annotated], second: Sequence[Annotated], alike: Alike, clash: Clash
) -> tuple[list[Annotated], Counter[str]]:
    """Return two annotators' passages merged, and what became of their mentions; see `merging.merge`."""
    account: Counter[str] = Counter()
    found = []
    for one, other in zip(first, second, strict=True):
        each = merge(one.mentions, other.mentions, alike, clash)
        account += each.account()
        found.append(one.with_mentions(each.mentions))
    return found, account


def _core(labels: Mapping[str, Mapped], taxonomy: Taxonomy) -> dict[str, str | None]:
    """Return the core type of each label that means a type, None for a type that has none."""
    found = {label: core_of(taxonomy, each.type) for label, each in labels.items() if each.type is not None}
    return {**found, **{type: type for type in CORE}}


def _in_core(annotated: Annotated, core: Mapping[str, str | None]) -> Annotated:
    """Return mentions under their core types, without those that have none: what mapping hands on."""
    types = ((mention, core.get(mention.type)) for mention in annotated.mentions)
    return annotated.with_mentions(mention.with_type(type) for mention, type in types if type is not None)


def _as_measured(annotated: Annotated, core: Mapping[str, str | None]) -> Annotated:
    """Return mentions under their core types; what means another type is left aside, what means none keeps its label."""
    types = ((mention, core.get(mention.type, mention.type)) for mention in annotated.mentions)
    return annotated.with_mentions(mention.with_type(type) for mention, type in types if type is not None)


def _accepted(annotated: Annotated, promised: Guarantee) -> Annotated:
    kept = (each for each in annotated.mentions if each.score is not None and promised.accepts(each.score))
    return annotated.with_mentions(kept)


def _promised(gold: Sequence[Annotated], judged: Sequence[Annotated], box: Box) -> dict[str, Guarantee]:
    """Return the guarantee of each language, chosen on the gold labels of its first half and the scores of its second."""
    calibration: dict[str, list[Judged]] = {}
    pool: dict[str, list[Scored]] = {}
    for true, found in zip(gold, judged, strict=True):
        document, language = true.passage.document, true.passage.language
        own, scores = calibration.setdefault(language, []), pool.setdefault(language, [])
        if half(document) == MEASURED:
            scores += [(document, each.score) for each in found.mentions if each.score is not None]
            continue
        right = {(mention.span, mention.type) for mention in true.mentions}
        own += [
            Judged(document, each.score, (each.span, each.type) in right)
            for each in found.mentions
            if each.score is not None
        ]
    return {
        language: guarantee(own, pool[language], box.target, box.confidence)
        for language, own in calibration.items()
    }


def _rows(
    stage: str, gold: Sequence[Annotated], found: Sequence[Annotated], core: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """Return a row for all languages together and each, of the half that is measured."""
    pairs = [
        (true, _as_measured(named, core))
        for true, named in zip(gold, found, strict=True)
        if half(true.passage.document) == MEASURED
    ]
    languages = sorted({true.passage.language for true, _ in pairs})
    rows = []
    for language in [EVERY, *languages] if len(languages) > 1 else languages:
        own = [pair for pair in pairs if language in (EVERY, pair[0].passage.language)]
        rows.append(_row(language, stage, [true for true, _ in own], [named for _, named in own]))
    return rows


def _row(language: str, stage: str, gold: Sequence[Annotated], found: Sequence[Annotated]) -> dict[str, Any]:
    units = units_of(each.passage.document for each in gold)
    typed = rates(count(gold, found).values.sum(axis=1, dtype=np.int64), units)
    spans = rates(count(gold, found, typed=False).values.sum(axis=1, dtype=np.int64), units)
    return {
        "language": language,
        "stage": stage,
        "passages": len(gold),
        "documents": int(units.max(initial=-1)) + 1,
        "gold": typed.score.reference,
        "named": typed.score.predicted,
        "right": typed.score.correct,
        **_bounds("precision", typed),
        **_bounds("recall", typed),
        **_bounds("f1", typed),
        "span_precision": spans.precision.value,
        "span_recall": spans.recall.value,
    }


def _bounds(name: str, found: Rates) -> dict[str, float]:
    interval = {"precision": found.precision, "recall": found.recall, "f1": found.f1}[name]
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _thresholds(
    gold: Sequence[Annotated],
    chosen: Sequence[Annotated],
    judges: Sequence[Annotated] | None,
    accepted: Sequence[Annotated],
    promised: Mapping[str, Guarantee],
) -> list[dict[str, Any]]:
    """Return a row for each language: the judge beside the truth on the first half, the guarantee, and how it held on the second."""
    rows = []
    for language in sorted(promised):
        own = [n for n, each in enumerate(gold) if each.passage.language == language]
        first = [n for n in own if half(gold[n].passage.document) != MEASURED]
        second = [n for n in own if half(gold[n].passage.document) == MEASURED]
        against = chosen if judges is None else judges
        found = calibrated(*([side[n] for n in first] for side in (chosen, against, gold)))
        kept = promised[language]
        told = next((test for test in kept.tests if test.threshold == kept.threshold), None)
        told = told or next(iter(kept.tests), None)  # where none passed, the strictest, which failed
        rows.append(
            {
                "language": language,
                "calibrated_on": found.mentions,
                "judged_precision": None if judges is None else found.judged_precision,
                "true_precision": found.true_precision,
                "judged_recall": None if judges is None else found.judged_recall,
                "true_recall": found.true_recall,
                "kappa": None if judges is None else found.kappa,
                "target": kept.target,
                "confidence": kept.confidence,
                "threshold": kept.threshold,
                "tested_documents": told.documents if told else 0,
                "tested_right": told.right if told else 0,
                "p": told.p if told else None,
                "mean_over_documents": by_document([accepted[n] for n in second], [gold[n] for n in second]),
            }
        )
    return rows


def by_document(found: Sequence[Annotated], gold: Sequence[Annotated]) -> float | None:
    """Return the share of right mentions of a document, averaged over documents with any: what `guarantee` is about."""
    counts: dict[str, tuple[int, int]] = {}
    for one, true in zip(found, gold, strict=True):
        verdict = judge(one, true)
        right, named = counts.get(one.passage.document, (0, 0))
        counts[one.passage.document] = right + len(verdict.right), named + verdict.named
    shares = [right / named for right, named in counts.values() if named]
    return sum(shares) / len(shares) if shares else None
