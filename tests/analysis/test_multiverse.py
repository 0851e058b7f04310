"""Claims under every combination of choices: what is known beforehand comes out, and too few universes are said to be."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from openner_utils.analysis import encoders, multiverse, universes
from openner_utils.analysis.multiverse import CHOICES, FEWEST, MAIN, REST, agreeing, findings, weights
from openner_utils.analysis.scorers import RUN
from openner_utils.config.params import Compare, Regime
from openner_utils.core.artifacts import RULED
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import lists_of, prediction_table, release_table
from openner_utils.core.repair import repair
from openner_utils.pages.wording.multiverse import sentences
from openner_utils.scoring.mentions import count
from tests.analysis.test_questions import TOKENIZERS, rows
from tests.strategies import label_rows, with_tokens

HOW = Compare(confidence=0.95)
REGIMES = {
    "individual": Regime(together=False),
    "joint": Regime(together=True),
    "all_types": Regime(together=False, release="standardized"),
    "masked": Regime(together=True, release="standardized", ontology="masked"),
}
NOTHING = RULED.empty()


def ruled(sentences: pd.DataFrame, rule: str, **counts: float) -> pd.DataFrame:
    return sentences[RUN].assign(
        rule=rule, **dict.fromkeys(("correct", "predicted", "reference"), 2.0) | counts
    )


def tables(*systems: pd.DataFrame, other: pd.DataFrame = NOTHING, dropped: pd.DataFrame = NOTHING):
    return multiverse.tables(pd.concat(systems), other, dropped, REGIMES, HOW)


WEAK, STRONG = rows(0.4, 3, system="a"), rows(0.8, 3, system="b")


def test_a_large_difference_holds_in_every_universe() -> None:
    found = tables(WEAK, STRONG)
    (claim,) = found["claims"].to_dict("records")
    assert (claim["kind"], claim["a"], claim["b"], claim["within"]) == ("encoders", "a", "b", "individual")
    # Two repairs, six rules, three seeds and their mean.
    assert claim["universes"] == len(found["universes"]) == 2 * 6 * 4
    assert (claim["positive"], claim["clear_positive"], claim["negative"], claim["clear_negative"]) == (
        100,
        100,
        0,
        0,
    )
    assert (
        claim["seed"] == pytest.approx(100) and claim["rule"] == pytest.approx(0) and np.isnan(claim["map"])
    )
    said = findings(found)
    assert (said.claims[0].clear, said.claims[0].held, said.claims[0].turned, said.fixed) == (
        1,
        1,
        0,
        ("map",),
    )
    assert "1 so in every universe" in sentences(said)[0] and "the map of types" in sentences(said)[-1]


def test_of_many_seeds_the_first_are_universes_of_their_own() -> None:
    found = tables(rows(0.4, 5, system="a"), rows(0.8, 5, system="b"))["universes"]
    assert set(found["seed"]) == {"all", "1", "2", "3"} and set(found["seeds"]) == {"5"}


def test_the_reports_own_universe_is_what_its_page_says() -> None:
    both = pd.concat(
        [WEAK, STRONG, rows(0.6, 3, system="a", language="fin"), rows(0.7, 3, system="b", language="fin")]
    )
    own = tables(both)["claims"].set_index("language")
    page = encoders.tables(both, TOKENIZERS, HOW)["pairs"].set_index("language")
    for column in ("difference", "low", "high", "p", "clear", "p_raw", "se", "seed_se"):
        assert own[column].tolist() == pytest.approx(page[column].tolist()), column


def test_a_rule_that_turns_a_claim_is_counted_and_weighs() -> None:
    # Under `texts` the weak one has everything, under either repair.
    found = tables(WEAK, STRONG, other=ruled(WEAK, "texts"))
    (claim,) = found["claims"].to_dict("records")
    assert claim["clear_negative"] == claim["negative"] == pytest.approx(100 / 6)
    assert claim["rule"] > 90 > 10 > claim["seed"] and claim["repair"] == pytest.approx(0)
    assert set(found["universes"].query("clear and difference < 0")["rule"]) == {"texts"}
    (kind,) = findings(found).claims
    assert (kind.held, kind.signed, kind.turned) == (0, 0, 1) and kind.median == pytest.approx(100 * 5 / 6)
    assert "1 of these are beyond chance the other way round" in sentences(findings(found))[0]
    assert (
        found["curve"]["main"].sum() == 1 and found["curve"]["claim"].unique() == "b minus a, individual, eng"
    )


def test_what_discard_changes_is_in_its_universes_alone() -> None:
    gone = ruled(STRONG, "conlleval", correct=0.0)
    found = tables(WEAK, STRONG, dropped=gone)["universes"].set_index(["repair", "rule", "seed"])[
        "difference"
    ]
    assert found["discard", "exact", "all"] < 0 < found["conlleval", "exact", "all"]
    assert found["discard", "texts", "all"] == found["conlleval", "texts", "all"]


def test_two_identical_systems_have_no_sign_and_nothing_weighs() -> None:
    found = tables(WEAK.assign(system="a"), WEAK.assign(system="b"))
    (claim,) = found["claims"].to_dict("records")
    assert claim["positive"] == claim["negative"] == 0 and not claim["clear"]
    assert not found["universes"]["difference"].any()
    assert all(np.isnan(claim[name]) for name in [*CHOICES, REST])
    assert "none can be lost" in sentences(findings(found))[0]


def test_training_together_is_a_claim_and_its_twin_is_the_other_map() -> None:
    parts = [
        rows(quality, 2, system="a", regime=regime)
        for regime, quality in (("individual", 0.5), ("joint", 0.7), ("all_types", 0.6), ("masked", 0.6))
    ]
    found = tables(*parts)
    # Joint and masked differ by more than their release, so the joint regime has no twin, and neither has the claim.
    assert universes.twins(REGIMES) == {"individual": "all_types"}
    assert found["claims"]["kind"].tolist() == ["regimes"] and found["universes"]["map"].unique() == "core"
    pair = tables(*(part.assign(system=name) for part in (parts[0], parts[2]) for name in "ab"))
    assert set(pair["universes"]["map"]) == {"core", "standardized"}
    assert pair["claims"]["universes"].tolist() == [2 * 6 * 2 * 3]


def test_too_few_universes_are_said_to_be() -> None:
    found = tables(rows(0.4, 1, system="a"), rows(0.8, 1, system="b"))
    assert found["claims"]["universes"].tolist() == [12] and FEWEST > 12 and found["curve"].empty
    assert sentences(findings(found))[0].startswith("There are too few universes")
    nothing = tables(WEAK)
    assert nothing["claims"].empty and sentences(findings(nothing))[0].startswith("There is no claim")


def factorial(**effects: float) -> pd.DataFrame:
    options = {"repair": ["x", "y"], "rule": ["x", "y", "z"], "map": ["x"], "seed": ["x", "y"]}
    frame = pd.DataFrame(list(itertools.product(*options.values())), columns=CHOICES)
    frame["difference"] = sum(size * (frame[name] == "y") for name, size in effects.items())
    return frame


def test_shares_of_variance_are_those_of_the_effects() -> None:
    found = weights(factorial(repair=3.0, seed=1.0))
    assert found == pytest.approx({"repair": 90, "rule": 0, "map": np.nan, "seed": 10, REST: 0}, nan_ok=True)
    together = factorial()
    together["difference"] = ((together["repair"] == "y") ^ (together["seed"] == "y")).astype(float)
    assert weights(together)[REST] == pytest.approx(100), "an interaction is no choice's own"
    assert all(np.isnan(value) for value in weights(factorial(repair=1.0).iloc[:-1]).values())


def test_a_claim_agrees_where_it_is_beyond_chance_with_the_reports_sign() -> None:
    frame = pd.DataFrame(
        {"difference": [1.0, -1.0], "clear_positive": [70.0, 10.0], "clear_negative": [5.0, 60.0]}
    )
    assert agreeing(frame).tolist() == [70, 60]
    assert set(MAIN) == set(CHOICES)


@given(gold=label_rows(IOB2), said=label_rows(IOB2))
def test_counts_under_discard_are_those_of_the_convention(gold, said) -> None:
    shape = [row[: min(len(row), len(other))] for row, other in zip(gold, said, strict=False)]
    other = [row[: len(cut)] for row, cut in zip(said, shape, strict=False)]
    reference, predicted = (repair(from_rows(with_tokens(shape))), from_rows(with_tokens(other)))
    release = release_table("c", "eng", "test", reference, reference)
    run = {"system": "s", "regime": "r", "labels_from": "release", "format": "", "decoding": "", "policy": "", "control": False, "seed": 1}  # fmt: skip
    labels = lists_of(predicted, predicted.label_strings())
    table = prediction_table(run, ("c", "eng", "test"), np.arange(len(shape)), labels)
    frames = list(universes.repaired(release, [table]))
    found = pd.concat(frames) if frames else NOTHING
    exact = found[found["rule"] == "conlleval"].set_index("sentence")
    discard, conlleval = (
        count(reference, predicted, name).values.sum(axis=1) for name in ("discard", "conlleval")
    )
    for number in range(len(shape)):
        counts = (
            exact.loc[number, ["correct", "predicted", "reference"]]
            if number in exact.index
            else conlleval[number]
        )
        assert list(counts) == discard[number].tolist()
