"""What was changed in the corpora, and why: repaired labels, and the ledgers by rule.

A *repaired label* is a token whose label in a release differs from its published label because of an invalid
transition. It is counted in release tables (`releases.RELEASE`), whose column ``published`` has the transitions as
published and whose column ``labels`` the repaired ones, and in nothing else. So slips that a card names, spans that
overlap and tokens that were left out are changes in the ledger, but no repaired labels. In the core release, labels of
dropped types are O in both columns and do not count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.core.changes import RULES
from openner_utils.core.columns import Columns, Mask
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import PART, columns_of, in_order
from openner_utils.core.repair import differences

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
    found["meaning"] = [RULES[rule].meaning for rule in found["rule"]]
    return found
