"""Which sentences a regime trains on, and how often."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.config.params import Regime, Sampling
from openner_utils.encoders.mixtures import drawn, trains_on


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, {"eng", "fin", "amh"}),
        ({"languages": ["fin", "amh"]}, {"fin", "amh"}),
        ({"families": ["Uralic"]}, {"fin"}),
        ({"scripts": ["Ethi"]}, {"amh"}),
        ({"scripts": ["Latn"], "families": ["Indo-European"]}, {"eng"}),
        ({"corpora": ["zena"]}, {"amh"}),
        ({"domains": ["no such"]}, set()),
    ],
)
def test_a_regime_is_restricted_by_what_it_names(chosen, expected):
    regime = Regime(together=True, **chosen)
    units = (("gazette", "eng"), ("uutiset", "fin"), ("zena", "amh"))
    assert {language for corpus, language in units if trains_on(regime, corpus, language)} == expected
    assert set(regime.restrictions) == set(chosen)


SIZES = st.lists(st.integers(0, 50), min_size=1, max_size=6)


@given(SIZES, st.floats(1, 10), st.one_of(st.none(), st.integers(1, 30)), st.integers(0, 99))
def test_sentences_of_a_part_are_drawn_equally_often(sizes, temperature, cap, seed):
    sampling = Sampling(temperature=temperature, cap=cap)
    found = drawn(sizes, sampling, seed)
    assert [part.tolist() for part in found] == [part.tolist() for part in drawn(sizes, sampling, seed)]
    for size, part in zip(sizes, found, strict=True):
        times = np.bincount(part, minlength=size)
        assert len(times) == size and (not size or times.max() - times.min() <= 1)
        assert not size or 1 <= len(part) <= (cap or sum(sizes))


@given(SIZES)
def test_temperature_one_takes_each_sentence_once(sizes):
    assert [part.tolist() for part in drawn(sizes, Sampling(), 1)] == [list(range(size)) for size in sizes]


@given(st.integers(1, 40), st.integers(41, 400))
def test_the_hotter_the_more_even(small, large):
    shares = [
        len(drawn([small, large], Sampling(temperature=temperature), 1)[0]) / (small + large)
        for temperature in (1, 2, 5, 1e9)
    ]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(0.5, abs=0.02)
