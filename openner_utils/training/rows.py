"""The rows of an embedding table that a training touches: the others cost neither steps nor memory.

Of a multilingual vocabulary of 250,000 sub-tokens a corpus uses a few thousand. The others never get a gradient, yet the
optimizer keeps two moments for each and rewrites it in every step. Here they lie aside while the model is trained,
and come back with the weight decay that they would have had. Losses and predictions are the same to the bit where
kernels add in a fixed order (fp32 on one CPU thread; a test holds it).
"""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel


def input_table(model: PreTrainedModel) -> "nn.Embedding | TouchedRows | None":
    """Return the table of sub-tokens that a model begins with; None for one that has none (it reads characters)."""
    try:
        table = model.get_input_embeddings()
    except NotImplementedError:
        return None
    return table if isinstance(table, nn.Embedding | TouchedRows) else None


class TouchedRows(nn.Module):
    """Some rows of an embedding table in place of the whole: ``weight`` [rows, width].

    ``row_of`` [vocabulary]: the row of each id, -1 for one that is not there (asking for it is an error).
    """

    row_of: Tensor

    def __init__(self, table: nn.Embedding, ids: NDArray[np.int64]) -> None:
        super().__init__()
        if table.padding_idx is not None:
            ids = np.append(ids, table.padding_idx)
        kept = torch.from_numpy(np.unique(ids)).to(table.weight.device)
        row_of = torch.full((table.num_embeddings,), -1, device=table.weight.device)
        row_of[kept] = torch.arange(len(kept), device=kept.device)
        self.register_buffer("row_of", row_of, persistent=False)
        self.weight = nn.Parameter(table.weight.detach()[kept].clone())
        self._padding = None if table.padding_idx is None else int(row_of[table.padding_idx])
        self._whole, self._kept = table, kept

    @classmethod
    def of(cls, model: PreTrainedModel, ids: NDArray[np.int64]) -> Self | None:
        """Put the rows of ``ids`` in the place of the model's input embeddings, and return them.

        None, and the model as it was, where its input is no plain table (a model on characters).
        """
        table = input_table(model)
        if type(table) is not nn.Embedding:
            return None
        rows = cls(table, ids)
        model.set_input_embeddings(rows)
        return rows

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors [..., width] of sub-tokens."""
        return nn.functional.embedding(self.row_of[ids], self.weight, padding_idx=self._padding)

    def give_back(self, model: PreTrainedModel, decay: float) -> None:
        """Give the model its whole table again; rows that were aside shrink by ``decay``, the product over all steps."""
        with torch.no_grad():
            self._whole.weight.mul_(decay)
            self._whole.weight[self._kept] = self.weight
        model.set_input_embeddings(self._whole)
