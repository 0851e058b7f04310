"""What constraining costs: on planted replies, against each baseline, and with gaps where nothing was asked."""

import numpy as np
import pandas as pd
import pytest

from openner_utils.analysis import price
from openner_utils.analysis.price import ALL, MEASURES
from openner_utils.core.artifacts import TOOK
from openner_utils.pages.views import price as views
from openner_utils.pages.wording import price as words
from tests.analysis.test_questions import HOW, asked


def took(
    decoding: str, tokens: float, seconds: float | None = None, count: int = 150, **keys
) -> pd.DataFrame:
    """What replies took, a little more for later sentences."""
    names = {"system": "lm", "format": "json", "control": False, "corpus": "c", "language": "eng"} | keys
    frame = pd.DataFrame(
        {
            **names, "decoding": decoding, "split": "test", "sentence": range(count),
            "engine": "automaton" if decoding == "constrained" else "", "prompt_tokens": 9.0,
            "completion_tokens": tokens + np.arange(count) % 3,
            "seconds": np.nan if seconds is None else seconds + 0.01 * (np.arange(count) % 5),
        }
    )  # fmt: skip
    return frame[list(TOOK.empty())]


def tables(sentences: list[pd.DataFrame], *replies: pd.DataFrame) -> dict[str, pd.DataFrame]:
    main = pd.concat(sentences, ignore_index=True)
    return price.tables(main, pd.concat([TOOK.empty(), *replies], ignore_index=True), HOW)


def test_the_price_is_paired_by_language_and_by_script_and_what_was_not_asked_is_a_gap():
    sentences = [
        asked(quality, "json", decoding=decoding, language=code)
        for code in ("eng", "fin", "ukr") for decoding, quality in (("free", 0.7), ("constrained", 0.3))
    ]  # fmt: skip
    found = tables([*sentences, asked(0.9, "json", decoding="constrained", control=True)])
    rows = found["price"].set_index(["against", "language"])
    assert (rows.loc["free", "difference"] < -20).all() and rows.loc["free", "clear"].all()
    assert rows.loc["free", "sentences"].tolist() == [150] * 3, "the control is in none of it"
    assert rows.loc["described", "difference"].isna().all() and len(rows.loc["described"]) == 3
    by_script = found["price_by_script"].set_index(["against", "script"]).loc["free"]
    assert by_script["sentences"].to_dict() == {"Latn": 300, "Cyrl": 150} and set(by_script["language"]) == {
        ALL
    }
    free, described = price.findings(found).prices[::-1]
    assert (free.against, described.against) == ("free", "described") and described.costs == ()
    said = list(words.sentences(price.findings(found)))
    assert any(
        "constrained minus free decoding, in points of F1: eng −" in each or "eng -" in each for each in said
    )
    assert any("described in the prompt: not asked in both ways" in each for each in said)
    told = found["price_told"]
    assert told["against"].unique().tolist() == ["free"] and len(told) == 3 + 2
    assert not told.drop(columns="seed_se").isna().any().any() and told["sentences"].dtype == int


def test_each_baseline_is_another_difference():
    qualities = {"free": 0.3, "described": 0.6, "constrained": 0.8}
    found = tables([asked(quality, "json", decoding=decoding) for decoding, quality in qualities.items()])
    difference = found["price"].set_index("against")["difference"]
    assert difference["free"] > difference["described"] > 0


def test_what_replies_took_is_paired_with_free_decoding():
    found = tables(
        [asked(0.5, "json")],
        took("free", 10, 0.5), took("constrained", 14, 0.8), took("free", 99, 9, control=True),
        took("free", 20, language="fin"), took("constrained", 20, language="fin", count=40),
    )["took"].set_index(["language", "decoding"])  # fmt: skip
    held = found.loc[("eng", "constrained")]
    assert held["completion_tokens_more"] == pytest.approx(4) and held["seconds_more"] == pytest.approx(0.3)
    assert held["seconds_low"] <= held["seconds_more"] <= held["seconds_high"]
    assert (held["engine"], held["replies"], held["seconds_told"]) == ("automaton", 150, 150)
    assert found.loc[("eng", "free"), "completion_tokens"] == pytest.approx(11)
    assert found.loc[("fin", "constrained"), ["seconds", "seconds_more"]].isna().all(), "no run was timed"
    assert found.loc[("fin", "constrained"), "completion_tokens_pairs"] == 40
    gap = found.loc[("eng", "described")]
    assert gap["replies"] == 0 and np.isnan(gap["completion_tokens"])
    assert found.loc[(ALL, "constrained"), "replies"] == 190


@pytest.mark.parametrize("measure", MEASURES)
def test_what_replies_took_is_shown_by_script(measure):
    found = tables(
        [asked(0.5, "json")],
        took("free", 10, 0.5, language="ukr"),
        took("free", 10, 0.5),
        took("constrained", 12, 0.6),
    )["took"]
    shown = views.took(found, measure)
    assert list(shown) == [
        "system",
        "format",
        "script",
        "language",
        "decoding",
        "engine",
        measure,
        "n",
        "more",
        "low",
        "high",
    ]
    assert list(dict.fromkeys(shown["script"])) == ["Cyrl", "Latn"] and len(shown) == 6


@pytest.mark.parametrize(("values", "units"), [([], []), ([1.0], [0]), ([1.0, 1.0, 1.0], [0, 0, 0])])
def test_an_interval_needs_two_units(values, units):
    assert all(map(np.isnan, price.paired_interval(np.array(values), np.array(units, int), 0.95)))


def test_the_seconds_of_a_batch_are_one_observation():
    batches = np.repeat([0.1, 0.4, 0.3, 0.2, 0.6], 30)
    free, held = took("free", 10, 1.0), took("constrained", 10).assign(seconds=1.0 + batches)
    found = tables([asked(0.5, "json")], free.assign(seconds=1.0), held)["took"].set_index("decoding")
    row = found.loc["constrained"]
    low, high = price.paired_interval(np.array([0.1, 0.4, 0.3, 0.2, 0.6]), np.arange(5), 0.95)
    assert (row["seconds_low"], row["seconds_high"]) == (pytest.approx(low), pytest.approx(high))
    assert row["seconds_pairs"] == 150


def test_without_models_there_is_no_price():
    found = tables([asked(0.5, "json").iloc[:0]])
    assert [len(table) for table in found.values()] == [0, 0, 0, 0]
    assert list(words.sentences(price.findings(found))) == []
