"""Free labels of annotators as types of the taxonomy, each with how sure that is; what fits none keeps its name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openner_utils.catalog.ontology import core_map
from openner_utils.catalog.taxonomy import Taxonomy, universal
from openner_utils.catalog.taxonomy.nearest import suggest
from openner_utils.web.likeness import by_taxonomy
from openner_utils.web.merging import JOINT, Alike

LEAST = 0.75
"""Below this a suggestion is no mapping: its spelling, or a word of its definition, alone speaks for it."""
_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Mapped:
    """A label, the type that it means or None, how sure that is (0 to 1), and why, in words.

    The confidence is that of `taxonomy.nearest`: it orders mappings, and is no probability.
    """

    label: str
    type: str | None
    confidence: float
    why: str


def mapped(taxonomy: Taxonomy, labels: Iterable[str], least: float = LEAST) -> dict[str, Mapped]:
    """Return what each label means. A label that two types claim alike, neither part of the other, means none of them.

    Joined labels (`merging.JOINT`) mean the narrowest type that holds all of their types, where there is one.
    """
    return {label: _mapped(taxonomy, label, least) for label in sorted(set(labels))}


def _mapped(taxonomy: Taxonomy, label: str, least: float) -> Mapped:
    if JOINT not in label:
        return _single(taxonomy, label, least)
    parts = [_single(taxonomy, part, least) for part in label.split(JOINT)]
    if unknown := [part for part in parts if part.type is None]:
        return Mapped(label, None, 0.0, f"{unknown[0].label}: {unknown[0].why}")
    lines = [taxonomy.lineage(part.type) for part in parts if part.type is not None]
    common = next((name for name in lines[0] if all(name in line for line in lines)), None)
    if common is None:
        return Mapped(label, None, 0.0, "no type holds all of its parts")
    return Mapped(label, common, min(part.confidence for part in parts), "holds all of its parts")


def _single(taxonomy: Taxonomy, label: str, least: float) -> Mapped:
    found = suggest(taxonomy, label, _LOOKED_AT)
    if not found or found[0].score < least:
        near = f"; nearest: {found[0].type} ({found[0].score:.2f})" if found else ""
        return Mapped(label, None, found[0].score if found else 0.0, f"nothing is near enough{near}")
    best = found[0]
    for other in found[1:]:
        rival = not (taxonomy.within(best.type, other.type) or taxonomy.within(other.type, best.type))
        if other.score == best.score and rival:
            return Mapped(label, None, best.score, f"may be {best.type} or {other.type}")
    return Mapped(label, best.type, best.score, best.why)


def core_of(taxonomy: Taxonomy, type: str) -> str | None:
    """Return the core type (PER, LOC, ORG) of a type of the taxonomy, None if it has none."""
    core = core_map()
    return next((core[name] for name in taxonomy.standardized(type) if name in core), None)


def by_types(labels: Sequence[str]) -> Alike:
    """Return how alike labels are by the taxonomy's types that they mean."""
    types = mapped(universal(), labels)
    return by_taxonomy(universal(), lambda label: types[label].type)
