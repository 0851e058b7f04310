"""What truth in a box found: as files, and in lines."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from openner_utils.exports.folder import replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support.words import counted
from openner_utils.web.collecting import PASSAGE
from openner_utils.web.filtering import KEPT
from openner_utils.web.guarantee import AMPLE, fewest
from openner_utils.web.merging import OUTCOMES
from openner_utils.web.pricing import priced, prices
from openner_utils.web.rating import Disagreement
from openner_utils.web.truth import ACCEPTED, MAPPED, Truth

STAGES, THRESHOLDS, LABELS, ACCOUNT, PRICES = (
    "stages.csv", "thresholds.csv", "labels.csv", "account.csv", "prices.csv",
)  # fmt: skip
TABLE = "table.csv"
"""`STAGES` in few columns, for people: see `readable`."""


def write(found: Truth, out: Path) -> None:
    """Write the tables into a folder: they hold counts, shares and labels, and no text."""
    with replaced(out) as fresh:
        frames = {
            STAGES: found.stages,
            TABLE: readable(found.stages),
            THRESHOLDS: found.thresholds,
            ACCOUNT: account(found),
            PRICES: prices(found),
        }
        for name, frame in frames.items():
            filled = frame.astype(object).where(
                frame.notna(), None
            )  # an empty cell where there is nothing, not nan
            write_csv(fresh / name, list(frame.columns), filled.itertuples(index=False, name=None))
        write_csv(
            fresh / LABELS,
            ("label", "type", "confidence", "why"),
            ((each.label, each.type or "", each.confidence, each.why) for each in found.labels.values()),
        )


def readable(stages: pd.DataFrame) -> pd.DataFrame:
    """Return stages with precision and recall in percent, each with its interval in one cell."""
    shown = stages[["language", "stage", "documents", "gold", "named", "right"]]
    rows = stages.to_dict("records")
    return shown.assign(
        **{name: [_bounded(row, name).strip() for row in rows] for name in ("precision", "recall")}
    )


def account(found: Truth) -> pd.DataFrame:
    """Return what became of mentions, by annotator and in merging."""
    rows = [
        (name, what, count)
        for name, annotation in found.annotations.items()
        for what, count in sorted((annotation.account + annotation.faults).items())
    ]
    rows += [("merging", outcome, found.merging[outcome]) for outcome in OUTCOMES]
    return pd.DataFrame(rows, columns=["stage", "what", "mentions"])


def told(found: Truth) -> Iterator[str]:
    """Yield a line for each language and stage, then for each guarantee, and for what accepted mentions took."""
    width = max(map(len, found.stages["stage"]))
    for row in found.stages.to_dict("records"):
        yield (
            f"{row['language']:4} {row['stage']:{width}}  {row['named']:6,} named, {row['right']:6,} right of {row['gold']:6,}  "
            f"precision {_bounded(row, 'precision')}  recall {_bounded(row, 'recall')}"
        )
    for row in found.thresholds.to_dict("records"):
        yield _guaranteed(row)
    yield from priced(prices(found))


def _bounded(row: dict[str, Any], name: str) -> str:
    """Return a share with its interval in percent; a share of no mentions is none."""
    if not row["named" if name == "precision" else "gold"]:
        return " none"
    value, low, high = (100 * row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:5.1f} ({low:.1f} to {high:.1f})"


def _guaranteed(row: dict[str, Any]) -> str:
    promised = f"precision above {row['target']:g} with confidence {row['confidence']:g}"
    if pd.isna(row["threshold"]):
        if pd.isna(row["p"]):
            needed = AMPLE * fewest(row["target"], row["confidence"])
            strictest = (
                f"none was tried: mentions with scores in {needed} documents of the measured half are needed"
            )
        else:
            drawn = counted(int(row["tested_documents"]), "drawn mention")
            strictest = f"{row['tested_right']} of {drawn} right at the strictest"
        return f"{row['language']}: no threshold promises {promised} ({strictest}), so nothing is {ACCEPTED}"
    seen = row["mean_over_documents"]
    held = "nothing to measure" if pd.isna(seen) else f"{seen:.3f} on the other half"
    return (
        f"{row['language']}: {promised} from a score of {row['threshold']:.3f} on ({row['tested_right']} of "
        f"{counted(int(row['tested_documents']), 'drawn mention')} right); {held}"
    )


def findings(found: Truth) -> Iterator[str]:
    """Yield what the stages cost, in sentences whose numbers come from the tables."""
    rows = found.stages[found.stages["language"] == found.stages["language"].iloc[0]].set_index("stage")
    first, second = found.annotations
    better = max((first, second), key=lambda name: rows.loc[name, "f1"])
    yield (
        f"Of the two annotators {better} has the higher F1 (not tested): precision {_at(rows, better, 'precision')}, recall "
        f"{_at(rows, better, 'recall')}."
    )
    for stage in (MAPPED, ACCEPTED):
        yield (
            f"What is {stage} has precision {_at(rows, stage, 'precision')} and recall {_at(rows, stage, 'recall')}: "
            f"{_points(rows, stage, better, 'precision')} and {_points(rows, stage, better, 'recall')} points beside {better}."
        )
    yield _promised(found.thresholds)


def _promised(thresholds: pd.DataFrame) -> str:
    """Return in how many languages there is a threshold, and of each how many drawn mentions that rests on, with their lower bound.

    The promise is one-sided, so what stands beside it is no interval but the exact lower bound (Clopper and Pearson 1934) of that share
    at the same confidence, which lies above the target exactly where the test of `guarantee` passes. What is promised is the target.
    """
    kept = thresholds[thresholds["threshold"].notna()]
    confidence = float(thresholds["confidence"].iloc[0])
    bases = [
        f"{row['language']} {row['tested_right']} of {row['tested_documents']} right (lower bound "
        f"{100 * stats.beta.ppf(1 - confidence, row['tested_right'], row['tested_documents'] - row['tested_right'] + 1):.1f} %)"
        for row in kept.to_dict("records")
    ]
    rests = f", by mentions drawn one from each document: {'; '.join(bases)}" if bases else ""
    return (
        f"In {len(kept)} of {counted(len(thresholds), 'language')} a threshold promises a precision above "
        f"{100 * thresholds['target'].iloc[0]:g} %, with {100 * confidence:g} % confidence in each language by itself{rests}."
    )


def sentences(steps: Counter[tuple[str, str]], planted: pd.DataFrame, apart: Disagreement) -> Iterator[str]:
    """Yield what became of documents before they were annotated, and how far two raters are apart.

    ``steps``: numbers by step and outcome; ``planted``: troubles, how many were planted, and how many ended as they should.
    """
    by_step = {step: sum(n for (each, _), n in steps.items() if each == step) for step, _ in steps}
    kept = [f"{steps[step, KEPT]:,} of {number:,}" for step, number in by_step.items() if step != "records"]
    yield (
        f"Of {counted(by_step['records'], 'record')}, {steps['records', PASSAGE]:,} gave a passage; the filter kept {kept[0]}, and score "
        f"and quota {kept[1]} of those in the languages that are annotated."
    )
    yield (
        f"Of {counted(int(planted['planted'].sum()), 'planted trouble')}, {planted['ended_so'].sum():,} ended as they should."
    )
    if apart.same is not None and apart.near is not None:
        yield (
            f"Two raters gave {100 * apart.same:.1f} % of {counted(apart.passages, 'passage')} the same score, and {100 * apart.near:.1f} % "
            "scores that differ by one at most."
        )


def _at(rows: pd.DataFrame, stage: str, name: str) -> str:
    value, low, high = (100 * float(rows.loc[stage, f"{name}{end}"]) for end in ("", "_low", "_high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _points(rows: pd.DataFrame, stage: str, beside: str, name: str) -> str:
    return f"{100 * (float(rows.loc[stage, name]) - float(rows.loc[beside, name])):+.1f}"
