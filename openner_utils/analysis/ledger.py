"""What was changed in the corpora, and why: repaired labels, the ledgers by rule, and examples of each rule.

A *repaired label* is a token whose label in a release differs from its published label because of an invalid
transition. It is counted in release tables (`releases.RELEASE`), whose column ``published`` has the transitions as
published and whose column ``labels`` the repaired ones, and in nothing else. So slips that a card names, spans that
overlap and tokens that were left out are changes in the ledger, but no repaired labels. In the core release, labels of
dropped types are O in both columns and do not count.
"""

from collections import defaultdict
from collections.abc import Mapping
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

AROUND = 4  # tokens shown on each side of a change


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


def examples(ledger: pd.DataFrame, released: pa.Table, each: int = 2) -> pd.DataFrame:
    """Return the first ``each`` changes of every rule with the words around them, from a corpus each if there are.

    ``released``: release rows of all files in the ledger, in the files' order. The changed token or span stands in
    brackets; the words are left out where they cannot be found again, as for a sentence that lost all its tokens.
    """
    turn = ledger.assign(turn=ledger.groupby(["rule", "corpus"]).cumcount())
    # Sorting is stable: first every corpus's first change, then every second one, in the ledger's order.
    some = turn.sort_values("turn", kind="stable").groupby("rule").head(each)
    order = {rule: number for number, rule in enumerate(by_rule(ledger)["rule"])}
    some = some.sort_values("rule", key=lambda rules: rules.map(order), kind="stable")
    sentences = _sentences(released, set(zip(some["corpus"], some["file"], strict=True)))
    dropped = ledger[ledger["after"].isna() & (ledger["token"] >= 0)]
    rows = []
    for row in some.to_dict("records"):
        found = sentences[row["corpus"], row["file"]]
        sentence = found[row["sentence"]] if row["sentence"] < len(found) else None
        same = (dropped[["corpus", "file", "sentence"]] == [row["corpus"], row["file"], row["sentence"]]).all(
            axis=1
        )
        before = int((dropped.loc[same, "token"] < row["token"]).sum())
        rows.append(
            {
                "rule": row["rule"],
                "where": f"{row['corpus']}/{row['file']}:{row['line']}",
                "published": "(no label)" if pd.isna(row["before"]) else row["before"] or "(empty)",
                "released": _released(row),
                "words": _words(row, sentence, before) if sentence else "",
            }
        )
    return pd.DataFrame(rows, columns=["rule", "where", "published", "released", "words"])


def _released(change: Mapping[str, Any]) -> str:
    """Return what stands in the release in place of what was published."""
    if pd.isna(change["after"]):
        return "(left out)"
    return f"{change['after']} (the same mention)" if change["rule"] == UNCHANGED else str(change["after"])


def _sentences(
    released: pa.Table, files: set[tuple[str, str]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the sentences of some files, in order."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    names = released.select(["corpus", "file"]).to_pandas()
    wanted = [
        number for number, key in enumerate(zip(names["corpus"], names["file"], strict=True)) if key in files
    ]
    for row in (
        released.select(["corpus", "file", "tokens", "lines", "starts", "ends"]).take(wanted).to_pylist()
    ):
        found[row["corpus"], row["file"]].append(row)
    return found


def _words(change: Mapping[str, Any], sentence: Mapping[str, Any], dropped: int) -> str:
    """Return the tokens around a change, those that it concerns in brackets; nothing if they are not there."""
    tokens = sentence["tokens"]
    if change["token"] >= 0:
        start = change["token"] - dropped
        if pd.isna(change["after"]) or start >= len(tokens) or sentence["lines"][start] != change["line"]:
            return ""
        end = start + 1
    else:
        # "start end TYPE", or "start end;start end TYPE" where the span has gaps.
        *edges, _ = change["before"].replace(";", " ").split()
        first, last = int(edges[0]), int(edges[-1])
        inside = [
            n for n, at in enumerate(sentence["starts"] or ()) if at < last and sentence["ends"][n] > first
        ]
        if not inside:
            return ""
        start, end = inside[0], inside[-1] + 1
    left, right = max(0, start - AROUND), min(len(tokens), end + AROUND)
    pieces = [*tokens[left:start], f"[{' '.join(tokens[start:end])}]", *tokens[end:right]]
    return " ".join(["…"] * (left > 0) + pieces + ["…"] * (right < len(tokens)))
