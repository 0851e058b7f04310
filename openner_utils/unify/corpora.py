"""A corpus as this room takes it: sentences under the types that are compared, and their texts as one reads them."""

import itertools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, concat
from openner_utils.core.encoding import IOB2, Mentions, decode
from openner_utils.core.releases import columns_of, parts
from openner_utils.support.errors import unknown

EVERY = "all"
"""Stands for all splits."""

_UNSPACED = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "BOPOMOFO",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "IDEOGRAPHIC",
    "FULLWIDTH",
)
"""How Unicode names the characters of scripts that put no blanks between words."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sentence comes from: its id, its language (ISO 639-3; ``und`` if not known), its file, and its split, if it has one."""

    id: str
    language: str
    file: str
    split: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Sentences of one corpus: ``columns`` in IOB2, ``origins`` [n_sentences].

    ``raw`` says which published types each type of the columns stands for, where it was renamed.
    """

    name: str
    columns: Columns
    origins: tuple[Origin, ...]
    raw: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        if len(self.origins) != self.columns.n_sentences:
            raise ValueError(f"{self.columns.n_sentences} sentences, but {len(self.origins)} origins")

    @classmethod
    def of(cls, name: str, columns: Columns, language: str = "und") -> "Corpus":
        """Return a file in one language as a corpus, under the types of its labels."""
        places = (Origin(f"{name}-{n}", language, columns.file) for n in range(columns.n_sentences))
        return cls(name, columns, tuple(places), {})

    @classmethod
    def of_release(cls, name: str, table: pa.Table, split: str = EVERY) -> "Corpus":
        """Return the sentences of a release table, those of one ``split`` or of every one, under the types of its labels."""
        whole = list(parts(table))
        chosen = [part for part in whole if split in (part.split, EVERY)]
        if not chosen:
            raise unknown("split", split, (*sorted({part.split for part in whole}), EVERY))
        origins = [
            Origin(f"{'-'.join(part.key)}-{number}", part.language, file, part.split)
            for part in chosen
            for number, file in zip(
                part.table["sentence"].to_pylist(), part.table["file"].to_pylist(), strict=True
            )
        ]
        return cls(name, concat([columns_of(part.table) for part in chosen]), tuple(origins), {})

    def renamed(self, names: Mapping[str, str]) -> "Corpus":
        """Return the corpus under other types; types that ``names`` lacks stay. Types that get one name become one."""
        new = []
        for label in self.columns.names:
            state, hyphen, type = label.partition("-")
            new.append(f"{state}{hyphen}{names.get(type, type)}" if hyphen else label)
        raw: dict[str, tuple[str, ...]] = {}
        for type in self.types:
            name = names.get(type, type)
            raw[name] = (*raw.get(name, ()), type)
        return replace(self, columns=self.columns.rename(new), raw=raw)

    def pick(self, numbers: NDArray[np.int64]) -> "Corpus":
        """Return the sentences with these numbers, in this order."""
        origins = tuple(self.origins[number] for number in numbers.tolist())
        return replace(self, columns=self.columns.pick(numbers.astype(np.int32)), origins=origins)

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types of the labels that occur, sorted."""
        mentions = self.mentions()
        return tuple(sorted({mentions.types[number] for number in np.unique(mentions.type).tolist()}))

    def mentions(self) -> Mentions:
        """Return all mentions, in order."""
        return decode(self.columns, IOB2)

    def texts(self) -> Iterator[str]:
        """Yield each sentence as text; see `readable`."""
        tokens = self.columns.tokens.to_pylist()
        edges = self.columns.sentences.tolist()
        for start, end in itertools.pairwise(edges):
            yield readable(tokens[start:end])


def readable(tokens: Sequence[str]) -> str:
    """Return tokens as text: apart by blanks, but for neighbours in scripts that are written without.

    >>> readable(["Ada", "lebte", "in", "London", "."]), readable(["我", "在", "北京", "2024", "年"])
    ('Ada lebte in London .', '我在北京 2024 年')
    """
    return "".join(gap + token for gap, token in zip(gaps(tokens), tokens, strict=True))


def gaps(tokens: Sequence[str]) -> list[str]:
    """Return what `readable` puts before each token."""
    before = [""]
    for one, other in itertools.pairwise(tokens):
        touching = bool(one) and bool(other) and is_unspaced(one[-1]) and is_unspaced(other[0])
        before.append("" if touching else " ")
    return before[: len(tokens)]


@cache
def is_unspaced(character: str) -> bool:
    """Return whether a character is of a script that puts no blanks between words."""
    return unicodedata.name(character, "").startswith(_UNSPACED)
