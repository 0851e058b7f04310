"""How alike labels are, three ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.catalog.taxonomy import universal
from openner_utils.web.likeness import by_taxonomy, by_vectors, exact

TYPES = sorted(universal().types)


def test_spelling():
    assert exact("Public Figure", "public_figure") == 1
    assert exact("person", "persons") == 0


def test_the_taxonomy_by_hand():
    alike = by_taxonomy(universal(), lambda label: label if label in universal().types else None)
    assert alike("person", "person -> writer") == pytest.approx(
        2 * 2 / (2 + 3)
    )  # person and its category of 2 and 3
    assert alike("person -> writer", "person -> politician") == pytest.approx(2 * 2 / (3 + 3))
    assert alike("person", "chemical") == 0
    assert (alike("no type", "No_Type"), alike("no type", "person")) == (1, 0)


@given(st.sampled_from(TYPES), st.sampled_from(TYPES))
def test_the_taxonomys_likeness_is_one(one, other):
    alike = by_taxonomy(universal(), lambda label: label)
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1
    assert (alike(one, other) == 1) == (one == other)


def test_vectors_are_made_once_of_each_label():
    asked = []

    def embed(texts):
        asked.append(list(texts))
        angles = np.array([len(text) for text in texts]) / 10
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    alike = by_vectors(embed, ["ab", "a", "ab", "abcd"])
    assert asked == [["a", "ab", "abcd"]]
    assert alike("a", "abcd") == alike("abcd", "a") == pytest.approx(np.cos(0.3), abs=1e-6)
    assert alike("ab", "ab") == 1
    by_vectors(embed, [])
    assert len(asked) == 1
