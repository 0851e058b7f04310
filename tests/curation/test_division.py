"""Splits that the compendium makes: whole units, near the wanted shares, the same for the same files."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openner_utils.core.columns import from_rows
from openner_utils.curation.division import Unit, divide, units
from openner_utils.support.errors import OpenNERError
from tests.reading import card


def of(**division: object):
    file = {"path": "a.txt", "language": "eng", "split": "all"}
    return card("delimited", division=division, files=[file])


def sentences(count: int, documents: list[int] | None = None):
    made = from_rows(((["a"], ["O"]) for _ in range(count)), "a.txt")
    if documents is None:
        return made
    return replace(made, documents=np.array(documents, np.int64))


def test_blocks_are_runs_of_sentences_and_documents_stay_whole():
    blocks = units(sentences(5), of(by="block", size=2, dev=0.1, test=0.1))
    assert [(unit.start, unit.end) for unit in blocks] == [(0, 2), (2, 4), (4, 5)]
    whole = units(sentences(5, [0, 1, 5]), of(by="document", dev=0.1, test=0.1))
    assert [(unit.start, unit.end) for unit in whole] == [(0, 1), (1, 5)]


@given(st.integers(10, 60), st.integers(1, 30))
def test_every_unit_has_one_split_and_shares_are_met_by_the_last_unit(count, size):
    card = of(by="block", size=size, dev=0.1, test=0.2)
    found = [Unit("a.txt", n * size, (n + 1) * size) for n in range(count)]
    splits = divide(found, card)
    assert set(splits) == set(found)
    for split, share in (("test", 0.2), ("dev", 0.1)):
        have = sum(unit.end - unit.start for unit in found if splits[unit] == split)
        assert share * count * size <= have < share * count * size + size


def test_the_order_of_files_does_not_matter_and_the_place_decides():
    card = of(by="document", dev=0.1, test=0.2)
    found = [Unit(f"{name}.txt", 0, 7) for name in "abcdefghij"]
    assert divide(found, card) == divide(found[::-1], card)
    # What a hash decides is the same on every machine, so it can be written down.
    assert sorted(unit.file for unit, split in divide(found, card).items() if split == "test") == PLACED


PLACED = ["a.txt", "j.txt"]


def test_too_few_documents_are_an_error():
    with pytest.raises(
        OpenNERError, match=r"1 document\(s\) are too few.*size: 1, dev: 0\.1, test: 0\.1.*split: test"
    ):
        divide([Unit("a.txt", 0, 9)], of(by="document", dev=0.1, test=0.1))


def test_a_division_without_files_to_divide_is_refused_and_the_other_way_round():
    for changes in (
        {"division": {"by": "document", "dev": 0.1, "test": 0.1}},
        {"files": [{"path": "a", "language": "eng", "split": "all"}]},
    ):
        with pytest.raises(ValidationError, match="a division belongs to"):
            card("delimited", **changes)


@pytest.mark.parametrize(("dev", "test"), [(0.9, 0.9), (0.5, 0.5), (0.1, 0.9)])
def test_shares_that_leave_nothing_to_train_on_are_refused(dev: float, test: float) -> None:
    asked = of(by="block", dev=dev, test=test)
    with pytest.raises(OpenNERError, match=r"tiny: division: .* are less than 1 together"):
        divide([Unit("a.txt", n, n + 1) for n in range(9)], asked)


@pytest.mark.parametrize(
    ("dev", "test"), [(float("nan"), 0.1), (-0.1, 0.1), (0.1, 0), (0.1, 1.5), (0.1, float("nan"))]
)
def test_shares_that_are_none_are_refused(dev: float, test: float) -> None:
    with pytest.raises(ValidationError):
        of(by="block", dev=dev, test=test)
