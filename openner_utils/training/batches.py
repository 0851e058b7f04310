"""Batches of examples of similar length: less of a batch is filling. In training a batch is one step of the optimizer."""

import math
from collections.abc import Iterator, Sequence


def by_length(order: Sequence[int], lengths: Sequence[int], size: int, pool: int) -> Iterator[list[int]]:
    """Yield every number of ``order`` once, in batches of ``size`` (the last of a pool may be smaller).

    ``order``: numbers of examples in a random order; ``lengths``: the length of each example, by its number. Pools
    of ``pool`` batches are cut from the order, and each is sorted by length: the larger a pool, the less filling and
    the less chance in what is batched together.

    >>> list(by_length([3, 0, 2, 1], lengths=[9, 1, 4, 5], size=2, pool=2))
    [[1, 2], [3, 0]]
    >>> list(by_length([3, 0, 2, 1], lengths=[9, 1, 4, 5], size=2, pool=1))
    [[3, 0], [1, 2]]
    """
    for first in range(0, len(order), size * pool):
        near = sorted(order[first : first + size * pool], key=lengths.__getitem__)
        yield from (near[start : start + size] for start in range(0, len(near), size))


def by_room(lengths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Yield the number of every example once, the shortest first, in batches of at most ``room`` sub-tokens, filling included.

    Many short examples or few long ones cost about the same, in time and in memory; one that is longer than ``room`` is a batch of
    its own.

    >>> list(by_room([3, 9, 2, 3], room=9))
    [[2, 0, 3], [1]]
    """
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[number] > room:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def number_of(examples: int, size: int) -> int:
    """Return the batches, which are steps of the optimizer, of one epoch over so many examples.

    >>> number_of(17, size=8)
    3
    """
    return math.ceil(examples / size)
