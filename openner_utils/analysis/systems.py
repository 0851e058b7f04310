"""Counts per seed and sentence for each system, and comparisons of systems, ready for tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.errors import OpenNERError
from openner_utils.params import Compare
from openner_utils.significance import Counts, Difference, difference, holm, interval

COUNTS = ["correct", "predicted", "reference"]
SENTENCE = ["corpus", "language", "sentence"]
LEVEL = 0.05
"""Adjusted p below which a difference is more than chance, if its interval agrees."""


def chosen(sentences: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """Return the rows of a per-sentence table in which each named column has the given value."""
    mask = pd.Series(True, index=sentences.index)
    for name, value in values.items():
        mask &= sentences[name] == value
    return sentences[mask]


def counts_of(sentences: pd.DataFrame) -> Counts:
    """Return counts [n_seeds, n_sentences, 3] of one system's rows; every seed must cover the same sentences."""
    ordered = sentences.sort_values(["seed", *SENTENCE])
    seeds = ordered["seed"].nunique()
    if not seeds or len(ordered) % seeds or ordered.duplicated(["seed", *SENTENCE]).any():
        raise OpenNERError(
            f"A system's {len(ordered)} scored sentences do not form whole runs of {seeds} seed(s)."
        )
    return ordered[COUNTS].to_numpy(np.int64).reshape(seeds, -1, 3)


def shared(a: pd.DataFrame, b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of two systems on the sentences that both were scored on."""
    both = a[SENTENCE].drop_duplicates().merge(b[SENTENCE].drop_duplicates(), on=SENTENCE)
    return a.merge(both, on=SENTENCE), b.merge(both, on=SENTENCE)


def with_intervals(sentences: pd.DataFrame, by: list[str], how: Compare) -> pd.DataFrame:
    """Return mean F1 over seeds, its standard deviation and interval for each group of ``by``, in percent."""
    columns = [*by, "f1", "sd", "low", "high", "seeds", "sentences", "mentions"]
    rows = []
    for keys, group in sentences.groupby(by, sort=True):
        counts = counts_of(group)
        found = interval(counts, how.resamples, how.confidence, how.seed)
        totals = counts.sum(axis=1)
        per_seed = 200 * totals[:, 0] / np.maximum(totals[:, 1] + totals[:, 2], 1)
        rows.append(
            {
                **dict(zip(by, keys, strict=True)),
                "f1": 100 * found.value,
                "sd": float(per_seed.std(ddof=1)) if len(per_seed) > 1 else float("nan"),
                "low": 100 * found.low,
                "high": 100 * found.high,
                "seeds": len(per_seed),
                "sentences": counts.shape[1],
                "mentions": int(totals[0, 2]),
            }
        )
    return pd.DataFrame(rows, columns=columns)


def compared(
    pairs: Iterable[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]], how: Compare
) -> pd.DataFrame:
    """Return, for each (keys, a, b), how much better b is than a, in points of F1; p is adjusted over the rows.

    ``p`` is Holm's adjustment over all pairs given, ``p_raw`` the test's own. The test asks whether these trained
    models differ on other sentences; the interval also asks what other seeds would do. ``clear`` says that both
    agree: p below 0.05, and an interval without zero.
    """
    rows: list[dict[str, Any]] = []
    found_keys: list[str] = []
    for keys, a, b in pairs:
        found_keys = list(keys)
        counts_a, counts_b = (counts_of(side) for side in shared(a, b))
        found = difference(counts_a, counts_b, how.resamples, how.confidence, how.seed)
        rows.append({**keys, **_points(found), "sentences": counts_a.shape[1]})
    values = ["difference", "low", "high", "p_raw", "detectable", "sentences"]
    frame = pd.DataFrame(rows, columns=[*found_keys, *values])
    frame["p"] = holm(frame["p_raw"].tolist())
    frame["clear"] = (frame["p"] < LEVEL) & ((frame["low"] > 0) | (frame["high"] < 0))
    # What the reader came for stands first.
    return frame[[*found_keys, "difference", "low", "high", "p", "clear", "p_raw", "detectable", "sentences"]]


def _points(found: Difference) -> dict[str, float]:
    return {
        "difference": 100 * found.interval.value,
        "low": 100 * found.interval.low,
        "high": 100 * found.interval.high,
        "p_raw": found.p,
        "detectable": 100 * found.detectable,
    }
