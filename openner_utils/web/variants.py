"""The twelve forms in which annotated passages are given on, after FiNERweb: what labels are called, how they are put together, and what
a row is.

Names are English or translated; types are raw (as the annotators call them), grouped (by the most frequent label of their group,
`clustering`) or mapped (to the taxonomy); a row is a passage or a sentence. In mapped variants a row with a mention that means no type is
left out, and counted: unmarked, it would teach that there is no name.

Each variant is a folder with ``train.parquet`` (columns of annotated passages, `mentions.SCHEMA`) and a card that says what is in it, by
counting, and under which licences its passages came.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal, get_args

from openner_utils.web import mentions
from openner_utils.web.clustering import Group
from openner_utils.web.mentions import Annotated, TextMention
from openner_utils.web.sentences import rows
from openner_utils.web.translating import Translated, labels_by_language

Called = Literal["english", "translated"]
Types = Literal["raw", "grouped", "mapped"]
Row = Literal["passages", "sentences"]
TYPES: tuple[Types, ...] = get_args(Types)
DATA, CARD = "train.parquet", "README.md"
"""Files of a variant."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the twelve."""

    called: Called
    types: Types
    row: Row

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.called}-{self.types}-{self.row}"


VARIANTS = tuple(Variant(*each) for each in product(get_args(Called), get_args(Types), get_args(Row)))


@dataclass(frozen=True, slots=True)
class Counted:
    """What is in a variant: rows and mentions by language, mentions by name, rows by licence, and how many rows were left out.

    ``translated``: mentions whose name is a translation.
    """

    variant: Variant
    rows: Counter[str]
    mentions: Counter[str]
    names: Counter[str]
    licences: Counter[str]
    left_out: int
    translated: int


def write(
    annotated: Sequence[Annotated], groups: Sequence[Group], names: Translated, variant: Variant, folder: Path
) -> Counted:
    """Write the data of a variant into a folder, and return what is in it. Raises `ValueError` for a label of no group."""
    labels = label_of(groups, variant.types)
    counted = Counted(variant, Counter(), Counter(), Counter(), Counter(), 0, 0)
    left_out = translated = 0
    kept: list[Annotated] = []
    for passage in annotated:
        for row in rows(passage) if variant.row == "sentences" else (passage,):
            found: list[TextMention] = []
            for mention in row.mentions:
                if mention.type not in labels:
                    raise ValueError(f"the label {mention.type!r} is in no group")
                label = labels[mention.type]
                if label is None:
                    break
                language = row.passage.language
                name = names.name(language, label) if variant.called == "translated" else label
                translated += variant.called == "translated" and (language, label) in names.names
                found.append(mention.with_type(name))
            else:
                kept.append(row.with_mentions(found))
                continue
            left_out += 1
    for row in kept:
        counted.rows[row.passage.language] += 1
        counted.licences[row.passage.licence] += 1
        counted.mentions[row.passage.language] += len(row.mentions)
        counted.names.update(mention.type for mention in row.mentions)
    mentions.write(kept, folder / DATA)
    return replace(counted, left_out=left_out, translated=translated)


def collisions(
    names: Translated, annotated: Sequence[Annotated], groups: Sequence[Group]
) -> Iterator[tuple[Types, str, str, tuple[str, ...]]]:
    """Yield what translated variants call several types of a language by: the kind of types, language, name, and these types."""
    own = labels_by_language(annotated)
    for types in TYPES:
        called = label_of(groups, types)
        labels = {language: [each for label in own[language] if (each := called[label])] for language in own}
        yield from ((types, *each) for each in names.collisions(labels))


def label_of(groups: Sequence[Group], types: Types) -> dict[str, str | None]:
    """Return what each label is called in English where types are such; None: it means no type."""
    return {
        label: {"raw": label, "grouped": group.name, "mapped": group.type}[types]
        for group in groups
        for label in group.labels
    }
