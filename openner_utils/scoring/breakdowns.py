"""What a score is made of: the mean over types, and mentions by their length and by whether training knew them.

A mention falls into a group by what it is (its tokens and its type), never by whether it was found. A right mention is
then in one group in reference and prediction, so precision, recall and F1 of a group are as whole as those of a type.
"""

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, Ints
from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import ALL, Score, mentions_under, right

LENGTHS = ("1", "2", "3", "4 or more")
"""Tokens of a mention."""

SEEN, OTHER_TYPE, UNSEEN = "seen", "seen as another type", "unseen"
FAMILIARITY = (SEEN, OTHER_TYPE, UNSEEN)
"""Whether the same tokens, in the same spelling, are a mention of the training sentences: with this type, only with others, not at all."""


def macro_f1(scores: Mapping[str, Score]) -> float:
    """Return the mean F1 of the entity types that the reference holds, each counting the same; nan if it holds none.

    A type that is only predicted does not count as a type of its own: it would make the mean of each system one over other
    types. Its mentions lower the micro F1 (`ALL`). seqeval's macro average counts it, as 0.
    """
    found = [score.f1 for type, score in scores.items() if type != ALL and score.reference]
    return sum(found) / len(found) if found else math.nan


@dataclass(frozen=True, slots=True)
class Known:
    """The mentions of some training sentences: their tokens, and these with their types."""

    texts: Set[tuple[str, ...]]
    typed: Set[tuple[tuple[str, ...], str]]

    @classmethod
    def of(cls, sentences: Columns, convention: str = "conlleval") -> "Known":
        """Return the mentions of sentences (IOB2 labels)."""
        mentions = mentions_under(sentences, convention)
        typed = set(zip(_texts(sentences, mentions), _types(mentions), strict=True))
        return cls({text for text, _ in typed}, typed)

    def group(self, text: tuple[str, ...], type: str) -> str:
        """Return how familiar a mention is: one of `FAMILIARITY`."""
        if (text, type) in self.typed:
            return SEEN
        return OTHER_TYPE if text in self.texts else UNSEEN


def by_length(reference: Columns, prediction: Columns, convention: str = "conlleval") -> dict[str, Score]:
    """Return the scores of mentions by their number of tokens, one for each of `LENGTHS`."""

    def groups(_: Columns, mentions: Mentions) -> Ints:
        longest = len(LENGTHS)
        return np.minimum(mentions.end - mentions.start, longest).astype(np.int32) - 1

    sides = [(each, mentions_under(each, convention)) for each in (reference, prediction)]
    return _scores(LENGTHS, sides, [groups(*side) for side in sides])


def by_familiarity(
    reference: Columns, prediction: Columns, known: Known, convention: str = "conlleval"
) -> dict[str, Score]:
    """Return the scores of mentions by whether training knew them, one for each of `FAMILIARITY`."""

    def groups(columns: Columns, mentions: Mentions) -> Ints:
        each = zip(_texts(columns, mentions), _types(mentions), strict=True)
        return np.array([FAMILIARITY.index(known.group(*mention)) for mention in each], dtype=np.int32)

    sides = [(each, mentions_under(each, convention)) for each in (reference, prediction)]
    return _scores(FAMILIARITY, sides, [groups(*side) for side in sides])


def _scores(
    names: Sequence[str], sides: Sequence[tuple[Columns, Mentions]], groups: Sequence[Ints]
) -> dict[str, Score]:
    """Return the score of each group of mentions; ``sides`` and ``groups``: of the reference, then of the prediction."""
    (columns, gold), (_, found) = sides
    of_gold, of_found = groups
    again = right(gold, found, len(columns))

    def counted(numbers: Ints) -> NDArray[np.int64]:
        return np.bincount(numbers, minlength=len(names))

    counts = zip(counted(of_found[again]), counted(of_found), counted(of_gold), strict=True)
    return {name: Score(*map(int, row)) for name, row in zip(names, counts, strict=True)}


def _texts(columns: Columns, mentions: Mentions) -> Iterator[tuple[str, ...]]:
    """Yield the tokens of each mention."""
    tokens = columns.tokens.to_pylist()
    for start, end in zip(mentions.start.tolist(), mentions.end.tolist(), strict=True):
        yield tuple(tokens[start:end])


def _types(mentions: Mentions) -> Iterator[str]:
    """Yield the type of each mention."""
    return (mentions.types[type] for type in mentions.type.tolist())
