"""What a score is made of: mentions by their length, and by whether training knew them.

A mention falls into a group by what it is (its tokens and its type), never by whether it was found. A right mention is
then in one group in reference and prediction, so precision, recall and F1 of a group are as whole as those of a type.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Columns, Ints
from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import Score, mentions_of_both, mentions_under, right

LENGTHS = ("1", "2", "3", "4 or more")
"""Tokens of a mention."""

SEEN, OTHER_TYPE, UNSEEN = "seen", "seen as another type", "unseen"
FAMILIARITY = (SEEN, OTHER_TYPE, UNSEEN)
"""Whether the same tokens, in the same spelling, are a mention of the training sentences: with this type, only with others, not at all."""


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
        return np.minimum(mentions.end - mentions.start, len(LENGTHS)).astype(np.int32) - 1

    return _by(LENGTHS, groups, reference, prediction, convention)


def by_familiarity(
    reference: Columns, prediction: Columns, known: Known, convention: str = "conlleval"
) -> dict[str, Score]:
    """Return the scores of mentions by whether training knew them, one for each of `FAMILIARITY`."""

    def groups(columns: Columns, mentions: Mentions) -> Ints:
        each = zip(_texts(columns, mentions), _types(mentions), strict=True)
        return np.array([FAMILIARITY.index(known.group(*mention)) for mention in each], dtype=np.int32)

    return _by(FAMILIARITY, groups, reference, prediction, convention)


def _by(
    names: Sequence[str],
    groups: Callable[[Columns, Mentions], Ints],
    reference: Columns,
    prediction: Columns,
    convention: str,
) -> dict[str, Score]:
    """Return the score of each group of mentions; ``groups`` gives the number of each one's name."""
    gold, found = mentions_of_both(reference, prediction, convention)
    of_gold, of_found = groups(reference, gold), groups(prediction, found)
    again = right(gold, found, len(reference))
    counts = (np.bincount(each, minlength=len(names)) for each in (of_found[again], of_found, of_gold))
    return {name: Score(*map(int, row)) for name, row in zip(names, zip(*counts, strict=True), strict=True)}


def _texts(columns: Columns, mentions: Mentions) -> Iterator[tuple[str, ...]]:
    """Yield the tokens of each mention."""
    tokens = columns.tokens.to_pylist()
    for start, end in zip(mentions.start.tolist(), mentions.end.tolist(), strict=True):
        yield tuple(tokens[start:end])


def _types(mentions: Mentions) -> Iterator[str]:
    """Yield the type of each mention."""
    return (mentions.types[type] for type in mentions.type.tolist())
