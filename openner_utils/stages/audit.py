"""Say what is in the corpora: counts against the cards, repairs, duplicates and leakage, distributions, licences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.analysis import audit, leakage, ledger
from openner_utils.catalog import Card, load_cards
from openner_utils.config.params import Clean, Data
from openner_utils.core.artifacts import (
    AUDIT_SUMMARY,
    AUDITED,
    CHANGES,
    COMPARISON,
    CONTAMINATION,
    CORE_RELEASE,
    CORE_TYPES,
    COUNTS,
    LEDGER,
    REMOVED,
    REPAIRS,
    STANDARDIZED,
    Inputs,
)
from openner_utils.core.releases import in_order
from openner_utils.curation import duplicates
from openner_utils.stages import Work
from openner_utils.support.progress import bar, track
from openner_utils.support.records import Record
from openner_utils.support.rounding import share
from openner_utils.support.words import counted

READS = (STANDARDIZED, CORE_RELEASE, REMOVED, LEDGER)
READ_BY_OTHERS = {
    "counts": COUNTS,
    "core_types": CORE_TYPES,
    "comparison": COMPARISON,
    "repairs": REPAIRS,
    "changes": CHANGES,
    "contamination": CONTAMINATION,
}
WRITES = (*READ_BY_OTHERS.values(), AUDITED, AUDIT_SUMMARY)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    clean: Clean


@dataclass(frozen=True, slots=True)
class Result:
    """The frames of `analysis.audit` and `analysis.leakage`, one file each, and the summary in plain words.

    ``overlap`` holds only the test sentences of which training data hold something; ``removed`` are the training
    sentences that the core release lacks, and ``still_contaminated`` is what is left of ``contamination`` then.
    """

    counts: pd.DataFrame
    types: pd.DataFrame
    core_types: pd.DataFrame
    comparison: pd.DataFrame
    repairs: pd.DataFrame
    changes: pd.DataFrame
    duplicates: pd.DataFrame
    overlap: pd.DataFrame
    contamination: pd.DataFrame
    removed: pd.DataFrame
    still_contaminated: pd.DataFrame
    novelty: pd.DataFrame
    scripts: pd.DataFrame
    sentence_lengths: pd.DataFrame
    mention_lengths: pd.DataFrame
    labels: pd.DataFrame
    licences: pd.DataFrame
    summary: dict[str, Any]
    words: list[str]
    cards: dict[str, Card]


FRAMES = tuple(name for name, kind in Result.__annotations__.items() if kind is pd.DataFrame)

OF_STANDARDIZED: dict[str, Callable[[pa.Table], pd.DataFrame]] = {
    "counts": audit.counts,
    "types": audit.types,
    "scripts": audit.scripts,
    "sentence_lengths": audit.sentence_lengths,
    "mention_lengths": audit.mention_lengths,
    "labels": audit.labels,
    "repaired": ledger.repaired,
}
OF_CORE: dict[str, Callable[[pa.Table], pd.DataFrame]] = {
    "core_types": audit.types,
    "novelty": audit.novelty,
    "repaired_core": ledger.repaired,
}
"""The frames that are made of each corpus by itself, and of which of its releases."""


def run(work: Work, params: Params) -> Result:
    """Audit the chosen corpora, hand over every frame and the summary, and return them."""
    corpora, inputs = params.data.corpora, work.inputs
    cards = load_cards(corpora)
    frames = _by_corpus(inputs, corpora)
    ledgers = inputs.of_corpora(LEDGER, corpora)
    counts = frames["counts"]
    checked = audit.against_expectations(counts, audit.expectations(cards), params.clean.repair)
    frames["comparison"] = audit.comparison(counts, checked, cards)
    frames["repairs"] = audit.repairs(frames.pop("repaired"), frames.pop("repaired_core"))
    frames["changes"] = audit.changes(ledgers)
    frames |= _leakage(inputs, corpora)
    frames["licences"] = audit.licences(cards)
    summary = audit.summary(
        counts, checked, frames["repairs"], frames["contamination"], frames["novelty"],
        len(frames["removed"]), len(ledgers),
    )  # fmt: skip
    summary["unverified"] = sorted(corpus for corpus in corpora if cards[corpus].unverified)
    for name in ("counts", "core_types", "contamination", "still_contaminated", "novelty", "scripts"):
        frames[name] = audit.with_languages(frames[name])
    result = Result(**frames, summary=summary, words=in_words(summary), cards=cards)
    for name in FRAMES:
        work.outputs.put(READ_BY_OTHERS.get(name, AUDITED), frames[name], table=name)
    work.outputs.put(AUDIT_SUMMARY, {**summary, "words": result.words})
    return result


def _by_corpus(inputs: Inputs, corpora: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return the frames that are made of one corpus at a time, so that only one needs to be in memory."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in (*OF_STANDARDIZED, *OF_CORE)}
    for corpus in track(corpora, "audit"):
        for release, makers in ((STANDARDIZED, OF_STANDARDIZED), (CORE_RELEASE, OF_CORE)):
            table = inputs.table(release, corpus=corpus)
            for name, make in makers.items():
                found[name].append(make(table))
    return {name: in_order(pd.concat(frames, ignore_index=True)) for name, frames in found.items()}


def _leakage(inputs: Inputs, corpora: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return the frames on sentences that stand in several places, in one corpus or in two."""
    with bar("audit: sentences in several places", 2) as steps:
        sentences = duplicates.read(
            inputs.table(STANDARDIZED, duplicates.COLUMNS, corpus=corpus) for corpus in corpora
        )
        steps.advance()
        pairs = duplicates.near_pairs(sentences)
        overlap = leakage.overlap(sentences, pairs)
        contamination = leakage.contamination(overlap)
        removed = inputs.frame(REMOVED)
        left = leakage.overlap(leakage.without(sentences, removed), pairs) if len(removed) else overlap
        steps.advance()
    return {
        "duplicates": leakage.duplicates(sentences, pairs),
        "overlap": overlap[overlap["own_train"] | overlap["other_train"] | (overlap["similarity"] > 0)],
        "contamination": contamination,
        "removed": removed,
        "still_contaminated": leakage.contamination(left),
    }


def in_words(found: dict[str, Any]) -> list[str]:
    """Return the summary in plain words, one sentence a line."""
    lines = [
        f"{found['sentences']:,} sentences with {found['mentions']:,} mentions from {counted(found['corpora'], 'corpus', 'corpora')} "
        f"in {counted(found['languages'], 'language')}, {counted(found['families'], 'family', 'families')} "
        f"and {counted(found['scripts'], 'script')}; {share(found['plain_share'])} of the sentences hold no mention.",
    ]
    missed = found["expectations"] - found["met"]
    if not found["expectations"]:
        lines.append("The cards expect no counts, so nothing could be compared.")
    elif missed:
        lines.append(f"{missed} of {found['expectations']:,} counts differ from what the cards expect.")
    else:
        lines.append(f"All {found['expectations']:,} counts are what the cards expect.")
    if found["unverified"]:
        lines.append(
            f"{counted(len(found['unverified']), 'corpus has', 'corpora have')} unverified files, which nobody had at hand "
            f"when the cards were written: {', '.join(found['unverified'])}."
        )
    lines.append(
        f"{counted(found['repaired'], 'label was', 'labels were')} repaired, in all splits and of all types; the "
        f"ledgers, which hold other changes too, have {counted(found['changes'], 'row')}."
    )
    if found["contaminated_test_sets"]:
        lines.append(
            f"{found['contaminated_test_sets']} of {counted(found['test_sets'], 'test set')} share sentences with training "
            f"data, exactly or nearly: {share(found['contaminated_share'], 1)} of all test sentences that were compared."
        )
    else:
        lines.append(
            f"None of {counted(found['test_sets'], 'test set')} shares a sentence with training data, not even nearly."
        )
    if found["removed"]:
        lines.append(
            f"{counted(found['removed'], 'training sentence')} that a test set holds, exactly or nearly, stand not in "
            f"the core release, which models are trained on."
        )
    lines.append(
        f"{share(found['unseen_share'])} of the test mentions do not occur with their type in the training split of their corpus."
    )
    return lines
