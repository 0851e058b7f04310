"""What a card says could be found is found as often as it says, in systems whose variances are known."""

import math

import numpy as np
import pandas as pd
import pytest

from benchmarks.significance import Population, Setting, _Pairs
from openner_utils.analysis import power
from openner_utils.analysis.power import SEEDS, SIZES, Parts, parts
from openner_utils.config.params import Compare
from openner_utils.pages.wording.power import sentences
from openner_utils.scoring.significance import difference
from tests.analysis.test_questions import rows

HOW = Compare(confidence=0.95)
LEVEL = 0.05
PILOTS, REPEATS = 40, 300
OWN_ERROR = 0.04
"""How far the stated power may be off beside what chance does: spreads are taken for those of normal deviates."""
SLACK = OWN_ERROR + 2.6 * (0.8 * 0.2 / REPEATS) ** 0.5


@pytest.fixture(scope="module")
def population() -> Population:
    return Population()


@pytest.mark.parametrize(
    ("pilot", "target"),
    [
        (Setting(1000, 5, 1, 1), Setting(300, 3, 1, 1)),  # fewer of both
        (Setting(1000, 5, 1, 1), Setting(1000, 10, 1, 1)),  # more seeds
        (Setting(300, 5, 1, 1), Setting(1000, 5, 1, 1)),  # more sentences
        (Setting(300, 3, 0, 0), Setting(300, 1, 0, 0)),  # the two models at hand
    ],
    ids=str,
)
def test_the_stated_power_holds(pilot, target, population) -> None:
    random = np.random.default_rng(1)
    known = Parts.mean([parts(a, b) for a, b, _, _ in _Pairs(pilot, population, 0.0).drawn(PILOTS, random)])
    size = known.detectable(target.seeds, target.sentences, LEVEL)
    pairs = _Pairs(target, population, size)
    found = [difference(a, b).p < LEVEL for a, b, _, _ in pairs.drawn(REPEATS, random)]
    assert np.mean(found) == pytest.approx(0.8, abs=SLACK)


def test_one_seed_on_the_same_sentences_is_what_the_test_itself_says(population) -> None:
    (a, b, _, _), *_ = _Pairs(Setting(300, 1, 0, 0), population, 0.0).drawn(1, np.random.default_rng(2))
    assert parts(a, b).detectable(1, 300, LEVEL) == pytest.approx(
        difference(a, b).detectable(LEVEL), rel=1e-6
    )


def test_a_variance_is_taken_apart_into_what_it_was_made_of(population) -> None:
    """Put together for the seeds and sentences that were run, the parts are the test's own variance, if the seeds of both sides are seen to differ."""
    (a, b, _, _), *_ = _Pairs(Setting(400, 4, 5, 5), population, 0.0).drawn(1, np.random.default_rng(3))
    found, own = parts(a, b), difference(a, b)
    assert min(found.units, found.seeds, found.cells) > 0
    whole = (found.units + found.cells / 4) / 400 + found.one / 400**2 + found.seeds / 4
    assert math.sqrt(whole) == pytest.approx(own.se, rel=1e-9)


def test_more_of_anything_finds_less_and_seeds_set_a_floor() -> None:
    found = Parts(units=0.3, seeds=2e-4, cells=0.2, one=10.0)
    by_size = [found.detectable(3, size, LEVEL) for size in (100, 300, 1000, 10**6)]
    by_seeds = [found.detectable(seeds, 1000, LEVEL) for seeds in (2, 3, 5, 10)]
    assert by_size == sorted(by_size, reverse=True) and by_seeds == sorted(by_seeds, reverse=True)
    assert by_size[-1] > 2 * math.sqrt(2e-4 / 3), "any number of sentences leaves what seeds differ by"
    unknown = Parts(0.3, math.nan, 0.2, 10.0)
    assert math.isinf(unknown.detectable(3, 1000, LEVEL)) and unknown.detectable(1, 1000, LEVEL) < 0.1
    assert math.isinf(Parts(1e3, 1e3, 0.0, 0.0).detectable(3, 10, LEVEL))


def test_a_test_set_has_its_card_for_every_number_of_seeds_and_sentences() -> None:
    systems = [rows(0.7, 3, system=name) for name in "ab"]
    found = power.tables(pd.concat([*systems, rows(0.7, 3, system="a", corpus="alone")]), HOW)
    cards = found["cards"]
    assert len(cards) == len(SEEDS) * (len(SIZES) + 1) and set(cards["corpus"]) == {"c"}
    assert cards.loc[cards["own"], "sentences"].unique() == [150] and set(cards["over"]) == {"sentences"}
    assert (cards["least"] <= cards["detectable"]).all() and (cards["detectable"] <= cards["most"]).all()
    assert found["parts"][["a", "b", "seeds", "sentences"]].values.tolist() == [["a", "b", 3, 150]]
    said = power.findings(found, HOW)
    (card,) = said.cards
    assert list(card.by_seeds) == list(SEEDS) and card.by_seeds[10] < card.by_seeds[3]
    assert sentences(said)[0].startswith("With 10 seeds a side") and "n = 150 sentences" in sentences(said)[0]
    assert sentences(said)[1].startswith("Median of 1 test set as they are, in points of F1: 1 seed ")


def test_of_one_seed_no_card_says_what_several_show() -> None:
    one = power.tables(pd.concat([rows(0.7, 1, system=name) for name in "ab"]), HOW)
    cards = one["cards"].set_index(["seeds", "sentences"])["detectable"]
    assert cards[1, 150] > 0 and cards[3].isna().all()
    assert "how much seeds differ is not known" in sentences(power.findings(one, HOW))[0]


def test_documents_are_the_units_of_a_card() -> None:
    found = power.tables(pd.concat([rows(0.7, 2, documents=15, system=name) for name in "ab"]), HOW)
    assert set(found["cards"]["over"]) == {"documents"}


def test_without_pairs_there_is_no_card() -> None:
    nothing = power.tables(rows(0.7), HOW)
    assert nothing["cards"].empty and nothing["parts"].empty
    assert "nothing is known" in sentences(power.findings(nothing, HOW))[0]
    single = pd.concat([rows(0.7, 2, sentences=1, system=name) for name in "ab"])
    assert power.tables(single, HOW)["cards"].empty
