"""From the scores of labels to labels: each token on its own, or the best sequence of a sentence (Viterbi)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Ints, Mask, Offsets
from openner_utils.core.encoding import Transitions

Scores = NDArray[np.float32]

_AT_ONCE = 256  # sentences


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What a sequence of labels gains beside its tokens' scores: by its ``first`` label [n], its ``last`` [n], and each
    ``pairs`` of neighbours [n, n] (row: the label before). Minus infinity forbids.
    """

    first: Scores
    pairs: Scores
    last: Scores

    @classmethod
    def none(cls, labels: int) -> Self:
        """Return steps that gain nothing and forbid nothing."""
        zeros = np.zeros(labels, np.float32)
        return cls(zeros, np.zeros((labels, labels), np.float32), zeros)

    def only(self, valid: Transitions) -> Self:
        """Return these steps with what is not ``valid`` forbidden."""
        first, pairs, last = (
            np.where(allowed, gain, np.float32(-np.inf))
            for allowed, gain in (
                (valid.first, self.first),
                (valid.pairs, self.pairs),
                (valid.last, self.last),
            )
        )
        return type(self)(first, pairs, last)


@dataclass(frozen=True, slots=True, eq=False)
class Only:
    """The labels that tokens may be given in the terms of their corpus, ``O`` among them: ``labels`` [labels] or [n_tokens, labels].

    ``afterwards``: the best of all labels is sought, and is ``O`` where it is none of them; else the best of them is.
    """

    labels: Mask
    afterwards: bool

    def before(self, scores: Scores) -> Scores:
        """Return scores of labels for decoding [n_tokens, labels]."""
        return scores if self.afterwards else np.where(self.labels, scores, np.float32(-np.inf))

    def after(self, found: Ints, outside: int) -> Ints:
        """Return decoded labels [n_tokens], ``outside`` (the number of ``O``) for those that may not be given."""
        kept = np.broadcast_to(self.labels, (len(found), self.labels.shape[-1]))[np.arange(len(found)), found]
        return np.where(kept, found, np.int32(outside))


def best_labels(scores: Scores, sentences: Offsets, steps: Steps) -> Ints:
    """Return the label of each token [n_tokens] in the sequence of its sentence that scores highest.

    ``scores`` [n_tokens, labels]: of each label for each token; ``sentences``: token offsets [n_sentences + 1]. Of equal
    sequences the one whose later labels have the lower numbers is taken. A sentence is decoded by itself: what stands
    beside it changes nothing.

    ``I`` after ``O`` is forbidden here, so the second-best label of the first token is taken:

    >>> scores = np.array([[2, 1, 0], [0, 0, 3]], np.float32)  # O, B, I
    >>> valid = np.array([[1, 1, 0], [1, 1, 1], [1, 1, 1]], bool)
    >>> edge = np.array([1, 1, 0], bool)
    >>> steps = Steps.none(3).only(Transitions(edge, valid, np.ones(3, bool)))
    >>> best_labels(scores, np.array([0, 2]), steps).tolist()
    [1, 2]
    """
    found = np.zeros(len(scores), dtype=np.int32)
    lengths = np.diff(sentences)
    order = np.argsort(-lengths, kind="stable")
    for first in range(0, len(order), _AT_ONCE):
        chosen = order[first : first + _AT_ONCE]
        _walk(scores, sentences[chosen], lengths[chosen], steps, found)
    return found


def _walk(scores: Scores, starts: Offsets, lengths: Offsets, steps: Steps, found: Ints) -> None:
    """Decode some sentences, the longest first, into ``found``."""
    longest, labels = int(lengths[0]), scores.shape[1]
    back = np.zeros((longest, len(starts), labels), dtype=np.int32)
    # Of sequences that end in each label [sentences, labels]. Sums over a long document outgrow single precision: what is then
    # lost is as large as the differences that decide.
    best = scores[starts].astype(np.float64) + steps.first
    for step in range(1, longest):
        going_on = int(np.count_nonzero(lengths > step))  # the others have ended, and stand behind
        through = best[:going_on, :, None] + steps.pairs
        back[step, :going_on] = through.argmax(1)
        best[:going_on] = through.max(1) + scores[starts[:going_on] + step]
    label = (best + steps.last).argmax(1)
    for step in range(longest - 1, -1, -1):
        here = int(np.count_nonzero(lengths > step))
        found[starts[:here] + step] = label[:here]
        label[:here] = back[step, np.arange(here), label[:here]]
