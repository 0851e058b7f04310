"""What can be checked of the taxonomy: its tree, its names and definitions, its aliases, and that it covers every card."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openner_utils.catalog import Card
from openner_utils.catalog.taxonomy import ARROW, OTHERS, Taxonomy
from openner_utils.catalog.taxonomy.nearest import suggest
from openner_utils.catalog.taxonomy.words import nearest_of, plain, stems

ACRONYMS = frozenset({"DNA", "RNA", "IP", "MD5", "SHA", "SUV", "URL"})
"""Words in capitals that a name may hold: everybody reads them as words."""
ANYTHING = "MISC"
"""The standardized name that leaves open what it holds."""
_NAME = re.compile(r"[\w%][\w %,()'/-]*")


@dataclass(frozen=True)
class Fault:
    """Something wrong: ``kind`` is its short name, ``type`` a type or a raw type, ``corpus`` one if it concerns one."""

    kind: str
    type: str
    told: str
    corpus: str = ""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.kind, self.corpus, self.type, self.told)))


def faults(taxonomy: Taxonomy, cards: Mapping[str, Card], standardized: frozenset[str]) -> list[Fault]:
    """Return everything that is wrong, in the order of the files.

    ``standardized`` are the names of `ontology`, each of which must be one type's.
    """
    return [
        *tree_faults(taxonomy),
        *_names(taxonomy),
        *_definitions(taxonomy),
        *_aliases(taxonomy),
        *_near_misses(taxonomy),
        *_views(taxonomy, standardized),
        *_mappings(taxonomy),
        *_coverage(taxonomy, cards),
        *_coarse_beside_fine(taxonomy),
        *_departures(taxonomy, cards),
    ]


def tree_faults(taxonomy: Taxonomy) -> list[Fault]:
    """Return parents that there are not or that stand in another category, and circles."""
    found = []
    for name, type in taxonomy.types.items():
        if type.parent and type.parent not in taxonomy.types:
            found.append(Fault("missing parent", name, f"{type.parent!r}.{_nearest(taxonomy, type.parent)}"))
        elif type.parent and taxonomy.category_of[type.parent] != taxonomy.category_of[name]:
            told = f"its parent {type.parent} is of the category {taxonomy.category_of[type.parent]}. Move one of them."
            found.append(Fault("other category", name, told))
        elif circle := _circle(taxonomy, name):
            found.append(Fault("circle", name, f"{' → '.join(circle)}. Give one of them another parent."))
    return found


def _circle(taxonomy: Taxonomy, name: str) -> list[str]:
    line = [name]
    while (parent := taxonomy.types[line[-1]].parent) in taxonomy.types:
        line.append(parent)
        if parent == name:
            return line
        if parent in line[:-1]:  # a circle further up, which is told of the types in it
            return []
    return []


def _nearest(taxonomy: Taxonomy, name: str) -> str:
    near = nearest_of(name, taxonomy.types)
    return f" Nearest: {', '.join(near)}." if near else " No type has a name like it."


def _names(taxonomy: Taxonomy) -> Iterator[Fault]:
    by_plain: dict[str, str] = {}
    for name in taxonomy.types:
        before, arrow, _ = name.rpartition(ARROW)
        words = re.findall(r"\w+", name)
        if not all(_NAME.fullmatch(part) for part in name.split(ARROW)):
            yield Fault("unreadable name", name, "a name is words, and perhaps an arrow between them.")
        elif loud := [word for word in words if word != word.lower() and word not in ACRONYMS]:
            yield Fault(
                "unreadable name",
                name,
                f"write {', '.join(loud)} in small letters, or as what it stands for.",
            )
        if arrow and before not in taxonomy.lineage(name)[1:]:
            yield Fault(
                "name without its parent",
                name,
                f"{before!r} is none of its ancestors ({', '.join(taxonomy.lineage(name)[1:]) or 'it has none'}).",
            )
        if name.endswith(OTHERS) and len(taxonomy.parts(before)) < 2:
            yield Fault("others of nothing", name, f"{before} has no other parts that it could stand beside.")
        if (twin := by_plain.setdefault(plain(name), name)) != name:
            yield Fault("twin names", name, f"differs from {twin} in signs only.")


def _definitions(taxonomy: Taxonomy) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], str] = {}
    for name, type in taxonomy.types.items():
        meaning = tuple(sorted(stems(type.definition)))
        if len(meaning) < 3:
            yield Fault("empty definition", name, f"{type.definition!r} says too little to annotate by.")
        elif (twin := seen.setdefault(meaning, name)) != name:
            yield Fault(
                "twin definitions", name, f"defined as {twin} is. Say what parts them, or make them one type."
            )


def _aliases(taxonomy: Taxonomy) -> Iterator[Fault]:
    owners: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for name in taxonomy.types:
        for alias in (name, *taxonomy.aliases(name)):
            owners[taxonomy.subject(name), plain(alias)][name] = None
    for (subject, alias), names in owners.items():
        if len(names) > 1:
            first, *others = names
            told = f"means {' and '.join(others)} as well, in the subject {subject}. Leave it to one of them."
            yield Fault("ambiguous alias", first, f"{alias!r} {told}")


def _in_line(taxonomy: Taxonomy, one: str, other: str) -> bool:
    return taxonomy.within(one, other) or taxonomy.within(other, one)


def _near_misses(taxonomy: Taxonomy) -> Iterator[Fault]:
    shown: dict[str, list[str]] = defaultdict(list)
    for name, type in taxonomy.types.items():
        for example in type.examples:
            shown[example].append(name)
    for name, type in taxonomy.types.items():
        for example, belongs in type.near.items():
            if belongs not in taxonomy.types:
                yield Fault(
                    "missing type", name, f"its near miss {example!r} is said to be {belongs!r}.{_nearest(taxonomy, belongs)}"
                )  # fmt: skip
            elif belongs == name or example in type.examples:
                yield Fault("no near miss", name, f"{example!r} is said to be one and to be none.")
            elif (homes := shown.get(example)) and not any(
                _in_line(taxonomy, belongs, each) for each in homes
            ):
                told = f"its near miss {example!r} is said to be {belongs}, and is an example of {' and '.join(homes)}."
                yield Fault("two homes", name, told)


def _views(taxonomy: Taxonomy, standardized: frozenset[str]) -> Iterator[Fault]:
    owners: dict[str, list[str]] = defaultdict(list)
    for name, type in taxonomy.types.items():
        for each in type.standardized:
            owners[each].append(name)
            if each not in standardized:
                near = ", ".join(nearest_of(each, standardized)) or "none"
                yield Fault(
                    "unknown standardized name", name, f"{each!r} is not in ontology.yaml. Nearest: {near}."
                )
    for each in sorted(standardized):
        if len(owners[each]) != 1:
            which = " and ".join(owners[each]) or f"no type.{_nearest(taxonomy, each)} It is"
            yield Fault("standardized name", each, f"belongs to {which}; it must be one type's.")


def _mappings(taxonomy: Taxonomy) -> Iterator[Fault]:
    twice: dict[tuple[str, str], str] = {}
    for group in taxonomy.groups:
        for corpus in group.corpora:
            for raw, entry in group.mapped().items():
                if entry.to not in taxonomy.types:
                    told = f"mapped to {entry.to!r}, which there is not.{_nearest(taxonomy, entry.to)}"
                    yield Fault("missing type", raw, told, corpus)
                if (before := twice.setdefault((corpus, raw), entry.to)) != entry.to:
                    told = f"mapped to {before} and to {entry.to}. Leave one."
                    yield Fault("ambiguous mapping", raw, told, corpus)


def _coverage(taxonomy: Taxonomy, cards: Mapping[str, Card]) -> Iterator[Fault]:
    for corpus, card in cards.items():
        entries = taxonomy.mapped.get(corpus, {})
        for raw in card.types:
            if raw not in entries:
                found = suggest(taxonomy, raw, 3) or suggest(taxonomy, card.types[raw], 3)
                near = ", ".join(each.type for each in found) or "none"
                told = f"not mapped. Nearest: {near}. Add it in corpora.yaml."
                yield Fault("unmapped raw type", raw, told, corpus)
        for raw in entries:
            if raw not in card.types:
                near = ", ".join(nearest_of(raw, card.types)) or "none"
                yield Fault("no raw type", raw, f"the card has none of this name. Nearest: {near}.", corpus)


def _coarse_beside_fine(taxonomy: Taxonomy) -> Iterator[Fault]:
    layered = {corpus for group in taxonomy.groups if group.layers for corpus in group.corpora}
    for corpus, entries in taxonomy.mapped.items():
        known = {raw: entry.to for raw, entry in entries.items() if entry.to in taxonomy.types}
        for raw, coarse in known.items():
            fine = [f"{each} ({to})" for each, to in known.items() if coarse in taxonomy.lineage(to)[1:]]
            if fine and corpus not in layered:
                told = (
                    f"mapped to {coarse}, and {', '.join(fine)} is part of that. "
                    f"Map it to what is left: {_rest(taxonomy, coarse)}."
                )
                yield Fault("coarse beside fine", raw, told, corpus)


def _rest(taxonomy: Taxonomy, coarse: str) -> str:
    others = f"{coarse}{OTHERS}"
    return others if others in taxonomy.types else f"add {others}"


def _departures(taxonomy: Taxonomy, cards: Mapping[str, Card]) -> Iterator[Fault]:
    """Yield where a card's standardized name and the taxonomy part, and say so nowhere, or are said to and do not."""
    for corpus, card in cards.items():
        for raw, entry in taxonomy.mapped.get(corpus, {}).items():
            if entry.to not in taxonomy.types or raw not in card.types:
                continue
            name = card.types[raw]
            agree = name == ANYTHING or name in taxonomy.standardized(entry.to)
            if agree == bool(entry.apart):
                told = f"the card says {name}, and {entry.to} is {'part of' if agree else 'no part of'} what that means"
                end = "leave `apart` out" if agree else "say under `apart` why"
                yield Fault("card and taxonomy", raw, f"{told}: {end}.", corpus)
