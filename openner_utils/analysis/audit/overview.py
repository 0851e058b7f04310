"""The numbers that a reader of the audit wants first."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.analysis.audit.expected import WHOLE, Status
from openner_utils.catalog import Card, language
from openner_utils.core.releases import PART


@dataclass(frozen=True, slots=True)
class Overview:
    """The audit in numbers; shares are fractions.

    ``met`` of the ``expectations`` of the cards are what was found; ``silent`` counts of parts have none. ``unverified``
    are corpora with files that nobody had at hand. ``changes`` are rows of the ledgers, ``repaired`` labels over all types.
    ``removed`` training sentences are missing from the core release. ``unseen_share`` is that of test mentions which their
    own training split has not shown with their type.
    """

    corpora: int
    languages: int
    scripts: int
    families: int
    sentences: int
    tokens: int
    mentions: int
    plain_share: float
    expectations: int
    met: int
    silent: int
    published: int
    published_met: int
    unverified: tuple[str, ...]
    repaired: int
    changes: int
    test_sets: int
    contaminated_test_sets: int
    contaminated_share: float
    removed: int
    unseen_share: float


def overview(
    cards: Mapping[str, Card], counts: pd.DataFrame, compared: pd.DataFrame, repairs: pd.DataFrame, changes: pd.DataFrame,
    contamination: pd.DataFrame, removed: pd.DataFrame, novelty: pd.DataFrame,
) -> Overview:  # fmt: skip
    """Return the overview from the frames of this package, of `ledger` and of `leakage`."""
    known = [language(code) for code in counts["language"].unique()]
    total = counts[[*COUNTS, "plain"]].sum()
    once = compared.drop_duplicates([*PART, "what"])
    figures = compared[compared["published"].notna()]
    test = novelty[novelty["split"] == "test"]
    return Overview(
        corpora=int(counts["corpus"].nunique()),
        languages=len(known),
        scripts=len({each.script for each in known}),
        families=len({each.family for each in known}),
        sentences=int(total["sentences"]),
        tokens=int(total["tokens"]),
        mentions=int(total["mentions"]),
        plain_share=_share(total["plain"], total["sentences"]),
        expectations=int(once["expected"].notna().sum()),
        met=int(once["difference"].eq(0).sum()),
        silent=int(((once["status"] == Status.SILENT) & (once["split"] != WHOLE)).sum()),
        published=len(figures),
        published_met=int(figures["from_published"].eq(0).sum()),
        unverified=tuple(sorted(corpus for corpus, card in cards.items() if card.unverified)),
        repaired=int(repairs.loc[repairs["types"] == "all", "repaired"].sum()),
        changes=int(changes["changes"].sum()),
        test_sets=len(contamination),
        contaminated_test_sets=int((contamination["contaminated"] > 0).sum()),
        contaminated_share=_share(contamination["contaminated"].sum(), contamination["compared"].sum()),
        removed=len(removed),
        unseen_share=_share((test["mentions"] - test["seen"]).sum(), test["mentions"].sum()),
    )


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0
