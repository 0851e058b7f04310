"""What an out-of-domain test (`transfer`) comes to: scores with intervals for seen and unseen types, and how familiar each type was."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from openner_utils.scoring.significance import Interval, interval, mean_interval
from openner_utils.unify.arms import FULL
from openner_utils.unify.transfer import NAMINGS, OWN, SLICES, UNSEEN, Fold, Tested, slice_of

CONFIDENCE = 0.95
STRICT, STRING = "strict", "B2NER"
MEAN = "mean over domains"
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts → vectors of length 1 [n_texts, n_dimensions]."""


@dataclass(frozen=True, slots=True)
class Row:
    """F1 of a domain (or `MEAN`), a naming and a slice of types by a rule, over all seeds, with its interval over sentences and seeds.

    ``types``: pairs of corpus and type; ``mentions``: in the reference.
    """

    held: str
    naming: str
    slice: str
    rule: str
    types: int
    mentions: int
    seeds: int
    f1: Interval


@dataclass(frozen=True, slots=True)
class OfType:
    """One type of a test corpus under its own name: how familiar it is (largest cosine similarity of its name to a trained one, which is
    ``nearest``), and its strict F1.
    """

    held: str
    corpus: str
    type: str
    seen: bool
    nearest: str
    familiarity: float
    mentions: int
    f1: Interval


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of familiarity and F1 over unseen types that occur, with its interval over types."""

    types: int
    value: Interval


def table(folds: Sequence[Fold], tested: Sequence[Tested]) -> list[Row]:
    """Return of the full arm rows for each domain, and means over the domains that have types of a slice."""
    rows: list[Row] = []
    for naming in NAMINGS:
        for name in SLICES:
            for rule in (STRICT, STRING):
                each = [
                    (fold, counts)
                    for fold in folds
                    if (counts := counts_of(fold, tested, naming, name, rule)) is not None
                ]
                types = [_types(fold, name) for fold, _ in each]
                rows += [
                    _row(fold.held, naming, name, rule, number, counts, interval(counts, CONFIDENCE))
                    for (fold, counts), number in zip(each, types, strict=True)
                ]
                if len(each) > 1:
                    mean = mean_interval([(counts, None) for _, counts in each], CONFIDENCE)
                    whole = np.concatenate([counts for _, counts in each], axis=1)
                    rows.append(_row(MEAN, naming, name, rule, sum(types), whole, mean))
    return rows


def _row(
    held: str, naming: str, name: str, rule: str, types: int, counts: NDArray[np.int64], f1: Interval
) -> Row:
    return Row(held, naming, name, rule, types, int(counts[0, :, 2].sum()), len(counts), f1)


def counts_of(
    fold: Fold, tested: Sequence[Tested], naming: str, name: str, rule: str, arm: str = FULL
) -> NDArray[np.int64] | None:
    """Return counts of each seed and sentence of a domain [n_seeds, n_sentences, 3]; None where the reference has no mention."""
    of_seeds: dict[int, list[NDArray[np.int64]]] = {}
    for material in fold.test:
        types = slice_of(fold, material, name)
        for each in sorted(_of(tested, fold.held, material.name, naming, arm), key=lambda each: each.seed):
            if rule == STRING:
                counts = each.string[SLICES.index(name)]
            else:
                held = [number for number, type in enumerate(each.types) if type in types]
                counts = each.strict[:, held].sum(axis=1)
            of_seeds.setdefault(each.seed, []).append(counts)
    found = np.stack([np.concatenate(each) for each in of_seeds.values()])
    return found if found[0, :, 2].any() else None


def _of(tested: Sequence[Tested], held: str, corpus: str, naming: str, arm: str = FULL) -> list[Tested]:
    return [
        each
        for each in tested
        if (each.arm, each.held, each.corpus, each.naming) == (arm, held, corpus, naming)
    ]


def _types(fold: Fold, name: str) -> int:
    return sum(len(set(material.mentions.types) & slice_of(fold, material, name)) for material in fold.test)


def by_type(folds: Sequence[Fold], tested: Sequence[Tested], embed: Embed) -> list[OfType]:
    """Return each type that occurs in a test corpus, the most familiar first."""
    found = []
    for fold in folds:
        known = sorted(fold.known)
        vectors = embed(known)
        for material in fold.test:
            unseen = slice_of(fold, material, UNSEEN)
            of_corpus = _of(tested, fold.held, material.name, OWN)
            for type in material.mentions.types:
                likeness = vectors @ embed([material.words[type].name])[0]
                counts = np.stack([each.strict[:, each.types.index(type)] for each in of_corpus])
                best = int(likeness.argmax())
                found.append(
                    OfType(
                        fold.held,
                        material.name,
                        type,
                        type not in unseen,
                        known[best],
                        float(min(likeness[best], 1.0)),
                        int(counts[0, :, 2].sum()),
                        interval(counts, CONFIDENCE),
                    )
                )
    return sorted(found, key=lambda each: (-each.familiarity, each.held, each.corpus, each.type))


def correlation(types: Sequence[OfType]) -> Correlation | None:
    """Return how familiarity and F1 go together over unseen types; None for fewer than five, or where either is the same for all.

    The interval is Fisher's with the standard error of Bonett and Wright (2000), and takes types for independent.
    """
    unseen = [each for each in types if not each.seen]
    values = np.array([(each.familiarity, each.f1.value) for each in unseen]).reshape(-1, 2)
    if len(values) < 5 or any(len(np.unique(side)) < 2 for side in values.T):
        return None
    rho = float(stats.spearmanr(values[:, 0], values[:, 1]).statistic)
    half = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt((1 + rho**2 / 2) / (len(values) - 3))
    middle = math.atanh(max(min(rho, 1 - 1e-9), -1 + 1e-9))
    return Correlation(len(values), Interval(rho, math.tanh(middle - half), math.tanh(middle + half)))
