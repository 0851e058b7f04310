"""Examples of what was changed, with the words around each change."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.analysis.ledger import UNCHANGED, by_rule
from openner_utils.core.spacing import gaps, joined

AROUND = 4
"""Tokens shown on each side of a change."""


@dataclass(frozen=True, slots=True)
class Words:
    """The changed text with what stands before and behind it; ``cut``: whether more stands there."""

    before: str
    changed: str
    behind: str
    cut_before: bool
    cut_behind: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One row of the ledger.

    ``published``: the label or span as published, None where there was none; ``released``: what stands in its place, None
    where the token was left out; ``same``: both write the same mention. ``words`` are None where they cannot be found
    again, as for a sentence that lost all its tokens.
    """

    rule: str
    corpus: str
    file: str
    line: int
    published: str | None
    released: str | None
    same: bool
    words: Words | None


def examples(ledger: pd.DataFrame, released: pa.Table, each: int = 2) -> list[Example]:
    """Return the first ``each`` changes of every rule, from a corpus each if there are.

    ``released``: release rows of all files in the ledger, in the files' order.
    """
    some = _first(ledger, each)
    sentences = _sentences(released, set(zip(some["corpus"], some["file"], strict=True)))
    dropped = ledger[ledger["after"].isna() & (ledger["token"] >= 0)]
    found = []
    for row in some.to_dict("records"):
        of_file = sentences[row["corpus"], row["file"]]
        sentence = of_file[row["sentence"]] if row["sentence"] < len(of_file) else None
        found.append(
            Example(
                row["rule"], row["corpus"], row["file"], row["line"],
                None if pd.isna(row["before"]) else row["before"],
                None if pd.isna(row["after"]) else row["after"],
                row["rule"] == UNCHANGED,
                _words(row, sentence, _dropped_before(row, dropped)) if sentence else None,
            )
        )  # fmt: skip
    return found


def _first(ledger: pd.DataFrame, each: int) -> pd.DataFrame:
    """Return the first rows of every rule, of each corpus one before any has two; the most frequent rule first."""
    turn = ledger.assign(turn=ledger.groupby(["rule", "corpus"]).cumcount())
    # Sorting is stable: first every corpus's first change, then every second one, in the ledger's order.
    some = turn.sort_values("turn", kind="stable").groupby("rule").head(each)
    order = {rule: number for number, rule in enumerate(by_rule(ledger)["rule"])}
    return some.sort_values("rule", key=lambda rules: rules.map(order), kind="stable")


def _sentences(
    released: pa.Table, files: set[tuple[str, str]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the sentences of some files, in order."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    names = released.select(["corpus", "file"]).to_pandas().itertuples(index=False, name=None)
    wanted = [number for number, name in enumerate(names) if name in files]
    columns = ["corpus", "file", "tokens", "lines", "starts", "ends"]
    for row in released.select(columns).take(wanted).to_pylist():
        found[row["corpus"], row["file"]].append(row)
    return found


def _dropped_before(row: Mapping[str, Any], dropped: pd.DataFrame) -> int:
    """Return how many tokens before that of a row are not in the release."""
    place = ["corpus", "file", "sentence"]
    same = (dropped[place] == [row[name] for name in place]).all(axis=1)
    return int((dropped.loc[same, "token"] < row["token"]).sum())


def _words(change: Mapping[str, Any], sentence: Mapping[str, Any], dropped: int) -> Words | None:
    """Return the words around a change; nothing if they are not there."""
    span = (
        _token(change, sentence, dropped) if change["token"] >= 0 else _characters(change["before"], sentence)
    )
    if span is None:
        return None
    start, end = span
    tokens, before = sentence["tokens"], gaps(sentence)
    left, right = max(0, start - AROUND), min(len(tokens), end + AROUND)

    def text(first: int, last: int) -> str:
        return joined(tokens[first:last], before[first:last])

    return Words(text(left, start), text(start, end), text(end, right), left > 0, right < len(tokens))


def _token(change: Mapping[str, Any], sentence: Mapping[str, Any], dropped: int) -> tuple[int, int] | None:
    """Return the place in the release of a token that the ledger counts as published."""
    place = change["token"] - dropped
    there = place < len(sentence["tokens"]) and sentence["lines"][place] == change["line"]
    return (place, place + 1) if there and not pd.isna(change["after"]) else None


def _characters(span: str, sentence: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the tokens of a span: ``start end TYPE``, or ``start end;start end TYPE`` where it has gaps."""
    *edges, _ = span.replace(";", " ").split()
    first, last = int(edges[0]), int(edges[-1])
    starts = sentence["starts"] or ()
    inside = [n for n, at in enumerate(starts) if at < last and sentence["ends"][n] > first]
    return (inside[0], inside[-1] + 1) if inside else None
