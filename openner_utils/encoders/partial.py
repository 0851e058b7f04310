"""Labels that say part of the truth: training on corpora that annotate different types.

A corpus marks mentions of its own types, so its ``O`` means "no mention of these": the token may well belong to a mention of a type
that another corpus annotates, and to punish that type there is to unlearn it. The loss of a label is the negative logarithm
of the share that the labels which it leaves ``possible`` have in those which it is ``compared`` with:

- ``masked``: a corpus's sentences are told apart in its own terms, its label among ``O`` and the labels of its types. Of other types
  they say nothing, neither at an ``O`` nor at a mention, where types may overlap (one corpus's ``LOC`` is another's ``GPE``). What
  is predicted for a corpus is the best of its own labels: the same terms.
- ``marginal``: each token has one label among those of all types, of which the corpus shows what it annotates. An ``O`` leaves
  ``O`` and all labels of other types possible, a mention's label itself alone; both are compared with all labels (marginal likelihood, as
  Tsuboi et al. 2008 train fields on incomplete annotations, and Greenberg et al. 2018 on corpora with disjoint types). What
  is predicted for a corpus is the best of all labels, less the mentions of other types.

Under a linear head shares are those of the softmax, under a field of its sums over all sequences that pass through the sets.
Where a corpus annotates every type of the model, both are the usual loss.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openner_utils.core.columns import Mask
from openner_utils.core.encoding import IOB2, OUTSIDE

Ontology = Literal["masked", "marginal"]
"""What labels are taken to say; see above."""


def labels_of(types: Collection[str]) -> tuple[str, ...]:
    """Return all labels of some types, each once: ``O`` first, then ``B`` and ``I`` of each type by name.

    >>> labels_of(["PER", "LOC"])
    ('O', 'B-LOC', 'I-LOC', 'B-PER', 'I-PER')
    """
    return (OUTSIDE, *(f"{state}-{type}" for type in sorted(set(types)) for state in "BI"))


def own(labels: Sequence[str], types: Collection[str]) -> Mask:
    """Return which labels a corpus uses that annotates these types [labels]: ``O``, and those of the types."""
    return np.array([label == OUTSIDE or IOB2.split(label)[1] in types for label in labels])


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """What each training token's label says, as what is added to the scores of labels: 0, or minus infinity for those left out.

    ``possible`` and ``compared`` [type sets, labels, labels]: by the set of types that the token's corpus annotates, and
    its label; ``sets`` [n_tokens]: the set of each token.
    """

    possible: Tensor
    compared: Tensor
    sets: NDArray[np.int64]

    @classmethod
    def of(
        cls, labels: Sequence[str], parts: Iterable[tuple[Collection[str], int]], ontology: Ontology
    ) -> Self:
        """Return it for the training sentences part by part: the types that each part annotates, and its number of tokens."""
        numbers: dict[frozenset[str], int] = {}
        sets = [
            np.full(tokens, numbers.setdefault(frozenset(types), len(numbers)), np.int64)
            for types, tokens in parts
        ]
        gates = [_gates(labels, types, ontology) for types in numbers]
        possible, compared = (np.stack(side) for side in zip(*gates, strict=True))
        return cls(_added(possible), _added(compared), np.concatenate(sets))

    def gates(self, tokens: NDArray[np.int64], targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is added for the possible and for the compared labels [n_kept, labels].

        ``tokens`` [n_kept]: numbers of training tokens; ``targets`` [n_kept]: their labels.
        """
        sets = torch.from_numpy(self.sets[tokens]).to(targets.device)
        possible, compared = (
            each.to(targets.device)[sets, targets] for each in (self.possible, self.compared)
        )
        return possible, compared

    def constant_loss(self, targets: NDArray[np.int64]) -> float:
        """Return the least loss per token of a model that gives every token the same scores (nats).

        ``targets`` [n_tokens]. The scores are sought by descent (L-BFGS) from those of the labels' frequencies.
        """
        n = self.possible.shape[-1]
        counts = np.bincount(self.sets * n + targets, minlength=len(self.possible) * n).reshape(-1, n)
        weights = torch.from_numpy(counts / counts.sum())
        scores = torch.from_numpy(np.log(counts.sum(0) + 0.5)).requires_grad_()
        search = torch.optim.LBFGS([scores], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            each = torch.logsumexp(scores + self.compared, -1) - torch.logsumexp(scores + self.possible, -1)
            total = (weights * each).sum()
            total.backward()
            return total

        search.step(loss)
        return float(loss().detach())


def marginal(scores: Tensor, possible: Tensor, compared: Tensor) -> Tensor:
    """Return the loss of each token by itself (nats) [n_kept], from scores and what `Partial.gates` adds [n_kept, labels]."""
    return torch.logsumexp(scores + compared, -1) - torch.logsumexp(scores + possible, -1)


def _gates(labels: Sequence[str], types: Collection[str], ontology: Ontology) -> tuple[Mask, Mask]:
    """Return the possible and the compared labels of each label [labels, labels] in a corpus that annotates these types."""
    mine, outside = own(labels, types), list(labels).index(OUTSIDE)
    possible = np.eye(len(labels), dtype=np.bool_)
    if ontology == "masked":
        return possible, possible | mine
    possible[outside] |= ~mine
    return possible, np.ones_like(possible)


def _added(kept: Mask) -> Tensor:
    return torch.from_numpy(np.where(kept, np.float32(0), np.float32(-np.inf)))
