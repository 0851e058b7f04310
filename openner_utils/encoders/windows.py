"""Windows over sentences that are longer than an encoder's input, so that nothing is cut.

A sentence that fits is one window. A longer one is split at token borders into windows that overlap; each token
counts (in the loss, and when predicted) in exactly one window, the one in which it has most context: the number of
sub-tokens on its poorer side, where a side that reaches the sentence's end lacks nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Offsets
from openner_utils.support.errors import OpenNERError


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens [start, end) that are read together, of which [keep_start, keep_end) count here."""

    start: int
    end: int
    keep_start: int
    keep_end: int


def windows_of(sizes: Offsets, sentences: Offsets, room: int, overlap: int) -> list[Window]:
    """Return the windows over all sentences, in order; their kept ranges cover each token exactly once.

    ``sizes``: sub-tokens per token [n_tokens], each at least 1; ``sentences``: token offsets [n_sentences + 1];
    ``room``: sub-tokens that fit into a window; ``overlap``: sub-tokens at most that neighbours share. Of a token with more
    than ``room`` sub-tokens only the first ``room`` count: a window of its own would hold no more. Raises `OpenNERError` for
    windows that could not move on.

    One sentence of seven tokens, one sub-token each, in windows of four that share two; then one that fits:

    >>> for window in windows_of(np.ones(9, np.int64), np.array([0, 7, 9]), room=4, overlap=2):
    ...     print((window.start, window.end), (window.keep_start, window.keep_end))
    (0, 4) (0, 3)
    (2, 6) (3, 5)
    (4, 7) (5, 7)
    (7, 9) (7, 9)
    """
    if overlap >= room:
        raise OpenNERError(
            f"Windows of {room} sub-tokens cannot overlap by {overlap}. Lower `overlap` or raise `max_length`."
        )
    edges = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(sizes, room))))
    windows: list[Window] = []
    for first, last in zip(sentences[:-1].tolist(), sentences[1:].tolist(), strict=True):
        if edges[last] - edges[first] <= room:
            windows.append(Window(first, last, first, last))
        else:
            windows += _split((edges[first : last + 1] - edges[first]).tolist(), first, room, overlap)
    return windows


def _split(edges: Sequence[int], first: int, room: int, overlap: int) -> list[Window]:
    """Return the windows of one long sentence; ``edges`` are sub-token offsets of its tokens, from token ``first``.

    First the windows are laid, each as long as fits and begun as far back as the overlap allows; then each token is given
    to the window in which it has most context. A window that is left no token is dropped.
    """
    count = len(edges) - 1
    spans: list[tuple[int, int]] = []
    start = end = 0
    while end < count:
        end = bisect_right(edges, edges[start] + room) - 1
        spans.append((start, end))
        if end < count:
            # Share what the overlap allows, but leave room for the token at which this window ended.
            shared = bisect_left(edges, edges[end] - overlap)
            start = max(shared, bisect_left(edges, edges[end + 1] - room), start + 1)

    best = [-1] * count
    owner = [0] * count
    for number, (start, end) in enumerate(spans):
        for token in range(start, end):
            left = edges[token] - edges[start] if start else room
            right = edges[end] - edges[token + 1] if end < count else room
            if min(left, right) > best[token]:
                best[token], owner[token] = min(left, right), number
    # From window to window the left side shrinks and the right side grows, so owners never fall along a sentence.
    windows = []
    for number, (start, end) in enumerate(spans):
        keep = bisect_left(owner, number), bisect_right(owner, number)
        if keep[0] < keep[1]:
            windows.append(Window(first + start, first + end, first + keep[0], first + keep[1]))
    return windows
