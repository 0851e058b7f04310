from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.core.columns import offsets_of
from openner_utils.encoders.windows import Window, windows_of
from openner_utils.support.errors import OpenNERError


@st.composite
def cases(draw):
    lengths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=5))
    count = sum(lengths)
    sizes = draw(st.lists(st.integers(1, 12), min_size=count, max_size=count))
    room = draw(st.integers(1, 20))
    overlap = draw(st.integers(0, room - 1))
    return np.array(sizes), offsets_of(lengths), room, overlap


@settings(deadline=None)
@given(cases())
def test_each_token_counts_once_in_order_and_every_window_fits(case):
    sizes, sentences, room, overlap = case
    windows = windows_of(sizes, sentences, room, overlap)
    kept = [token for window in windows for token in range(window.keep_start, window.keep_end)]
    assert kept == list(range(len(sizes)))
    sentence = np.searchsorted(sentences, np.arange(len(sizes)), side="right")
    for window in windows:
        assert window.start <= window.keep_start < window.keep_end <= window.end
        assert np.minimum(sizes[window.start : window.end], room).sum() <= room
        assert len(set(sentence[window.start : window.end])) == 1


@settings(deadline=None)
@given(cases())
def test_a_sentence_that_fits_is_one_window(case):
    sizes, sentences, _, _ = case
    room = int(max(np.add.reduceat(sizes, sentences[:-1])))
    spans = [Window(a, b, a, b) for a, b in zip(sentences[:-1].tolist(), sentences[1:].tolist(), strict=True)]
    assert windows_of(sizes, sentences, room, 0) == spans


@settings(deadline=None)
@given(cases())
def test_neighbours_share_at_most_the_overlap(case):
    sizes, sentences, room, overlap = case
    windows = windows_of(sizes, sentences, room, overlap)
    for one, other in pairwise(windows):
        shared = np.minimum(sizes[other.start : one.end], room).sum() if other.start < one.end else 0
        assert shared <= overlap
        assert other.start > one.start


@settings(deadline=None)
@given(cases())
def test_no_window_offers_a_token_more_context(case):
    sizes, sentences, room, overlap = case
    sizes = np.minimum(sizes, room)
    windows = windows_of(sizes, sentences, room, overlap)

    def context(window: Window, token: int) -> float:
        left = sizes[window.start : token].sum() if window.start not in sentences else np.inf
        right = sizes[token + 1 : window.end].sum() if window.end not in sentences else np.inf
        return min(left, right)

    for window in windows:
        for token in range(window.keep_start, window.keep_end):
            rivals = [other for other in windows if other.start <= token < other.end]
            assert context(window, token) == max(context(other, token) for other in rivals)


@pytest.mark.parametrize(
    ("sizes", "room", "overlap", "expected"),
    [
        ([1] * 6, 4, 2, [(0, 4, 0, 3), (2, 6, 3, 6)]),
        ([1] * 5, 4, 0, [(0, 4, 0, 4), (4, 5, 4, 5)]),
        ([9, 1, 1], 4, 2, [(0, 1, 0, 1), (1, 3, 1, 3)]),  # a token longer than a window has one of its own
        ([1, 9, 1], 4, 3, [(0, 1, 0, 1), (1, 2, 1, 2), (2, 3, 2, 3)]),
    ],
)
def test_known_splits(sizes, room, overlap, expected):
    found = windows_of(np.array(sizes), np.array([0, len(sizes)]), room, overlap)
    assert [(w.start, w.end, w.keep_start, w.keep_end) for w in found] == expected


def test_windows_must_be_wider_than_their_overlap():
    with pytest.raises(OpenNERError, match="cannot overlap by 8"):
        windows_of(np.array([1]), np.array([0, 1]), room=8, overlap=8)
