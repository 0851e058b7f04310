"""The best alignment from left to right: which mentions of a list can stand in the order in which it names them, at most."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from openner_utils.core.document import Span

MOST = 1_000_000
"""Places of all mentions together that are looked at; mentions beyond stand in no alignment."""


class _Link(NamedTuple):
    """A mention in an alignment, its place, and the link before it."""

    mention: int
    place: Span
    before: "_Link | None"


def one(place: Span) -> int:
    """Return 1: every mention counts the same."""
    return 1


def longest_chain(
    places: Iterable[Sequence[Span]], weight: Callable[[Span], int] = one
) -> Mapping[int, Span]:
    """Return a place for as many mentions as can stand in order and apart, each at one of its ``places`` (in order).

    ``weight`` says how much a mention at a place counts. Of several such alignments it is the one that ends furthest to the
    left. Found as a longest common subsequence is by Hunt and Szymanski (Communications of the ACM 20, 1977): what is kept
    is, for each weight, where the alignment that has it ends first.

    >>> a, b = [Span(0, 1), Span(5, 6)], [Span(2, 4)]
    >>> longest_chain([a, b, a]) == {0: Span(0, 1), 1: Span(2, 4), 2: Span(5, 6)}
    True
    >>> longest_chain([b, a, b]) == {1: Span(0, 1), 2: Span(2, 4)}
    True
    """
    # Both rise: who ends later weighs more.
    ends: list[int] = []
    weights: list[int] = []
    links: list[_Link] = []
    left = MOST
    for number, candidates in enumerate(places):
        left -= len(candidates)
        if left < 0:
            break
        # From right to left, so that a mention never follows itself.
        for place in reversed(candidates):
            behind = bisect_right(ends, place.start)
            heavy = weight(place) + (weights[behind - 1] if behind else 0)
            at = bisect_right(ends, place.end)
            if at and weights[at - 1] >= heavy:
                continue
            start = at - 1 if at and ends[at - 1] == place.end else at
            end = bisect_right(weights, heavy, start)
            link = _Link(number, place, links[behind - 1] if behind else None)
            ends[start:end], weights[start:end], links[start:end] = [place.end], [heavy], [link]
    chain: dict[int, Span] = {}
    last = links[-1] if links else None
    while last is not None:
        chain[last.mention] = last.place
        last = last.before
    return chain
