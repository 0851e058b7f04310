"""Where a corpus's page lies, and links to it."""

from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup

from openner_utils.analysis.audit.corpora import State
from openner_utils.catalog import Card
from openner_utils.pages.render import rendered
from openner_utils.support.within import within
from openner_utils.support.words import shown


def path(folder: Path, corpus: str) -> Path:
    """Return where a corpus's page lies in the folder of pages."""
    return within(folder, f"corpus-{corpus}.html", "corpus")


def links(cards: Iterable[Card]) -> Markup:
    """Return the names of corpora, each a link to its page, with the state of those not plainly verified."""
    return rendered(
        "corpus_links.html.j2", corpora=[(_page_name(card), card.name, _doubt(card)) for card in cards]
    )


def link(card: Card) -> Markup:
    """Return a corpus's name as a link to its page."""
    return Markup('<a href="{}">{}</a>').format(_page_name(card), shown(card.name))


def _page_name(card: Card) -> str:
    return path(Path(), card.id).name


def _doubt(card: Card) -> str:
    """Return the state of a corpus that is not plainly verified."""
    state = State.of(card)
    return "" if state.plain else str(state)
