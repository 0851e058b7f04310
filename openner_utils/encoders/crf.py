"""A linear-chain conditional random field over the labels of tokens (Lafferty et al. 2001; over encoders: Lample et al. 2016).

The score of a sentence's labels is the sum of what the encoder gives each token's label and of what the field gives each
label after another, the first and the last one. It is taken over tokens, never over sub-tokens. All transitions are
learnt, invalid ones too, because training data hold them; what may be predicted is decided in decoding.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from openner_utils.core.columns import Columns, Offsets
from openner_utils.encoders.decoding import Steps

_AT_ONCE = 1 << 12  # tokens, with filling: a short sentence beside a long document is filled up to its length


class Crf(nn.Module):
    """Learnt gains of transitions between ``labels`` labels: ``first`` [labels], ``pairs`` [labels, labels], ``last`` [labels]."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.zeros(labels))
        self.pairs = nn.Parameter(torch.zeros(labels, labels))
        self.last = nn.Parameter(torch.zeros(labels))

    def forward(self, logits: Tensor, targets: Tensor, rows: Tensor, begins: Tensor, ends: Tensor) -> Tensor:
        """Return the negative log-likelihood of ``targets``, summed over all sequences (nats).

        ``logits`` [n_tokens, labels] and ``targets`` [n_tokens], sequence after sequence; ``rows`` [n_tokens], rising: the
        sequence of each token; ``begins`` and ``ends`` [n_sequences]: whether a sequence begins and ends where its sentence does (a
        window may lie inside one).
        """
        lengths = torch.bincount(rows, minlength=len(begins))
        starts = torch.cumsum(lengths, 0) - lengths
        begun, ended = begins.to(logits.dtype), ends.to(logits.dtype)
        inner = rows[1:] == rows[:-1]  # pairs of neighbours in one sequence
        gold = logits.gather(1, targets[:, None]).sum()
        gold = gold + self.pairs[targets[:-1][inner], targets[1:][inner]].sum()
        gold = gold + (begun * self.first[targets[starts]]).sum()
        gold = gold + (ended * self.last[targets[starts + lengths - 1]]).sum()
        return self._partition(logits, rows, begun, ended).sum() - gold

    def between(
        self, possible: Tensor, compared: Tensor, rows: Tensor, begins: Tensor, ends: Tensor
    ) -> Tensor:
        """Return the negative logarithm of what share all ``possible`` sequences have in the ``compared`` ones, summed (nats).

        Both are logits [n_tokens, labels] with minus infinity for what a token cannot be; the rest as in `forward`. With one label
        left for each token, and all compared, it is the same as there.
        """
        begun, ended = begins.to(possible.dtype), ends.to(possible.dtype)
        whole, part = (self._partition(each, rows, begun, ended).sum() for each in (compared, possible))
        return whole - part

    def _partition(self, logits: Tensor, rows: Tensor, begun: Tensor, ended: Tensor) -> Tensor:
        """Return the logarithm of the sum over all label sequences, of each sequence of tokens [n_sequences]."""
        lengths = torch.bincount(rows, minlength=len(begun))
        starts = torch.cumsum(lengths, 0) - lengths
        width = int(lengths.max())
        scores = logits.new_zeros((len(begun), width, logits.shape[1]))
        scores[rows, torch.arange(len(rows), device=rows.device) - starts[rows]] = logits
        total = scores[:, 0] + begun[:, None] * self.first
        for step in range(1, width):
            through = torch.logsumexp(total[:, :, None] + self.pairs, 1) + scores[:, step]
            total = torch.where((lengths > step)[:, None], through, total)
        return torch.logsumexp(total + ended[:, None] * self.last, 1)

    def marginals(self, logits: Tensor, sentences: Columns) -> Tensor:
        """Return the probability of each label of each token [n_tokens, labels], over all sequences of its sentence.

        It is the gradient of the partition function by the token's scores, in double precision: sums of many sequences.
        """
        found = torch.empty_like(logits, dtype=torch.float64)
        lengths = np.diff(sentences.sentences)
        order = np.argsort(lengths, kind="stable")
        for some in _groups(lengths[order]):
            chosen = np.sort(order[some])
            tokens = torch.from_numpy(
                np.concatenate([np.arange(*sentences.sentences[n : n + 2]) for n in chosen])
            )
            rows = torch.from_numpy(np.repeat(np.arange(len(chosen)), lengths[chosen])).to(self.pairs.device)
            scores = logits[tokens].double().to(self.pairs.device).requires_grad_()
            whole = torch.ones(len(chosen), dtype=torch.float64, device=scores.device)
            partition = self._partition(scores, rows, whole, whole)
            found[tokens] = torch.autograd.grad(partition.sum(), scores)[0].cpu()
        return found.clamp(max=1)

    def steps(self) -> Steps:
        """Return what the field has learnt, for decoding."""
        first, pairs, last = (
            np.asarray(weight.detach().cpu(), dtype=np.float32)
            for weight in (self.first, self.pairs, self.last)
        )
        return Steps(first, pairs, last)


def _groups(lengths: Offsets) -> Iterator[slice]:
    """Yield parts of sentences whose ``lengths`` rise, each of `_AT_ONCE` tokens at most when filled up, or of one sentence.

    >>> list(_groups(np.array([1, 1, 3, 4000, 5000])))
    [slice(0, 3, None), slice(3, 4, None), slice(4, 5, None)]
    """
    first = 0
    for number, length in enumerate(lengths.tolist()):
        if number > first and length * (number + 1 - first) > _AT_ONCE:
            yield slice(first, number)
            first = number
    if first < len(lengths):
        yield slice(first, len(lengths))
