"""One system as arrays: the short ways find what the long ones do, to the last bit and in the same order in memory."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis.one_system import SENTENCE, System, counts_of, in_order, of_units, units_of
from openner_utils.analysis.systems import common, matched, shared
from openner_utils.support.errors import OpenNERError

PLACES = st.tuples(st.sampled_from("ab"), st.sampled_from(["fin", "eng"]), st.integers(0, 30))


def rows(places: list[tuple[str, str, int]], seeds: int, salt: int = 0, documents: int = 3) -> pd.DataFrame:
    """Return counts of a system, which follow from place and seed."""
    found = [
        {
            "seed": seed, "corpus": corpus, "language": language, "sentence": number, "document": number % documents,
            "correct": (number + seed + salt) % 2, "predicted": 1 + (seed + salt) % 2, "reference": 1 + number % 2,
        }
        for seed in range(seeds)
        for corpus, language, number in places
    ]  # fmt: skip
    return pd.DataFrame(found).astype(dict.fromkeys(("corpus", "language"), "str"))


@given(st.lists(PLACES, min_size=1, max_size=25, unique=True), st.integers(1, 3), st.randoms())
def test_rows_stand_by_seed_and_place(places, seeds, random):
    frame = rows(places, seeds)
    mixed = frame.sample(frac=1, random_state=random.randrange(99))
    ordered = in_order(mixed).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        ordered, frame.sort_values(["seed", *SENTENCE], kind="stable").reset_index(drop=True)
    )
    system = System.of(mixed)
    assert (system.counts == counts_of(frame)).all() and (system.places.units[0] == units_of(frame)[0]).all()


@given(
    st.lists(PLACES, min_size=1, max_size=20, unique=True),
    st.lists(PLACES, min_size=1, max_size=20, unique=True),
    st.integers(1, 2),
    st.integers(1, 3),
)
def test_what_two_systems_share_is_what_their_rows_share(one, other, seeds, others):
    a, b = rows(one, seeds), rows(other, others, salt=1)
    found = common(System.of(a), System.of(b))
    by_rows = shared(a, b)
    assert (found is None) == (not len(by_rows[0]))
    if found is None:
        with pytest.raises(OpenNERError, match="x: the two systems share no sentence"):
            list(matched([({"name": "x"}, a, b)]))
        return
    for system, frame in zip(found, by_rows, strict=True):
        long = System.of(frame)
        assert (system.counts == long.counts).all() and system.counts.dtype == long.counts.dtype
        assert (system.places.units[0] == long.places.units[0]).all()
        assert system.summed.strides == long.summed.strides


@given(st.lists(PLACES, min_size=1, max_size=20, unique=True), st.integers(1, 2), st.integers(1, 3))
def test_rows_of_the_same_sentences_are_all_shared(places, seeds, others):
    a, b = rows(places, seeds), rows(places, others)
    both = a[SENTENCE].drop_duplicates()
    long = [frame.merge(both, on=SENTENCE) for frame in (a, b)]
    for found, wanted in zip(shared(a, b), long, strict=True):
        pd.testing.assert_frame_equal(found, wanted)


@given(st.integers(1, 6), st.integers(1, 9), st.booleans())
def test_sums_over_units_lie_in_memory_alike_whatever_way_is_taken(seeds, sentences, halves):
    counts = np.arange(seeds * sentences * 3).reshape(seeds, sentences, 3) * (0.5 if halves else 1)
    for units in (np.arange(sentences), np.arange(sentences) // 2):
        summed = np.zeros((units.max() + 1, seeds, 3), counts.dtype)
        np.add.at(summed, units, counts.swapaxes(0, 1))
        found = of_units(counts, units)
        assert (found == summed.swapaxes(0, 1)).all() and found.dtype == counts.dtype
        # Sums of floats depend on the order in which they are taken, and that on how an array lies.
        assert found.strides == summed.swapaxes(0, 1).strides


def test_other_counts_are_of_the_same_runs():
    system = System.of(rows([("a", "fin", n) for n in range(4)], 2))
    halves = system.counted(system.counts.reshape(-1, 3) / 2)
    assert halves.places is system.places and (halves.counts * 2 == system.counts).all()
    assert halves.counted(system.counts).counts.dtype == np.int64
    wrong = system.counts.copy()
    wrong[1, 0, 2] += 1
    with pytest.raises(OpenNERError, match="scored against different references"):
        system.counted(wrong)
