"""The loss while the learning rate rises: what is suggested learns, and collapses are seen."""

import numpy as np
import pytest

from openner_utils.encoders import loop, models
from openner_utils.runs.machine import CPU
from openner_utils.search.rates import HIGHEST, LOWEST, RateTest, find_rate
from tests.planted import LABELS, RECIPE, planted

TRAIN = planted(120, seed=1)


@pytest.fixture(scope="module")
def test_() -> RateTest:
    return find_rate(RECIPE, TRAIN, LABELS, 1, CPU)


def test_what_is_suggested_learns(test_):
    assert test_.learnt and test_.suggested is not None
    assert LOWEST < test_.suggested < test_.rates[test_.lowest]
    recipe = RECIPE.model_copy(update={"learning_rate": test_.suggested})
    tagger = models.load(recipe.checkpoint, None, LABELS, 1)
    history = loop.train(tagger, recipe, TRAIN, planted(20, seed=2), 1, CPU)
    assert history[-1].dev_f1 > 0.9


def test_rates_rise_alike_and_it_ends_where_the_loss_leaves_all_bounds(test_):
    steps = np.diff(np.log(test_.rates))
    assert test_.rates[0] == LOWEST and np.allclose(steps, steps[0]) and steps[0] > 0
    assert test_.diverged is not None and test_.rates[test_.lowest] < test_.diverged < HIGHEST
    assert test_.losses[-1] > 1.5 * min(test_.losses)


def test_the_same_seed_gives_the_same(test_):
    again = find_rate(RECIPE, TRAIN, LABELS, 1, CPU)
    assert again == test_
    assert find_rate(RECIPE, TRAIN, LABELS, 2, CPU).losses != test_.losses


def test_shuffled_labels_are_not_learnt_from():
    shuffled = TRAIN.with_labels(np.random.default_rng(0).permutation(TRAIN.labels), TRAIN.names)
    found = find_rate(RECIPE, shuffled, LABELS, 1, CPU, steps=60)
    assert min(found.losses) > 0.9 * found.constant_loss


def test_a_loss_that_never_fell_suggests_nothing():
    rising = RateTest((1e-3, 1e-2, 1e-1, 1.0), (1.0, 1.1, 1.2, 2.3), 0.5, 1.0)
    assert rising.suggested is None and not rising.learnt


def test_the_steepest_place_counts_only_below_the_constant_loss():
    rates = tuple(10.0 ** np.arange(-6, 1))
    falls = RateTest(rates, (2.0, 1.0, 0.9, 0.8, 0.5, 0.4, 0.6), 0.85, None)
    assert falls.suggested == rates[3]
