"""One type with everything that is known of it, as values for a document and as lines for a person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from openner_utils.catalog import Card
from openner_utils.catalog.taxonomy import CERTAINTY, MENTIONS, Taxonomy
from openner_utils.support.words import counted

LABELS: Mapping[str, str] = {
    "category": "main category",
    "part_of": "part of",
    "definition": "definition",
    "scope": "scope",
    "span": "span",
    "mention": "marked",
    "examples": "examples",
    "near": "near misses",
    "parts": "parts",
    "aliases": "also called",
    "subject": "subject",
    "published": "in B2NER's table",
    "standardized": "standardized",
    "corpora": "raw types",
    "certainty": "certainty",
}
"""Keys of `record`, in the order in which they are told, and what a person reads for them."""


def record(taxonomy: Taxonomy, name: str) -> dict[str, Any]:
    """Return a type as one document: what its file says, what it takes from wider types, and which raw types it is."""
    type = taxonomy.types[name]
    return {
        "name": name,
        "category": taxonomy.category_of[name],
        "part_of": list(taxonomy.lineage(name)[1:]),
        "definition": type.definition,
        "scope": type.scope,
        "span": taxonomy.span(name),
        "mention": list(taxonomy.mention(name)),
        "examples": list(type.examples),
        "near": dict(type.near),
        "parts": list(taxonomy.parts(name)),
        "aliases": list(type.aliases),
        "subject": taxonomy.subject(name),
        "published": list(type.published),
        "standardized": list(taxonomy.standardized(name)),
        "corpora": [
            {"corpus": corpus, "raw": raw, "by": entry.by, "why": entry.why}
            for corpus, raw, entry in taxonomy.used(name)
        ],
        "certainty": taxonomy.certainty(name),
    }


def lines(taxonomy: Taxonomy, name: str) -> Iterator[str]:
    """Yield a type as lines for a person; what is empty is left out."""
    yield name
    found = record(taxonomy, name)
    found["mention"] = [f"{kind} ({MENTIONS[kind]})" for kind in taxonomy.mention(name)]
    found["near"] = [f"{example} ({belongs})" for example, belongs in found["near"].items()]
    found["corpora"] = [f"{each['corpus']}/{each['raw']}" for each in found["corpora"]]
    for key, label in LABELS.items():
        value = "; ".join(found[key]) if isinstance(found[key], list) else found[key]
        if value:
            yield f"  {label + ':':<18}{value}"


def tree(taxonomy: Taxonomy, names: tuple[str, ...], depth: int = 0) -> Iterator[str]:
    """Yield types with their parts below them, each with its definition; two blanks for each step down."""
    for name in names:
        yield f"{'  ' * depth}{name}: {taxonomy.types[name].definition}"
        yield from tree(taxonomy, taxonomy.parts(name), depth + 1)


def forest(taxonomy: Taxonomy) -> Iterator[str]:
    """Yield every main category, each with the trees of its types."""
    for category in taxonomy.categories:
        yield f"[{category}]"
        own = (name for name, of in taxonomy.category_of.items() if of == category)
        yield from tree(taxonomy, tuple(name for name in own if not taxonomy.types[name].parent))


def counts(taxonomy: Taxonomy, cards: Mapping[str, Card]) -> Iterator[str]:
    """Yield lines on how many types there are and where they come from, and on how raw types are known."""
    of = {
        corpus: [entry for raw, entry in entries.items() if corpus not in cards or raw in cards[corpus].types]
        for corpus, entries in taxonomy.mapped.items()
    }
    by: Counter[str] = Counter(
        entry.by for corpus, entries in of.items() if corpus in cards for entry in entries
    )
    used = {entry.to for entries in of.values() for entry in entries}
    published = {name for name, type in taxonomy.types.items() if type.published}
    raw = sum(len(card.types) for card in cards.values())
    more = {corpus: entries for corpus, entries in of.items() if corpus not in cards}
    yield (
        f"{counted(len(taxonomy.types), 'type')} in {counted(len(taxonomy.categories), 'main category', 'main categories')}: "
        f"{len(used & taxonomy.types.keys())} are raw types of corpora, {len(published - used)} others are names in B2NER's table alone"
    )
    yield (
        f"{counted(raw, 'raw type')} of {counted(len(cards), 'card')}, known by "
        f"{', '.join(f'{word} {by[word]:,}' for word in CERTAINTY)}"
    )
    yield f"{counted(sum(map(len, more.values())), 'raw type')} of {counted(len(more), 'corpus', 'corpora')} without a card"
