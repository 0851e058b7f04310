"""What was changed in the corpora, and why: repaired labels, and the ledgers by rule.

A *repaired label* is a token whose label in a release differs from its published label because of an invalid
transition. It is counted in release tables (`releases.RELEASE`), whose column ``published`` has the transitions as
published and whose column ``labels`` the repaired ones, and in nothing else. So slips that a card names, spans that
overlap and tokens that were left out are changes in the ledger, but no repaired labels. In the core release, labels of
dropped types are O in both columns and do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.core.columns import Columns, Mask
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import PART, columns_of, in_order
from openner_utils.core.repair import differences

RULES: Mapping[str, str] = {
    "conlleval": "The label went on with a mention that was not there; now it begins one.",
    "discard": "The label went on with a mention that was not there; it became O, as did those that followed it.",
    "fault named by the card": "A slip of the publisher's; the card names it and what is meant.",
    "not as the scheme writes it": "Nothing was changed: the corpus writes the mention otherwise than its scheme does.",
    "empty-label": "The line's label is empty; it is read as O.",
    "missing-label": "The line has no label; it is read as O.",
    "unknown-label": "Neither the scheme nor the card explains the label; it is read as O.",
    "empty-token": "The line has a label but no token; it was left out.",
    "overlap": "The span overlaps a longer one; flat labels hold only one of them.",
    "discontinuous": "The mention has gaps, which labels of tokens cannot express.",
    "white space at edge": "The span began or ended with white space, which was cut off.",
    "blank span": "The span covers nothing but white space, or no sentence.",
}
"""What each rule of the ledger means. A rule that is not here is shown by its name alone."""

UNCHANGED = "not as the scheme writes it"
"""The rule of rows that only say how a label was published, so that it can be written so again."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """Repaired labels of both releases (`repairs`), and the rows of the ledgers by rule (`changes`)."""

    repairs: pd.DataFrame
    changes: pd.DataFrame


# --- repaired labels ----------------------------------------------------------------------------------------


def repaired(table: pa.Table) -> pd.DataFrame:
    """Return the labels ``repaired`` in each part of a release table, beside its sentences, tokens, mentions; see `rates`."""
    published, labels = columns_of(table, "published"), columns_of(table)
    keys = table.select(PART).to_pandas()
    frame = keys.assign(
        sentences=1, tokens=np.diff(labels.sentences), mentions=_by_sentence(decode(labels, IOB2).sentence, labels),
        repaired=_by_sentence(labels.sentence_of[differing(published, labels)], labels),
    )  # fmt: skip
    return rates(in_order(frame.groupby(PART, as_index=False, sort=False).sum()), "repaired")


def repairs(standardized: pd.DataFrame, core: pd.DataFrame) -> pd.DataFrame:
    """Return the repaired labels of both releases (`repaired`): ``types`` are ``all`` of them, or ``core``."""
    both = pd.concat([standardized.assign(types="all"), core.assign(types="core")])
    return in_order(both[[*PART, "types", *standardized.columns.drop(PART)]])


def differing(a: Columns, b: Columns) -> Mask:
    """Return at which tokens the labels of two label columns over the same tokens differ [n_tokens]."""
    mask = np.zeros(len(a), np.bool_)
    mask[differences(a, b)] = True
    return mask


def rates(counts: pd.DataFrame, labels: str) -> pd.DataFrame:
    """Return counts with the rates of one: ``per_100_tokens`` and ``per_100_mentions``, null where there are none.

    ``counts``: tokens, mentions (as released), and in column ``labels`` how many labels were repaired, or differ.
    """
    over = {name: counts[name].astype(np.float64).replace(0, np.nan) for name in ("tokens", "mentions")}
    return counts.assign(**{f"per_100_{name}": 100 * counts[labels] / n for name, n in over.items()})


def _by_sentence(sentence: Any, columns: Columns) -> Any:
    return np.bincount(sentence, minlength=columns.n_sentences)


# --- the ledgers --------------------------------------------------------------------------------------------


def changes(ledger: pa.Table) -> pd.DataFrame:
    """Return the rows of the ledger by part and rule; repaired labels are some of them."""
    rows = ledger.select([*PART, "rule"]).to_pandas()
    return in_order(rows.groupby([*PART, "rule"]).size().rename("changes").reset_index())


def by_rule(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return one row per rule: its changes, the corpora that they are in, and what the rule means."""
    grouped = ledger.groupby("rule")
    found = grouped.size().rename("changes").to_frame()
    found["corpora"] = grouped["corpus"].agg(lambda names: ", ".join(sorted(set(names))))
    found = found.reset_index().sort_values(["changes", "rule"], ascending=[False, True], ignore_index=True)
    found["meaning"] = [RULES.get(rule, "") for rule in found["rule"]]
    return found
