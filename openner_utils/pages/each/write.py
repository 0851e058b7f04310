"""Writing the page of each language and system, those of replies, and the two that list them."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from openner_utils.analysis import breakdowns
from openner_utils.catalog import Card, language
from openner_utils.config.params import folder
from openner_utils.core.artifacts import ANSWER, SCORES, Inputs
from openner_utils.pages import report, tables
from openner_utils.pages.corpora import links as corpus_links
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.each import catalogued, choices, glossary, replies
from openner_utils.pages.each import language as of_language
from openner_utils.pages.each import system as of_system
from openner_utils.pages.each.found import Scored, runs_named
from openner_utils.support.files import sha256
from openner_utils.support.paths import Place
from openner_utils.support.progress import track
from openner_utils.support.rounding import shown
from openner_utils.support.within import within

Unit = Mapping[str, str]


def languages(place: Place) -> report.Page:
    """Return the page that lists all languages."""
    return report.Page(
        place.pages / "languages.html", "Languages", "F1 in each language, and a page for each", "Results"
    )


def systems(place: Place) -> report.Page:
    """Return the page that lists all systems."""
    return report.Page(
        place.pages / "systems.html",
        "Systems",
        "A page for each encoder and language model; replies",
        "Results",
    )


def catalog(place: Place) -> report.Page:
    """Return the page that lists all corpora of the catalog, those of the run among them."""
    return report.Page(
        place.pages / "catalog.html",
        "Catalog",
        "All corpora, whether in this run or not: sizes, licences",
        "Data",
    )


def made_with(place: Place) -> report.Page:
    """Return the page of the run's choices."""
    return report.Page(
        place.pages / "choices.html",
        "Choices",
        "Recipes, seeds, and all else that the run was told",
        "Results",
    )


def words(place: Place) -> report.Page:
    """Return the page of words."""
    return report.Page(
        place.pages / "glossary.html", "Glossary", "What words and heads of columns mean", "Results"
    )


def write(
    found: Scored,
    cards: Mapping[str, Card],
    here: Collection[str],
    asked: Sequence[Unit],
    inputs: Inputs,
    policy: str,
    place: Place,
    nav: Sequence[report.Page],
    scale_note: str = "",
    beneath: Sequence[report.Made] = (),
) -> None:
    """Write all of them.

    ``cards``: those of the whole catalog, and ``here`` the corpora of this run; ``asked``: the units of language models whose replies
    are shown, under the main ``policy``.
    """
    read = [inputs.path(SCORES), inputs.path(ANSWER, question="pairs", table="pairs")]
    made = [
        *(report.Made("read for this page", place.relative(file), sha256(file)) for file in read),
        *beneath,
    ]

    def page(
        name: str,
        title: str,
        lead: str,
        sections: Sequence[Section],
        above: report.Page | None,
        links: list[dict[str, str]],
    ) -> None:
        report.write(
            "sections.html.j2", within(place.pages, name, "params.yaml"), nav, title=title, lead=lead, sections=sections,
            scale_note=scale_note, made=made, links=links,
            above=None if above is None else {"href": above.path.name, "title": above.title},
        )  # fmt: skip

    codes = sorted({*found.languages, *(code for card in cards.values() for code in card.languages)})
    for code in track(codes, "pages of languages"):
        known = language(code)
        corpora = [name for name in catalogued.in_language(code, cards) if name in here]
        links = [
            {"href": corpus_links.path(Path(), each).name, "title": f"Corpus {each}"} for each in corpora
        ]
        lead = (
            f"{known.family}, {known.script}. {of_language.lead(code, found)} {catalogued.lead(code, cards)}"
        )
        page(
            _language(code),
            f"{known.name} ({code})",
            lead,
            [*of_language.sections(code, found), *catalogued.corpora(code, cards, here)],
            languages(place),
            links,
        )
    of_asked, known_systems = {folder(unit): unit for unit in asked}, glossary.systems(place)
    for system in found.systems:
        own = [name for name, unit in of_asked.items() if unit["llm"] == system]
        links = [{"href": _replies(name), "title": f"Replies: {name}"} for name in own]
        links.append({"href": "choices.html", "title": "Recipe and seeds"})
        page(
            _system(system),
            system,
            _said_of(system, known_systems) + of_system.lead(system, found),
            of_system.sections(system, found),
            systems(place),
            links,
        )
    for name, unit in of_asked.items():
        lead = "Each reply as it came, what it was read as, and what of it has no place in its sentence, beside the reference."
        links = [{"href": f"prompt-{name}.html", "title": "Counts of all that was lost"}]
        page(
            _replies(name),
            f"Replies: {name}",
            lead,
            replies.sections(inputs, unit, policy),
            systems(place),
            links,
        )
    every = catalogued.all_languages(cards, found.languages, {code: _language(code) for code in codes})
    page("languages.html", "Languages", "", [by_language(found, glossary.told(place)), *every], None, [])
    page("catalog.html", "Catalog", _CATALOG, catalogued.all_corpora(cards, here), None, [])
    page("systems.html", "Systems", _SYSTEMS, _by_system(found, known_systems), None, [])
    page("choices.html", "Choices", choices.LEAD, choices.sections(place), None, [])
    page("glossary.html", "Glossary", glossary.LEAD, glossary.sections(place), None, [])


LANGUAGES = "F1 of encoders on whole test sets, in percent, mean over seeds with its interval; n counts the test sentences."
_CATALOG = (
    "Every corpus that has a card: what it is, how large, under which licence, and whether it is in this run."
)
_SYSTEMS = (
    "Every encoder and language model that was scored. F1 in percent, mean over seeds and test sets; lowest and highest are those of "
    "single test sets. Rows with another number of test sets are over other ones: only means over the same stand side by side. "
    "Intervals stand where test sets do, on the pages of languages, and those of differences on each system's page."
)


def _language(code: str) -> str:
    return f"language-{code}.html"


def _system(system: str) -> str:
    return f"system-{system}.html"


def _replies(unit: str) -> str:
    return f"replies-{unit}.html"


def _link(href: str, title: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(href, title)


def by_language(found: Scored, names: str = "") -> Section:
    """Return one row per language, a column for each run of an encoder, best mean first; ``names`` say what systems are."""
    rows = runs_named(found.by_language)
    order = (
        rows.groupby("system")["f1"]
        .agg(["size", "mean"])
        .sort_values(["size", "mean"], ascending=False)
        .index
    )
    table = []
    for code in found.languages:
        own = rows[rows["language"] == code].set_index("system")
        known = language(code)
        scores = {
            name: f"{shown(own.loc[name, 'f1'])} ({shown(own.loc[name, 'low'], 0)}–{shown(own.loc[name, 'high'], 0)})"
            if name in own.index
            else ""
            for name in order
        }
        sentences = int(own["sentences"].max()) if len(own) else None
        table.append(
            {"language": _link(_language(code), known.name), "family": known.family, "n": sentences, **scores}
        )
    frame = pd.DataFrame(table, dtype=object).astype({"n": "Int64"})
    return Section("F1 by language", f"{LANGUAGES} {names}".rstrip(), [tables.show(frame)])


def _said_of(system: str, known: Mapping[str, str]) -> str:
    """Return the sentence that says what a system is; nothing of one that params.yaml does not name."""
    said = known.get(system, "")
    return f"{said[0].upper()}{said[1:]}. " if said else ""


def _by_system(found: Scored, known: Mapping[str, str]) -> list[Section]:
    """Return one row per run of a system, best first of those with as many test sets, its name a link to the system's page.

    ``known``: what the systems are.
    """
    table = breakdowns.macro(found.scores).rename(columns={"n": "test_sets"})
    table = table.sort_values(["test_sets", "micro"], ascending=False, kind="stable")
    names = table["system"]
    runs = runs_named(table.drop(columns=["labels_from", "policy", "control"]))
    linked = [_link(_system(name), run) for name, run in zip(names, runs["system"], strict=True)]
    runs = runs.assign(
        system=pd.Series(linked, dtype=object, index=runs.index),
        what=[known.get(name, "") for name in names],
    )
    columns = ["system", "what", "micro", "lowest", "highest", "macro", "test_sets"]
    return [Section("By system", "", [tables.show(runs[columns])])]
