"""How alike two free labels are: by spelling alone, by their places in the taxonomy, or by vectors of an encoder."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from openner_utils.catalog.taxonomy import Taxonomy
from openner_utils.catalog.taxonomy.words import plain
from openner_utils.web.merging import Alike

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Vectors of length 1 [n_texts, n_dimensions] of texts."""


def exact(one: str, other: str) -> float:
    """Return 1 for labels that differ in nothing but case and signs, else 0.

    >>> exact("Public Figure", "public_figure"), exact("person", "writer")
    (1.0, 0.0)
    """
    return float(plain(one) == plain(other))


def by_taxonomy(taxonomy: Taxonomy, type_of: Callable[[str], str | None]) -> Alike:
    """Return a likeness by the taxonomy: 2d(c) / (d(a) + d(b)), where d is a type's depth and c the narrowest type that holds both.

    That is the measure of Wu and Palmer (1994, ACL, section 4). A main category is at depth 1. ``type_of`` says which type a
    label is, None if none; such labels are compared by `exact`.
    """

    def line(name: str) -> tuple[str, ...]:
        return (*taxonomy.lineage(name), f"category {taxonomy.category_of[name]}")

    def alike(one: str, other: str) -> float:
        first, second = type_of(one), type_of(other)
        if first is None or second is None:
            return exact(one, other)
        lines = line(first), line(second)
        common = set(lines[0]) & set(lines[1])
        return 2 * len(common) / (len(lines[0]) + len(lines[1]))

    return alike


def by_vectors(embed: Embed, labels: Sequence[str]) -> Alike:
    """Return the cosine of vectors as a likeness of these ``labels``, which are encoded once, together."""
    names = sorted(set(labels))
    vectors = embed(names) if names else np.zeros((0, 0), np.float32)
    number = {name: place for place, name in enumerate(names)}

    def alike(one: str, other: str) -> float:
        if one == other:
            return 1.0
        return float(vectors[number[one]] @ vectors[number[other]])

    return alike
