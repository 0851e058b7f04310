"""Say what is in the corpora: counts against the cards, repairs, duplicates and leakage, distributions, licences."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils import paths, tables
from openner_utils.analysis import audit
from openner_utils.catalog import load_cards
from openner_utils.files import write_json, write_text
from openner_utils.params import load
from openner_utils.progress import bar
from openner_utils.releases import read_releases, read_table

STAGE = "audit"


@dataclass(frozen=True, slots=True)
class Result:
    """The frames of `analysis.audit`, one file each, and the summary with its sentences in plain words.

    ``overlap`` holds only the test sentences of which training data hold something.
    """

    counts: pd.DataFrame
    types: pd.DataFrame
    core_types: pd.DataFrame
    expectations: pd.DataFrame
    repairs: pd.DataFrame
    duplicates: pd.DataFrame
    overlap: pd.DataFrame
    contamination: pd.DataFrame
    novelty: pd.DataFrame
    scripts: pd.DataFrame
    sentence_lengths: pd.DataFrame
    mention_lengths: pd.DataFrame
    labels: pd.DataFrame
    licences: pd.DataFrame
    summary: dict[str, Any]
    words: list[str]


FRAMES = tuple(name for name, kind in Result.__annotations__.items() if kind is pd.DataFrame)


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return both releases and the ledger of each corpus."""
    return [
        *(
            paths.artifact("standardize", name, f"{corpus}.parquet")
            for name in ("standardized", "core")
            for corpus in corpora
        ),
        *(paths.artifact("clean", f"{corpus}.ledger.parquet") for corpus in corpora),
    ]


def outputs() -> list[Path]:
    """Return one CSV file per frame, and the summary."""
    return [*(paths.artifact(STAGE, f"{name}.csv") for name in FRAMES), paths.artifact(STAGE, "summary.json")]


def run() -> Result:
    """Audit the chosen corpora, write every frame and the summary, and return them."""
    params = load("data", "clean")
    corpora = params.data.corpora
    cards = load_cards(corpora)
    standardized = read_releases(paths.artifact("standardize", "standardized"), corpora)
    core = read_releases(paths.artifact("standardize", "core"), corpora)
    ledger = pa.concat_tables(
        read_table(paths.artifact("clean", f"{corpus}.ledger.parquet")) for corpus in corpora
    )
    with bar("audit", 3) as steps:
        counts = audit.counts(standardized)
        checked = audit.against_expectations(counts, audit.expectations(cards), params.clean.repair)
        repairs = audit.repairs(ledger, counts)
        steps.advance()
        duplicates, overlap = audit.exact_duplicates(standardized), audit.overlap(standardized)
        contamination, novelty = audit.contamination(overlap), audit.novelty(core)
        steps.advance()
        summary = audit.summary(counts, checked, repairs, contamination, novelty)
        result = Result(
            counts=audit.with_languages(counts),
            types=audit.types(standardized),
            core_types=audit.with_languages(audit.types(core)),
            expectations=checked,
            repairs=repairs,
            duplicates=duplicates,
            overlap=overlap[overlap["own_train"] | overlap["other_train"] | (overlap["similarity"] > 0)],
            contamination=audit.with_languages(contamination),
            novelty=audit.with_languages(novelty),
            scripts=audit.with_languages(audit.scripts(standardized)),
            sentence_lengths=audit.sentence_lengths(standardized),
            mention_lengths=audit.mention_lengths(standardized),
            labels=audit.labels(standardized),
            licences=audit.licences(cards),
            summary=summary,
            words=in_words(summary),
        )
        steps.advance()
    for name in FRAMES:
        write_text(paths.artifact(STAGE, f"{name}.csv"), tables.to_csv(getattr(result, name)))
    write_json(paths.artifact(STAGE, "summary.json"), {**summary, "words": result.words})
    return result


def in_words(found: dict[str, Any]) -> list[str]:
    """Return the summary in plain words, one sentence a line."""
    lines = [
        f"{found['sentences']:,} sentences with {found['mentions']:,} mentions from {tables.counted(found['corpora'], 'corpus', 'corpora')} "
        f"in {tables.counted(found['languages'], 'language')}, {tables.counted(found['families'], 'family', 'families')} "
        f"and {tables.counted(found['scripts'], 'script')}; {found['plain_share']:.0%} of the sentences hold no mention.",
    ]
    missed = found["expectations"] - found["met"]
    if not found["expectations"]:
        lines.append("The cards expect no counts, so nothing could be compared.")
    elif missed:
        lines.append(f"{missed} of {found['expectations']:,} counts differ from what the cards expect.")
    else:
        lines.append(f"All {found['expectations']:,} counts are what the cards expect.")
    lines.append(
        f"{tables.counted(found['changes'], 'change')} of labels, spans or tokens stand in the ledgers."
    )
    if found["contaminated_test_sets"]:
        lines.append(
            f"{found['contaminated_test_sets']} of {tables.counted(found['test_sets'], 'test set')} share sentences with training "
            f"data, exactly or nearly: {found['contaminated_share']:.1%} of all test sentences that were compared."
        )
    else:
        lines.append(
            f"None of {tables.counted(found['test_sets'], 'test set')} shares a sentence with training data, not even nearly."
        )
    lines.append(
        f"{found['unseen_share']:.0%} of the test mentions do not occur in the training split of their corpus."
    )
    return lines
