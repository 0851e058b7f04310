"""What was read and changed in cleaning.

``counts`` are those of the stage clean: one row per file and kind of count, with columns corpus, language, file, what, count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis.examples import Example, Words

SIZES = {
    "sentences": "sentences",
    "tokens": "tokens",
    "mentions as repaired": "mentions",
    "invalid transition": "invalid",
}
"""The counts of every corpus, and what they are called in a table."""
_IN_LEDGER = "ledger: "
"""Begins the names of counts that the ledger tells, too."""


@dataclass(frozen=True, slots=True)
class Read:
    """All that was read; ``invalid`` transitions are in the corpora ``invalid_in``."""

    corpora: int
    sentences: int
    tokens: int
    mentions: int
    invalid: int
    invalid_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """The rows and rules of the ledger; ``most`` rows are in one ``corpus``, beside its ``mentions``."""

    rows: int
    rules: int
    corpus: str
    most: int
    mentions: int


def by_corpus(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the sizes of each corpus over all splits, with its languages and the number of its files."""
    sums = counts.pivot_table(index="corpus", columns="what", values="count", aggfunc="sum", fill_value=0)
    sums = sums.reindex(columns=list(SIZES), fill_value=0).rename(columns=SIZES)
    of_corpus = counts.groupby("corpus")
    sums.insert(0, "languages", of_corpus["language"].agg(_names))
    sums.insert(1, "files", of_corpus["file"].nunique())
    return sums.reset_index()


def read(sizes: pd.DataFrame) -> Read:
    """Return the sum of `by_corpus`."""
    sentences, tokens, mentions, invalid = (int(sizes[name].sum()) for name in SIZES.values())
    return Read(
        len(sizes), sentences, tokens, mentions, invalid, tuple(sizes.loc[sizes["invalid"] > 0, "corpus"])
    )


def traits(counts: pd.DataFrame) -> pd.DataFrame:
    """Return what else was met in the raw files, with how often and in which corpora."""
    known = counts["what"].isin(SIZES) | counts["what"].str.startswith(_IN_LEDGER)
    return (
        counts[~known]
        .groupby("what", as_index=False)
        .agg(times=("count", "sum"), corpora=("corpus", _names))
        .rename(columns={"what": "met"})
    )


def changed(ledger: pd.DataFrame, sizes: pd.DataFrame) -> Changed | None:
    """Return the size of the ledger, beside `by_corpus`; nothing if it is empty."""
    if ledger.empty:
        return None
    most = ledger["corpus"].value_counts()
    corpus = str(most.index[0])
    mentions = sizes.set_index("corpus").loc[corpus, "mentions"]
    return Changed(len(ledger), ledger["rule"].nunique(), corpus, int(most.iloc[0]), int(mentions))


def examples(found: Sequence[Example]) -> pd.DataFrame:
    """Return examples of changes for readers, the changed words in brackets."""
    rows = [
        {
            "rule": each.rule,
            "where": f"{each.corpus}/{each.file}:{each.line}",
            "published": "(no label)" if each.published is None else each.published or "(empty)",
            "released": _released(each),
            "words": _in_brackets(each.words) if each.words else "",
        }
        for each in found
    ]
    return pd.DataFrame(rows, columns=["rule", "where", "published", "released", "words"])


def _released(example: Example) -> str:
    if example.released is None:
        return "(left out)"
    return f"{example.released} (the same mention)" if example.same else example.released


def _in_brackets(words: Words) -> str:
    blank = words.changed[:1].isspace()  # what stands before the changed words, stands before the bracket
    changed = f"{' ' if blank else ''}[{words.changed.lstrip()}]"
    text = f"{words.before}{changed}{words.behind}".strip()
    return f"{'… ' if words.cut_before else ''}{text}{' …' if words.cut_behind else ''}"


def _names(values: pd.Series) -> str:
    return ", ".join(sorted(set(values)))
