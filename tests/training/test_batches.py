"""Batches hold everything once, and similar lengths together."""

import random

import pytest

from openner_utils.training.batches import by_length


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
