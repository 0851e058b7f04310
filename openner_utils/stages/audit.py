"""Say what is in the corpora: counts against the cards, repairs, duplicates and leakage, distributions, licences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from openner_utils.analysis import ledger
from openner_utils.analysis.audit import corpora as of_corpora
from openner_utils.analysis.audit import expected
from openner_utils.analysis.audit.contents import Contents
from openner_utils.analysis.audit.distributions import Distributions
from openner_utils.analysis.audit.overview import Overview, overview
from openner_utils.analysis.leakage import Leakage
from openner_utils.analysis.ledger import Repairs
from openner_utils.catalog import Card, load_cards
from openner_utils.config.params import load
from openner_utils.core.releases import in_order, read_table
from openner_utils.curation import duplicates
from openner_utils.pages import tables
from openner_utils.pages.wording.audit import sentences
from openner_utils.stages import standardize
from openner_utils.support import paths
from openner_utils.support.files import write_json, write_text
from openner_utils.support.progress import bar, track

STAGE = "audit"
TABLES = (
    "counts", "types", "core_types", "comparison", "repairs", "changes", "duplicates", "overlap", "contamination", "removed",
    "still_contaminated", "novelty", "scripts", "sentence_lengths", "mention_lengths", "labels", "licences",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, by subject; ``comparison``: counts against cards and published figures (`analysis.audit.expected`)."""

    contents: Contents
    comparison: pd.DataFrame
    repairs: Repairs
    leakage: Leakage
    distributions: Distributions
    licences: pd.DataFrame
    overview: Overview
    cards: dict[str, Card]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by the names of `TABLES`."""
        c, d, s = self.contents, self.distributions, self.leakage
        found = (
            c.counts, c.types, c.core_types, self.comparison, self.repairs.repairs, self.repairs.changes, s.duplicates,
            s.overlap, s.contamination, s.removed, s.still_contaminated, d.novelty, d.scripts, d.sentence_lengths,
            d.mention_lengths, d.labels, self.licences,
        )  # fmt: skip
        return dict(zip(TABLES, found, strict=True))


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return both releases and the ledger of each corpus, and the list of what the core release lacks."""
    return [
        *(
            paths.artifact("standardize", name, f"{corpus}.parquet")
            for name in ("standardized", "core")
            for corpus in corpora
        ),
        paths.artifact("standardize", "removed.csv"),
        *(paths.artifact("clean", f"{corpus}.ledger.parquet") for corpus in corpora),
    ]


def outputs() -> list[Path]:
    """Return one CSV file per table, and the summary."""
    return [*(paths.artifact(STAGE, f"{name}.csv") for name in TABLES), paths.artifact(STAGE, "summary.json")]


def run() -> Result:
    """Audit the chosen corpora, write every table and the summary, and return them."""
    params = load("data", "clean")
    corpora = params.data.corpora
    cards = load_cards(corpora)
    contents, distributions, repairs = _by_corpus(corpora)
    found = _leakage(corpora)
    compared = expected.comparison(cards, contents.counts, params.clean.repair)
    summary = overview(
        cards, contents.counts, compared, repairs.repairs, repairs.changes, found.contamination, found.removed,
        distributions.novelty,
    )  # fmt: skip
    licences = of_corpora.licences(cards)
    result = Result(contents, compared, repairs, found, distributions, licences, summary, cards)
    for name, table in result.tables().items():
        write_text(paths.artifact(STAGE, f"{name}.csv"), tables.to_csv(table))
    said = sentences(summary)
    write_json(paths.artifact(STAGE, "summary.json"), {**asdict(summary), "words": said})
    return result


def _by_corpus(corpora: Sequence[str]) -> tuple[Contents, Distributions, Repairs]:
    """Return what is found in each corpus by itself, so that only one needs to be in memory."""
    contents, distributions, repaired, changes = [], [], [], []
    for corpus in track(corpora, "audit"):
        standardized, core = (
            read_table(paths.artifact("standardize", release, f"{corpus}.parquet"))
            for release in ("standardized", "core")
        )
        contents.append(Contents.of(standardized, core))
        distributions.append(Distributions.of(standardized, core))
        repaired.append(ledger.repairs(ledger.repaired(standardized), ledger.repaired(core)))
        changes.append(ledger.changes(read_table(paths.artifact("clean", f"{corpus}.ledger.parquet"))))
    return (
        Contents(*_together(map(_frames, contents))),
        Distributions(*_together(map(_frames, distributions))),
        Repairs(*_together(zip(repaired, changes, strict=True))),
    )


def _frames(found: Contents | Distributions) -> list[pd.DataFrame]:
    return [getattr(found, field.name) for field in fields(found)]


def _together(found: Iterable[Sequence[pd.DataFrame]]) -> Iterator[pd.DataFrame]:
    """Yield the frames of several corpora put together, each kind with its like."""
    for frames in zip(*found, strict=True):
        yield in_order(pd.concat(frames, ignore_index=True))


def _leakage(corpora: Sequence[str]) -> Leakage:
    """Return what stands in several places, in one corpus or in two."""
    with bar("audit: sentences in several places", 2) as steps:
        releases = (paths.artifact("standardize", "standardized", f"{corpus}.parquet") for corpus in corpora)
        sentences = duplicates.read(
            pq.read_table(path, columns=list(duplicates.COLUMNS)) for path in releases
        )
        steps.advance()
        found = Leakage.of(sentences, duplicates.near_pairs(sentences), standardize.removed())
        steps.advance()
    return found
