"""Free labels of annotators put together and mapped to types of the taxonomy, each with how likely that is right.

Labels are put together by average linkage on the cosine of their vectors: the mean similarity of a group's labels is at least `SIMILAR`.
A label means what its name says (`types.mapped`); where its name says nothing, it may mean the type whose description is nearest. How
likely such a guess is right is measured, not felt: every alias in the taxonomy is guessed as if it were a free label, and isotonic
regression (Barlow et al. 1972) makes of similarities the share of right guesses. A group means the type that most of its mentions speak
for, and its confidence is the share of its mentions that do, each counted as likely as it is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import isotonic_regression

from openner_utils.catalog.taxonomy import Taxonomy
from openner_utils.web.likeness import Embed
from openner_utils.web.types import mapped

SIMILAR = 0.75
"""The paper's threshold for two labels that are alike."""
SURE = 0.5
"""Below this confidence a group is left unmapped: it would rather be wrong than right."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Labels that mean alike, the most frequent first, their mentions, and the type that they mean, None where nothing is sure enough.

    ``confidence``: of the likeliest type, also where it is not taken; ``nearest``: that type.
    """

    labels: tuple[str, ...]
    mentions: int
    type: str | None
    confidence: float
    nearest: str

    @property
    def name(self) -> str:
        """The most frequent label, which stands for all."""
        return self.labels[0]


def grouped(
    labels: Mapping[str, int], taxonomy: Taxonomy, embed: Embed, sure: float = SURE, similar: float = SIMILAR
) -> list[Group]:
    """Return labels, of which it is known how often each occurs, in groups, those with most mentions first.

    ``sure``: the least confidence of a mapping; ``similar``: the least mean cosine within a group.
    """
    names = sorted(labels)
    if not names:
        return []
    guesses = _Guesses(taxonomy, embed)
    known = mapped(taxonomy, names)
    vectors = embed(names).astype(np.float64)
    found = []
    for members in _together(vectors, similar):
        own = sorted((names[n] for n in members), key=lambda name: (-labels[name], name))
        votes: dict[str, float] = {}
        for name in own:
            type, confidence = known[name].type, known[name].confidence
            if type is None:
                type, confidence = guesses.of(vectors[names.index(name)])
            votes[type] = votes.get(type, 0.0) + labels[name] * confidence
        total = sum(labels[name] for name in own)
        nearest = max(sorted(votes), key=lambda type: votes[type])
        confidence = votes[nearest] / total
        found.append(Group(tuple(own), total, nearest if confidence >= sure else None, confidence, nearest))
    return sorted(found, key=lambda each: (-each.mentions, each.name))


def _together(vectors: Floats, similar: float) -> list[list[int]]:
    """Return the numbers of vectors that are put together."""
    if len(vectors) == 1:
        return [[0]]
    tree = linkage(vectors, "average", metric="cosine")
    numbers = fcluster(tree, 1 - similar, "distance")
    return [np.flatnonzero(numbers == each).tolist() for each in np.unique(numbers)]


class _Guesses:
    """Types by the vectors of their descriptions, and how often a guess of such a similarity is right."""

    def __init__(self, taxonomy: Taxonomy, embed: Embed) -> None:
        self._types = list(taxonomy.types)
        described = [described_as(taxonomy, name) for name in self._types]
        self._vectors = embed(described).astype(np.float64)
        known = [(alias, name) for name in self._types for alias in taxonomy.types[name].aliases]
        nearest, similarities = self._nearest(embed([alias for alias, _ in known]).astype(np.float64))
        right = [
            taxonomy.within(guess, name) or taxonomy.within(name, guess)
            for guess, (_, name) in zip(nearest, known, strict=True)
        ]
        order = np.argsort(similarities, kind="stable")
        self._similar = similarities[order]
        self._right = isotonic_regression(np.array(right, np.float64)[order]).x

    def _nearest(self, vectors: Floats) -> tuple[list[str], Floats]:
        cosine = vectors @ self._vectors.T
        best = cosine.argmax(axis=1)
        return [self._types[each] for each in best.tolist()], cosine[np.arange(len(best)), best]

    def of(self, vector: Floats) -> tuple[str, float]:
        """Return the type nearest to a label's vector, and how likely it is right (0 to 1)."""
        (name,), similarity = self._nearest(vector[None])
        place = int(np.searchsorted(self._similar, similarity[0], "right")) - 1
        return name, float(self._right[max(place, 0)])


def described_as(taxonomy: Taxonomy, name: str) -> str:
    """Return the words that stand for a type: its name without what it is part of, and its definition; no alias."""
    last = name.rpartition(" -> ")[2]
    return f"{last}: {taxonomy.types[name].definition}" if taxonomy.types[name].definition else last


def share_mapped(groups: Sequence[Group]) -> float:
    """Return the share of mentions in groups that mean a type (0 to 1)."""
    total = sum(each.mentions for each in groups)
    return sum(each.mentions for each in groups if each.type is not None) / total if total else 0.0
