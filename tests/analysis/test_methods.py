"""The worst rates of the simulation, and the settings that they were found in."""

import pandas as pd
import pytest

from openner_utils.analysis import methods

ROW = {
    "sentences": 100, "seeds": 3, "spread": 1.0, "other_spread": 1.0, "document": 1, "type_1": 0.04, "ignoring_seeds": 0.3,
    "coverage": 0.96, "coverage_f1": 0.97, "detectable": 8.0, "power": 0.8, "family_wise": 0.02, "repeats": 50, "families": 400,
    "code": "x",
}  # fmt: skip


@pytest.fixture
def simulated():
    worse = ROW | {"seeds": 2, "type_1": 0.061, "coverage": 0.931, "family_wise": 0.071}
    unequal = ROW | {"other_spread": 3.0, "family_wise": float("nan"), "type_1": 0.09}
    return pd.DataFrame([ROW, worse, unequal, ROW | {"document": 10, "family_wise": float("nan")}])


def test_settings_are_told_apart(simulated):
    found = methods.tables(simulated)
    assert {name: len(table) for name, table in found.items()} == {"equal": 2, "unequal": 1, "documents": 1}
    assert found["equal"]["type_1"].tolist() == pytest.approx([4.0, 6.1])


def test_the_worst_stand_with_their_settings_and_what_is_known_of_them(simulated):
    found = methods.findings(simulated)
    lowest, worst = found.alike.type_1
    assert lowest == pytest.approx(4.0)
    assert worst == methods.Rate(pytest.approx(6.1), 100, 2, (1.0,))
    assert found.alike.coverage == methods.Rate(pytest.approx(93.1), 100, 2, (1.0,))
    families = found.alike.families
    assert families is not None and families.error == (
        pytest.approx(2.0),
        methods.Rate(pytest.approx(7.1), 100, 2, (1.0,)),
    )
    assert families.standard_error == pytest.approx(1.09, abs=0.01)
    assert found.unlike.type_1[1].spreads == (1.0, 3.0) and found.unlike.families is None
