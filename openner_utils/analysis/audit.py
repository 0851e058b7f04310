"""What is in the corpora: counts against expectations, repairs, duplicates and leakage, distributions, licences.

Release tables (`releases.RELEASE`), ledgers (`repair.LEDGER`) and cards in, data frames out. A *part* is one corpus,
language and split. Shares are fractions from 0 to 1.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import regex
from numpy.typing import NDArray

from openner_utils.catalog import Card, language, languages
from openner_utils.columns import Offsets
from openner_utils.encoding import IOB2, decode
from openner_utils.releases import columns_of

PART = ["corpus", "language", "split"]
SPLITS = ("train", "dev", "test")
SHORTEST = 5
"""Sentences with fewer tokens (datelines, headings) repeat by nature and are left out of duplicate counts."""
SIMILAR = 0.8
"""Jaccard similarity of the sets of token trigrams from which on two sentences are near duplicates."""
REPAIRED_BY = "conlleval"
"""The repair for which cards state their expected mentions."""

LONGEST_BIN = 4  # mentions of this many tokens or more are counted together


# --- counts -------------------------------------------------------------------------------------------------


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows sorted by corpus, language, split (train, dev, test) and then the other columns' old order."""
    keys = [name for name in PART if name in frame]
    position = {split: number for number, split in enumerate(SPLITS)}
    return frame.sort_values(
        keys, key=lambda column: column.map(position) if column.name == "split" else column, kind="stable"
    ).reset_index(drop=True)


def with_languages(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with each language's English name, family and script (ISO 15924) beside its code."""
    known = {code: language(code) for code in frame["language"].unique()}
    wider = frame.copy()
    for offset, field in enumerate(("name", "family", "script"), list(frame.columns).index("language") + 1):
        wider.insert(offset, field, [getattr(known[code], field) for code in frame["language"]])
    return wider


def mentions(table: pa.Table) -> pd.DataFrame:
    """Return one row per mention: its part, sentence, type, number of tokens, and text (tokens joined by blanks)."""
    columns = columns_of(table)
    found = decode(columns, IOB2)
    tokens = columns.tokens.to_pylist()
    frame: pd.DataFrame = (
        table.select([*PART, "sentence"]).to_pandas().iloc[found.sentence].reset_index(drop=True)
    )
    frame["type"] = [found.types[type] for type in found.type]
    frame["tokens"] = found.end - found.start
    frame["text"] = [" ".join(tokens[start:end]) for start, end in zip(found.start, found.end, strict=True)]
    return frame


def counts(table: pa.Table) -> pd.DataFrame:
    """Return sentences, tokens and mentions of each part; ``plain`` are the sentences without a mention."""
    frame = table.select(PART).to_pandas()
    frame["tokens"] = pc.list_value_length(table["tokens"]).to_numpy()
    with_mention = mentions(table)
    by_part = frame.groupby(PART)["tokens"].agg(sentences="size", tokens="sum")
    by_part["mentions"] = with_mention.groupby(PART).size()
    bearing = with_mention.drop_duplicates([*PART, "sentence"]).groupby(PART).size()
    by_part["plain"] = by_part["sentences"] - bearing.reindex(by_part.index, fill_value=0)
    return in_order(by_part.fillna(0).astype(np.int64).reset_index())


def types(table: pa.Table) -> pd.DataFrame:
    """Return the mentions of each type in each part, the most frequent type first."""
    found = mentions(table).groupby([*PART, "type"]).size().rename("mentions").reset_index()
    return in_order(found.sort_values(["mentions", "type"], ascending=[False, True], kind="stable"))


def expectations(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return what the cards expect in each part: sentences, tokens and mentions, with the counts' origin.

    A number is null where the card states none for one of the part's files.
    """
    rows = [
        {
            "corpus": corpus,
            "language": file.language,
            "split": file.split,
            **{
                what: getattr(file.expect, what, None)
                for what in ("sentences", "tokens", "mentions", "origin")
            },
        }
        for corpus, card in cards.items()
        for file in card.annotated
    ]
    grouped = pd.DataFrame(rows).groupby(PART)
    whole = {
        what: grouped[what].agg(lambda values: values.sum(skipna=False))
        for what in ("sentences", "tokens", "mentions")
    }
    origin = grouped["origin"].agg(lambda values: " and ".join(sorted(set(values.dropna()))) or "none")
    return in_order(pd.DataFrame(whole).astype("Int64").assign(origin=origin).reset_index())


def against_expectations(
    found: pd.DataFrame, expected: pd.DataFrame, repair: str = REPAIRED_BY
) -> pd.DataFrame:
    """Return one row per part and count (``what``): counted, expected, their difference, and a remark in words.

    ``found``: see `counts`; ``expected``: see `expectations`; ``repair``: the method by which labels were repaired.
    """
    keys = [*PART, "what"]
    names = ["sentences", "tokens", "mentions"]
    long = found.melt(PART, names, "what", "counted")
    wanted = expected.melt([*PART, "origin"], names, "what", "expected")
    both = long.merge(wanted, on=keys, how="outer")
    for name in ("counted", "expected"):
        both[name] = both[name].astype("Int64")
    both["difference"] = both["counted"] - both["expected"]
    both["remark"] = [_remark(row.counted, row.expected, str(row.what), repair) for row in both.itertuples()]
    both = both.sort_values("what", key=lambda column: column.map(names.index), kind="stable")
    return in_order(both[[*keys, "counted", "expected", "difference", "origin", "remark"]])


def _remark(counted: Any, expected: Any, what: str, repair: str) -> str:
    if pd.isna(expected):
        return "the card expects nothing"
    if pd.isna(counted):
        return "the part is missing"
    difference = int(counted - expected)
    if not difference:
        return "as expected"
    remark = f"{abs(difference):,} {'more' if difference > 0 else 'fewer'} than expected"
    if what == "mentions" and repair != REPAIRED_BY:
        remark += f" (which is after repair by {REPAIRED_BY}, not {repair})"
    return remark


def repairs(ledger: pa.Table, of: pd.DataFrame) -> pd.DataFrame:
    """Return the changes in the ledger by part and rule, beside the part's mentions out of ``of`` (`counts`).

    ``per_100_mentions`` sets the two in relation.
    """
    changes = ledger.select([*PART, "rule"]).to_pandas()
    changes = changes.groupby([*PART, "rule"]).size().rename("changes").reset_index()
    found = changes.merge(of[[*PART, "mentions"]], on=PART, how="left")
    found["per_100_mentions"] = 100 * found["changes"] / found["mentions"]
    return in_order(found)


# --- duplicates ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Texts:
    """Sentences as numbers: ids of normalized tokens [n_tokens], offsets [n_sentences + 1], and a number that two
    sentences share exactly when their normalized tokens are the same [n_sentences].
    """

    ids: NDArray[np.int64]
    offsets: Offsets
    key: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)


def _texts(table: pa.Table) -> _Texts:
    """Return the sentences of a table; tokens are compared in Unicode NFC and without case."""
    columns = columns_of(table)
    encoded = columns.tokens.dictionary_encode()
    spelled = [unicodedata.normalize("NFC", token).casefold() for token in encoded.dictionary.to_pylist()]
    number = {token: position for position, token in enumerate(dict.fromkeys(spelled))}
    normalized = np.array([number[token] for token in spelled], np.int64)
    ids = normalized[encoded.indices.to_numpy()] if len(columns) else np.zeros(0, np.int64)
    seen: dict[bytes, int] = {}
    raw, bounds = ids.tobytes(), columns.sentences * ids.itemsize
    key = [seen.setdefault(raw[start:end], len(seen)) for start, end in pairwise(bounds)]
    return _Texts(ids, columns.sentences, np.array(key, np.int64))


def exact_duplicates(table: pa.Table, shortest: int = SHORTEST) -> pd.DataFrame:
    """Return, for each part and each part it shares sentences with, how many of its sentences those are.

    Two sentences are the same when their tokens are, in Unicode NFC and without case; only sentences of at least
    ``shortest`` tokens count. Within one part (relation ``within split``) the repetitions are counted, that is
    all but the first of equal sentences. ``of`` is the number of sentences compared, ``share`` the quotient.
    """
    texts = _texts(table)
    frame = table.select(PART).to_pandas().assign(key=texts.key)[texts.lengths >= shortest]
    of = frame.groupby(PART).size().rename("of").reset_index()
    copies = frame.groupby([*PART, "key"]).size().rename("sentences").reset_index()
    within = copies.assign(sentences=copies["sentences"] - 1, other_corpus=copies["corpus"])
    within = within.assign(other_language=within["language"], other_split=within["split"])
    # Only what occurs in two parts can pair them.
    repeated = copies[copies.duplicated("key", keep=False)]
    others = repeated.drop(columns="sentences").rename(columns={name: f"other_{name}" for name in PART})
    pairs = repeated.merge(others, on="key")
    same = np.logical_and.reduce([pairs[name] == pairs[f"other_{name}"] for name in PART])
    found = pd.concat([within, pairs[~same]])
    keys = [*PART, *(f"other_{name}" for name in PART)]
    found = found.groupby(keys, as_index=False)["sentences"].sum()
    found = found[found["sentences"] > 0].merge(of, on=PART)
    found["share"] = found["sentences"] / found["of"]
    found.insert(6, "relation", [_relation(row) for row in found.itertuples()])
    return in_order(found)


def _relation(row: Any) -> str:
    if row.corpus != row.other_corpus:
        return "across corpora"
    if row.language != row.other_language:
        return "across languages"
    return "within split" if row.split == row.other_split else "between splits"


def overlap(table: pa.Table, shortest: int = SHORTEST, similar: float = SIMILAR) -> pd.DataFrame:
    """Return one row per test sentence of at least ``shortest`` tokens: what training data hold of it.

    ``own_train``: the same sentence is in the training split of its corpus and language; ``other_train``: in that
    of another corpus or language; ``similarity``: Jaccard similarity of token trigrams with the most similar
    training sentence of any corpus (``near_…``) where that is at least ``similar``, else 0. It is sought for
    sentences without an exact duplicate.
    """
    texts = _texts(table)
    frame = table.select([*PART, "sentence"]).to_pandas().assign(key=texts.key)
    long = texts.lengths >= shortest
    in_train = (frame["split"] == "train").to_numpy() & long
    in_test = (frame["split"] == "test").to_numpy() & long
    trained = frame.loc[in_train, ["key", "corpus", "language"]].drop_duplicates()
    places = trained.groupby("key").size()
    own = frame.loc[in_test, ["key", "corpus", "language"]].merge(trained, how="left", indicator=True)
    test = frame[in_test].drop(columns="split").assign(own_train=(own["_merge"] == "both").to_numpy())
    test["other_train"] = test["key"].map(places).fillna(0) > test["own_train"]

    fresh = test.index[~(test["own_train"] | test["other_train"])]
    first = frame[in_train].drop_duplicates("key").index  # one sentence stands for all that equal it
    near = _nearest(texts, fresh.to_numpy(), first.to_numpy(), similar)
    test["similarity"] = near["similarity"].reindex(test.index, fill_value=0.0)
    match = near["match"].reindex(test.index).astype("Int64")
    for name in ("corpus", "language", "sentence"):
        test[f"near_{name}"] = match.map(frame[name])
    test["near_sentence"] = test["near_sentence"].astype("Int64")
    return in_order(test.drop(columns="key"))


def _nearest(
    texts: _Texts, queries: NDArray[np.int64], targets: NDArray[np.int64], similar: float
) -> pd.DataFrame:
    """Return, for each query sentence with a near duplicate among the targets, the best ``match`` and ``similarity``.

    Exact for the threshold, without comparing all pairs: two sets can only reach it if they share one of their
    rarest trigrams, so an inverted index over those few finds every candidate (prefix filtering; Chaudhuri, Ganti
    and Kaushik 2006; Bayardo, Ma and Srikant 2007). Ties go to the first target.
    """
    rows = np.concatenate((queries, targets))
    sets, starts = _trigrams(texts, rows)
    sizes = np.diff(starts)
    owner = np.repeat(np.arange(len(rows)), sizes)
    at_least = np.ceil(similar * sizes - 1e-9).astype(np.int64)
    rare = np.arange(len(sets)) - starts[owner] <= (sizes - at_least)[owner]
    index = pd.DataFrame({"trigram": sets[rare], "row": owner[rare]})
    is_query = index["row"] < len(queries)
    pairs = index[is_query].merge(index[~is_query], on="trigram", suffixes=("", "_target"))
    pairs = pairs[["row", "row_target"]].drop_duplicates()
    a, b = sizes[pairs["row"]], sizes[pairs["row_target"]]
    pairs = pairs[np.minimum(a, b) >= similar * np.maximum(a, b) - 1e-9]

    members: dict[int, frozenset[int]] = {
        row: frozenset(sets[starts[row] : starts[row + 1]].tolist()) for row in np.unique(pairs.to_numpy())
    }
    shared = [len(members[row] & members[target]) for row, target in pairs.itertuples(index=False)]
    both = sizes[pairs["row"]] + sizes[pairs["row_target"]] - np.array(shared, np.int64)
    pairs["similarity"] = np.array(shared, np.int64) / np.maximum(both, 1)
    pairs = pairs[pairs["similarity"] >= similar - 1e-9].sort_values(
        ["row", "similarity", "row_target"], ascending=[True, False, True]
    )
    best = pairs.drop_duplicates("row")
    return pd.DataFrame(
        {"match": rows[best["row_target"]], "similarity": best["similarity"].to_numpy()},
        index=rows[best["row"]],
    )


def _trigrams(texts: _Texts, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Offsets]:
    """Return the sets of token trigrams of some sentences, one after the other, each from rare to frequent.

    Trigrams are numbers that rise with frequency; the second value are offsets [n_rows + 1].
    """
    lengths = np.maximum(texts.lengths[rows] - 2, 0)
    owner = np.repeat(np.arange(len(rows)), lengths)
    ends = np.cumsum(lengths)
    at = texts.offsets[rows][owner] + np.arange(len(owner)) - (ends - lengths)[owner]
    words = int(texts.ids.max(initial=0)) + 1
    _, bigram = np.unique(texts.ids[at] * words + texts.ids[at + 1], return_inverse=True)
    # Bigrams are renumbered before the third word joins, so that the product stays far below 2**63.
    trigrams, trigram = np.unique(bigram * words + texts.ids[at + 2], return_inverse=True)
    frequency = np.bincount(trigram, minlength=len(trigrams))
    rank = np.empty(len(trigrams), np.int64)
    rank[np.argsort(frequency, kind="stable")] = np.arange(len(trigrams))
    packed = np.unique(owner * max(len(trigrams), 1) + rank[trigram])
    owner, sets = np.divmod(packed, max(len(trigrams), 1))
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(owner, minlength=len(rows)))))
    return sets, starts


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


# --- distributions ------------------------------------------------------------------------------------------


def novelty(table: pa.Table) -> pd.DataFrame:
    """Return, for each test and dev part, how many of its mentions its own training split has shown already.

    ``seen``: same text and type; ``seen_otherwise``: same text, but only under other types; ``unseen``: neither.
    ``unseen_share`` is of mentions not ``seen``.
    """
    found = mentions(table)
    train = found[found["split"] == "train"]
    place = ["corpus", "language", "text"]
    typed = pd.MultiIndex.from_frame(train[[*place, "type"]].drop_duplicates())
    texts = pd.MultiIndex.from_frame(train[place].drop_duplicates())
    held_out = found[found["split"] != "train"]
    seen = pd.MultiIndex.from_frame(held_out[[*place, "type"]]).isin(typed)
    known = pd.MultiIndex.from_frame(held_out[place]).isin(texts)
    flags = held_out[PART].assign(mentions=1, seen=seen, seen_otherwise=known & ~seen, unseen=~known)
    rows = flags.groupby(PART, as_index=False).sum()
    rows["unseen_share"] = 1 - rows["seen"] / rows["mentions"]
    return in_order(rows)


def scripts(table: pa.Table) -> pd.DataFrame:
    """Return the letters of each corpus and language by Unicode script (``letters_of``), and whether the catalog expects that script.

    Letters that Unicode counts to no script in particular are left out; scripts that no language of the catalog
    is written in are counted together as ``other``.
    """
    frame = table.select(["corpus", "language"]).to_pandas()
    expected = {code: _LETTERS.get(known.script, (known.script,)) for code, known in languages().items()}
    of_letter = _ScriptOf(
        sorted({"Latn", "Grek", "Cyrl", *(each for some in expected.values() for each in some)})
    )
    tokens = table["tokens"].to_pandas()
    rows = []
    for (corpus, code), group in frame.groupby(["corpus", "language"]):
        letters: Counter[str] = Counter()
        for character, n in Counter("".join("".join(words) for words in tokens.iloc[group.index])).items():
            if script := of_letter[character]:
                letters[script] += n
        rows += [
            {"corpus": corpus, "language": code, "letters_of": script, "letters": n, "share": n / letters.total(),
             "expected": script in expected.get(code, ())}
            for script, n in sorted(letters.items(), key=lambda item: (-item[1], item[0]))
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["corpus", "language", "letters_of", "letters", "share", "expected"])


_LETTERS = {"Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani")}
"""What the composite codes of ISO 15924 stand for."""


class _ScriptOf(dict[str, str]):
    """Script code of a character, remembered; an empty string for what is no letter of a script."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__()
        self.patterns = [(code, regex.compile(rf"\p{{Script={code}}}")) for code in codes]

    def __missing__(self, character: str) -> str:
        found = ""
        if regex.match(r"[\p{L}--\p{Script=Common}]", character, regex.V1):
            found = next((code for code, pattern in self.patterns if pattern.match(character)), "other")
        self[character] = found
        return found


def sentence_lengths(table: pa.Table) -> pd.DataFrame:
    """Return the distribution of sentence lengths in tokens for each part."""
    frame = table.select(PART).to_pandas()
    frame["tokens"] = pc.list_value_length(table["tokens"]).to_numpy()
    found = frame.groupby(PART)["tokens"].agg(
        shortest="min", median="median", mean="mean", p95=lambda values: values.quantile(0.95), longest="max"
    )
    return in_order(found.reset_index())


def mention_lengths(table: pa.Table) -> pd.DataFrame:
    """Return, for each corpus, language and type, the mentions of 1, 2, 3 and 4 or more tokens, and their mean length."""
    found = mentions(table)
    found["bin"] = found["tokens"].clip(upper=LONGEST_BIN)
    keys = ["corpus", "language", "type"]
    bins = found.groupby([*keys, "bin"]).size().unstack("bin", fill_value=0)
    bins = bins.reindex(columns=range(1, LONGEST_BIN + 1), fill_value=0)
    bins.columns = pd.Index([*map(str, range(1, LONGEST_BIN)), f"{LONGEST_BIN}+"])
    bins["mean"] = found.groupby(keys)["tokens"].mean()
    return in_order(bins.reset_index())


def labels(table: pa.Table) -> pd.DataFrame:
    """Return the tokens under each label in each part, and their share of the part's tokens."""
    columns = columns_of(table)
    frame = table.select(PART).to_pandas().iloc[columns.sentence_of]
    frame["label"] = pd.Categorical.from_codes(columns.labels, pd.Index(columns.names))
    found = frame.groupby([*PART, "label"], observed=True).size().rename("tokens").reset_index()
    found["label"] = found["label"].astype(str)
    found["share"] = found["tokens"] / found.groupby(PART)["tokens"].transform("sum")
    return in_order(found.sort_values(["tokens", "label"], ascending=[False, True], kind="stable"))


# --- cards --------------------------------------------------------------------------------------------------


def licences(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return one row per corpus: name, domain, languages, licence with its note, and where it was taken from."""
    return pd.DataFrame(
        [
            {
                "corpus": corpus,
                "name": card.name,
                "domain": card.domain,
                "languages": " ".join(card.languages),
                "licence": card.licence.spdx,
                "note": card.licence.note,
                "source": card.source.repository,
                "commit": card.source.commit or "",
            }
            for corpus, card in cards.items()
        ]
    )


def summary(
    all_counts: pd.DataFrame,
    checked: pd.DataFrame,
    repaired: pd.DataFrame,
    contaminated: pd.DataFrame,
    novel: pd.DataFrame,
) -> dict[str, Any]:
    """Return the numbers that a reader wants first, from the frames of this module."""
    known = [language(code) for code in all_counts["language"].unique()]
    stated = checked["expected"].notna()
    test = novel[novel["split"] == "test"]
    total = all_counts[["sentences", "tokens", "mentions", "plain"]].sum()
    return {
        "corpora": int(all_counts["corpus"].nunique()),
        "languages": len(known),
        "scripts": len({each.script for each in known}),
        "families": len({each.family for each in known}),
        **{what: int(total[what]) for what in ("sentences", "tokens", "mentions")},
        "plain_share": _share(total["plain"], total["sentences"]),
        "expectations": int(stated.sum()),
        "met": int((checked["difference"] == 0).sum()),
        "changes": int(repaired["changes"].sum()),
        "test_sets": len(contaminated),
        "contaminated_test_sets": int((contaminated["contaminated"] > 0).sum()),
        "contaminated_share": _share(contaminated["contaminated"].sum(), contaminated["compared"].sum()),
        "unseen_share": _share((test["mentions"] - test["seen"]).sum(), test["mentions"].sum()),
    }


def _share(part: float, whole: float) -> float:
    return round(float(part) / float(whole), 4) if whole else 0.0
