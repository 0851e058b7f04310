"""From which score on annotations are right often enough: a threshold with a guarantee that holds for finite samples.

What is promised: with probability of at least ``confidence`` over the passages that it was chosen on, a mention that is drawn at
random from the accepted mentions of a document that is itself drawn at random, among those with any, is right with a
probability above ``target``. It holds whatever the scores are worth, if the documents of the calibration are independent draws from
those that the threshold is used on. It does not hold for another language, source or annotator; and it is about the average
document, so a document with many mentions counts no more than one with few.

How: learn then test (Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv 2110.01052, section 4, fixed sequence testing).
Thresholds are tried from the strictest on; each stands for the hypothesis that mentions from there on are right no more often than
``target``. Mentions of one document are not independent, so each document gives one accepted mention, drawn by a hash; then
the number of right ones is binomial, and its upper tail at ``target`` a p-value. The first that is not below 1 − ``confidence``
ends the search, and the threshold before it is taken. As the order is fixed beforehand, no correction for trying several is due.

Thresholds are those from which on given shares of a pool are accepted, but for those from which on too few of its documents are
accepted for a test to have a chance. The pool has scores alone and none of the calibration's documents, so which hypotheses there
are, and their order, does not depend on what they are tested on.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the pool that are accepted, in the order of their tests."""
AMPLE = 2
"""How many times the documents that a test needs at the least (`fewest`) the first threshold must accept of the pool."""
Scored = tuple[str, float]
"""A mention of the pool: its document, and its score."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention of the calibration: its document, its score, and whether it is right."""

    document: str
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Tested:
    """One hypothesis: its threshold, the documents with a mention from there on, how many of their drawn ones are right, and p."""

    threshold: float
    documents: int
    right: int
    p: float


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The lowest threshold that keeps the promise, None where none does (then nothing is accepted), and the tests up to it.

    The last of ``tests`` is the one that failed, if one did.
    """

    target: float
    confidence: float
    threshold: float | None
    tests: tuple[Tested, ...]

    def accepts(self, score: float) -> bool:
        """Return whether a mention with this score is accepted."""
        return self.threshold is not None and score >= self.threshold


def guarantee(
    calibration: Sequence[Judged], pool: Sequence[Scored], target: float, confidence: float
) -> Guarantee:
    """Return the threshold from which on mentions are right more often than ``target``; see the module's text."""
    for name, value in (("target", target), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ValueError(f"{name} lies between 0 and 1, not at {value}")
    chosen, tests = None, []
    for threshold in thresholds(pool, AMPLE * fewest(target, confidence)):
        tests.append(_tested(calibration, threshold, target))
        if tests[-1].p > 1 - confidence:
            break
        chosen = threshold
    return Guarantee(target, confidence, chosen, tuple(tests))


def fewest(target: float, confidence: float) -> int:
    """Return the number of documents below which not even a test where all are right passes.

    >>> fewest(0.9, 0.9), fewest(0.8, 0.9)
    (22, 11)
    """
    return math.ceil(math.log(1 - confidence) / math.log(target) - 1e-9)


def thresholds(pool: Sequence[Scored], documents: int = 1) -> list[float]:
    """Return the scores from which on `SHARES` of a pool are accepted, each once, the highest first.

    Those that accept mentions of fewer ``documents`` are left out.

    >>> thresholds([(str(n), n / 10) for n in range(20)], 9)
    [1.0, 0.8, 0.6, 0.4, 0.2, 0.0]
    """
    falling = sorted((score for _, score in pool), reverse=True)
    last = [max(0, math.ceil(share * len(falling) - 1e-9) - 1) for share in SHARES]
    found = sorted({falling[at] for at in last}, reverse=True) if falling else []
    return [each for each in found if len({name for name, score in pool if score >= each}) >= documents]


def _tested(calibration: Sequence[Judged], threshold: float, target: float) -> Tested:
    accepted: dict[str, list[bool]] = {}
    for each in calibration:
        if each.score >= threshold:
            accepted.setdefault(each.document, []).append(each.right)
    drawn = [rights[_draw(document, threshold, len(rights))] for document, rights in accepted.items()]
    right = sum(drawn)
    return Tested(threshold, len(drawn), right, float(stats.binom.sf(right - 1, len(drawn), target)))


def _draw(document: str, threshold: float, count: int) -> int:
    """Return a number below ``count`` that nothing but the document and the threshold decides."""
    digest = hashlib.sha256(f"{document}\n{threshold!r}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % count
