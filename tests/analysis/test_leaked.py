"""F1 without leaked sentences: by hand, for languages that lose none or all, and rankings that turn."""

import pandas as pd
import pytest

from openner_utils.analysis.leaked import findings, tables
from openner_utils.config.params import Compare
from openner_utils.pages.wording.leaked import sentences

HOW = Compare(confidence=0.95)


def scored(system: str, right: list[int], language: str = "eng", seeds: int = 2) -> pd.DataFrame:
    """Counts of a system that finds so many of 2 mentions in each sentence."""
    rows = {
        "system": system, "regime": "alone", "corpus": "c", "language": language, "document": 0, "predicted": 2, "reference": 2,
        "sentence": range(len(right)), "correct": right,
    }  # fmt: skip
    return pd.concat([pd.DataFrame(rows).assign(seed=seed) for seed in range(seeds)], ignore_index=True)


def held(*places: tuple[str, int, bool, bool, float]) -> pd.DataFrame:
    """Test sentences: language, number, in its own training data, in another's, most similar."""
    columns = ["language", "sentence", "own_train", "other_train", "similarity"]
    return pd.DataFrame(places, columns=columns).assign(corpus="c")


ENCODERS = pd.concat(
    [
        scored("a", [2, 2, 0, 1]),
        scored("b", [0, 1, 2, 2]),
        scored("a", [1, 1], "fin"),
        scored("a", [2, 2], "swa"),
    ],
    ignore_index=True,
)
LEAKED = held(
    ("eng", 0, True, False, 0.0), ("eng", 1, False, False, 0.9), ("eng", 3, False, False, 0.0), ("swa", 0, True, False, 0.0),
    ("swa", 1, False, True, 0.0),
)  # fmt: skip


def test_f1_with_and_without_by_hand():
    scores = tables(ENCODERS, LEAKED, HOW)["scores"].set_index(["language", "system"])
    a, b = scores.loc[("eng", "a")], scores.loc[("eng", "b")]
    assert (a["leaked"], a["sentences"], a["f1"], a["f1_without"]) == (
        2,
        4,
        pytest.approx(62.5),
        pytest.approx(25.0),
    )
    assert a["rise"] == pytest.approx(37.5) and b["rise"] == pytest.approx(62.5 - 100)
    assert a["low"] < a["f1"] < a["high"] and a["low_without"] < a["f1_without"] < a["high_without"]
    finnish = scores.loc[("fin", "a")]
    assert (finnish["leaked"], finnish["rise"]) == (0, 0)
    assert pd.isna(scores.loc[("swa", "a")]["f1_without"]), "nothing is left of it"


def test_what_is_said_names_turned_orders():
    # a is behind b by a little with all sentences, so that its order holds; then it is ahead, and turns.
    ahead = pd.concat([scored("a", [2, 2, 0, 1]), scored("b", [0, 1, 2, 1])], ignore_index=True)
    found = findings(tables(ahead, LEAKED, HOW))
    assert (found.leaked, found.sentences, found.rows, found.pairs, found.turned) == (2, 4, 2, 1, 1)
    said = sentences(found)
    assert (
        said[0].startswith("Training data hold 2 of 4 test sentences")
        and "1 of 1 pair of encoders" in said[1]
    )


def test_without_leaks_there_is_nothing_to_adjust():
    overlap = LEAKED.iloc[:0]
    found = findings(tables(ENCODERS, overlap, HOW))
    assert (found.leaked, found.rises) == (0, None)
    assert "there is nothing to adjust for" in sentences(found)[0]
    assert sentences(findings(tables(ENCODERS.iloc[:0].assign(seed=[]), overlap, HOW))) == [
        "No encoder was scored."
    ]
