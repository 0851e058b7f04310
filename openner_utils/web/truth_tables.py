"""What truth in a box found: as files, and in lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from openner_utils.exports.folder import replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support.words import counted
from openner_utils.web.merging import OUTCOMES
from openner_utils.web.truth import ACCEPTED, Truth

STAGES, THRESHOLDS, LABELS, ACCOUNT = "stages.csv", "thresholds.csv", "labels.csv", "account.csv"


def write(found: Truth, out: Path) -> None:
    """Write the tables into a folder: they hold counts, shares and labels, and no text."""
    with replaced(out) as fresh:
        for name, frame in ((STAGES, found.stages), (THRESHOLDS, found.thresholds)):
            write_csv(fresh / name, list(frame.columns), frame.itertuples(index=False, name=None))
        write_csv(
            fresh / LABELS,
            ("label", "type", "confidence", "why"),
            ((each.label, each.type or "", each.confidence, each.why) for each in found.labels.values()),
        )
        write_csv(fresh / ACCOUNT, ("stage", "what", "mentions"), _account(found))


def _account(found: Truth) -> Iterator[tuple[str, str, int]]:
    """Yield what became of mentions, by annotator and in merging."""
    for name, annotation in found.annotations.items():
        for what, count in sorted((annotation.account + annotation.faults).items()):
            yield name, what, count
    for outcome in OUTCOMES:
        yield "merging", outcome, found.merging[outcome]


def told(found: Truth) -> Iterator[str]:
    """Yield a line for each language and stage, then for each guarantee."""
    width = max(map(len, found.stages["stage"]))
    for row in found.stages.to_dict("records"):
        yield (
            f"{row['language']:4} {row['stage']:{width}}  {row['named']:6,} named, {row['right']:6,} right of {row['gold']:6,}  "
            f"precision {_bounded(row, 'precision')}  recall {_bounded(row, 'recall')}"
        )
    for row in found.thresholds.to_dict("records"):
        yield _guaranteed(row)


def _bounded(row: dict[str, Any], name: str) -> str:
    value, low, high = (100 * row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:5.1f} ({low:.1f} to {high:.1f})"


def _guaranteed(row: dict[str, Any]) -> str:
    promised = f"precision above {row['target']:g} with confidence {row['confidence']:g}"
    if pd.isna(row["threshold"]):
        strictest = f"{row['tested_right']} of {counted(int(row['tested_documents']), 'drawn mention')} right at the strictest"
        return f"{row['language']}: no threshold promises {promised} ({strictest}), so nothing is {ACCEPTED}"
    seen = row["mean_over_documents"]
    held = "nothing to measure" if pd.isna(seen) else f"{seen:.3f} on the other half"
    return (
        f"{row['language']}: {promised} from a score of {row['threshold']:.3f} on ({row['tested_right']} of "
        f"{counted(int(row['tested_documents']), 'drawn mention')} right); {held}"
    )
