"""One page per corpus: its card in words, what was found in it, and a few of its sentences.

The pages are made of what the stages clean, standardize and audit have written. They hold sentences of the corpora,
as reports/html does in general, and so never come into git.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from openner_utils.analysis import audit, ledger
from openner_utils.catalog import Card, File, language, load_cards
from openner_utils.catalog.ontology import CERTAINTY, DROPPED, OF_CORPUS, contested, entity_types
from openner_utils.core.encoding import IOB2, OUTSIDE
from openner_utils.core.releases import PART, read_table, select
from openner_utils.pages import browse, report, tables
from openner_utils.pages.browse import Shown
from openner_utils.pages.cells import DIGITS
from openner_utils.support import paths
from openner_utils.support.files import sha256
from openner_utils.support.progress import track
from openner_utils.support.words import counted

SENTENCES = 6
"""Sentences shown on a page, spread over the corpus's languages; of more languages than that, the first are shown."""
FITTING = (5, 40)  # least and most tokens of a sentence that is shown
MOST = 40
"""Rows shown of a table; the whole ones lie in artifacts/."""

RECONSTRUCTED = "as its list of datasets is reconstructed here, from the release's names and row counts"
"""Said of a corpus that is taken for one of OpenNER 1.0: the paper's own list was not at hand."""

CAUTIONS = {
    "restricted": "The publisher restricts access; see below how to get it.",
    "unverified": "Nobody had these files at hand when the card was written: neither bytes nor counts have been checked.",
    "partly verified": "Nobody had some of these files at hand when the card was written; the table of files says which.",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a line on what stands below it, and tables or sentences as HTML."""

    heading: str
    text: str
    shown: Sequence[Markup]


@dataclass(frozen=True, slots=True)
class Audited:
    """The tables of all corpora that pages take their corpus's rows from."""

    comparison: pd.DataFrame
    contamination: pd.DataFrame
    repairs: pd.DataFrame
    types: pd.DataFrame

    @classmethod
    def read(cls) -> "Audited":
        """Return what the stages have written."""
        return cls(
            _read(paths.artifact("audit", "comparison.csv")),
            _read(paths.artifact("audit", "contamination.csv")),
            _read(paths.artifact("audit", "repairs.csv")),
            _read(paths.artifact("standardize", "types.csv")),
        )


def path(corpus: str) -> Path:
    """Return where a corpus's page lies."""
    return paths.PAGES / f"corpus-{corpus}.html"


def listing() -> report.Page:
    """Return the page that lists all corpora, which stands in the navigation."""
    return report.Page(paths.PAGES / "corpora.html", "Corpora", "A page for each corpus", "Data")


def links(cards: Iterable[Card]) -> Markup:
    """Return the names of corpora, each a link to its page, with the state of those not plainly verified."""
    said = []
    for card in cards:
        state = audit.state(card)
        note = f" ({state})" if state != "verified" else ""
        said.append(Markup('<a href="{}">{}</a>{}').format(path(card.id).name, card.name, note))
    return Markup(" · ").join(said)


def write(corpora: Sequence[str], nav: Sequence[report.Page], scale_note: str = "") -> None:
    """Write the page of each corpus, and the one that lists them; ``nav`` are the pages of the navigation."""
    cards = load_cards(corpora)
    audited = Audited.read()
    for card in track(list(cards.values()), "corpus pages"):
        state = audit.state(card)
        shown = {
            "state": state,
            "caution": " ".join(text for word, text in CAUTIONS.items() if word in state.split(", ")),
            "description": card.description,
            "citation": card.citation.strip(),
        }
        report.write(
            "corpus.html.j2",
            path(card.id),
            nav,
            title=card.name,
            scale_note=scale_note,
            made=_made(card.id),
            card=shown,
            facts=_facts(card, state),
            sections=_sections(card, audited),
        )
    _write_list(cards, audited, nav, scale_note)


def _write_list(
    cards: dict[str, Card], audited: Audited, nav: Sequence[report.Page], scale_note: str
) -> None:
    found = audited.comparison.drop_duplicates([*PART, "what"])
    found = found[found["split"] != audit.WHOLE]
    sums = found.pivot_table(index="corpus", columns="what", values="found", aggfunc="sum")
    sums = sums.reindex(list(cards)).reindex(columns=audit.COUNTS).fillna(0).astype(int)
    rows = [
        {
            "corpus": Markup('<a href="{}">{}</a>').format(path(corpus).name, card.name),
            "languages": _languages(card) if len(card.languages) <= 3 else f"{len(card.languages)} languages",
            "domain": card.domain,
            "licence": card.licence.spdx,
            "state": audit.state(card),
            **{what: int(sums.loc[corpus, what]) for what in ("sentences", "mentions")},
        }
        for corpus, card in cards.items()
    ]
    body = Markup('<section class="prose"><h1>Corpora</h1><p class="lead">{}</p></section>{}').format(
        f"{counted(len(cards), 'corpus', 'corpora')} in this run, each with a page of its own.",
        _boxed(tables.in_html(_linked(rows))),
    )
    report.write(
        "page.html.j2", listing().path, nav, title="Corpora", scale_note=scale_note, made=[], body=body
    )


def _linked(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame that leaves links as they are."""
    links = pd.Series([row["corpus"] for row in rows], dtype=object)
    return pd.DataFrame(rows).assign(corpus=links)


def _boxed(table: Markup) -> Markup:
    return Markup('<div class="output wide" tabindex="0">{}</div>').format(table)


def _languages(card: Card) -> str:
    return ", ".join(language(code).name for code in card.languages)


def _facts(card: Card, state: str) -> list[tuple[str, str]]:
    """Return what the card says in single lines; lines without a value are left out."""
    source = card.source
    where = "the compendium's own samples" if source.repository == "samples" else source.repository
    facts = [
        ("Id", card.id),
        ("State", state),
        ("In OpenNER 1.0", f"{card.openner} ({RECONSTRUCTED})" if card.openner else ""),
        ("Domain", card.domain),
        ("Languages", _languages(card)),
        ("Source", f"{where} at {source.commit[:12]}" if source.commit else where),
        ("How to get it", source.instructions),
        ("Licence", card.licence.spdx),
        ("On the licence", card.licence.note),
        ("Encoding of labels", card.scheme),
        ("Reader", card.reader),
        ("Flaws allowed", ", ".join(card.allow)),
        ("Cleaning steps", ", ".join(card.steps)),
    ]
    if card.division:
        division = card.division
        facts.append(
            (
                "Divided here",
                f"by {division.by}: {division.dev:.0%} dev, {division.test:.0%} test, the rest train",
            )
        )
    return [(name, value) for name, value in facts if value]


def _sections(card: Card, audited: Audited) -> list[Section]:
    table = read_table(paths.artifact("standardize", "standardized", f"{card.id}.parquet"))
    return [
        _files(card),
        _counts(card, audited),
        _types(card, audited.types),
        *_leakage(card, audited.contamination),
        _repairs(card, audited.repairs, table),
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
            **{what: getattr(expect, what, None) for what in audit.COUNTS},
        }

    frame = pd.DataFrame([row(file) for file in card.files])
    frame = frame.astype(dict.fromkeys(("bytes", *audit.COUNTS), "Int64"))
    if len(card.languages) == 1:
        frame = frame.drop(columns="language")
    origins = sorted({file.expect.origin for file in card.files if file.expect})
    text = f"As the card lists them, with the counts that it expects (origin: {' and '.join(origins) or 'none'}). "
    return Section("Files", text + _cut(frame), [_table(_filled(frame).head(MOST))])


def _counts(card: Card, audited: Audited) -> Section:
    mine = audited.comparison[audited.comparison["corpus"] == card.id]
    frame = audit.by_part(mine).drop(columns="corpus")
    text = (
        "What was found in each part, against the card and against figures that others have published: = stands for "
        "the same, a number with a sign for what was found more or less. "
    )
    return Section("Counts", text + _cut(frame), [_table(_filled(frame).head(MOST))])


def _types(card: Card, types: pd.DataFrame) -> Section:
    frame = types[types["corpus"] == card.id].drop(columns="corpus")
    frame = frame.sort_values(["mentions", "original"], ascending=[False, True])
    frame["reason"] = [
        "" if row.certainty == "switched" else entity_types()[row.standardized].reason
        for row in frame.itertuples()
    ]
    frame["contested"] = [_contested(card, row.original, row.standardized) for row in frame.itertuples()]
    frame["core"] = frame["core"].fillna("").replace("", DROPPED)
    meanings = "; ".join(
        f"{word}, {CERTAINTY[word]}" for word in CERTAINTY if word in set(frame["certainty"])
    )
    text = (
        f"Original, standardized and core type. How the core type is known: {meanings}. Under contested stands what "
        "speaks against it. "
    )
    return Section("Entity types", text + _cut(frame), [_table(_filled(frame).head(MOST))])


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
        "How many sentences of the test sets training data hold, the same or nearly, of this corpus or another; shares "
        "from 0 to 1. "
    )
    return [Section("Test sentences in training data", text + _cut(mine), [_table(mine.head(MOST), share=3)])]


def _repairs(card: Card, repairs: pd.DataFrame, table: pa.Table) -> Section:
    changes = read_table(paths.artifact("clean", f"{card.id}.ledger.parquet")).to_pandas()
    if changes.empty:
        return Section("Repairs", "Nothing was changed: labels, spans and tokens are as published.", [])
    mine = repairs[(repairs["corpus"] == card.id) & (repairs["repaired"] > 0)]
    mine = mine.drop(columns=["corpus", "sentences"]).rename(columns={"repaired": "repaired labels"})
    of_all = mine.loc[mine["types"] == "all", "repaired labels"].sum()
    text = (
        f"{counted(of_all, 'label was', 'labels were')} repaired, in all splits and of all types: tokens whose "
        "label differs from the published one because of an invalid transition. The ledger has "
        f"{counted(len(changes), 'row')}; those of other rules are no repaired labels. By rule, and some of each:"
    )
    shown = [_table(mine, per_100_tokens=2, per_100_mentions=2)] if len(mine) else []
    rules = ledger.by_rule(changes).drop(columns="corpora")
    return Section("Repairs", text, [*shown, _table(rules), _table(ledger.examples(changes, table))])


def _some_sentences(table: pa.Table) -> Section:
    """Show the first fitting sentences with a mention, of each language a few."""
    codes = sorted(set(table["language"].to_pylist()))[:SENTENCES]
    each = max(1, SENTENCES // max(len(codes), 1))
    shown = []
    for code in codes:
        some = _first(select(table, language=code), each)
        name = Markup("<p><strong>{}</strong></p>").format(language(code).name)
        # browse escapes what it is given.
        shown.append(Markup("{}{}{}").format(name, Markup(browse.legend(some)), Markup(browse.table(some))))
    text = "Mentions under their standardized types."
    return Section("Some sentences", text, shown)


def _first(table: pa.Table, most: int) -> list[Shown]:
    """Return the first sentences of a fitting length that hold a mention; where there are none, the first ones."""
    length = pc.list_value_length(table["tokens"])
    fits = pc.and_(pc.greater_equal(length, FITTING[0]), pc.less_equal(length, FITTING[1]))
    columns = ["sentence", "tokens", "starts", "ends", "labels"]
    chosen: list[dict[str, Any]] = []
    for batch in table.filter(fits).select(columns).to_batches(max_chunksize=1_000):
        chosen += [row for row in batch.to_pylist() if any(label != OUTSIDE for label in row["labels"])]
        if len(chosen) >= most:
            break
    chosen = chosen[:most] or table.select(columns).slice(0, most).to_pylist()
    return [
        Shown(row["sentence"], tuple(row["tokens"]), browse.gaps(row), IOB2.decode(row["labels"]))
        for row in chosen
    ]


def _made(corpus: str) -> list[report.Made]:
    files = [
        paths.artifact("clean", f"{corpus}.ledger.parquet"),
        paths.artifact("standardize", "standardized", f"{corpus}.parquet"),
        paths.artifact("standardize", "types.csv"),
        paths.artifact("audit", "comparison.csv"),
        paths.artifact("audit", "contamination.csv"),
        paths.artifact("audit", "repairs.csv"),
    ]
    return [report.Made("read for this page", paths.relative(file), sha256(file)) for file in files]


def _cut(frame: pd.DataFrame) -> str:
    return f"The first {MOST} of {len(frame):,} rows." if len(frame) > MOST else ""


def _filled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns in which nothing stands."""
    stands = [bool((frame[name].notna() & (frame[name].astype(str) != "")).any()) for name in frame]
    return frame.loc[:, stands]


def _table(frame: pd.DataFrame, **decimals: int) -> Markup:
    return tables.in_html(frame, "", DIGITS, **decimals)


def _read(path: Path) -> pd.DataFrame:
    """Return a table with whole numbers for counts and no missing texts; "nan" is the language code of Min Nan."""
    frame = tables.read(path)
    counts = [name for name in frame if name in _WHOLE_NUMBERS]
    frame = frame.astype(dict.fromkeys(counts, "Int64"))
    # A column in which nothing stands is read as one of numbers.
    text = [
        name
        for name in frame
        if name not in counts and (frame[name].isna().all() or not pd.api.types.is_numeric_dtype(frame[name]))
    ]
    return frame.assign(**{name: frame[name].astype(object).fillna("") for name in text})


_WHOLE_NUMBERS = (*audit.COUNTS, "repaired", "found", "expected", "difference", "published", "from_published")
