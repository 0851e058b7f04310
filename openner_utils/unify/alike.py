"""Which types of two corpora are meant to be the same, as far as names and the taxonomy tell."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from openner_utils.catalog.taxonomy import OTHERS
from openner_utils.catalog.taxonomy.words import likeness, plain

SIMILAR = 0.8
"""Likeness in spelling from which names of types are similar."""


class Meant(NamedTuple):
    """What a type of a corpus is known to mean: the taxonomy's type, what that is part of, and its standardized name.

    ``mention``: the kinds of mention that are marked (`catalog.taxonomy.MENTIONS`); none if not known.
    """

    type: str = ""
    within: tuple[str, ...] = ()
    standard: str = ""
    mention: tuple[str, ...] = ()


Meaning = Callable[[str, str], Meant]
"""Corpus and type → what the type means there."""


def unknown_meaning(corpus: str, type: str) -> Meant:
    """Return that nothing is known of a type."""
    return Meant()


def alike(type: str, corpus: str, others: Sequence[str], other: str, meaning: Meaning) -> str:
    """Return the type among ``others``, of corpus ``other``, that is most like a type, or nothing.

    It has the very same name; or one that differs in case and signs only; or the same meaning; or both have one standardized name; or
    one is part of the other; or they are spelled alike. Of several such the one for what no other type names comes first, then the
    widest. A name without a letter or a digit is like itself alone.
    """
    wanted, meant = plain(type), meaning(corpus, type)

    def how(name: str) -> tuple[float, bool, int]:
        is_meant = meaning(other, name)
        near = likeness(plain(name), wanted) if wanted else 0.0
        part = bool(meant.type and is_meant.type) and (
            meant.type in is_meant.within or is_meant.type in meant.within
        )
        rank = (
            (name == type, 6.0),
            (bool(wanted) and plain(name) == wanted, 5.0),
            (bool(meant.type) and meant.type == is_meant.type, 4.0),
            (bool(meant.standard) and meant.standard == is_meant.standard, 3.0 + part / 2),
            (part, 2.0),
            (near >= SIMILAR, near),
        )
        best = next((value for holds, value in rank if holds), 0.0)
        return best, is_meant.type.endswith(OTHERS), -len(is_meant.within)

    best = max(others, key=how, default="")
    return best if best and how(best)[0] else ""
