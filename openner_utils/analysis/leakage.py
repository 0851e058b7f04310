"""Which test sentences does training data hold, and what stands in several places?

What counts as the same sentence, and as nearly the same, is the matter of `curation.duplicates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.analysis.audit.contents import with_languages
from openner_utils.core.releases import PART, in_order
from openner_utils.curation.duplicates import Ints, Pairs, Sentences


@dataclass(frozen=True, slots=True)
class Leakage:
    """What stands in several places: the frames of this module.

    ``overlap`` holds only the test sentences of which training data hold something; ``removed`` are the training
    sentences that the core release lacks, and ``still_contaminated`` is what is left of ``contamination`` then.
    """

    duplicates: pd.DataFrame
    overlap: pd.DataFrame
    contamination: pd.DataFrame
    removed: pd.DataFrame
    still_contaminated: pd.DataFrame

    @classmethod
    def of(cls, sentences: Sentences, pairs: Pairs, removed: pd.DataFrame) -> "Leakage":
        """Return what stands in several places of ``sentences``, of which ``removed`` are no longer trained on."""
        found = overlap(sentences, pairs)
        left = overlap(without(sentences, removed), pairs) if len(removed) else found
        return cls(
            duplicates(sentences, pairs),
            found[found["own_train"] | found["other_train"] | (found["similarity"] > 0)],
            with_languages(contamination(found)),
            removed,
            with_languages(contamination(left)),
        )


@dataclass(frozen=True, slots=True)
class Decontamination:
    """The training sentences that were ``removed``, by why; and of the contaminated test sentences, how many are ``left`` so."""

    removed: Mapping[str, int]
    contaminated: int
    left: int


def decontamination(found: Leakage) -> Decontamination:
    """Return what taking sentences out of training data did."""
    by_reason = {str(why): int(n) for why, n in found.removed["why"].value_counts().items()}
    before, after = found.contamination["contaminated"].sum(), found.still_contaminated["contaminated"].sum()
    return Decontamination(by_reason, int(before), int(after))


def duplicates(sentences: Sentences, pairs: Pairs) -> pd.DataFrame:
    """Return, for each part and each part it shares sentences with, how many of its sentences those are.

    ``same``: the other part holds the same sentence; ``near``: nearly the same one, but not the same. Within one part
    (relation ``within split``) the repetitions are ``same``, that is all but the first of equal sentences, and
    ``near`` counts equal sentences once. ``of`` is the number of sentences compared; ``share`` is of both kinds.
    """
    copies = _copies(sentences)
    within = copies.assign(same=copies["sentences"] - 1, near=0, other=copies["part"])
    # Only what occurs in two parts can pair them.
    repeated = copies[copies.duplicated("key", keep=False)]
    same = repeated.merge(repeated[["part", "key"]].rename(columns={"part": "other"}), on="key")
    same = same[same["part"] != same["other"]].assign(same=lambda rows: rows["sentences"], near=0)
    near = _near_copies(copies, pairs)
    known = pd.MultiIndex.from_frame(same[["part", "other", "key"]])
    near = near[~pd.MultiIndex.from_frame(near[["part", "other", "key"]]).isin(known)]
    near = near.assign(same=0, near=near["sentences"].where(near["part"] != near["other"], 1))
    found = pd.concat([within, same, near]).groupby(["part", "other"], as_index=False)[["same", "near"]].sum()
    found = found[(found["same"] > 0) | (found["near"] > 0)]
    of = np.bincount(sentences.part, minlength=len(sentences.parts))
    here = sentences.parts.iloc[found["part"]].reset_index(drop=True)
    there = sentences.parts.iloc[found["other"]].reset_index(drop=True).add_prefix("other_")
    table = pd.concat([here, there], axis=1)
    table["relation"] = [_relation(row) for row in table.itertuples()]
    table["same"], table["near"] = found["same"].to_numpy(), found["near"].to_numpy()
    table["of"] = of[found["part"]]
    table["share"] = (table["same"] + table["near"]) / table["of"]
    return in_order(table)


def without(sentences: Sentences, removed: pd.DataFrame) -> Sentences:
    """Return the sentences less those that ``removed`` lists by corpus, language, split and sentence."""
    where = sentences.parts.iloc[sentences.part].assign(sentence=sentences.sentence)
    keys = [*PART, "sentence"]
    kept = ~pd.MultiIndex.from_frame(where[keys]).isin(pd.MultiIndex.from_frame(removed[keys]))
    return replace(
        sentences,
        part=sentences.part[kept],
        sentence=sentences.sentence[kept],
        key=sentences.key[kept],
    )


def _copies(sentences: Sentences) -> pd.DataFrame:
    """Return how often each text stands in each part: part, key, sentences."""
    rows = pd.DataFrame({"part": sentences.part, "key": sentences.key})
    return rows.groupby(["part", "key"], as_index=False).size().rename(columns={"size": "sentences"})


def _near_copies(copies: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the rows of ``copies`` with each part that holds nearly the same text: part, key, sentences, other."""
    both = pd.DataFrame(
        {"key": np.concatenate((pairs.one, pairs.other)), "match": np.concatenate((pairs.other, pairs.one))}
    )
    places = copies[["part", "key"]].rename(columns={"part": "other", "key": "match"})
    matched = both.merge(places, on="match")[["key", "other"]].drop_duplicates()
    return copies.merge(matched, on="key")


def _relation(row: Any) -> str:
    if row.corpus != row.other_corpus:
        return "across corpora"
    if row.language != row.other_language:
        return "across languages"
    return "within split" if row.split == row.other_split else "between splits"


def overlap(sentences: Sentences, pairs: Pairs) -> pd.DataFrame:
    """Return one row per test sentence: what training data hold of it.

    ``own_train``: the same sentence is in the training split of its corpus and language; ``other_train``: in that
    of another corpus or language; ``similarity``: that of the most similar training sentence of any corpus
    (``near_…``), else 0. It is sought for sentences without an exact duplicate.
    """
    test, train = (np.flatnonzero(sentences.of_split(split)) for split in ("test", "train"))
    # A part's own training split: the row of parts that differs in the split alone.
    place = pd.MultiIndex.from_frame(sentences.parts)
    own_part = place.get_indexer(pd.MultiIndex.from_frame(sentences.parts.assign(split="train")))
    trained = np.unique(sentences.part[train] * sentences.n_texts + sentences.key[train])
    own = np.isin(own_part[sentences.part[test]] * sentences.n_texts + sentences.key[test], trained)
    places = np.bincount(trained % max(sentences.n_texts, 1), minlength=sentences.n_texts)
    frame = sentences.parts[["corpus", "language"]].iloc[sentences.part[test]].reset_index(drop=True)
    frame["sentence"] = sentences.sentence[test]
    frame["own_train"] = own
    frame["other_train"] = places[sentences.key[test]] > own

    first = _first_rows(sentences, train)
    exact = own | frame["other_train"].to_numpy()
    best = _best(pairs, sentences.key[test[~exact]], first).reindex(sentences.key[test])
    match = best["match"].to_numpy(np.float64)
    near = ~exact & ~np.isnan(match)
    frame["similarity"] = np.where(near, best["similarity"], 0.0)
    row = match[near].astype(np.int64)
    there = sentences.parts.iloc[sentences.part[row]]
    for name in ("corpus", "language"):
        frame[f"near_{name}"] = pd.Series(there[name].to_numpy(), frame.index[near]).reindex(frame.index)
    numbers = pd.Series(sentences.sentence[row], frame.index[near], "Int64")
    frame["near_sentence"] = numbers.reindex(frame.index)
    return in_order(frame)


def _first_rows(sentences: Sentences, rows: Ints) -> pd.Series:
    """Return the first of some sentences by key: one stands for all that equal it."""
    return pd.Series(rows, sentences.key[rows]).groupby(level=0).first()


def _best(pairs: Pairs, wanted: Ints, first: pd.Series) -> pd.DataFrame:
    """Return, by key, the most similar sentence among ``first`` (`_first_rows`) and the similarity; ties: the first."""
    both = pd.DataFrame(
        {
            "key": np.concatenate((pairs.one, pairs.other)),
            "match": first.reindex(np.concatenate((pairs.other, pairs.one))).to_numpy(np.float64),
            "similarity": np.concatenate((pairs.similarity, pairs.similarity)),
        }
    )
    both = both[both["match"].notna() & both["key"].isin(wanted)]
    both = both.sort_values(["key", "similarity", "match"], ascending=[True, False, True])
    return both.drop_duplicates("key").set_index("key")


def contamination(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return, for each test set, how many of its sentences training data hold.

    ``compared`` sentences are those of `overlap`; ``exact_own`` and ``exact_other`` may count the same sentence,
    ``near`` counts others; ``share`` is of those with any of the three.
    """
    exact = overlaps["own_train"] | overlaps["other_train"]
    near = overlaps["similarity"] > 0
    flags = overlaps[["corpus", "language"]].assign(
        exact_own=overlaps["own_train"],
        exact_other=overlaps["other_train"],
        near=near,
        contaminated=exact | near,
    )
    grouped = flags.groupby(["corpus", "language"])
    found = grouped.sum().astype(np.int64)
    found.insert(0, "compared", grouped.size())
    found["share"] = found["contaminated"] / found["compared"]
    return in_order(found.reset_index())


def contaminating(sentences: Sentences, pairs: Pairs | None = None) -> pd.DataFrame:
    """Return the training sentences that a test set of any corpus holds, and where it holds them first.

    Columns: corpus, language, split, sentence; ``why``: ``exact``, or with ``pairs`` also ``near``; similarity; and
    test_corpus, test_language, test_sentence.
    """
    train, test = (np.flatnonzero(sentences.of_split(split)) for split in ("train", "test"))
    first = _first_rows(sentences, test)
    keys = np.unique(sentences.key[train])
    exact = keys[np.isin(keys, first.index)]
    hits = pd.DataFrame({"match": first.reindex(exact).to_numpy(np.float64), "similarity": 1.0}, index=exact)
    hits["why"] = "exact"
    if pairs is not None:
        near = _best(pairs, np.setdiff1d(keys, exact), first)
        hits = pd.concat([hits, near.assign(why="near")])
    train = train[np.isin(sentences.key[train], hits.index)]
    hit = hits.reindex(sentences.key[train]).reset_index(drop=True)
    frame = sentences.parts.iloc[sentences.part[train]].reset_index(drop=True)
    frame["sentence"] = sentences.sentence[train]
    frame["why"], frame["similarity"] = hit["why"], hit["similarity"]
    there = hit["match"].to_numpy(np.int64)
    for name in ("corpus", "language"):
        frame[f"test_{name}"] = sentences.parts[name].to_numpy()[sentences.part[there]]
    frame["test_sentence"] = sentences.sentence[there]
    return in_order(frame)
