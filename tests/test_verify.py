"""Tables against the committed ones."""

import pytest

from openner_utils.verify import TOLERANCE, Verdict, compare

BASE = "language,f1\neng,50.0\nswa,40.0\n"


@pytest.mark.parametrize(
    ("found", "exact", "cells", "fault"),
    [
        (BASE, True, 0, ""),
        ("language,f1\neng,50.0\nswa,41.5\n", False, 1, ""),
        ("language,f1\neng,50.0\nswa,41.5\n", True, 0, "a table of counts differs"),
        (
            f"language,f1\neng,50.0\nswa,{40 + 2 * TOLERANCE}\n",
            False,
            1,
            f"column f1 differs by up to {2 * TOLERANCE:g}",
        ),
        ("language,f1\neng,50.0\nfin,40.0\n", False, 1, "column language differs"),
        ("language,f1\neng,50.0\n", False, 0, "other rows or columns"),
        ("language,f1\neng,50.0\nswa,\n", False, 1, "column f1 differs"),
    ],
)
def test_compare(found, exact, cells, fault):
    counted, said = compare(BASE, found, exact)
    assert said.startswith(fault) if fault else said == ""
    assert counted == cells or fault


def test_a_verdict_may_tip_where_the_numbers_are_within_tolerance():
    assert compare("f1,clear\n50.0,True\n", "f1,clear\n49.0,False\n", False) == (2, "")


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict(0, ()), "identical"),
        (Verdict(3, ()), "within tolerance (3 cells differ)"),
        (Verdict(0, ("a.csv: gone",)), "different:\n  a.csv: gone"),
    ],
)
def test_verdict_in_words(verdict, text):
    assert str(verdict) == text
