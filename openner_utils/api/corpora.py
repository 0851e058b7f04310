"""A corpus of one's own: put into the catalog in one step, and its page without a run of the pipeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openner_utils.catalog import FOLDER, Card, Source, card_at, corpora, language, load_cards
from openner_utils.catalog.ontology import entity_types
from openner_utils.config.params import OfData, load
from openner_utils.core.artifacts import Inputs, Memory
from openner_utils.ownfiles.completing import Completed, complete
from openner_utils.ownfiles.drafting import draft
from openner_utils.ownfiles.format import Format
from openner_utils.pages import report as pages
from openner_utils.pages.corpora import found, links, write
from openner_utils.pages.passport import Basis
from openner_utils.sources.build import lay_out
from openner_utils.sources.fetch import fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Https
from openner_utils.stages import audit, clean, standardize, work
from openner_utils.support import files
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.process import scratch
from openner_utils.support.within import within

_UNTOLD = "und"
"""ISO 639-3 for a language that nobody has named."""


@dataclass(frozen=True, slots=True)
class Added:
    """A corpus that was added: where its card lies, what was guessed, and the types that nobody said the meaning of.

    ``again`` tells of files of which another one holds half of the sentences.
    """

    card: Path
    guessed: tuple[str, ...]
    unsure: tuple[str, ...]
    again: tuple[str, ...]


def add(
    path: Path,
    language: str = _UNTOLD,
    id: str | None = None,
    types: Mapping[str, str] | None = None,
    asked: Format | None = None,
    replace: bool = False,
    place: Place = HERE,
) -> tuple[list[Added], tuple[str, ...]]:
    """Draft a card for each kind of file at ``path``, complete it, copy the files into the store, put the card into the catalog.

    Returns what was added, and what was set apart with the reason. ``types``: raw type → standardized name; a type that is
    not among them and not certain becomes MISC. ``replace`` takes the place of cards that this function wrote before.
    Nothing is written on an `OpenNERError`: for a language, type or id that is not known or taken, or files that cannot be read.
    """
    said = dict(types or {})
    for name in said.values():
        if name not in entity_types():
            raise unknown("standardized entity type", name, entity_types())
    drafts = draft(path, id, language, asked)
    done = [complete(card, drafts.root, said) for card in drafts.cards]
    with scratch() as room:
        cards = [_checked(each, room) for each in done]
        if idle := said.keys() - {type for card in cards for type in card.types}:
            raise unknown(
                "entity type of these files",
                min(idle),
                sorted({type for card in cards for type in card.types}),
            )
        for card in cards:
            _free(card.id, replace, place)
        _keep(cards, drafts.root, place)
    added = []
    for each, drafted in zip(done, drafts.cards, strict=True):
        target = within(place.cards, f"{each.id}.yaml", "--id")
        files.write_text(target, each.text)
        added.append(Added(target, drafted.guessed, each.unsure, drafted.again))
    return added, drafts.apart


def _checked(completed: Completed, room: Path) -> Card:
    """Return a completed card as the catalog would read it."""
    path = within(room, f"{completed.id}.yaml", "--id")
    files.write_text(path, completed.text)
    card = card_at(path)
    for code in card.languages:
        if code == _UNTOLD:
            raise OpenNERError(
                f"{card.id}: no path tells the language. Say it, as an ISO 639-3 code: --language spa."
            )
        language(code)
    return card


def _free(id: str, replace: bool, place: Place) -> None:
    """Raise `OpenNERError` where the catalog has a corpus of this id that may not be replaced."""
    if id not in corpora(place.cards):
        return
    own = card_at(place.cards / f"{id}.yaml").source.repository.startswith(f"{FOLDER}:")
    if not own:
        raise OpenNERError(f"{id}: the catalog has a corpus of this id. Give another with --id.")
    if not replace:
        raise OpenNERError(f"{id}: added before. Give another --id, or --replace to add it anew.")


def _keep(cards: Sequence[Card], root: Path, place: Place) -> None:
    """Copy the files of cards from below ``root`` into the store, wherever else they can be had."""
    here = Source(repository=root.resolve().as_uri())
    local = [card.model_copy(update={"source": here}) for card in cards]
    failures = [
        each for outcome in fetch(local, Store(place.downloads), Https()) for each in outcome.failures
    ]
    if failures:
        raise OpenNERError(*failures)


def report(ids: Iterable[str], out: Path, place: Place = HERE) -> list[Path]:
    """Write into the folder ``out`` a page for each corpus, as the report has them, with its ledger; return the pages.

    The corpora are cleaned, standardized and audited in memory with the choices of params.yaml; nothing is trained, and
    data/ and artifacts/ stay as they are. Test sentences are looked for in the training data of these corpora alone.
    """
    asked = tuple(dict.fromkeys(ids))
    cards = load_cards(asked, place.cards)
    store = Memory()
    with scratch() as room:
        here = Place(room, place.cards)
        lay_out(asked, Store(place.downloads), place, here.data)
        chosen = load(OfData, place.params).data.model_copy(update={"corpora": asked})
        outputs = work(clean, here, store).outputs
        method = load(clean.Params, place.params).clean.repair
        for corpus in asked:
            clean.clean_corpus(corpus, method, here, outputs)
        for stage in (standardize, audit):
            params = load(stage.Params, place.params).model_copy(update={"data": chosen})
            stage.run(work(stage, here, store), params)
        beneath = [
            *(Basis.of_corpus(card, here) for card in cards.values()),
            *Basis.of_run(place),
        ]
        write.write(
            cards,
            found.Found.read(Inputs(store, found.READS)),
            here,
            [write.listing(here)],
            beneath=[pages.Made(each.what, each.source, each.sha256) for each in beneath],
        )
        for page in here.pages.rglob("*"):  # small; whole or not at all, and a full disk named by its place
            if page.is_file():
                name = page.relative_to(here.pages).as_posix()
                files.write_bytes(within(out, name, "corpus"), page.read_bytes())
    return [links.path(out, corpus) for corpus in asked]
