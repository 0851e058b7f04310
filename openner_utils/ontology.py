"""Entity types: original names → standardized names → core types PER, LOC, ORG, or none.

The first map stands on each corpus's card, the second in ontology.yaml with its certainty. Both are applied to
repaired labels: types are renamed or dropped after repair, never before (OpenNER 1.0, sections 3.2 and 3.3).
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from openner_utils import paths
from openner_utils.catalog import Card
from openner_utils.columns import Columns
from openner_utils.encoding import IOB2, OUTSIDE
from openner_utils.errors import OpenNERError, unknown
from openner_utils.records import Record, parse, read_yaml

CORE = ("PER", "LOC", "ORG")


class EntityType(Record):
    """One standardized type: its core type or None, how that is known, and the domain that it belongs to, if any.

    The 60 names of OpenNER 1.0 have no domain. Types of domain corpora (biomedical, politics, …) form a layer of
    their own, so that such corpora join without being forced into general types; they have a core type only where
    each of their mentions is one by definition (the paper's third open question).
    """

    core: Literal["PER", "LOC", "ORG"] | None
    certainty: Literal["paper", "inferred", "ours"]
    reason: str = ""
    domain: str = ""


@cache
def entity_types() -> dict[str, EntityType]:
    """Return the standardized types by name: those of OpenNER 1.0, then those of domains."""
    content = read_yaml(paths.ONTOLOGY)
    table = content["types"] | content.get("domain_types", {})
    return {name: parse(EntityType, entry, f"ontology.yaml: {name}") for name, entry in table.items()}


def core_map(switches: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return standardized type → core type, for those that have one, after the run's ``switches``."""
    core = {name: type.core for name, type in entity_types().items()}
    for name, choice in (switches or {}).items():
        if name not in core:
            raise unknown("standardized entity type in core_switches", name, core)
        core[name] = choice or None  # type: ignore[assignment]  # checked by the params record
    return {name: type for name, type in core.items() if type}


def standardized_map(card: Card) -> dict[str, str]:
    """Return a corpus's original type → standardized name; a name outside the ontology is an error."""
    for original, name in card.types.items():
        if name not in entity_types():
            raise OpenNERError(
                f"Card {card.id}: {original}: {unknown('standardized entity type', name, entity_types())}"
            )
    return dict(card.types)


def map_types(columns: Columns, mapping: Mapping[str, str]) -> Columns:
    """Return ``columns`` (IOB2 labels) with entity types renamed; types that the map lacks become outside."""
    names = []
    for name in columns.names:
        state, type = IOB2.split(name)
        names.append(f"{state}-{mapping[type]}" if type in mapping else OUTSIDE)
    return columns.rename(names)
