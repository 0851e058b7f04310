"""Entity types: original names → standardized names → core types PER, LOC, ORG, or none.

The first map stands on each corpus's card, the second in ontology.yaml with its certainty, and beside it the choices
that can be argued with. Both maps are applied to repaired labels: types are renamed or dropped after repair, never
before (so OpenNER 1.0 in sections 3.2 and 3.3, as a summary of it has them; the sections were not at hand).
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from openner_utils.catalog import Card, corpora, load_card
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, OUTSIDE
from openner_utils.support import paths
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import unknown
from openner_utils.support.records import Record, parse

CORE = ("PER", "LOC", "ORG")
DROPPED = "none"
"""Stands in tables for the core type of what the core release drops."""

CERTAINTY: Mapping[str, str] = {
    "paper": "read in OpenNER 1.0 itself",
    "summary": "stated by a summary of OpenNER 1.0, which was read in its place",
    "inferred": "concluded from names in its release, or from examples in the summary",
    "ours": "decided here",
    "switched": "chosen in params.yaml",
}
"""How a core type can be known, and what that means."""

OF_CORPUS = "/"
"""Parts a corpus from its own name for a type, in switches and contested choices that are for one corpus alone."""


class EntityType(Record):
    """One standardized type: its core type or None, how that is known, and the domain that it belongs to, if any.

    The 60 names of OpenNER 1.0 have no domain. Types of domain corpora (biomedical, politics, …) form a layer of
    their own, so that such corpora join without being forced into general types; they have a core type only where
    each of their mentions is one by definition.
    """

    core: Literal["PER", "LOC", "ORG"] | None
    certainty: Literal["paper", "summary", "inferred", "ours"]
    reason: str = ""
    domain: str = ""


class Contested(Record):
    """A choice of core type that can be argued with: what else it could be, and why.

    ``certainty``: the reason stands in the corpus's documentation, was seen in mentions that were read or counted,
    or is concluded from other corpora.
    """

    instead: tuple[Literal["PER", "LOC", "ORG", ""], ...]
    reason: str
    certainty: Literal["publisher", "mentions", "inferred"]


@cache
def entity_types() -> dict[str, EntityType]:
    """Return the standardized types by name: those of OpenNER 1.0, then those of domains."""
    content = read_mapping(paths.ONTOLOGY)
    table = content["types"] | content.get("domain_types", {})
    return {name: parse(EntityType, entry, f"ontology.yaml: {name}") for name, entry in table.items()}


@cache
def contested() -> dict[str, Contested]:
    """Return the contested choices, by standardized type, or by ``corpus/TYPE`` with the corpus's own name for it."""
    table = read_mapping(paths.ONTOLOGY)["contested"]
    return {
        name: parse(Contested, entry, f"ontology.yaml: contested: {name}") for name, entry in table.items()
    }


def core_map() -> dict[str, str]:
    """Return standardized type → core type, for those that have one."""
    return {name: type.core for name, type in entity_types().items() if type.core}


def core_types(card: Card, switches: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a corpus's original type → core type, for those that have one, after the run's ``switches``.

    ``switches``: standardized type, or ``corpus/TYPE`` for one corpus's own type, → core type or "". The narrower
    switch wins. Raises for a type that does not exist, and for a corpus that does not, be it ``card`` or another one.
    """
    chosen = dict(switches or {})
    for name in chosen:
        _check(name)
    core = core_map()
    found = {
        original: chosen.get(f"{card.id}{OF_CORPUS}{original}", chosen.get(name, core.get(name, "")))
        for original, name in standardized_map(card).items()
    }
    return {original: type for original, type in found.items() if type}


def certainty(card: Card, original: str, switches: Mapping[str, str]) -> str:
    """Return how the core type of a corpus's type is known: a word of `CERTAINTY`."""
    name = card.types[original]
    if name in switches or f"{card.id}{OF_CORPUS}{original}" in switches:
        return "switched"
    return entity_types()[name].certainty


def _check(switch: str) -> None:
    """Refuse a switch of something that does not exist."""
    corpus, of_corpus, original = switch.partition(OF_CORPUS)
    if not of_corpus:
        if switch not in entity_types():
            raise unknown("standardized entity type in core_switches", switch, entity_types())
    elif corpus not in corpora():
        raise unknown("corpus in core_switches", corpus, corpora())
    elif original not in (types := load_card(corpus).types):
        raise unknown(f"entity type of {corpus} in core_switches", original, types)


def standardized_map(card: Card) -> dict[str, str]:
    """Return a corpus's original type → standardized name; loading the card has checked that there is one (see `known`)."""
    return dict(card.types)


def annotated_types(card: Card) -> tuple[str, ...]:
    """Return the standardized types that a corpus annotates, by name: those that its card declares, whether they occur or not.

    A type that guidelines ask for and that happens to have no mention is annotated: its absence is known. What occurs in the
    files could not tell the two apart, would depend on limits and on test labels, and is always declared, or no card loads it.
    """
    return tuple(sorted(set(standardized_map(card).values())))


def map_types(columns: Columns, mapping: Mapping[str, str]) -> Columns:
    """Return ``columns`` (IOB2 labels) with entity types renamed; types that the map lacks become outside."""
    names = []
    for name in columns.names:
        state, type = IOB2.split(name)
        names.append(f"{state}-{mapping[type]}" if type in mapping else OUTSIDE)
    return columns.rename(names)
