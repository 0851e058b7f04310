"""Prices of accepted mentions: sums that can be done by hand."""

import pandas as pd
import pytest

from openner_utils.llm.spending import Rates, Usage
from openner_utils.web.annotating import Annotation
from openner_utils.web.pricing import prices
from openner_utils.web.truth import EVERY, Truth
from tests.web.marked import named

PASSAGES = (
    named("Ada in Oslo", ("Ada", "PER"), ("Oslo", "LOC"), number=1, language="eng"),
    named("Bo in Bergen!", ("Bo", "PER"), number=2, language="swa"),
    named("no name", number=3, language="swa"),
)
USAGES = (Usage(100, 10), Usage(200, 20), Usage(300, 30))


def truth(usages=USAGES, accepted=PASSAGES, rates=Rates(1_000_000, 2_000_000)):  # noqa: B008
    promised = pd.DataFrame(
        {"language": ["eng", "swa"], "target": 0.9, "confidence": 0.8, "threshold": [0.5, None], "mean_over_documents": [1.0, None]}
    )  # fmt: skip
    annotations = {"llm": Annotation(PASSAGES, usages=usages, rates=rates), "tagger": Annotation(PASSAGES)}
    return Truth(
        pd.DataFrame(), promised, None, {}, annotations, {}, tuple(accepted), {"llm": 1.0, "tagger": 3.0}
    )


def test_tokens_seconds_and_cost_are_shared_out_among_accepted_mentions():
    found = prices(truth()).set_index("language")
    assert found.loc[EVERY, ["passages", "prompt_tokens", "completion_tokens", "accepted"]].tolist() == [
        3,
        600,
        60,
        3,
    ]
    assert found.loc["eng", "tokens_each"] == 110 / 2 and found.loc["swa", "tokens_each"] == 550
    assert found.loc["eng", "cost"] == 120 and found.loc["eng", "cost_each"] == 60
    assert found.loc[EVERY, "seconds"] == 4 and found.loc["eng", "seconds"] == pytest.approx(4 * 11 / 31)
    assert found.loc["eng", "threshold"] == 0.5 and pd.isna(found.loc["swa", "threshold"])


def test_the_languages_add_up():
    found = prices(truth()).set_index("language")
    parts = found.drop(index=EVERY)
    for name in ("passages", "prompt_tokens", "completion_tokens", "accepted", "cost", "seconds"):
        assert parts[name].sum() == pytest.approx(found.loc[EVERY, name])


def test_what_nobody_told_has_no_cost():
    found = prices(truth((None, *USAGES[1:]))).set_index("language")
    assert found.loc["eng", "untold"] == 1 and pd.isna(found.loc["eng", "cost"])
    assert found.loc["swa", "cost"] > 0


def test_without_price_accepted_mentions_or_time_cells_are_empty():
    nothing = [each.with_mentions(()) for each in PASSAGES]
    found = prices(truth(accepted=nothing, rates=None), timed=False).set_index("language")
    assert found.loc[EVERY, ["cost", "seconds", "tokens_each"]].isna().all()
