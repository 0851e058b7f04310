"""The loss while the learning rate rises: what is suggested learns, and collapses are seen."""

import numpy as np
import pytest
import torch

from openner_utils.encoders import loop, models
from openner_utils.runs.machine import CPU
from openner_utils.search.rates import HIGHEST, LOWEST, RateTest, find_rate, smooth
from openner_utils.support.errors import OpenNERError
from tests.planted import LABELS, RECIPE, planted

TRAIN = planted(120, seed=1)


@pytest.fixture(scope="module")
def found() -> RateTest:
    return find_rate(RECIPE, TRAIN, LABELS, 1, CPU)


def test_what_is_suggested_learns(found):
    assert found.learnt and found.suggested is not None
    assert LOWEST < found.suggested < found.rates[found.lowest]
    recipe = RECIPE.model_copy(update={"learning_rate": found.suggested})
    tagger = models.load(recipe.checkpoint, None, LABELS, 1)
    history = loop.train(tagger, recipe, TRAIN, planted(20, seed=2), 1, CPU)
    assert history[-1].dev_f1 > 0.9


def test_rates_rise_alike_and_it_ends_where_the_loss_leaves_all_bounds(found):
    steps = np.diff(np.log(found.rates))
    assert found.rates[0] == LOWEST and np.allclose(steps, steps[0]) and steps[0] > 0
    assert found.diverged is not None and found.rates[found.lowest] < found.diverged < HIGHEST
    assert found.losses[-1] > 1.5 * min(found.losses)


def test_the_same_seed_gives_the_same(found):
    again = find_rate(RECIPE, TRAIN, LABELS, 1, CPU)
    assert again == found
    assert find_rate(RECIPE, TRAIN, LABELS, 2, CPU).losses != found.losses


def test_shuffled_labels_are_not_learnt_from():
    shuffled = TRAIN.with_labels(np.random.default_rng(0).permutation(TRAIN.labels), TRAIN.names)
    found = find_rate(RECIPE, shuffled, LABELS, 1, CPU, steps=60)
    assert min(found.losses) > 0.9 * found.constant_loss


def test_a_loss_that_never_fell_suggests_nothing():
    rising = RateTest((1e-3, 1e-2, 1e-1, 1.0), (1.0, 1.1, 1.2, 2.3), 0.5, 1.0)
    assert rising.suggested is None and not rising.learnt


def test_suggested_is_the_steepest_place_before_the_lowest_also_above_the_constant_loss():
    rates = tuple(10.0 ** np.arange(-6, 1))
    falls = RateTest(rates, (2.0, 1.9, 1.4, 0.8, 0.6, 0.5, 0.6), 0.85, None)
    assert falls.suggested == rates[2]
    assert falls.rates[falls.lowest] == rates[5]


def test_a_fall_behind_a_rise_is_none_that_leads_to_the_lowest_loss():
    rates = tuple(10.0 ** np.arange(-6, 1))
    again = RateTest(rates, (2.0, 1.6, 1.0, 0.9, 4.0, 1.2, 3.0), 0.5, 1.0)
    assert again.suggested == rates[1]


def test_of_two_falls_the_one_below_the_constant_loss_is_told_apart():
    rates = tuple(10.0 ** np.arange(-6, 3))
    twice = RateTest(rates, (2.0, 1.9, 1.3, 0.9, 0.88, 0.8, 0.5, 0.4, 0.6), 0.85, None)
    assert twice.steepest == 2 and twice.steepest_below == 6
    assert RateTest(rates, twice.losses, 0.1, None).steepest_below is None
    assert RateTest(rates, twice.losses, 9.9, None).steepest_below == twice.steepest


RATES = np.geomspace(LOWEST, HIGHEST, 120)
NOISE = 0.3  # nats per token: batches of a few sentences differ by as much


def fall(middle: float) -> np.ndarray:
    """Return losses that fall by 2 nats, steepest at ``middle``, within about a tenfold rate, and explode towards 1."""
    return 2.5 - 2.0 / (1 + np.exp(-4.0 * np.log10(RATES / middle))) + 6.0 * (RATES > 0.5)


@pytest.mark.parametrize("middle", [1e-4, 1e-3, 1e-2])
def test_the_middle_of_a_known_fall_is_suggested(middle):
    test = RateTest(tuple(RATES), smooth(fall(middle)), 1.0, None)
    assert test.suggested == pytest.approx(middle, rel=0.15)


@pytest.mark.parametrize("middle", [1e-4, 1e-3, 1e-2])
def test_noise_of_batches_moves_the_suggestion_by_less_than_the_half_of_a_decade(middle):
    off = []
    for seed in range(200):
        noisy = fall(middle) + np.random.default_rng(seed).normal(0, NOISE, len(RATES))
        suggested = RateTest(tuple(RATES), smooth(noisy), 1.0, None).suggested
        assert suggested is not None
        off.append(np.log10(suggested / middle))
    assert np.mean(np.abs(off) < 0.5) > 0.95
    assert abs(np.median(off)) < 0.1


def test_a_straight_line_is_left_as_it_is_and_noise_is_not():
    line = np.linspace(3, 1, 50)
    assert smooth(line) == pytest.approx(line)
    noise = np.random.default_rng(1).normal(0, NOISE, 1000)
    assert np.std(smooth(noise)) < 0.3 * NOISE
    assert smooth([1.0, 2.0]) == (1.0, 2.0)


def test_a_loss_that_begins_beyond_all_bounds_is_an_error(monkeypatch):
    def load(*arguments: object) -> models.Tagger:
        made = plain(*arguments)
        with torch.no_grad():
            made.model.classifier.bias.fill_(float("inf"))
        return made

    plain = models.load
    monkeypatch.setattr(models, "load", load)
    with pytest.raises(OpenNERError, match="no finite number even at the lowest rate"):
        find_rate(RECIPE, planted(20, seed=1), LABELS, 3, CPU)
