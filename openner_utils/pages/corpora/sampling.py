"""Which sentences of a corpus are shown."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.core.encoding import OUTSIDE
from openner_utils.core.releases import select
from openner_utils.pages.browse.selection import SHOWN, Shown

SENTENCES = 6
"""Sentences of a corpus, spread over its languages; of more languages than that, the first are shown."""
FITTING = (5, 40)
"""Least and most tokens of a sentence that is shown."""
_AT_ONCE = 1_000


def by_language(table: pa.Table) -> dict[str, list[Shown]]:
    """Return the first fitting sentences with a mention, of each language a few."""
    codes = sorted(set(table["language"].to_pylist()))[:SENTENCES]
    each = max(1, SENTENCES // max(len(codes), 1))
    return {code: first(select(table, language=code), each) for code in codes}


def first(table: pa.Table, most: int) -> list[Shown]:
    """Return the first sentences of a fitting length that hold a mention; where there are none, the first ones."""
    length = pc.list_value_length(table["tokens"])
    fits = pc.and_(pc.greater_equal(length, FITTING[0]), pc.less_equal(length, FITTING[1]))
    chosen: list[dict[str, Any]] = []
    for batch in table.filter(fits).select(list(SHOWN)).to_batches(max_chunksize=_AT_ONCE):
        chosen += [row for row in batch.to_pylist() if any(label != OUTSIDE for label in row["labels"])]
        if len(chosen) >= most:
            break
    return list(map(Shown.of, chosen[:most] or table.select(list(SHOWN)).slice(0, most).to_pylist()))
