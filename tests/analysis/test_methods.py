"""What is said of the simulation is what its table says."""

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


def test_the_worst_is_named_with_its_setting_and_what_is_known_of_it(simulated):
    alike, unequal = methods.summary(simulated)
    assert "4.0 to 6.1 % (allowed: 5; worst: 100 sentences, 2 seeds, spread 1;" in alike
    assert "at least 93.1 % (100 sentences, 2 seeds, spread 1)" in alike
    assert "2.0 to 7.1 % (100 sentences, 2 seeds, spread 1)" in alike and "± 1.1 points" in alike
    assert "9.0 to 9.0 %" in unequal and "spread 1/3" in unequal and "Families" not in unequal
