"""Say what is in the corpora: counts against the cards, repairs, duplicates and leakage, distributions, licences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields

import pandas as pd

from openner_utils.analysis import ledger
from openner_utils.analysis.audit import corpora as of_corpora
from openner_utils.analysis.audit import expected
from openner_utils.analysis.audit.contents import Contents
from openner_utils.analysis.audit.distributions import Distributions
from openner_utils.analysis.audit.overview import Overview, overview
from openner_utils.analysis.leakage import Leakage
from openner_utils.analysis.ledger import Repairs
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
    OVERLAP,
    REMOVED,
    REPAIRS,
    STANDARDIZED,
    Inputs,
)
from openner_utils.core.releases import in_order
from openner_utils.curation import duplicates
from openner_utils.pages.wording.audit import sentences
from openner_utils.stages import Work
from openner_utils.support.progress import bar, track
from openner_utils.support.records import Record

READS = (STANDARDIZED, CORE_RELEASE, REMOVED, LEDGER)
READ_BY_OTHERS = {
    "counts": COUNTS,
    "core_types": CORE_TYPES,
    "comparison": COMPARISON,
    "repairs": REPAIRS,
    "changes": CHANGES,
    "contamination": CONTAMINATION,
    "overlap": OVERLAP,
}
TABLES = (
    "counts", "types", "core_types", "comparison", "repairs", "changes", "duplicates", "overlap", "contamination", "removed",
    "still_contaminated", "novelty", "scripts", "sentence_lengths", "mention_lengths", "labels", "licences",
)  # fmt: skip
WRITES = (*READ_BY_OTHERS.values(), AUDITED, AUDIT_SUMMARY)


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    clean: Clean


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


def run(work: Work, params: Params) -> Result:
    """Audit the chosen corpora, hand over every table and the summary, and return them."""
    corpora, inputs = params.data.corpora, work.inputs
    cards = load_cards(corpora, work.place.cards)
    contents, distributions, repairs = _by_corpus(inputs, corpora)
    found = _leakage(inputs, corpora)
    compared = expected.comparison(cards, contents.counts, params.clean.repair)
    summary = overview(
        cards, contents.counts, compared, repairs.repairs, repairs.changes, found.contamination, found.removed,
        distributions.novelty,
    )  # fmt: skip
    licences = of_corpora.licences(cards)
    result = Result(contents, compared, repairs, found, distributions, licences, summary, cards)
    for name, table in result.tables().items():
        work.outputs.put(READ_BY_OTHERS.get(name, AUDITED), table, table=name)
    work.outputs.put(AUDIT_SUMMARY, {**asdict(summary), "words": sentences(summary)})
    return result


def _by_corpus(inputs: Inputs, corpora: Sequence[str]) -> tuple[Contents, Distributions, Repairs]:
    """Return what is found in each corpus by itself, so that only one needs to be in memory."""
    contents, distributions, repaired, changes = [], [], [], []
    for corpus in track(corpora, "audit"):
        standardized, core = (
            inputs.table(release, corpus=corpus) for release in (STANDARDIZED, CORE_RELEASE)
        )
        contents.append(Contents.of(standardized, core))
        distributions.append(Distributions.of(standardized, core))
        repaired.append(ledger.repairs(ledger.repaired(standardized), ledger.repaired(core)))
        changes.append(ledger.changes(inputs.table(LEDGER, corpus=corpus)))
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


def _leakage(inputs: Inputs, corpora: Sequence[str]) -> Leakage:
    """Return what stands in several places, in one corpus or in two."""
    with bar("audit: sentences in several places", 2) as steps:
        sentences = duplicates.read(
            inputs.table(STANDARDIZED, duplicates.COLUMNS, corpus=corpus) for corpus in corpora
        )
        steps.advance()
        found = Leakage.of(sentences, duplicates.near_pairs(sentences), inputs.frame(REMOVED))
        steps.advance()
    return found
