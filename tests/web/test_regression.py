"""The regression of ratings: planted signals are found, noise is not, and nothing is chosen on what is tested."""

import numpy as np
import pytest

from openner_utils.support.errors import OpenNERError
from openner_utils.web.regression import FEWEST, _part, calibration, fit, macro_f1

DIMENSIONS = 12


def planted(count, noise, seed=1):
    """Return vectors of length 1, ratings that follow their first dimension, and ids."""
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(count, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    signal = vectors[:, 0] + noise * draw.normal(size=count)
    ratings = np.searchsorted(np.quantile(signal, [0.2, 0.4, 0.6, 0.8]), signal)
    return vectors, ratings.tolist(), [f"passage {number}" for number in range(count)]


@pytest.mark.parametrize(("target", "least"), [("binary", 0.9), ("levels", 0.6)])
def test_a_signal_is_found(target, least):
    for seed in (1, 2, 3):
        found = fit(*planted(1500, 0.05), target, seed)
        assert found.test_f1 > least
        assert found.train + found.dev + found.test == 1500
        assert found.train > 5 * found.dev


def test_noise_is_not():
    found = [fit(*planted(1500, 1000.0), "binary", seed).test_f1 for seed in (1, 2, 3)]
    assert max(found) < 0.6


def test_test_ratings_decide_nothing():
    """With the ratings of the test part turned, the regressor stays what it is, and only its F1 falls."""
    vectors, ratings, ids = planted(600, 0.1)
    plain = fit(vectors, ratings, ids, "binary", 1)
    tested = [n for n, id in enumerate(ids) if _part(id, 1) == 0]
    assert len(tested) == plain.test
    turned = [4 - rating if n in tested else rating for n, rating in enumerate(ratings)]
    again = fit(vectors, turned, ids, "binary", 1)
    assert np.array_equal(again.regressor.weights, plain.regressor.weights)
    assert again.dev_f1 == plain.dev_f1
    assert again.test_f1 < plain.test_f1


def test_other_seeds_part_otherwise_and_the_same_seed_alike():
    vectors, ratings, ids = planted(600, 0.1)
    one, again, other = (fit(vectors, ratings, ids, "levels", seed) for seed in (1, 1, 2))
    assert np.array_equal(one.regressor.weights, again.regressor.weights)
    assert not np.array_equal(one.regressor.weights, other.regressor.weights)


def test_weights_are_those_of_ridge_regression():
    vectors, ratings, ids = planted(300, 0.2)
    found = fit(vectors, ratings, ids, "levels", 1)
    learnt = np.array([_part(id, 1) > 1 for id in ids])
    x, y = vectors[learnt].astype(np.float64), np.array(ratings, float)[learnt]
    # The gradient of the penalized squared error is zero there.
    residual = y - found.regressor.scores(vectors[learnt])
    assert residual.sum() == pytest.approx(0, abs=1e-6)
    assert x.T @ residual == pytest.approx(found.regressor.penalty * found.regressor.weights, abs=1e-6)


def test_calibration_by_hand():
    scores, wanted = np.array([-0.1, 0.1, 0.9, 0.95, 1.2]), np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    found = calibration(scores, wanted, "binary")
    assert found == ((2, pytest.approx(0.0), 0.5), (3, pytest.approx(3.05 / 3), pytest.approx(2 / 3)))
    assert sum(count for count, _, _ in calibration(4 * scores, wanted, "levels")) == 5


def test_macro_f1_counts_classes_that_one_side_alone_has():
    assert macro_f1(np.array([0, 1, 2]), np.array([0, 1, 2])) == 1
    assert macro_f1(np.array([0, 0]), np.array([0, 3])) == pytest.approx((2 / 3 + 0) / 2)


@pytest.mark.parametrize(
    ("count", "ratings", "message"),
    [(FEWEST - 1, None, "Rate 50 or more"), (200, [3] * 200, "nothing can be learnt")],
)
def test_too_little_is_refused(count, ratings, message):
    vectors, drawn, ids = planted(count, 0.1)
    with pytest.raises(OpenNERError, match=message):
        fit(vectors, ratings or drawn, ids, "binary", 1)
