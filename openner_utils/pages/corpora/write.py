"""Writing the page of each corpus, and the one that lists them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.analysis.audit.corpora import State
from openner_utils.analysis.audit.expected import WHOLE
from openner_utils.catalog import Card
from openner_utils.core.releases import PART
from openner_utils.pages import report, tables
from openner_utils.pages.corpora import ledgers
from openner_utils.pages.corpora.facts import caution, facts, languages
from openner_utils.pages.corpora.found import Found
from openner_utils.pages.corpora.links import link, path
from openner_utils.pages.corpora.sections import Section, sections
from openner_utils.support.files import sha256
from openner_utils.support.paths import Place
from openner_utils.support.progress import track
from openner_utils.support.words import counted

NAMED = 3
"""Languages that are named in the list; of more, only their number is said."""


def listing(place: Place) -> report.Page:
    """Return the page that lists all corpora, which stands in the navigation."""
    return report.Page(place.pages / "corpora.html", "Corpora", "A page for each corpus", "Data")


def write(
    cards: Mapping[str, Card],
    found: Found,
    place: Place,
    nav: Sequence[report.Page],
    scale_note: str = "",
    beneath: Sequence[report.Made] = (),
) -> None:
    """Write the page and the ledger of each corpus, and the page that lists them; ``nav`` are the pages of the navigation.

    ``beneath``: what lies beneath all pages (`passport.basis`); of artifacts in memory nothing more is said.
    """
    for card in track(list(cards.values()), "corpus pages"):
        ledgers.write(ledgers.path(place.pages, card.id), found.ledger(card.id))
        read = [] if found.in_memory else _artifacts(card, found, place)
        state = State.of(card)
        report.write(
            "corpus.html.j2",
            path(place.pages, card.id),
            nav,
            title=card.name,
            scale_note=scale_note,
            made=[*read, *beneath],
            description=card.description,
            citation=card.citation.strip(),
            doubt="" if state.plain else f"{str(state).capitalize()}. {caution(state)}",
            facts=facts(card),
            sections=sections(card, found),
        )
    report.write(
        "sections.html.j2",
        listing(place).path,
        nav,
        title="Corpora",
        scale_note=scale_note,
        made=list(beneath),
        lead=f"{counted(len(cards), 'corpus', 'corpora')} in this run, each with a page of its own.",
        sections=[Section("All of them", "", [tables.show(_listed(cards, found.comparison))])],
        links=[],
        above=None,
    )


def _artifacts(card: Card, found: Found, place: Place) -> list[report.Made]:
    return [
        report.Made("read for this page", place.relative(file), sha256(file))
        for file in found.sources(card.id)
    ]


def _listed(cards: Mapping[str, Card], comparison: pd.DataFrame) -> pd.DataFrame:
    """Return one row per corpus, its name a link to its page."""
    once = comparison[comparison["split"] != WHOLE].drop_duplicates([*PART, "what"])
    sums = once.pivot_table(index="corpus", columns="what", values="found", aggfunc="sum")
    sums = sums.reindex(index=list(cards), columns=COUNTS).fillna(0).astype(int)
    of_cards = cards.values()
    many = [f"{len(card.languages)} languages" for card in of_cards]
    return pd.DataFrame(
        {
            "corpus": pd.Series([link(card) for card in of_cards], dtype=object),
            "languages": [
                languages(card) if len(card.languages) <= NAMED else number
                for card, number in zip(of_cards, many, strict=True)
            ],
            "domain": [card.domain for card in of_cards],
            "licence": [card.licence.spdx for card in of_cards],
            "state": [str(State.of(card)) for card in of_cards],
            **{what: sums[what].to_numpy() for what in ("sentences", "mentions")},
        }
    )
