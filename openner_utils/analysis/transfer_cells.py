"""One model on one test set, in three cells: what it finds, whatever types it knows; in the types that it knows; in all types.

A model that was trained on persons alone finds no place, and should not be blamed for it where the question is what training on
one corpus does for another. So three counts stand side by side, all of exact spans:

- *types ignored*: types are taken from the labels on both sides (`scoring.mentions`, ``untyped``);
- *shared types*: of both sides, mentions of the types alone that the training corpora annotate *and* the test corpus does;
- *all types*: every mention of both sides, as a user of the model meets it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.analysis.systems import COUNTS
from openner_utils.core.columns import Columns
from openner_utils.core.releases import PART_KEYS, columns_of, select, with_labels
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
    return {cell: counts.astype(np.int64) for cell, counts in found.items()}


@dataclass(frozen=True, slots=True)
class References:
    """The test sentences that predictions are counted against, each part read once."""

    release: pa.Table
    known: dict[tuple[str, ...], tuple[pa.Table, Columns]] = field(default_factory=dict)

    def of(self, part: tuple[str, ...], sentences: pa.ChunkedArray) -> tuple[pa.Table, Columns]:
        """Return rows and columns of the predicted ``sentences`` (numbers, in order) of a part."""
        if part not in self.known:
            rows = select(self.release, **dict(zip(PART_KEYS, part, strict=True)))
            rows = rows.filter(pc.is_in(rows["sentence"], value_set=sentences.combine_chunks()))
            rows = rows.sort_by("sentence")
            self.known[part] = rows, columns_of(rows, file="/".join(part))
        return self.known[part]


def counted(
    predictions: pa.Table,
    by: tuple[str, ...],
    references: References,
    types: Mapping[str, frozenset[str]],
    trained: Mapping[tuple[str, ...], frozenset[str]],
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield for each value of the columns ``by`` and each part, what was predicted there by all seeds, counted in each cell.

    ``types``: corpus → the types that it annotates; ``trained``: value of ``by`` → those that a model's training corpora do. Frames
    have the columns cell, seed, corpus, language, sentence, document, and the counts (`systems.with_intervals`).
    """
    keys = [*by, *PART_KEYS]
    groups = predictions.select(keys).to_pandas().groupby(keys).indices
    for key, rows in groups.items():
        of, part = key[: len(by)], key[len(by) :]
        some = predictions.take(pa.array(rows)).sort_by([("seed", "ascending"), ("sentence", "ascending")])
        yield key, _frame(some, part, references, types[part[0]] & trained[of])


def _frame(
    some: pa.Table, part: tuple[str, ...], references: References, shared: frozenset[str]
) -> pd.DataFrame:
    frames = []
    for seed in pc.unique(some["seed"]).to_pylist():
        mine = select(some, seed=seed)
        rows, reference = references.of(part, mine["sentence"])
        found = cells(reference, with_labels(reference, mine["labels"]), shared)
        place = rows.select(["corpus", "language", "sentence", "document"]).to_pandas()
        frames += [
            place.assign(cell=cell, seed=seed, **dict(zip(COUNTS, counts.T, strict=True)))
            for cell, counts in found.items()
        ]
    return pd.concat(frames, ignore_index=True)
