"""Arms of an out-of-domain test: the whole method, and the same without one of its parts (B2NER, table 7).

All arms of a fold are tested on the same sentences, against the same mentions under the taxonomy's types. What differs is what a tagger
was trained on, and by which words types are called, in training and in the test alike. The order of types, which B2NER shuffles too,
is nothing to a tagger that scores types one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openner_utils.opentypes.material import Material
from openner_utils.opentypes.recipe import Recipe
from openner_utils.opentypes.words import TypeWords
from openner_utils.support.errors import OpenNERError

if TYPE_CHECKING:
    from openner_utils.unify.transfer import Fold

FULL, PUBLISHED, NAMED = "full", "published names", "corpus names"
UNREGULARIZED, PRUNED, DRAWN = "no regularization", "pruned", "as few, drawn"
ARMS = (FULL, PUBLISHED, PRUNED, UNREGULARIZED, DRAWN, NAMED)
"""In the order in which they are trained: a test that is broken off has something on each question."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a test corpus is asked for: label → its words, and label → the type of the reference that it stands for."""

    words: Mapping[str, TypeWords]
    meant: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One way to train for a fold, and what each of its test corpora (by name) is asked for."""

    name: str
    recipe: Recipe
    train: tuple[Material, ...]
    asked: Mapping[str, Asked]

    @property
    def sentences(self) -> int:
        """Sentences that are trained on."""
        return sum(each.columns.n_sentences for each in self.train)


def full(fold: "Fold", recipe: Recipe) -> Arm:
    """Return the whole method: all sentences, types as the taxonomy calls them."""
    return Arm(FULL, recipe, fold.train, {each.name: _as_they_are(each) for each in fold.test})


def unregularized(of: Arm) -> Arm:
    """Return an arm in which a batch sees all types of its corpora, none is left out, and none goes by another name."""
    plain = of.recipe.model_copy(update={"most": None, "dropout": 0.0, "rename": 0.0})
    return replace(of, name=UNREGULARIZED, recipe=plain)


def with_corpus_names(of: Arm) -> Arm:
    """Return an arm in which each type is called after its corpus, too (``wikigold: person``), in training and in the test."""
    train = tuple(_called(each, _prefixed(each.name, each.words)) for each in of.train)
    asked = {name: replace(each, words=_prefixed(name, each.words)) for name, each in of.asked.items()}
    return replace(of, name=NAMED, train=train, asked=asked)


def published(of: Arm, train: Sequence[Material], asked: Mapping[str, Asked]) -> Arm:
    """Return an arm under other types: ``train`` has the sentences of the arm with their published types."""
    by_name = {each.name: each for each in train}
    return replace(of, name=PUBLISHED, train=tuple(by_name[each.name] for each in of.train), asked=asked)


def with_few(of: Arm, name: str, kept: Mapping[str, NDArray[np.int64]]) -> Arm:
    """Return an arm (`PRUNED` or `DRAWN`) that is trained on the sentences of each corpus with these numbers, for about as many steps.

    A corpus that is not named stays whole. Epochs grow as sentences become fewer: else what is compared is how long training was.
    """
    train = tuple(
        replace(each, columns=each.columns.pick(kept[each.name].astype(np.int32)))
        if each.name in kept
        else each
        for each in of.train
    )
    few = replace(of, name=name, train=train)
    if not few.sentences:
        raise OpenNERError(
            f"The arm {name!r} keeps no sentence to train on: no corpus has a mention. Raise --sentences."
        )
    epochs = max(1, round(of.recipe.epochs * of.sentences / few.sentences))
    return replace(few, recipe=of.recipe.model_copy(update={"epochs": epochs}))


def as_published(words: Mapping[str, TypeWords]) -> dict[str, TypeWords]:
    """Return types under their labels as they stand in the corpus's files, without other names and definitions."""
    return {label: TypeWords(name=label) for label in words}


def _as_they_are(material: Material) -> Asked:
    return Asked(material.words, {type: type for type in material.words})


def _prefixed(corpus: str, words: Mapping[str, TypeWords]) -> dict[str, TypeWords]:
    return {
        type: TypeWords(
            name=f"{corpus}: {each.name}",
            others=tuple(f"{corpus}: {other}" for other in each.others),
            definition=each.definition,
        )
        for type, each in words.items()
    }


def _called(material: Material, words: Mapping[str, TypeWords]) -> Material:
    return Material(material.name, material.columns, words)
