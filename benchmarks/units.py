"""What a training unit pays for its own sentences in a large release, and what writing its predictions costs.

No peer does this work, so the other side of each claim is a budget of processor time.
"""

import time

import numpy as np
import pyarrow as pa

from benchmarks import Claim
from openner_utils.core.columns import Columns, arrow_strings, offsets_of
from openner_utils.core.releases import RELEASE, RUN_KEYS, SPLITS, limited, lists_of, parts, prediction_table

SECONDS = 0.3
CORPORA = 36
SENTENCES = 1_000_000
"""Of the whole release, over all its parts alike."""
LIMIT = 5_000
PREDICTED = 200_000
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def run() -> list[Claim]:
    """Return the claims on choosing a unit and on writing predictions."""
    release = _release(np.random.default_rng(1))
    began = time.process_time()
    wanted = ("corpus17", "eng", "train")
    unit = next(part.table for part in parts(release) if part.key == wanted)
    chosen = limited(unit, LIMIT, None, None)
    choosing = time.process_time() - began

    columns = _sentences(np.random.default_rng(2), PREDICTED)
    run_of = dict.fromkeys(RUN_KEYS, "") | {"control": False, "seed": 1}
    began = time.process_time()
    labels = lists_of(columns, columns.label_strings())
    predictions = prediction_table(run_of, wanted, np.arange(PREDICTED, dtype=np.int32), labels)
    writing = time.process_time() - began
    return [
        Claim(
            f"one unit out of a release of {len(release):,} sentences: processor time against the budget",
            "s", choosing, SECONDS, 1,
            f"{len(chosen):,} of {len(unit):,} sentences, chosen by a hash; {CORPORA} corpora with 3 splits", True,
        ),
        Claim(
            f"predictions of {len(predictions):,} sentences as a table: processor time against the budget",
            "s", writing, SECONDS, 1, f"{len(columns):,} tokens", True,
        ),
    ]  # fmt: skip


def _sentences(draw: np.random.Generator, count: int) -> Columns:
    offsets = offsets_of(draw.integers(5, 35, count))
    words = arrow_strings([f"word{number}" for number in range(30_000)])
    return Columns(
        tokens=words.take(pa.array(draw.integers(0, len(words), offsets[-1], np.int32))),
        labels=draw.integers(0, len(LABELS), offsets[-1], np.int32),
        names=LABELS,
        sentences=offsets,
        documents=np.array([0, count]),
        lines=np.ones(offsets[-1], np.int32),
    )


def _release(draw: np.random.Generator) -> pa.Table:
    """Return a release whose rows lie in order of parts."""
    each = SENTENCES // (CORPORA * len(SPLITS))
    keys = [(f"corpus{number:02d}", "eng", split) for number in range(CORPORA) for split in SPLITS]
    columns = _sentences(draw, each * len(keys))
    numbers = np.tile(np.arange(each, dtype=np.int32), len(keys))
    places = [
        arrow_strings(names).take(np.repeat(np.arange(len(keys)), each)) for names in zip(*keys, strict=True)
    ]
    labels = lists_of(columns, columns.label_strings())
    none = pa.nulls(columns.n_sentences, pa.list_(pa.int32()))
    return pa.table(
        [
            *places, pa.array(numbers // 10), pa.array(numbers), places[0], lists_of(columns, columns.tokens),
            lists_of(columns, pa.array(columns.lines)), none, none, labels, labels,
        ],
        schema=RELEASE,
    )  # fmt: skip
