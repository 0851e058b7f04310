"""Two views of the same differences: resamples beside what the test decided, at the level at which it did, and where they disagree."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import two_views
from openner_utils.analysis.systems import compared
from openner_utils.config.params import Compare
from openner_utils.scoring.resampling import difference

HOW = Compare(confidence=0.95)


def scored(quality: float, language: str = "eng", seeds: int = 3, count: int = 200) -> pd.DataFrame:
    """Counts of a system on sentences of two mentions, a document for every four."""
    draw = np.random.default_rng(round(1000 * quality))
    seed, sentence = (each.ravel() for each in np.indices((seeds, count)))
    return pd.DataFrame(
        {
            "corpus": "c", "language": language, "seed": seed, "sentence": sentence, "document": sentence // 4,
            "correct": draw.binomial(2, quality, seeds * count), "predicted": 2, "reference": 2,
        }
    )  # fmt: skip


def pairs() -> list[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]]:
    return [
        ({"a": "low", "b": "high"}, scored(0.4), scored(0.8)),
        ({"a": "one", "b": "alike"}, scored(0.6), scored(0.601)),
        ({"a": "one seed", "b": "three"}, scored(0.6, seeds=1), scored(0.61)),
    ]


def test_resamples_stand_beside_each_row_at_its_level() -> None:
    found = compared(pairs(), HOW)
    both = two_views.beside(found, pairs(), HOW, resamples=2_000)
    pd.testing.assert_frame_equal(both[found.columns], found)
    assert both["clear"].tolist() == [True, False, False] and both["agrees"].all()
    width = both["high"] - both["low"]
    assert (both["high_resampled"] - both["low_resampled"]).tolist() == pytest.approx(
        width.tolist(), rel=0.25
    )
    assert two_views.findings(both, ["a", "b"]).others == ()


def test_a_row_at_the_edge_on_which_the_views_disagree_is_named() -> None:
    found = compared(pairs()[:1], HOW).assign(clear=False)
    (other,) = two_views.findings(two_views.beside(found, pairs()[:1], HOW, 500), ["a", "b"]).others
    assert other.what == "low, high" and not other.clear
    assert other.low_resampled > 0 and other.value == pytest.approx(40, abs=5)


def test_documents_are_the_units_as_they_are_of_the_test() -> None:
    a, b = scored(0.4), scored(0.5)
    found = compared([({"a": "a", "b": "b"}, a, b)], HOW)
    both = two_views.beside(found, [({}, a, b)], HOW, resamples=1_000)
    counts = [each[["correct", "predicted", "reference"]].to_numpy().reshape(3, 200, 3) for each in (a, b)]
    expected = difference(*counts, np.arange(200) // 4, 1_000).interval(0.05)
    assert both["low_resampled"].item() == pytest.approx(100 * expected.low)
    assert found["over"].item() == "50 documents, seeds"


def test_one_sentence_cannot_be_resampled_and_nothing_has_nothing_beside_it() -> None:
    pair = [({"a": "a", "b": "b"}, scored(0.4, count=1), scored(0.8, count=1))]
    both = two_views.beside(compared(pair, HOW), pair, HOW)
    assert both["low_resampled"].isna().all() and both["agrees"].all()
    empty = two_views.beside(compared([], HOW, ["a", "b"]), [], HOW)
    assert list(empty.columns)[5:10] == ["p", "clear", *two_views.COLUMNS] and empty.empty
    assert two_views.findings(empty, ["a", "b"]).compared == 0
