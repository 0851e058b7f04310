"""What entity types are called in a prompt, in which order they are listed, and what replies mean by these names.

- ``standardized``: as in the core release, PER, LOC and ORG;
- ``natural``: English nouns, person, location and organization;
- ``published``: as the corpus calls them. Where it has several types that the core release makes one, their names are joined
  by "or", the most frequent first, so that each name says one type and worked examples can be written; a reply may
  give any of them;
- ``translated``: nouns of the sentence's language (``prompts/label_names.yaml``).

Scores, losses and predictions know the core types alone: names are for the prompt and its replies.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

from openner_utils.llm.prompts import CORE_TYPES
from openner_utils.llm.replies import Parsed
from openner_utils.support import paths
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import visible

Naming = Literal["standardized", "natural", "published", "translated"]
NAMINGS: tuple[Naming, ...] = get_args(Naming)

NATURAL = {"PER": "person", "LOC": "location", "ORG": "organization"}
TABLE = paths.PROMPTS / "label_names.yaml"
_UNFIT = frozenset('<>:;|"/\\{}*`\n\t')
"""Signs that stand for something in one format or another, which a name must not hold."""
_UNFIT_OUTSIDE = " _"
"""Signs that a name must not begin or end with: replies put them around what they emphasize."""


@dataclass(frozen=True, slots=True)
class Label:
    """A core type, its name in the prompt, its definition (may be empty), and other names that mean it in replies."""

    type: str
    name: str
    definition: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """The types of one prompt, in the order in which it lists them."""

    each: tuple[Label, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(label.name for label in self.each)

    @property
    def listed(self) -> dict[str, str]:
        """What a prompt lists: name → definition."""
        return {label.name: label.definition for label in self.each}

    def in_order(self, seed: int) -> "Labels":
        """Return the same types in an order drawn with ``seed``; 0 leaves them as they are listed."""
        if not seed:
            return self
        each = list(self.each)
        random.Random(seed).shuffle(each)
        return Labels(tuple(each))

    def named(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return labels (IOB2) of core types with the names of this prompt.

        A type that the prompt does not have is a `KeyError`.

        >>> Labels((Label("PER", "person"),)).named(["B-PER", "O"])
        ('B-person', 'O')
        """
        return _renamed(labels, {label.type: label.name for label in self.each})

    def standard(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return labels (IOB2) with the names of this prompt as labels of core types: `named` undone."""
        return _renamed(labels, {label.name: label.type for label in self.each})

    def resolved(self, parsed: Parsed) -> Parsed:
        """Return what a reply says with each name that stands for another one replaced by that."""
        others = {other.casefold(): label.name for label in self.each for other in label.others}
        if not others:
            return parsed
        known = {name.casefold() for name in self.names}
        mentions = (
            replace(each, type=others.get(each.type.casefold(), each.type))
            if each.type.casefold() not in known
            else each
            for each in parsed.mentions
        )
        return replace(parsed, mentions=tuple(mentions))

    @property
    def read(self) -> tuple[str, ...]:
        """Every name that a reply may give."""
        return (*self.names, *(other for label in self.each for other in label.others))


def _renamed(labels: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(label if label == "O" else f"{label[:2]}{names[label[2:]]}" for label in labels)


def labels_of(
    naming: Naming,
    corpus: str,
    language: str,
    published: Iterable[tuple[str, str, int]] = (),
    definitions: bool = True,
) -> Labels:
    """Return what types are called for the sentences of a corpus in a language (ISO 639-3).

    ``published``: the corpus's own types as (core type, name, number of mentions). Raises `OpenNERError` where a language
    has no translation, and for names that cannot stand in a prompt.
    """
    defined = CORE_TYPES if definitions else dict.fromkeys(CORE_TYPES, "")
    if naming == "standardized":
        return Labels(tuple(Label(type, type, text) for type, text in defined.items()))
    if naming == "published":
        return Labels(tuple(_published(corpus, published, defined)))
    names = NATURAL if naming == "natural" else translations([language])[language]
    return Labels(tuple(Label(type, names[type], text) for type, text in defined.items()))


def _published(
    corpus: str, published: Iterable[tuple[str, str, int]], defined: Mapping[str, str]
) -> Iterable[Label]:
    counts: dict[str, dict[str, int]] = {type: {} for type in defined}
    for core, name, mentions in published:
        if core in counts:
            counts[core][name] = counts[core].get(name, 0) + mentions
    for type, of in counts.items():
        ranked = sorted(of, key=lambda name: (-of[name], name))
        # Names that differ in capitals alone are read alike.
        names = list({name.casefold(): name for name in reversed(ranked)}.values())[::-1]
        if (unfit := next((name for name in names if not _fits(name)), None)) is not None:
            raise OpenNERError(
                f"{corpus}: its type {visible(unfit)!r} holds a sign that prompts and replies use otherwise. Choose "
                "another `label_names` than published in params.yaml."
            )
        if names:
            yield Label(type, " or ".join(names), defined[type], tuple(names) if len(names) > 1 else ())


def translations(languages: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the names of the core types in each of these languages; `OpenNERError` names those that have none."""
    table = _table()
    missing = sorted({language for language in languages if language not in table})
    if missing:
        raise OpenNERError(
            f"No names of types in {', '.join(missing)} ({paths.relative(TABLE)}). Add them there, choose other `languages` "
            "for the model, or another `label_names`."
        )
    return {language: table[language] for language in languages}


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    names: Mapping[str, Mapping[str, str]] = read_mapping(TABLE)["names"]
    return names


def _fits(name: str) -> bool:
    """Return whether a name can stand in prompts and replies of every format."""
    return bool(name) and name == name.strip(_UNFIT_OUTSIDE) and not _UNFIT & {*name}
