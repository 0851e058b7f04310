"""Parquet in the form of Hugging Face ``datasets``: columns id, tokens and ner_tags, the last with its label names.

The features stand in the file's own metadata, where ``datasets`` looks for them, so that no loading script is needed.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE
from openner_utils.support.files import atomic


def label_names(types: Iterable[str]) -> list[str]:
    """Return ``O``, and B- and I- of each type in alphabetical order."""
    return [OUTSIDE, *(f"{state}-{type}" for type in sorted(types) for state in "BI")]


def features(names: Sequence[str]) -> dict[str, Any]:
    """Return the columns as ``datasets`` describes them."""
    text = {"dtype": "string", "_type": "Value"}
    return {
        "id": text,
        "tokens": {"feature": text, "_type": "Sequence"},
        "ner_tags": {"feature": {"names": list(names), "_type": "ClassLabel"}, "_type": "Sequence"},
    }


def write(path: Path, columns: Columns, ids: Sequence[str], names: Sequence[str]) -> None:
    """Write sentences with IOB2 labels as ids into ``names``; equal content gives equal bytes."""
    number = {name: position for position, name in enumerate(names)}
    used = set(columns.labels.tolist())
    table = np.array(
        [number[name] if position in used else 0 for position, name in enumerate(columns.names)], np.int64
    )
    offsets = pa.array(columns.sentences, pa.int32())
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("tokens", pa.list_(pa.string())),
            ("ner_tags", pa.list_(pa.int64())),
        ],
        metadata={"huggingface": json.dumps({"info": {"features": features(names)}}, ensure_ascii=False)},
    )
    rows = pa.table(
        [
            pa.array(ids, pa.string()),
            pa.ListArray.from_arrays(offsets, columns.tokens),
            pa.ListArray.from_arrays(offsets, pa.array(table[columns.labels])),
        ],
        schema=schema,
    )
    with atomic(path) as beside:
        pq.write_table(rows, beside, compression="zstd")
