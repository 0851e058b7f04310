"""The effect of the order of types, by hand."""

import pytest

from openner_utils.llm.order_effect import Asked, effect

GOLD = (("B-PER", "O"), ("O", "B-LOC"), ("B-ORG", "O"))
LANGUAGES = ("eng", "eng", "fin")
NOTHING = ("O", "O")


def asked(order, *predicted, decoding="free"):
    return Asked(decoding, False, order, LANGUAGES, GOLD, predicted)


def test_by_language_and_over_all():
    found = effect(
        [asked(0, *GOLD), asked(4, GOLD[0], NOTHING, NOTHING), asked(7, NOTHING, NOTHING, GOLD[2])]
    )
    rows = found.set_index("language")
    assert list(rows.index) == ["eng", "fin", "all"] and list(rows["sentences"]) == [2, 1, 3]
    assert list(rows.loc["eng", ["order 0", "order 4", "order 7"]]) == pytest.approx([100, 200 / 3, 0])
    assert list(rows.loc["all", ["order 0", "order 4", "order 7"]]) == pytest.approx([100, 50, 50])
    assert rows.loc["all", "range"] == pytest.approx(50) and rows.loc["all", "mean"] == pytest.approx(200 / 3)
    assert rows.loc["all", "sd"] == pytest.approx(28.8675, abs=1e-4)


def test_ways_of_decoding_are_never_pooled():
    found = effect([asked(order, *GOLD, decoding=way) for way in ("free", "guided") for order in (0, 1)])
    assert list(found["decoding"]) == ["free"] * 3 + ["guided"] * 3


def test_one_order_has_no_effect():
    assert effect([asked(0, *GOLD)]).empty
