"""Which types of two corpora are meant to be the same, as far as names and the taxonomy tell."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from openner_utils.catalog.taxonomy.words import likeness, plain

SIMILAR = 0.8
"""Likeness in spelling from which names of types are similar."""


class Meant(NamedTuple):
    """What a type of a corpus is known to mean: the taxonomy's type, what that is part of, and its standardized name."""

    type: str = ""
    within: tuple[str, ...] = ()
    standard: str = ""


Meaning = Callable[[str, str], Meant]
"""Corpus and type → what the type means there."""


def unknown_meaning(corpus: str, type: str) -> Meant:
    """Return that nothing is known of a type."""
    return Meant()


def alike(type: str, corpus: str, others: Sequence[str], other: str, meaning: Meaning) -> str:
    """Return the type among ``others``, of corpus ``other``, that is most like a type, or nothing.

    It has the same name; or the same meaning; or one is part of the other; or both have one standardized name; or they are
    spelled alike.
    """
    wanted, meant = plain(type), meaning(corpus, type)

    def how(name: str) -> float:
        is_meant = meaning(other, name)
        if plain(name) == wanted:
            return 5.0
        if meant.type and meant.type == is_meant.type:
            return 4.0
        if meant.type and is_meant.type and (meant.type in is_meant.within or is_meant.type in meant.within):
            return 3.0
        if meant.standard and meant.standard == is_meant.standard:
            return 2.0
        near = likeness(plain(name), wanted)
        return near if near >= SIMILAR else 0.0

    best = max(others, key=how, default="")
    return best if best and how(best) else ""
