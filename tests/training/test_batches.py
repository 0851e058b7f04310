"""Batches hold everything once, and similar lengths together."""

import random
from itertools import pairwise

import pytest

from openner_utils.training.batches import by_length, by_room


@pytest.mark.parametrize(
    ("count", "size", "pool"), [(0, 4, 2), (1, 4, 2), (33, 4, 2), (64, 8, 50), (333, 8, 5)]
)
def test_every_number_comes_once_in_batches_of_similar_length(count, size, pool):
    draw = random.Random(count)
    lengths = [draw.randint(5, 60) for _ in range(count)]
    order = draw.sample(range(count), count)
    batches = list(by_length(order, lengths, size, pool))
    assert sorted(number for batch in batches for number in batch) == list(range(count))
    assert all(0 < len(batch) <= size for batch in batches)
    pools = [order[at : at + size * pool] for at in range(0, count, size * pool)]
    for numbers in pools:
        taken = [batches.pop(0) for _ in range(-(-len(numbers) // size))]
        flat = [number for batch in taken for number in batch]
        assert set(flat) == set(numbers)
        assert [lengths[number] for number in flat] == sorted(lengths[number] for number in numbers)


@pytest.mark.parametrize(("count", "room"), [(0, 64), (1, 64), (333, 64), (333, 512), (40, 5)])
def test_batches_of_one_room_hold_everything_once_and_no_more_than_fits(count, room):
    draw = random.Random(count + room)
    lengths = [draw.randint(5, 60) for _ in range(count)]
    batches = list(by_room(lengths, room))
    flat = [number for batch in batches for number in batch]
    assert sorted(flat) == list(range(count))
    assert [lengths[number] for number in flat] == sorted(lengths)
    widths = [max(lengths[number] for number in batch) for batch in batches]
    held = [len(batch) * width for batch, width in zip(batches, widths, strict=True)]
    assert all(size <= room or len(batch) == 1 for batch, size in zip(batches, held, strict=True))
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * lengths[following[0]] > room  # none is closed early
