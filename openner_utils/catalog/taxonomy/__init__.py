"""The universal taxonomy: what entity types mean, whatever a corpus calls them.

Each file of ``types/`` is one main category with its types. ``corpora.yaml`` says which type each raw type of each card is, and
``inventories.yaml`` the same of corpora that have no card yet. Names follow four rules (see docs/how-to/taxonomy.md): they
are readable, unambiguous, hierarchical (``person -> writer``), and flexible ("or"). The rules, and the names that stand under
``published``, are those of B2NER (Yang et al., COLING 2025, section 3.1, tables 17 and 18), which publishes no definitions.

Nothing here is read before a command asks for it: the stages of the pipeline know the names of `ontology` alone, each of which
is one type of the taxonomy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from openner_utils.catalog.taxonomy.words import plain, stems
from openner_utils.support import paths
from openner_utils.support.documents import read_mapping, read_yaml
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import Record, parse

FOLDER = paths.CARDS.parent / "taxonomy"
ARROW = " -> "
"""Parts the name of a wider type from that of a narrower one."""
OTHERS = f"{ARROW}others"
"""Ends the name of what a wider type means beside narrower ones in one corpus."""

Mention = Literal["name", "nominal", "pronoun", "term", "value", "description", "derived"]
MENTIONS: Mapping[str, str] = {
    "name": "a proper name",
    "nominal": "a phrase with a common noun, such as `the mayor`",
    "pronoun": "a pronoun, such as `she`",
    "term": "a term for a kind of thing, such as `aspirin`",
    "value": "a number, a date, an address or another value",
    "description": "a free phrase, such as `a spy who lost her memory`",
    "derived": "a word made from a name, such as `Parisian`",
}
"""Kinds of mention, and what each means."""

Certainty = Literal["publisher", "mentions", "known", "inferred"]
CERTAINTY: Mapping[str, str] = {
    "publisher": "stands in documentation of the corpus, or on its card, which were read",
    "mentions": "seen in mentions of the corpus",
    "known": "guidelines of this tag set are known to say so; they were not read again",
    "inferred": "concluded from the label, its siblings and what the card says",
}
"""How it is known what a raw type of a corpus means, the surest first."""


class Category(Record):
    """A main category: what belongs to it, and the rules that hold for its types unless they state their own."""

    name: str
    definition: str
    span: str
    mention: tuple[Mention, ...] = Field(min_length=1)
    subject: str = "general"


class EntityType(Record):
    """One type. ``span``, ``mention`` and ``subject`` that are empty are those of the parent, at last of the category.

    ``near`` holds near misses: what is no mention of this type, each with the type that it is one of. ``published`` are
    names in B2NER's table that stand for it, ``standardized`` those of `ontology`.
    """

    parent: str = ""
    definition: str
    scope: str = ""
    span: str = ""
    mention: tuple[Mention, ...] = ()
    subject: str = ""
    examples: tuple[str, ...] = Field(min_length=1)
    near: dict[str, str] = {}
    aliases: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    standardized: tuple[str, ...] = ()


class Mapped(Record):
    """What a raw type of a corpus is in the taxonomy, how that is known, and why.

    ``apart`` says why the card's standardized name is no wider name of the type, where it is none.
    """

    to: str
    by: Certainty
    why: str
    apart: str = ""


class Group(Record):
    """Corpora whose raw types mean the same. An entry that is only a name has the certainty and the reason of the group.

    ``layers``: coarse and fine types are both marked in one text, so that the coarse ones are no "others".
    """

    corpora: tuple[str, ...] = Field(min_length=1)
    by: Certainty
    why: str
    layers: bool = False
    types: dict[str, str | dict[str, str]]

    def mapped(self) -> dict[str, Mapped]:
        """Return the entries by raw type, with what they take from the group."""
        common = {"by": self.by, "why": self.why}
        return {
            raw: parse(
                Mapped,
                common | ({"to": entry} if isinstance(entry, str) else entry),
                f"the types of {', '.join(self.corpora)}: {raw}",
            )
            for raw, entry in self.types.items()
        }


@dataclass(frozen=True)
class Taxonomy:
    """The types and what corpora call them.

    ``category_of`` holds for each type the name of the category in whose file it stands, ``groups`` the raw types of cards, then
    those of other corpora.
    """

    categories: Mapping[str, Category]
    types: Mapping[str, EntityType]
    category_of: Mapping[str, str]
    groups: tuple[Group, ...] = ()

    def lineage(self, name: str) -> tuple[str, ...]:
        """Return a type and what it is part of, the narrowest first; the tree has been checked (see `tree_faults`)."""
        line = [name]
        while parent := self.types[line[-1]].parent:
            line.append(parent)
        return tuple(line)

    def within(self, name: str, wider: str) -> bool:
        """Return whether a type is ``wider`` or part of it."""
        return wider in self.lineage(name)

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the types directly below a type, in the order of the files."""
        return tuple(each for each, type in self.types.items() if type.parent == name)

    def span(self, name: str) -> str:
        """Return the rule for the borders of mentions."""
        own = (self.types[each].span for each in self.lineage(name))
        return next(filter(None, own), self.categories[self.category_of[name]].span)

    def mention(self, name: str) -> tuple[Mention, ...]:
        """Return which kinds of mention are marked."""
        own = (self.types[each].mention for each in self.lineage(name))
        return next(filter(None, own), self.categories[self.category_of[name]].mention)

    def subject(self, name: str) -> str:
        """Return the subject in which the type's aliases are unambiguous."""
        own = (self.types[each].subject for each in self.lineage(name))
        return next(filter(None, own), self.categories[self.category_of[name]].subject)

    def standardized(self, name: str) -> tuple[str, ...]:
        """Return the names of `ontology` that hold a type: its own, then those of what it is part of."""
        return tuple(each for line in self.lineage(name) for each in self.types[line].standardized)

    @cached_property
    def mapped(self) -> dict[str, dict[str, Mapped]]:
        """What each raw type of each corpus is: corpus → raw type → entry. A later group adds to an earlier one."""
        found: dict[str, dict[str, Mapped]] = {}
        for group in self.groups:
            for corpus in group.corpora:
                found.setdefault(corpus, {}).update(group.mapped())
        return found

    def used(self, name: str) -> Iterator[tuple[str, str, Mapped]]:
        """Yield (corpus, raw type, entry) for each raw type that is this type."""
        for corpus, entries in self.mapped.items():
            for raw, entry in entries.items():
                if entry.to == name:
                    yield corpus, raw, entry

    def named(self, asked: str) -> str:
        """Return the type that a person means: by its name, or by an alias that is one type's alone.

        Raises `OpenNERError` with the nearest names.
        """
        from openner_utils.catalog.taxonomy.nearest import suggest  # which needs the records of this module

        if asked in self.types:
            return asked
        wanted = plain(asked)
        named = {name for name in self.types if plain(name) == wanted}
        found = named or {name for name in self.types if wanted in map(plain, self.aliases(name))}
        if len(found) == 1:
            return found.pop()
        near = sorted(found) or [each.type for each in suggest(self, asked, 3)]
        what = f"{asked} may be" if found else f"The taxonomy has no type {asked!r}. Nearest:"
        raise OpenNERError(f"{what} {', '.join(near) or 'none'}. `openner taxonomy suggest` tells why.")

    def aliases(self, name: str) -> tuple[str, ...]:
        """Return what else a type is called: its aliases, and its names in B2NER's table and among the standardized."""
        type = self.types[name]
        return tuple(dict.fromkeys((*type.aliases, *type.published, *type.standardized)))

    @cached_property
    def spelled(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """What each type is called, the last part of its name included, as it stands and as a plain label."""
        return {
            name: tuple(
                (called, plain(called)) for called in (name, name.rpartition(ARROW)[2], *self.aliases(name))
            )
            for name in self.types
        }

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """The words, without endings, of each type's names, definition, scope and examples."""
        return {
            name: frozenset(
                stems(" ".join((name, type.definition, type.scope, *type.examples, *self.aliases(name))))
            )
            for name, type in self.types.items()
        }

    def certainty(self, name: str) -> str:
        """Return how sure the meaning of a type is: the best that is known of a corpus that uses it, or where its name is from."""
        known = {entry.by for *_, entry in self.used(name)}
        if known:
            return next(f"{word}: {CERTAINTY[word]}" for word in CERTAINTY if word in known)
        if self.types[name].published:
            return "name alone: B2NER's table names it and defines nothing"
        return "ours: completes the tree"


class _File(Record):
    category: Category
    types: dict[str, EntityType]


def load(folder: Path = FOLDER) -> Taxonomy:
    """Return the taxonomy that the files of a folder hold; a tree with faults is an error that lists them.

    Raises `OpenNERError` for a file that cannot be read, for a type that stands there twice, and for faults of the tree.
    """
    from openner_utils.catalog.taxonomy.checks import tree_faults

    categories: dict[str, Category] = {}
    types: dict[str, EntityType] = {}
    category_of: dict[str, str] = {}
    for path in sorted((folder / "types").glob("*.yaml")):
        file = parse(_File, read_mapping(path), paths.relative(path), path)
        if file.category.name in categories:
            raise OpenNERError(
                f"{paths.relative(path)}: another file has the category {file.category.name} already. Put their types into one."
            )
        categories[file.category.name] = file.category
        for name, type in file.types.items():
            if name in types:
                raise OpenNERError(
                    f"{paths.relative(path)}: {name} is a type of {category_of[name]} already. Give one of them another name."
                )
            types[name], category_of[name] = type, file.category.name
    taxonomy = Taxonomy(categories, types, category_of, _groups(folder))
    if faults := tree_faults(taxonomy):
        raise OpenNERError(f"The taxonomy's tree has {len(faults)} fault(s):", *map(str, faults))
    return taxonomy


@cache
def universal() -> Taxonomy:
    """Return the compendium's own taxonomy, read once."""
    return load()


def _groups(folder: Path) -> tuple[Group, ...]:
    found: list[Group] = []
    for path in (folder / "corpora.yaml", folder / "inventories.yaml"):
        if path.is_file():
            where, content = paths.relative(path), read_yaml(path) or []
            if not isinstance(content, list):
                raise OpenNERError(
                    f"{where}: a list of groups is wanted. Begin each group with `- corpora:`."
                )
            found += [parse(Group, each, f"{where}: group {n}") for n, each in enumerate(content, 1)]
    return tuple(found)
