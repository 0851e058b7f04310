"""A regression of ratings on sentence vectors, so that passages which nobody rated get a score, too.

FiNERweb trains XLM-R on the ratings; here ridge regression (Hoerl and Kennard 1970) sits on the vectors of a packaged encoder that stays
as it is, which takes seconds. Rated passages are parted by a hash, once for each seed: a tenth to test on, a tenth to choose the
penalty on, the others to learn from.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import counted
from openner_utils.web.rating import HIGHEST

Floats = NDArray[np.float64]
Target = Literal["binary", "levels"]
"""Whether a passage is useful (a score of 3 or more), or its score."""
TARGETS: tuple[Target, ...] = get_args(Target)
USEFUL = 3
PENALTIES = tuple(10.0**power for power in range(-3, 4))
PARTS = 10
FEWEST = 50
"""Rated passages below which nothing is learnt: a tenth of them would be too few to choose or to test on."""
BINS = 5


class TooFewError(OpenNERError):
    """Too few passages are rated, or all are rated alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Regressor:
    """Weights [n_dimensions] and what is added; `scores` are in the scale of the target (0 to 1, or 0 to 4)."""

    target: Target
    penalty: float
    weights: Floats
    bias: float

    def scores(self, vectors: NDArray[np.float32]) -> Floats:
        """Return the score of each vector [n_passages]."""
        found: Floats = vectors.astype(np.float64) @ self.weights + self.bias
        return found

    def classes(self, vectors: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the class of each vector [n_passages]: 0 or 1, or the nearest score."""
        return _classes(self.scores(vectors), self.target)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What came out for one seed: the regressor, numbers of passages, macro F1, and the calibration on the test part.

    ``calibration``: for each bin of scores that has passages their number, mean score, and mean of what was to be predicted.
    """

    seed: int
    regressor: Regressor
    train: int
    dev: int
    test: int
    dev_f1: float
    test_f1: float
    calibration: tuple[tuple[int, float, float], ...]


def fit(
    vectors: NDArray[np.float32], ratings: Sequence[int], ids: Sequence[str], target: Target, seed: int
) -> Fitted:
    """Return a regressor of ratings (0 to 4) of passages with these vectors [n_passages, n_dimensions].

    The penalty is chosen by macro F1 on the dev part, the largest of equally good ones. Raises `TooFewError` for too few passages,
    and where there is nothing to tell apart.
    """
    refuse_few(len(ids))
    given = np.asarray(ratings, np.float64)
    wanted = (given >= USEFUL).astype(np.float64) if target == "binary" else given
    part = np.array([_part(id, seed) for id in ids])
    learnt, dev, test = part > 1, part == 1, part == 0
    if len(np.unique(wanted[learnt])) < 2 or not dev.any() or not test.any():
        raise TooFewError(
            f"{len(ids)} rated passages of which nothing can be learnt under seed {seed}: all alike, or none to choose or test on. "
            "Rate more."
        )
    best: tuple[float, float] = (-1.0, 0.0)
    for penalty in PENALTIES:
        made = _ridge(vectors[learnt], wanted[learnt], penalty, target)
        best = max(best, (macro_f1(wanted[dev], made.classes(vectors[dev])), penalty))
    regressor = _ridge(vectors[learnt], wanted[learnt], best[1], target)
    return Fitted(
        seed,
        regressor,
        int(learnt.sum()),
        int(dev.sum()),
        int(test.sum()),
        best[0],
        macro_f1(wanted[test], regressor.classes(vectors[test])),
        calibration(regressor.scores(vectors[test]), wanted[test], target),
    )


def refuse_few(rated: int) -> None:
    """Raise `TooFewError` where fewer than `FEWEST` passages are rated."""
    if rated < FEWEST:
        raise TooFewError(
            f"{counted(rated, 'rated passage')} among these. Rate {FEWEST} or more of them, a thousand for each language if you can."
        )


def _part(id: str, seed: int) -> int:
    """Return in which of ten parts a passage is: 0 tests, 1 chooses."""
    digest = hashlib.sha256(f"{seed}\n{id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % PARTS


def _ridge(vectors: NDArray[np.float32], wanted: Floats, penalty: float, target: Target) -> Regressor:
    """Return the weights that minimize the squared error plus ``penalty`` times their squares; what is added is not penalized."""
    mean, level = vectors.mean(axis=0, dtype=np.float64), float(wanted.mean())
    centred = vectors.astype(np.float64) - mean
    weights = np.linalg.solve(
        centred.T @ centred + penalty * np.eye(vectors.shape[1]), centred.T @ (wanted - level)
    )
    return Regressor(target, penalty, weights, level - float(mean @ weights))


def _classes(scores: Floats, target: Target) -> NDArray[np.int64]:
    if target == "binary":
        return (scores > 0.5).astype(np.int64)
    return np.clip(np.floor(scores + 0.5), 0, HIGHEST).astype(np.int64)


def macro_f1(wanted: NDArray[np.floating] | NDArray[np.integer], found: NDArray[np.integer]) -> float:
    """Return the mean F1 of the classes that occur on either side.

    >>> macro_f1(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])).__round__(4)
    0.7333
    """
    classes = np.union1d(wanted, found)
    right = [float(((wanted == each) & (found == each)).sum()) for each in classes]
    named = [float((wanted == each).sum() + (found == each).sum()) for each in classes]
    return float(np.mean([2 * one / all_ for one, all_ in zip(right, named, strict=True)]))


def calibration(scores: Floats, wanted: Floats, target: Target) -> tuple[tuple[int, float, float], ...]:
    """Return for each bin of scores that has passages their number, their mean score, and the mean of what was wanted."""
    scale = 1.0 if target == "binary" else float(HIGHEST)
    bins = np.clip((scores / scale * BINS).astype(np.int64), 0, BINS - 1)
    return tuple(
        (int((bins == each).sum()), float(scores[bins == each].mean()), float(wanted[bins == each].mean()))
        for each in range(BINS)
        if (bins == each).any()
    )
