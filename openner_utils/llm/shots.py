"""Worked examples for a prompt: training sentences of the same corpus and language that hold a mention.

- ``fixed``: the first ones;
- ``random``: drawn with a seed, the same for every question of a corpus and language;
- ``nearest``: for each question those whose sentences are most similar to its own, the nearest last, beside the question.

None is a sentence of a test set: a training sentence that a test set of any corpus holds, too, is no example, whatever its
capitals, blanks, Unicode form and signs that cannot be seen. (One that is nearly a test sentence is not among the training sentences that the stage `prompt` hands over.) The similarity is the cosine of sentence embeddings (`embeddings`).
"""

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from openner_utils.llm.matching import normalized
from openner_utils.llm.prompts import Example

Selection = Literal["fixed", "random", "nearest"]
SELECTIONS: tuple[Selection, ...] = get_args(Selection)
Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to vectors of length 1 [n_texts, n_dimensions]."""
_DIGITS = 5
"""Digits of a similarity that count: less is what processors differ in, and must not choose."""


def content(tokens: Sequence[str]) -> str:
    """Return what makes two sentences the same: their characters without blanks, capitals, ways of composing them and unseen signs.

    >>> content(["E\u0301", "tat"]) == content(["é\u200bTAT"])
    True
    """
    return normalized("".join(tokens))


def candidates(train: Iterable[Example], tested: Collection[str]) -> list[Example]:
    """Return the training sentences that may be examples, each once: with a mention, and in no test set.

    ``tested``: the `content` of all test sentences.
    """
    found: dict[str, Example] = {}
    for example in train:
        if any(label != "O" for label in example.labels) and (text := content(example.tokens)) not in tested:
            found.setdefault(text, example)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Shots:
    """How many examples a question gets, and how they are chosen; ``embed`` is asked for the nearest alone."""

    count: int
    selection: Selection = "fixed"
    seed: int = 1
    embed: Embed | None = None

    def choose(
        self, pool: Sequence[Example], questions: Sequence[Sequence[str]], place: str
    ) -> list[list[Example]]:
        """Return the examples of each question of one corpus and language, out of the ``pool`` of candidates.

        ``questions``: the tokens of each; ``place`` names corpus and language, so that each has a draw of its own.
        """
        count = min(self.count, len(pool))
        if not count:
            return [[] for _ in questions]
        if self.selection == "fixed":
            return [list(pool[:count])] * len(questions)
        if self.selection == "random":
            return [random.Random(f"{self.seed} {place}").sample(list(pool), count)] * len(questions)
        if self.embed is None:
            raise ValueError("the nearest examples need embeddings")
        vectors = self.embed([_text(example.tokens) for example in pool])
        nearest = _nearest(vectors, self.embed([_text(tokens) for tokens in questions]), count)
        return [[pool[number] for number in row[::-1]] for row in nearest]


def _text(tokens: Sequence[str]) -> str:
    return " ".join(tokens)


def _nearest(pool: Vectors, questions: Vectors, count: int) -> list[list[int]]:
    """Return for each question the numbers of its ``count`` nearest, the nearest first; of equal ones the first in the pool."""
    rows: list[list[int]] = []
    for start in range(0, len(questions), 256):
        similarity = np.round(questions[start : start + 256] @ pool.T, _DIGITS)
        rows += np.argsort(-similarity, axis=1, kind="stable")[:, :count].tolist()
    return rows
