"""What the catalog's cards say of each language and corpus, whether or not a system was scored on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from openner_utils.analysis.audit.corpora import State
from openner_utils.catalog import Card, File, language
from openner_utils.pages import tables
from openner_utils.pages.corpora import links
from openner_utils.pages.corpora.facts import languages as languages_of
from openner_utils.pages.corpora.sections import Section
from openner_utils.support.words import counted

_SIZES = (
    "Sizes are what the cards expect, counted over files as published, without the compendium's readers; where some files were never at "
    "hand, “counted” says how many the sizes are of, and an empty size is one that nobody counted."
)
_PUBLISHED = " “Published” is what somebody states of the language, where the card quotes it."


NAMED = 3
"""Languages of a corpus that are named; of more, only their number is said."""
_SHOWN = (
    "corpus",
    "languages",
    "licence",
    "sentences",
    "mentions",
    "counted",
    "in this run",
    "domain",
    "state",
    "in OpenNER 1.0",
)
"""The columns of the list of all corpora."""


@dataclass(frozen=True, slots=True)
class Size:
    """Sentences, tokens and mentions as a card expects them in ``counted`` of ``files`` files; None where nobody counted."""

    sentences: int | None
    tokens: int | None
    mentions: int | None
    counted: int
    files: int

    @classmethod
    def of(cls, files: Sequence[File]) -> "Size":
        """Return the size of some files of a card."""
        known = [file.expect for file in files if file.expect]
        mentions = [each.mentions for each in known if each.mentions is not None]
        return cls(
            sum(each.sentences for each in known) if known else None,
            sum(each.tokens for each in known) if known else None,
            sum(mentions) if mentions else None,
            len(known),
            len(files),
        )

    @property
    def told(self) -> str:
        """How many of the files were counted."""
        return (
            "all files" if self.counted == self.files else f"{self.counted} of {counted(self.files, 'file')}"
        )


def in_language(code: str, cards: Mapping[str, Card]) -> dict[str, Card]:
    """Return the cards of corpora that hold a language."""
    return {name: card for name, card in cards.items() if code in card.languages}


def lead(code: str, cards: Mapping[str, Card]) -> str:
    """Return what the catalog has in a language, in a sentence."""
    known = in_language(code, cards)
    sizes = [Size.of(_files(card, code)) for card in known.values()]
    sentences = sum(each.sentences or 0 for each in sizes)
    partly = " at least" if any(each.counted < each.files for each in sizes) else ""
    said = (
        f", with{partly} {counted(sentences, 'sentence')}"
        if sentences
        else ", whose sentences nobody counted"
    )
    return f"The catalog has {counted(len(known), 'corpus', 'corpora')} in it{said}."


def corpora(code: str, cards: Mapping[str, Card], here: Collection[str]) -> list[Section]:
    """Return the section on the corpora that hold a language; those of this run (``here``) have pages."""
    known = in_language(code, cards)
    if not known:
        return []
    rows = []
    for name, card in known.items():
        row = _row(card, name in here, Size.of(_files(card, code)))
        stated = [figure for figure in card.published if figure.language == code and figure.split is None]
        row["published"] = "; ".join(
            f"{counted(figure.sentences, 'sentence')} ({figure.origin})"
            for figure in stated
            if figure.sentences
        )
        rows.append(row)
    frame = tables.filled(_frame(rows))
    return [Section("Corpora of the catalog", _SIZES + _PUBLISHED, [tables.show(frame)])]


def all_corpora(cards: Mapping[str, Card], here: Collection[str]) -> list[Section]:
    """Return the section with every corpus of the catalog."""
    rows = []
    for name, card in cards.items():
        row = _row(card, name in here, Size.of(card.annotated))
        row |= {
            "id": name,
            "source": "samples" if card.source.repository == "samples" else card.source.repository,
            "commit": card.source.commit or "",
            "on the licence": card.licence.note,
        }
        many = counted(len(card.languages), "language")
        here_said = languages_of(card) if len(card.languages) <= NAMED else many
        rows.append({"corpus": row.pop("corpus"), "languages": here_said, **row})
    text = f"{counted(len(cards), 'corpus', 'corpora')}, {sum(name in here for name in cards)} of them in this run. {_SIZES}"
    text += " The CSV also holds ids, tokens, sources and their versions, and what is said of licences."
    return [Section("All corpora", text, [tables.part(_frame(rows), _SHOWN)])]


def all_languages(
    cards: Mapping[str, Card], scored: Collection[str], page: Mapping[str, str]
) -> list[Section]:
    """Return the section with every language of the catalog; ``page``: code → address of its page."""
    rows = []
    for code in sorted(page):
        own, known = in_language(code, cards), language(code)
        sizes = [Size.of(_files(card, code)) for card in own.values()]
        sentences = [each.sentences for each in sizes if each.sentences is not None]
        rows.append(
            {
                "language": Markup('<a href="{}">{}</a>').format(page[code], known.name),
                "code": code,
                "family": known.family,
                "script": known.script,
                "corpora": len(own),
                "in OpenNER 1.0": sum(card.openner is not None for card in own.values()),
                "sentences": sum(sentences) if sentences else None,
                "licences": ", ".join(sorted({card.licence.spdx for card in own.values()})),
                "scored here": code in scored,
            }
        )
    frame = _frame(rows).astype({"corpora": "Int64", "in OpenNER 1.0": "Int64"})
    text = f"{counted(len(rows), 'language')}, {sum(code in scored for code in page)} of which a system was scored in. {_SIZES}"
    return [Section("All languages of the catalog", text, [tables.show(frame)])]


def _row(card: Card, here: bool, size: Size) -> dict[str, Any]:
    return {
        "corpus": links.link(card) if here else card.name,
        "licence": card.licence.spdx,
        "sentences": size.sentences,
        "tokens": size.tokens,
        "mentions": size.mentions,
        "counted": size.told,
        "in this run": here,
        "domain": card.domain,
        "state": str(State.of(card)),
        "in OpenNER 1.0": card.openner or "",
    }


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype=object)
    return frame.astype({name: "Int64" for name in ("sentences", "tokens", "mentions") if name in frame})


def _files(card: Card, code: str) -> list[File]:
    return [file for file in card.annotated if file.language == code]
