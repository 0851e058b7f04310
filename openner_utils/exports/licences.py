"""Under which licences what is exported stands: the strictest first, for it decides about the whole."""

import re
from collections.abc import Callable, Sequence

from openner_utils.catalog import Card
from openner_utils.support import markdown


def parts(spdx: str) -> list[list[str]]:
    """Return a licence as ways to use a corpus, of which one may be chosen, each with the licences that then hold together.

    >>> parts("CC-BY-4.0 AND MIT"), parts("(MIT OR Apache-2.0)")
    ([['CC-BY-4.0', 'MIT']], [['MIT'], ['Apache-2.0']])
    """
    if "(" in (bare := spdx.strip().removeprefix("(").removesuffix(")")):
        return [["unclear"]]  # nested, which no card has: not known to allow anything
    return [re.split(r"\s+AND\s+", way.strip()) for way in re.split(r"\s+OR\s+", bare)]


def strictness(spdx: str) -> int:
    """Return a rank by which licences are listed, the strictest first: 0 for those that are not known to allow use.

    Of licences that hold together the strictest counts, of those that one may choose among the freest.
    """
    return max(min(map(_rank, together)) for together in parts(spdx))


def _rank(spdx: str) -> int:
    """Return the rank of a single licence."""
    name = spdx.upper()
    terms: tuple[Callable[[str], bool], ...] = (
        lambda n: not n.startswith(("CC", "MIT", "APACHE", "BSD", "GPL", "LGPL", "ODC", "ODBL", "PDDL")),
        lambda n: "NC" in n and "ND" in n,
        lambda n: "NC" in n and "SA" in n,
        lambda n: "NC" in n,
        lambda n: "ND" in n,
        lambda n: "SA" in n or "GPL" in n or "ODBL" in n,
        lambda n: not n.startswith(("CC0", "PDDL")),
    )
    return next((rank for rank, holds in enumerate(terms) if holds(name)), len(terms))


def told(cards: Sequence[Card]) -> list[str]:
    """Return a section of Markdown on the licences of corpora."""
    ordered = sorted(cards, key=lambda card: (strictness(card.licence.spdx), card.name))
    first = ordered[0]
    return [
        f"The whole may be used only as the strictest allows: **{markdown.escaped(first.licence.spdx)}** "
        f"({markdown.escaped(first.name)}). "
        "A licence that is `unclear` allows nothing by itself: ask the publisher.",
        "",
        markdown.table(
            ["licence", "corpus", "note"],
            [
                (
                    markdown.escaped(card.licence.spdx),
                    markdown.linked(card.name, card.source.repository),
                    markdown.escaped(card.licence.note),
                )
                for card in ordered
            ],
        ),
    ]
