"""What is trained on: corpora, each with the types that it annotates, and which of them are seen in a batch, under which names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from openner_utils.core.columns import Columns, Mask
from openner_utils.core.encoding import IOB2, Mentions, decode
from openner_utils.opentypes.inputs import Numbers
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords, checked
from openner_utils.support.errors import OpenNERError


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A corpus to learn from: sentences in IOB2, and the words of all types that it annotates, whether they occur or not.

    What is no mention of a type that stands in ``words`` is a negative for it; of other types the corpus says nothing. ``mentions`` has the
    types that occur.
    """

    name: str
    columns: Columns
    words: Mapping[str, TypeWords]
    mentions: Mentions = field(init=False)

    def __post_init__(self) -> None:
        if not self.words:
            raise OpenNERError(
                f"{self.name}: no type. It has no mention, and nothing says which types it annotates: leave it out, or look at its labels."
            )
        checked(self.words, self.name)
        object.__setattr__(self, "mentions", _occurring(decode(self.columns, IOB2)))
        for type in self.mentions.types:
            if type not in self.words:
                raise OpenNERError(
                    f"{self.name}: mentions of {type}, which is not among the types that it annotates ({', '.join(self.words)}). Add it."
                )


def _occurring(mentions: Mentions) -> Mentions:
    """Return mentions with the types that occur alone; labels may name others."""
    used, numbers = np.unique(mentions.type, return_inverse=True)
    types = tuple(mentions.types[number] for number in used.tolist())
    return replace(mentions, type=numbers.astype(np.int32), types=types)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The types that one batch sees: ``texts`` [n_types], numbers among all texts.

    ``asked`` [n_materials, n_types]: whether a material says anything of each; ``column``: (material, its type's number) → columns.
    """

    texts: list[int]
    asked: Mask
    column: dict[tuple[int, int], int]


class Names:
    """All texts of all types of some materials, each once, and the draws of what a batch sees of them."""

    def __init__(self, materials: Sequence[Material], recipe: Recipe) -> None:
        self._recipe = recipe
        self._number: dict[str, int] = {}
        self._of: list[list[list[int]]] = []
        self._names = [list(each.words) for each in materials]
        for each in materials:
            texts = [words.texts(recipe.definitions) for words in each.words.values()]
            self._of.append(
                [[self._number.setdefault(text, len(self._number)) for text in of] for of in texts]
            )

    @property
    def texts(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return list(self._number)

    def numbers(self, material: int, types: Sequence[str]) -> Numbers:
        """Return the numbers of types of a material [n_types]."""
        place = {name: number for number, name in enumerate(self._names[material])}
        return np.array([place[type] for type in types], np.int64)

    def seen(self, held: Mapping[int, set[int]], random: np.random.Generator) -> Seen:
        """Draw what a batch sees; ``held``: the materials in it, and which of their types its sentences have.

        The set of a material is drawn once for the batch and not for each sentence: types are scored one by one, so which others stand
        beside them changes nothing but what is trained on. Two materials may call the same text by different types.
        """
        column_of: dict[int, int] = {}
        column: dict[tuple[int, int], int] = {}
        for material in sorted(held):
            for type in self._drawn(material, sorted(held[material]), random):
                texts = self._of[material][type]
                other = len(texts) > 1 and random.random() < self._recipe.rename
                text = texts[int(random.integers(1, len(texts)))] if other else texts[0]
                column[material, type] = column_of.setdefault(text, len(column_of))
        asked = np.zeros((len(self._of), len(column_of)), np.bool_)
        for (material, _), number in column.items():
            asked[material, number] = True
        return Seen(list(column_of), asked, column)

    def _drawn(self, material: int, own: list[int], random: np.random.Generator) -> list[int]:
        every = len(self._of[material])
        most = every if self._recipe.most is None else min(self._recipe.most, every)
        if len(own) > most:
            own = sorted(random.choice(own, most, replace=False).tolist())
        rest = [type for type in range(every) if type not in set(own)]
        more = random.choice(len(rest), most - len(own), replace=False).tolist() if most > len(own) else []
        drawn = own + [rest[number] for number in more]
        kept = [type for type in drawn if random.random() >= self._recipe.dropout]
        return kept or [drawn[int(random.integers(len(drawn)))]]
