"""How much there is: mentions, counts and types of each part."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from openner_utils.catalog import language
from openner_utils.core.columns import offsets_of
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import PART, columns_of, in_order

COUNTS = ("sentences", "tokens", "mentions")


@dataclass(frozen=True, slots=True)
class Contents:
    """How much there is: `counts` and `types` of the standardized release, and the types of the core release."""

    counts: pd.DataFrame
    types: pd.DataFrame
    core_types: pd.DataFrame

    @classmethod
    def of(cls, standardized: pa.Table, core: pa.Table) -> "Contents":
        """Return the contents of both releases, the name, family and script of languages beside their codes."""
        return cls(with_languages(counts(standardized)), types(standardized), with_languages(types(core)))


def with_languages(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with each language's English name, family and script (ISO 15924) beside its code."""
    known = {code: language(code) for code in frame["language"].unique()}
    wider = frame.copy()
    for offset, field in enumerate(("name", "family", "script"), list(frame.columns).index("language") + 1):
        wider.insert(offset, field, [getattr(known[code], field) for code in frame["language"]])
    return wider


def mentions(table: pa.Table) -> pd.DataFrame:
    """Return one row per mention: its part, sentence, type, number of tokens, and text (tokens joined by blanks)."""
    columns = columns_of(table)
    found = decode(columns, IOB2)
    length = found.end - found.start
    ends = np.cumsum(length)
    inside = np.repeat(found.start - ends + length, length) + np.arange(length.sum())
    words = pa.ListArray.from_arrays(
        pa.array(offsets_of(length), pa.int32()), columns.tokens.take(pa.array(inside))
    )
    frame: pd.DataFrame = (
        table.select([*PART, "sentence"]).to_pandas().iloc[found.sentence].reset_index(drop=True)
    )
    frame["type"] = [found.types[type] for type in found.type]
    frame["tokens"] = length
    frame["text"] = pc.binary_join(words, " ").to_pandas()
    return frame


def counts(table: pa.Table) -> pd.DataFrame:
    """Return sentences, tokens and mentions of each part; ``plain`` are the sentences without a mention."""
    frame = table.select(PART).to_pandas()
    frame["tokens"] = pc.list_value_length(table["tokens"]).to_numpy()
    with_mention = mentions(table)
    by_part = frame.groupby(PART)["tokens"].agg(sentences="size", tokens="sum")
    by_part["mentions"] = with_mention.groupby(PART).size()
    bearing = with_mention.drop_duplicates([*PART, "sentence"]).groupby(PART).size()
    by_part["plain"] = by_part["sentences"] - bearing.reindex(by_part.index, fill_value=0)
    return in_order(by_part.fillna(0).astype(np.int64).reset_index())


def types(table: pa.Table) -> pd.DataFrame:
    """Return the mentions of each type in each part, the most frequent type first."""
    found = mentions(table).groupby([*PART, "type"]).size().rename("mentions").reset_index()
    return in_order(found.sort_values(["mentions", "type"], ascending=[False, True], kind="stable"))
