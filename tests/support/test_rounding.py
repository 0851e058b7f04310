"""Half-up rounding, against Python's decimals, exact fractions and SeqScore."""

import math
import time
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqscore.scoring import convert_score

from openner_utils.support.rounding import half_up, half_up_all, percent, share

finite = st.floats(allow_nan=False, allow_infinity=False)
halves = st.builds(
    lambda number, digits: (10 * number + 5) / 10**digits, st.integers(-(10**6), 10**6), st.integers(1, 7)
)
beside_halves = st.builds(
    lambda half, to: math.nextafter(half, to), halves, st.sampled_from([-math.inf, math.inf])
)
numbers = finite | halves | beside_halves | st.floats(-100, 100)
fractions = st.integers(1, 3000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
digits = st.integers(0, 6)


def by_decimals(value: float, places: int) -> float:
    rounded = Decimal(repr(value)).quantize(
        Decimal(10) ** -places, context=Context(prec=500, rounding=ROUND_HALF_UP)
    )
    return float(rounded)


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (0.125, 2, "0.13"), (2.675, 2, "2.68"), (62.25, 1, "62.3"), (62.35, 1, "62.4"), (-0.25, 1, "-0.3"),
        (-0.04, 1, "0.0"), (-0.0, 1, "0.0"), (0.05, 1, "0.1"), (-0.05, 1, "-0.1"), (99.95, 1, "100.0"), (0.5, 0, "1"),
        (1.5, 0, "2"), (2.5, 0, "3"), (0.49999999999999994, 0, "0"), (1.005, 2, "1.01"), (62.2499, 1, "62.2"),
        (1e22, 1, "10000000000000000000000.0"), (5e-324, 3, "0.000"), (math.inf, 1, "inf"), (-math.inf, 1, "-inf"),
        (math.nan, 1, "nan"), (np.float32(2.675), 2, "2.68"), (np.float64(2.675), 2, "2.68"), (3, 1, "3.0"),
    ],
)  # fmt: skip
def test_halves_go_away_from_zero(value: float, places: int, shown: str) -> None:
    assert f"{half_up(value, places):.{places}f}" == shown
    array = np.array([value], getattr(value, "dtype", np.float64))
    assert f"{half_up_all(array, places)[0]:.{places}f}" == shown


@given(value=numbers, places=digits)
def test_equals_the_decimals_of_python(value: float, places: int) -> None:
    rounded = half_up(value, places)
    assert rounded == by_decimals(value, places)
    assert half_up(rounded, places) == rounded and half_up(-value, places) == -rounded
    assert math.copysign(1, rounded) == 1 or rounded < 0, "no negative zero"


@given(values=st.lists(numbers | st.sampled_from([math.nan, math.inf, -math.inf, -0.0])), places=digits)
def test_the_bulk_form_equals_the_other(values: list[float], places: int) -> None:
    rounded = half_up_all(np.array(values, np.float64), places)
    assert [repr(value) for value in rounded.tolist()] == [repr(half_up(value, places)) for value in values]


@given(part=fractions)
def test_a_share_is_rounded_as_the_fraction_that_it_is(part: tuple[int, int]) -> None:
    correct, whole = part
    exact = Fraction(10_000 * correct, whole)
    assert f"{percent(correct / whole, 2):.2f}" == f"{math.floor(exact + Fraction(1, 2)) / 100:.2f}"
    if exact % 1 != Fraction(1, 2):  # SeqScore rounds such halves as they are in binary
        assert Decimal(f"{percent(correct / whole, 2):.2f}") == convert_score(correct / whole, False)


@pytest.mark.parametrize("correct", [1, 3, 5, 7, 27, 31])
def test_halves_that_binary_numbers_hold_are_rounded_as_in_seqscore(correct: int) -> None:
    assert Decimal(f"{percent(correct / 32, 2):.2f}") == convert_score(correct / 32, False)


def test_a_mean_and_a_product_leave_no_noise() -> None:
    assert percent(0.00035, 2) == 0.04 and 100 * 0.00035 < 0.035
    assert percent((0.1 + 0.20009) / 2, 2) == 15.0 and percent(0.57, 2) == 57


@pytest.mark.parametrize(
    ("fraction", "digits", "said"),
    [
        (0, 0, "0%"), (1, 0, "100%"), (0.75, 0, "75%"), (199 / 200, 0, ">99%"), (1 / 201, 0, "<1%"), (1 / 200, 0, "1%"),
        (0.99, 0, "99%"), (0.994, 0, "99%"), (0.9994, 1, "99.9%"), (0.9996, 1, ">99.9%"), (0.0004, 1, "<0.1%"),
        (1e-15, 0, "<1%"), (1 - 1e-15, 0, ">99%"), (0, 1, "0.0%"), (1, 1, "100.0%"),
    ],
)  # fmt: skip
def test_a_share_that_is_not_whole_is_neither_none_nor_all(fraction: float, digits: int, said: str) -> None:
    assert share(fraction, digits) == said


@pytest.mark.parametrize("column", [np.random.default_rng(0).random(100_000), np.full(100_000, 62.25)])
def test_a_long_column_takes_little_time(column: np.ndarray) -> None:
    begin = time.perf_counter()
    half_up_all(column, 1)
    assert time.perf_counter() - begin < 30
