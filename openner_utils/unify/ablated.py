"""What leaving a part of the method out comes to: pairs of arms of an out-of-domain test, compared on the same sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openner_utils.scoring.significance import Interval, difference, holm, interval, mean_f1
from openner_utils.unify.arms import ARMS, DRAWN, FULL, PRUNED
from openner_utils.unify.transfer import OWN, SLICES, Fold, Tested
from openner_utils.unify.transferred import CONFIDENCE, STRICT, STRING, counts_of

PAIRS = (*((FULL, arm) for arm in ARMS if arm != FULL), (DRAWN, PRUNED))
"""What is compared: each arm with the full one, and the pruned set with one as small that is drawn."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm beside another (``base``) on a slice of types: F1 over the sentences of all ``domains`` together, types under their own names.

    ``difference``: strict F1 of the arm minus that of the base, with the interval that leaves out 0 exactly if it is ``clear`` by Holm over
    all comparisons of a test; ``p``: adjusted; ``detectable``: the smallest true difference that the test finds four times in five (1: none).
    ``base_string`` and ``arm_string``: F1 by B2NER's rule. ``base_sentences`` and ``arm_sentences``: trained on, mean over domains.
    """

    base: str
    arm: str
    slice: str
    domains: int
    seeds: int
    mentions: int
    base_sentences: int
    arm_sentences: int
    base_f1: Interval
    arm_f1: Interval
    difference: Interval
    p: float
    clear: bool
    detectable: float
    base_string: float
    arm_string: float


def finished(folds: Sequence[Fold], tested: Sequence[Tested], seeds: Sequence[int], arm: str) -> list[Fold]:
    """Return the folds of which an arm was tested with every seed."""
    done = {(each.held, each.seed) for each in tested if each.arm == arm}
    return [fold for fold in folds if all((fold.held, seed) in done for seed in seeds)]


def compare(folds: Sequence[Fold], tested: Sequence[Tested], seeds: Sequence[int]) -> list[Comparison]:
    """Return every comparison of `PAIRS` and slices, over the domains of which both arms are finished; there may be none."""
    pairs = []
    for base, arm in PAIRS:
        shared = finished(finished(folds, tested, seeds, base), tested, seeds, arm)
        for name in SLICES:
            whole = [_joined(shared, tested, name, STRICT, each) for each in (base, arm)]
            if whole[0] is not None and whole[1] is not None:
                pairs.append((base, arm, name, shared, whole[0], whole[1]))
    differences = [difference(ours, theirs) for *_, ours, theirs in pairs]
    decisions = holm([each.p for each in differences], 1 - CONFIDENCE)
    return [
        Comparison(
            base,
            arm,
            name,
            domains=len(shared),
            seeds=len(ours),
            mentions=int(ours[0, :, 2].sum()),
            base_sentences=_sentences(shared, tested, base),
            arm_sentences=_sentences(shared, tested, arm),
            base_f1=interval(ours, CONFIDENCE),
            arm_f1=interval(theirs, CONFIDENCE),
            difference=found.interval(decision.level),
            p=decision.p,
            clear=decision.clear,
            detectable=min(1.0, found.detectable(decision.level)),
            base_string=_string(shared, tested, name, base),
            arm_string=_string(shared, tested, name, arm),
        )
        for (base, arm, name, shared, ours, theirs), found, decision in zip(
            pairs, differences, decisions, strict=True
        )
    ]


def _joined(
    folds: Sequence[Fold], tested: Sequence[Tested], name: str, rule: str, arm: str
) -> NDArray[np.int64] | None:
    """Return the counts of all domains one after another [n_seeds, n_sentences, 3]; None where there is no mention."""
    each = [counts_of(fold, tested, OWN, name, rule, arm) for fold in folds]
    there = [counts for counts in each if counts is not None]
    return np.concatenate(there, axis=1) if there else None


def _string(folds: Sequence[Fold], tested: Sequence[Tested], name: str, arm: str) -> float:
    counts = _joined(folds, tested, name, STRING, arm)
    return 0.0 if counts is None else mean_f1(counts)


def _sentences(folds: Sequence[Fold], tested: Sequence[Tested], arm: str) -> int:
    of = {each.held: each.sentences for each in tested if each.arm == arm}
    return round(float(np.mean([of[fold.held] for fold in folds])))
