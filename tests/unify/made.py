"""Small corpora made of templates, with vectors, for tests of the room unify."""

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import from_rows
from openner_utils.unify.corpora import Corpus

Row = tuple[list[str], list[str]]


def corpus(name: str, rows: Sequence[Row], language: str = "und") -> Corpus:
    """Return a corpus of (tokens, labels) per sentence."""
    return Corpus.of(name, from_rows(rows), language)


def row(text: str, sep: str | None = None) -> Row:
    """Return a sentence of ``[mention|TYPE]`` and plain words, parted at blanks; ``sep`` is `""` for one token a character.

    >>> row("[Ada Lovelace|PER] left")
    (['Ada', 'Lovelace', 'left'], ['B-PER', 'I-PER', 'O'])
    """
    tokens: list[str] = []
    labels: list[str] = []
    for piece in text.replace("[", "\n[").replace("]", "]\n").split("\n"):
        marked = piece.startswith("[")
        content, _, type = piece.strip("[]").rpartition("|") if marked else (piece, "", "")
        words = list(content) if sep == "" else content.split()
        tokens += words
        labels += [f"{'I' if number else 'B'}-{type}" if marked else "O" for number in range(len(words))]
    return tokens, labels


def random_vectors(count: int, seed: int, dimensions: int = 16) -> NDArray[np.float32]:
    """Return vectors of length 1 [count, dimensions]."""
    found = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def random_rows(count: int, seed: int, types: Sequence[str] = ("PER", "LOC", "ORG")) -> list[Row]:
    """Return different sentences with none to three mentions each."""
    draw = random.Random(seed)
    rows: list[Row] = []
    for number in range(count):
        tokens, labels = [f"s{seed}x{number}"], ["O"]
        for _ in range(draw.randrange(4)):
            tokens += [f"n{draw.randrange(50)}", "and"]
            labels += [f"B-{draw.choice(types)}", "O"]
        rows.append((tokens, labels))
    return rows
