"""The sections of a corpus's page: files, counts, types, leakage, repairs, sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from markupsafe import Markup

from openner_utils.analysis import ledger, power
from openner_utils.analysis.audit import expected
from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.analysis.examples import examples
from openner_utils.catalog import Card, File, language
from openner_utils.catalog.ontology import CERTAINTY, DROPPED, OF_CORPUS, contested, entity_types
from openner_utils.pages import tables
from openner_utils.pages.browse import marks
from openner_utils.pages.cells import DIGITS
from openner_utils.pages.corpora import ledgers, sampling
from openner_utils.pages.corpora.found import Found
from openner_utils.pages.takeaway import Table
from openner_utils.pages.views.clean import examples as examples_table
from openner_utils.pages.wording.comparison import table as counts_in_words
from openner_utils.support.words import counted

MOST = 40
"""Rows shown of a table; the whole ones lie in artifacts/."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a line on what stands below it, and tables or sentences as HTML."""

    heading: str
    text: str
    shown: Sequence[Markup | Table]


def sections(card: Card, found: Found) -> list[Section]:
    """Return the sections of a corpus's page."""
    table = found.standardized(card.id)
    return [
        _files(card),
        _counts(card, found.comparison),
        _types(card, found.types),
        *_leakage(card, found.contamination),
        *_power(card, found.power),
        _repairs(card, found.repairs, found.ledger(card.id).to_pandas(), table),
        _some_sentences(table),
    ]


def _files(card: Card) -> Section:
    def row(file: File) -> dict[str, Any]:
        expect = file.expect
        return {
            "file": file.path,
            "language": file.language,
            "split": file.split or "–",
            "bytes": file.bytes,
            "SHA-256": file.sha256[:8] if file.sha256 else "unverified",
            **{what: getattr(expect, what, None) for what in COUNTS},
        }

    frame = pd.DataFrame([row(file) for file in card.files])
    frame = frame.astype(dict.fromkeys(("bytes", *COUNTS), "Int64"))
    if len(card.languages) == 1:
        frame = frame.drop(columns="language")
    origins = sorted({file.expect.origin for file in card.files if file.expect})
    text = f"As the card lists them, with the counts that it expects (origin: {' and '.join(origins) or 'none'}). "
    if card.counted_by:
        text += f"Anyone can count them again, without the compendium's readers: {card.counted_by}. "
    return Section("Files", text + _cut(frame), [_table(tables.filled(frame))])


def _counts(card: Card, comparison: pd.DataFrame) -> Section:
    mine = expected.parts(comparison[comparison["corpus"] == card.id])
    frame = counts_in_words(mine).drop(columns="corpus")
    text = (
        "What was found in each part, against the card and against figures that others have published: = stands for "
        "the same, a number with a sign for what was found more or less. "
    )
    return Section("Counts", text + _cut(frame), [_table(tables.filled(frame))])


def _types(card: Card, types: pd.DataFrame) -> Section:
    frame = types[types["corpus"] == card.id].drop(columns="corpus")
    frame = frame.sort_values(["mentions", "original"], ascending=[False, True])
    frame["reason"] = [
        "" if row.certainty == "switched" else entity_types()[row.standardized].reason
        for row in frame.itertuples()
    ]
    frame["contested"] = [_contested(card, row.original, row.standardized) for row in frame.itertuples()]
    frame["core"] = frame["core"].replace("", DROPPED)
    meanings = "; ".join(
        f"{word}, {CERTAINTY[word]}" for word in CERTAINTY if word in set(frame["certainty"])
    )
    text = (
        f"Original, standardized and core type. How the core type is known: {meanings}. Under contested stands what "
        "speaks against it. "
    )
    return Section("Entity types", text + _cut(frame), [_table(tables.filled(frame))])


def _contested(card: Card, original: str, standardized: str) -> str:
    """Return what speaks against the core type of a corpus's type, of this corpus or of all, if something does."""
    choices = (contested().get(f"{card.id}{OF_CORPUS}{original}"), contested().get(standardized))
    return "; ".join(choice.reason for choice in choices if choice)


def _leakage(card: Card, contamination: pd.DataFrame) -> list[Section]:
    mine = contamination[contamination["corpus"] == card.id].drop(columns=["corpus", "family", "script"])
    if mine.empty:
        return []
    mine = mine.sort_values("share", ascending=False, kind="stable")
    text = (
        "How many sentences of the test sets training data hold, the same or nearly, of this corpus or another. Of the test "
        "sentences those are compared that are not too short; shares are of them, from 0 to 1. "
    )
    return [Section("Test sentences in training data", text + _cut(mine), [_table(mine, share=3)])]


def _power(card: Card, cards: pd.DataFrame) -> list[Section]:
    """Return what could be found on the corpus's test sets, if two encoders were compared on one."""
    mine = cards[cards["corpus"] == card.id] if len(cards) else cards
    if mine.empty:
        return []
    table = power.by_seeds(mine).drop(columns="corpus")
    seeds = [name for name in table if isinstance(name, int)]
    table = table[table[seeds].notna().any(axis=1) | table["own"].astype(bool)]
    shown = table.rename(columns={name: counted(name, "seed") for name in seeds} | {"own": "as it is"})
    text = (
        "The smallest true difference in points of F1 that a single comparison of two encoders finds with 80 % power, by test sentences "
        "and seeds of each side, as far as the encoders compared here tell; empty where none could be found, or seeds were not varied. "
        "With 1 seed a difference is that of the two models at hand, and only other sentences could change it; with several it is that of "
        "the two algorithms, whose seeds differ too: so 3 seeds may need a larger difference than 1, for a claim that says more. "
    )
    link = Markup('<p><a href="compare-power.html">How this is reckoned</a></p>')
    return [Section("What a difference must be to be found", text + _cut(shown), [_table(shown), link])]


def _repairs(card: Card, repairs: pd.DataFrame, changes: pd.DataFrame, table: pa.Table) -> Section:
    if changes.empty:
        return Section("Repairs", "Nothing was changed: labels, spans and tokens are as published.", [])
    mine = repairs[(repairs["corpus"] == card.id) & (repairs["repaired"] > 0)]
    mine = mine.drop(columns=["corpus", "sentences"]).rename(columns={"repaired": "repaired labels"})
    of_all = mine.loc[mine["types"] == "all", "repaired labels"].sum()
    respelled = int((changes["rule"] == ledger.UNCHANGED).sum())
    text = (
        f"{counted(of_all, 'label was', 'labels were')} repaired, in all splits and of all types: tokens whose "
        "label differs from the published one because of an invalid transition. "
        + (
            f"{counted(respelled, 'label stands', 'labels stand')} where the corpus's scheme would write another, and "
            "no mention changes by that: these are no repairs, though a transition may be invalid there. "
            if respelled
            else ""
        )
        + f"The ledger has {counted(len(changes), 'row')}; those of other rules are no repaired labels. By rule, and some "
        "of each:"
    )
    shown = [_table(mine, per_100_tokens=2, per_100_mentions=2)] if len(mine) else []
    whole = Markup(
        '<p><a href="{}">The whole ledger</a> (CSV: {}; where a text would be taken for a formula, an apostrophe stands before it)</p>'
    )
    rules = ledger.by_rule(changes).drop(columns="corpora")
    some = _table(examples_table(examples(changes, table)))
    href = ledgers.path(Path(), card.id).name
    return Section(
        "Repairs", text, [*shown, _table(rules), some, whole.format(href, counted(len(changes), "row"))]
    )


def _some_sentences(table: pa.Table) -> Section:
    shown = []
    for code, some in sampling.by_language(table).items():
        name = Markup("<p><strong>{}</strong></p>").format(language(code).name)
        shown.append(name + marks.legend(some) + marks.table(some))
    return Section("Some sentences", "Mentions under their standardized types.", shown)


def _cut(frame: pd.DataFrame) -> str:
    return f"The first {MOST} of {len(frame):,} rows." if len(frame) > MOST else ""


def _table(frame: pd.DataFrame, **decimals: int) -> Table:
    return tables.first(frame, MOST, DIGITS, **decimals)
