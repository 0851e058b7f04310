"""What a type is called: the words that a tagger reads in place of a label."""

from collections.abc import Iterable, Mapping

from openner_utils.catalog.taxonomy import ARROW, Taxonomy
from openner_utils.catalog.taxonomy.words import plain
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import Record

CORE = {"PER": "person", "LOC": "location", "ORG": "organization"}
"""What labels mean in files that nothing else is known of."""


class TypeWords(Record):
    """A type's name, what else it may be called, and what it means; the last two may be empty."""

    name: str
    others: tuple[str, ...] = ()
    definition: str = ""

    def texts(self, definitions: bool) -> tuple[str, ...]:
        """Return what a tagger may read for the type, its own name first.

        >>> TypeWords(name="river", others=("stream",), definition="A named river.").texts(definitions=True)
        ('river: A named river.', 'stream: A named river.')
        """
        after = f": {self.definition}" if definitions and self.definition else ""
        return tuple(f"{name}{after}" for name in (self.name, *self.others))


def of_taxonomy(taxonomy: Taxonomy, types: Iterable[str]) -> dict[str, TypeWords]:
    """Return the words of types: by the taxonomy where it has a type of that very name, else the label itself, made readable.

    ``PER``, ``LOC`` and ``ORG`` are what they nearly always are.
    """
    return {type: _words(taxonomy, type) for type in types}


def _words(taxonomy: Taxonomy, type: str) -> TypeWords:
    name = CORE.get(type, type)
    if name not in taxonomy.types:
        return TypeWords(name=plain(type) or type)
    spoken = _spoken(name)
    others = dict.fromkeys(_spoken(each) for each in taxonomy.types[name].aliases)
    others.pop(spoken, None)
    return TypeWords(name=spoken, others=tuple(others), definition=taxonomy.types[name].definition)


def _spoken(name: str) -> str:
    return name.replace(ARROW, ", ")


def checked(words: Mapping[str, TypeWords], where: str) -> Mapping[str, TypeWords]:
    """Return words of types; `OpenNERError` where there is none, where a name says nothing, and where two types have one name."""
    if not words:
        raise OpenNERError(f"{where}: no type. Name one or more.")
    named: dict[str, str] = {}
    for type, each in words.items():
        if not each.name.strip():
            raise OpenNERError(
                f"{where}: the type {type!r} has an empty name. A tagger reads names; give it one."
            )
        if (other := named.setdefault(each.name.casefold(), type)) != type:
            raise OpenNERError(
                f"{where}: {other} and {type} are both called {each.name!r}. Call one of them something else."
            )
    return words
