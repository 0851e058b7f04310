"""What was predicted of test sets, counted sentence by sentence in one way or another: the bulk work of several questions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.analysis.one_system import COUNTS
from openner_utils.core.columns import Columns
from openner_utils.core.releases import PART_KEYS, columns_of, select, with_labels
from openner_utils.scoring.significance import Counts

Counting = Callable[[Columns, Columns], Mapping[str, Counts]]
"""Reference and prediction → right, predicted and reference mentions of each sentence [n_sentences, 3], by what is counted."""


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
    counting: Callable[[tuple[str, ...]], Counting],
    column: str,
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Yield for each value of the columns ``by`` and each part (together the key), what was predicted there by all seeds, counted.

    ``counting``: key → how it is counted. Frames have the columns seed, corpus, language, sentence, document, and the counts
    (`systems.with_intervals`), and in ``column`` the name of what is counted.
    """
    for key, some in grouped(predictions, by):
        yield key, _frame(some, key[len(by) :], references, counting(key), column)


def grouped(predictions: pa.Table, by: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], pa.Table]]:
    """Yield for each value of the columns ``by`` and each part (together the key) the predictions, by seed and sentence."""
    keys = [*by, *PART_KEYS]
    groups = predictions.select(keys).to_pandas().groupby(keys).indices
    for key, rows in groups.items():
        yield (
            key,
            predictions.take(pa.array(rows)).sort_by([("seed", "ascending"), ("sentence", "ascending")]),
        )


def _frame(
    some: pa.Table, part: tuple[str, ...], references: References, counting: Counting, column: str
) -> pd.DataFrame:
    frames = []
    for seed, place, reference, predicted in by_seed(some, part, references):
        frames += [
            place.assign(**{column: name}, seed=seed, **dict(zip(COUNTS, counts.T, strict=True)))
            for name, counts in counting(reference, predicted).items()
        ]
    return pd.concat(frames, ignore_index=True)


def by_seed(
    some: pa.Table, part: tuple[str, ...], references: References
) -> Iterator[tuple[int, pd.DataFrame, Columns, Columns]]:
    """Yield for each seed of predictions of one part: the seed, where its sentences stand, reference and prediction."""
    for seed in pc.unique(some["seed"]).to_pylist():
        mine = select(some, seed=seed)
        rows, reference = references.of(part, mine["sentence"])
        place = rows.select(["corpus", "language", "sentence", "document"]).to_pandas()
        yield seed, place, reference, with_labels(reference, mine["labels"])
