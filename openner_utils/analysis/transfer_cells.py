"""One model on one test set, in three cells: what it finds, whatever types it knows; in the types that it knows; in all types.

A model that was trained on persons alone finds no place, and should not be blamed for it where the question is what training on
one corpus does for another. So three counts stand side by side, all of exact spans:

- *types ignored*: types are taken from the labels on both sides (`scoring.mentions`, ``untyped``);
- *shared types*: of both sides, mentions of the types alone that the training corpora annotate *and* the test corpus does;
- *all types*: every mention of both sides, as a user of the model meets it.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from openner_utils.analysis import counts
from openner_utils.analysis.counts import References
from openner_utils.core.columns import Columns
from openner_utils.scoring.mentions import count
from openner_utils.scoring.significance import Counts

IGNORED, SHARED, ALL_TYPES = "types ignored", "shared types", "all types"
CELLS = (IGNORED, SHARED, ALL_TYPES)


def cells(reference: Columns, predicted: Columns, shared: Collection[str]) -> dict[str, Counts]:
    """Return right, predicted and reference mentions of each sentence [n_sentences, 3], by cell; ``shared``: the types of both."""
    typed = count(reference, predicted)
    both = np.array([type in shared for type in typed.types], dtype=np.bool_)
    found = {
        IGNORED: count(reference, predicted, "untyped").values.sum(axis=1),
        SHARED: typed.values[:, both].sum(axis=1),
        ALL_TYPES: typed.values.sum(axis=1),
    }
    return {cell: each.astype(np.int64) for cell, each in found.items()}


def counted(
    predictions: pa.Table,
    by: tuple[str, ...],
    references: References,
    types: Mapping[str, frozenset[str]],
    trained: Mapping[tuple[str, ...], frozenset[str]],
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield for each value of the columns ``by`` and each part, what was predicted there by all seeds, counted in each cell.

    ``types``: corpus → the types that it annotates; ``trained``: value of ``by`` → those that a model's training corpora do. Frames
    are those of `counts.counted`, with a column cell.
    """

    def counting(key: tuple[str, ...]) -> counts.Counting:
        return partial(cells, shared=types[key[len(by)]] & trained[key[: len(by)]])

    yield from counts.counted(predictions, by, references, counting, "cell")
