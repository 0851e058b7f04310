"""What is in the corpora: counts against expectations and published figures, repairs, distributions, licences.

What stands in several places is in `leakage`. Release tables (`releases.RELEASE`), ledgers (`repair.LEDGER`) and
cards in, data frames out. A *part* is one corpus, language and split. Shares are fractions from 0 to 1. Functions on
release tables may be given one corpus at a time, and their frames put together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import regex

from openner_utils.catalog import Card, language, languages
from openner_utils.core.columns import offsets_of
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import PART, columns_of, in_order

WHOLE = "all"
"""Stands for all splits of a language together, where counts are known of these only."""
COUNTS = ("sentences", "tokens", "mentions")
NOT_AT_HAND = "unverified file, not at hand"
DOUBT = "files of this part are unverified"
"""What is said of parts whose files nobody had at hand when the card was written; some may be missing."""
REPAIRED_BY = "conlleval"
"""The repair for which cards state their expected mentions."""

LONGEST_BIN = 4  # mentions of this many tokens or more are counted together


# --- counts -------------------------------------------------------------------------------------------------


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
    length = found.end - found.start
    ends = np.cumsum(length)
    inside = np.repeat(found.start - ends + length, length) + np.arange(length.sum())
    words = pa.ListArray.from_arrays(
        pa.array(offsets_of(length), pa.int32()), columns.tokens.take(pa.array(inside))
    )
    frame: pd.DataFrame = (
        table.select([*PART, "sentence"]).to_pandas().iloc[found.sentence].reset_index(drop=True)
    )
    frame["type"] = [found.types[type] for type in found.type]
    frame["tokens"] = length
    frame["text"] = pc.binary_join(words, " ").to_pandas()
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

    A number is null where the card states none for one of the part's files. Where files of a language are divided
    into splits here, its splits together are one part, `WHOLE`.
    """
    divided = {
        (corpus, file.language)
        for corpus, card in cards.items()
        for file in card.annotated
        if file.split == WHOLE
    }
    rows = [
        {
            "corpus": corpus,
            "language": file.language,
            "split": WHOLE if (corpus, file.language) in divided else file.split,
            **{what: getattr(file.expect, what, None) for what in (*COUNTS, "origin")},
        }
        for corpus, card in cards.items()
        for file in card.annotated
    ]
    grouped = pd.DataFrame(rows).groupby(PART)
    whole = {what: grouped[what].agg(lambda values: values.sum(skipna=False)) for what in COUNTS}
    origin = grouped["origin"].agg(lambda values: " and ".join(sorted(set(values.dropna()))) or "none")
    return in_order(pd.DataFrame(whole).astype("Int64").assign(origin=origin).reset_index())


def against_expectations(
    found: pd.DataFrame, expected: pd.DataFrame, repair: str = REPAIRED_BY
) -> pd.DataFrame:
    """Return one row per part and count (``what``): found, expected, their difference, and a remark in words.

    ``found``: see `counts`; ``expected``: see `expectations`; ``repair``: the method by which labels were repaired.
    """
    keys = [*PART, "what"]
    wanted = expected.melt([*PART, "origin"], list(COUNTS), "what", "expected")
    whole = wanted.loc[wanted["split"] == WHOLE, [*PART[:2], "split"]].drop_duplicates()
    both = _long(found, whole).merge(wanted, on=keys, how="outer")
    for name in ("found", "expected"):
        both[name] = both[name].astype("Int64")
    both["difference"] = both["found"] - both["expected"]
    divided = pd.MultiIndex.from_frame(both[PART[:2]]).isin(pd.MultiIndex.from_frame(whole[PART[:2]]))
    both["remark"] = [
        "divided here; see all splits together"
        if part_of_whole and row.split != WHOLE
        else _remark(row.found, row.expected, str(row.what), repair)
        for row, part_of_whole in zip(both.itertuples(), divided, strict=True)
    ]
    both["origin"] = both["origin"].fillna("none")
    both = both.sort_values("what", key=lambda column: column.map(COUNTS.index), kind="stable")
    return in_order(both[[*keys, "found", "expected", "difference", "origin", "remark"]])


def _long(found: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return counts with one row per part and kind of count, and the sums over the splits of those in ``whole``."""
    sums = found.groupby(PART[:2], as_index=False)[list(COUNTS)].sum()
    table = pd.concat([found, sums.merge(whole, on=PART[:2])])
    return table.melt(PART, list(COUNTS), "what", "found")


def _remark(found: Any, expected: Any, what: str, repair: str) -> str:
    if pd.isna(expected):
        return "the card expects nothing"
    if pd.isna(found):
        return "the part is missing"
    difference = int(found - expected)
    if not difference:
        return "as expected"
    remark = f"{abs(difference):,} {'more' if difference > 0 else 'fewer'} than expected"
    if what == "mentions" and repair != REPAIRED_BY:
        remark += f" (which is after repair by {REPAIRED_BY}, not {repair})"
    return remark


def published(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return the figures that others have published, one row per part and count; a language's whole is `WHOLE`."""
    rows = [
        (corpus, figure.language, figure.split or WHOLE, what, number, figure.origin, figure.reason)
        for corpus, card in cards.items()
        for figure in card.published
        for what in COUNTS
        if (number := getattr(figure, what)) is not None
    ]
    columns = [*PART, "what", "published", "published_by", "published_reason"]
    return pd.DataFrame(rows, columns=columns).astype({"published": "Int64"})


def comparison(found: pd.DataFrame, checked: pd.DataFrame, cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return the counts of each part beside what the card expects and what others have published.

    ``found``: see `counts`; ``checked``: see `against_expectations`. ``difference`` is to the expected number,
    ``from_published`` to the published one; ``reason`` says in words what is behind them. A part stands twice
    where two have published figures of it, and ``split`` is `WHOLE` for figures of a whole language.
    """
    keys = [*PART, "what"]
    figures = published(cards)
    known = pd.MultiIndex.from_frame(checked[PART])
    places = figures[PART].drop_duplicates()
    whole = places[(places["split"] == WHOLE) & ~pd.MultiIndex.from_frame(places).isin(known)]
    sums = _long(found, whole).query("split == @WHOLE").astype({"found": "Int64"})
    rows = pd.concat([checked.rename(columns={"origin": "expected_by"}), sums], ignore_index=True)
    rows = rows.merge(figures, on=keys, how="outer")
    rows["from_published"] = rows["found"] - rows["published"]
    unverified = unverified_parts(cards)
    rows["reason"] = [_reason(row, unverified) for row in rows.itertuples()]
    rows["expected_by"] = rows["expected_by"].where(rows["expected"].notna(), "").fillna("")
    rows["published_by"] = rows["published_by"].fillna("")
    rows = rows.sort_values("what", key=lambda column: column.map(COUNTS.index), kind="stable")
    names = ["found", "expected", "expected_by", "difference", "published", "published_by", "from_published"]
    return in_order(rows[[*keys, *names, "reason"]])


def _reason(row: Any, unverified: set[tuple[str, ...]]) -> str:
    """Return why a count differs from the expected or the published one, as far as that is known."""
    doubtful = (row.corpus, row.language, row.split) in unverified
    if pd.isna(row.found):
        return NOT_AT_HAND if doubtful else "the part is missing"
    reasons = [DOUBT] if doubtful else []
    if pd.notna(row.remark) and row.remark not in ("as expected", "the card expects nothing"):
        reasons.append(row.remark)
    if pd.notna(row.from_published) and row.from_published:
        unknown = "" if doubtful else "why the published figure differs is not known"
        reasons.append(row.published_reason.rstrip(".") or unknown)
    return "; ".join(filter(None, reasons))


def by_part(compared: pd.DataFrame) -> pd.DataFrame:
    """Return a `comparison` for readers: one row per part, first those that differ, last those that nobody could read.

    ``card`` and ``published`` say ``=`` where every number given is the one found, else by how much it was missed.
    """
    rows = []
    for place, group in compared.groupby(PART, sort=False):
        once = group.drop_duplicates("what").set_index("what")
        stated = group[group["published"].notna()]
        rows.append(
            {
                **dict(zip(PART, place, strict=True)),
                **{what: once["found"].get(what, pd.NA) for what in COUNTS},
                "card": _missed(once["difference"].items(), bool(once["expected"].notna().any())),
                "published": "; ".join(
                    f"{_missed(zip(some['what'], some['from_published'], strict=True), True)} ({origin})"
                    for origin, some in stated.groupby("published_by", sort=False)
                ),
                "reason": "; ".join(dict.fromkeys("; ".join(filter(None, group["reason"])).split("; "))),
            }
        )
    table = pd.DataFrame(rows, columns=[*PART, *COUNTS, "card", "published", "reason"])
    table = table.astype(dict.fromkeys(COUNTS, "Int64"))
    return table.sort_values("reason", key=_rank, kind="stable", ignore_index=True)


def _rank(reasons: pd.Series) -> pd.Series:
    """Return the order of parts by what is said of them: differences, doubts, nothing, not at hand."""
    doubtful = reasons.str.startswith(DOUBT).astype(int)
    return reasons.map({"": 2, NOT_AT_HAND: 3}).fillna(doubtful)


def _missed(differences: Iterable[tuple[Any, Any]], stated: bool) -> str:
    """Return the differences that are not 0 in words; missing ones are passed over."""
    missed = [f"{what} {number:+,}" for what, number in differences if pd.notna(number) and number]
    return ", ".join(missed).replace("-", "−") or ("=" if stated else "")


def unverified_parts(cards: Mapping[str, Card]) -> set[tuple[str, ...]]:
    """Return the parts of which nobody has had a file's bytes at hand when the card was written."""
    return {
        (corpus, file.language, split)
        for corpus, card in cards.items()
        for file in card.annotated
        if file.sha256 is None
        for split in (file.split or "", WHOLE)
    }


def changes(ledger: pa.Table) -> pd.DataFrame:
    """Return the rows of the ledger by part and rule: repaired labels are some of them (see `analysis.ledger`)."""
    rows = ledger.select([*PART, "rule"]).to_pandas()
    return in_order(rows.groupby([*PART, "rule"]).size().rename("changes").reset_index())


def repairs(standardized: pd.DataFrame, core: pd.DataFrame) -> pd.DataFrame:
    """Return the repaired labels of both releases (`ledger.repaired`): ``types`` are ``all`` of them, or ``core``."""
    both = pd.concat([standardized.assign(types="all"), core.assign(types="core")])
    return in_order(both[[*PART, "types", *standardized.columns.drop(PART)]])


# --- distributions ------------------------------------------------------------------------------------------


def novelty(table: pa.Table) -> pd.DataFrame:
    """Return, for each test and dev part, how many of its mentions its own training split has shown already.

    ``seen``: same text and type; ``seen_otherwise``: same text, but only under other types; ``unseen``: neither.
    ``unseen_share`` is of mentions not ``seen``. Languages of a corpus without a training split are left out.
    """
    found = mentions(table)
    train = found[found["split"] == "train"]
    place = ["corpus", "language", "text"]
    typed = pd.MultiIndex.from_frame(train[[*place, "type"]].drop_duplicates())
    texts = pd.MultiIndex.from_frame(train[place].drop_duplicates())
    of_language = pd.MultiIndex.from_frame(found[PART[:2]])
    trained = of_language.isin(pd.MultiIndex.from_frame(train[PART[:2]]))
    held_out = found[(found["split"] != "train") & trained]
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
    rows = []
    for (corpus, code), group in frame.groupby(["corpus", "language"]):
        words = pc.list_flatten(table["tokens"].take(pa.array(group.index))).to_pylist()
        letters: Counter[str] = Counter()
        for character, n in Counter("".join(words)).items():
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


def state(card: Card) -> str:
    """Return whether a corpus's files were checked when its card was written, and whether anybody may have them.

    One of ``verified``, ``partly verified``, ``unverified``, with ``restricted`` before it where the publisher
    restricts access.
    """
    known = [file.sha256 is not None for file in card.files]
    words = ["restricted"] if card.source.instructions else []
    words.append("verified" if all(known) else "partly verified" if any(known) else "unverified")
    return ", ".join(words)


def named(frame: pd.DataFrame, cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return a frame for readers: a corpus whose state is not plainly ``verified`` is followed by its state."""
    names = {corpus: state(card) for corpus, card in cards.items()}
    shown = {corpus: corpus if said == "verified" else f"{corpus} ({said})" for corpus, said in names.items()}
    return frame.assign(**{column: frame[column].replace(shown) for column in _NAMES if column in frame})


_NAMES = ("corpus", "other_corpus", "near_corpus", "test_corpus")


def licences(cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return one row per corpus: name, state, domain, languages, licence with its note, and where it was taken from."""
    return pd.DataFrame(
        [
            {
                "corpus": corpus,
                "name": card.name,
                "state": state(card),
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
    removed: int = 0,
    changed: int = 0,
) -> dict[str, Any]:
    """Return the numbers that a reader wants first, from the frames of this module and of `leakage`.

    ``removed``: the number of training sentences that the core release lacks because a test set holds them;
    ``changed``: the number of rows in the ledgers.
    """
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
        "repaired": int(repaired.loc[repaired["types"] == "all", "repaired"].sum()),
        "changes": changed,
        "test_sets": len(contaminated),
        "contaminated_test_sets": int((contaminated["contaminated"] > 0).sum()),
        "contaminated_share": _share(contaminated["contaminated"].sum(), contaminated["compared"].sum()),
        "removed": removed,
        "unseen_share": _share((test["mentions"] - test["seen"]).sum(), test["mentions"].sum()),
    }


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0
