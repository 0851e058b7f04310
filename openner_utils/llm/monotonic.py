"""The best alignment from left to right: which mentions of a list can stand in the order in which it names them, at most."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from openner_utils.core.document import Span

MOST = 1_000_000
"""Places of all mentions together that are looked at; mentions beyond stand in no alignment."""


class _Link(NamedTuple):
    """A mention in an alignment, its place, and the link before it."""

    mention: int
    place: Span
    before: "_Link | None"


def longest_chain(places: Iterable[Sequence[Span]]) -> Mapping[int, Span]:
    """Return a place for as many mentions as can stand in order and apart, each at one of its ``places`` (in order).

    Of several such alignments it is the one that ends furthest to the left. Found as a longest common subsequence is by Hunt
    and Szymanski (Communications of the ACM 20, 1977): for each number of mentions, where the alignment of so many ends
    first; O(p log n) for p places of n mentions.

    >>> a, b = [Span(0, 1), Span(5, 6)], [Span(2, 4)]
    >>> longest_chain([a, b, a]) == {0: Span(0, 1), 1: Span(2, 4), 2: Span(5, 6)}
    True
    >>> longest_chain([b, a, b]) == {1: Span(0, 1), 2: Span(2, 4)}
    True
    """
    ends: list[int] = []
    links: list[_Link] = []
    left = MOST
    for number, candidates in enumerate(places):
        left -= len(candidates)
        if left < 0:
            break
        # From right to left, so that a mention never follows itself.
        for span in reversed(candidates):
            count = bisect_right(ends, span.start)
            link = _Link(number, span, links[count - 1] if count else None)
            if count == len(ends):
                ends.append(span.end)
                links.append(link)
            elif span.end < ends[count]:
                ends[count], links[count] = span.end, link
    chain: dict[int, Span] = {}
    last = links[-1] if links else None
    while last is not None:
        chain[last.mention] = last.place
        last = last.before
    return chain
