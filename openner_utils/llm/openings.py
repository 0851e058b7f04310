"""What prompts of one batch begin with alike, computed once: instructions and worked examples, most of a prompt with examples.

A causal model's states at a token hang on no later one, so those of an opening that two prompts share are the same. The batch is laid
out as it would be without this, filled up on the left: a prompt with ``k`` blanks before it gets ``k`` blank states and so many of
its opening's that all prompts have equally many, and the model reads the rest. Attention masks and positions are therefore the same, and
replies are, up to rounding.
"""

from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Any

LEAST = 64
"""Tokens that a batch must have ready for this to be worth while."""


def ready(prompts: Sequence[Sequence[int]]) -> list[int]:
    """Return how many of each prompt's first tokens are to be ready; all 0 where prompts of a batch have too little in common.

    ``prompts`` are token ids. Filled up on the left to the longest, all have equally many places ready. Of each prompt at least its last
    token is read anew.

    >>> same = list(range(100))
    >>> ready([[*same, 7, 8], [*same, 9]]), ready([[*same, 7, 8], [5]])
    ([100, 99], [0, 0])
    """
    if len(prompts) < 2:
        return [0] * len(prompts)
    longest = max(map(len, prompts))
    order = sorted(range(len(prompts)), key=lambda number: list(prompts[number]))
    shared = [0] * len(prompts)
    for one, other in pairwise(order):  # whoever has most in common with one stands beside it
        alike = _alike(prompts[one], prompts[other])
        shared[one], shared[other] = max(shared[one], alike), max(shared[other], alike)
    places = min(
        longest - len(ids) + min(alike, len(ids) - 1) for ids, alike in zip(prompts, shared, strict=True)
    )
    counts = [places - (longest - len(ids)) for ids in prompts]
    return counts if min(counts) >= LEAST else [0] * len(prompts)


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many ids two sequences begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def begun(lm: Any, prompts: Sequence[Sequence[int]]) -> Any:
    """Return the cache with which ``lm`` goes on with a batch of prompts, filled up on the left; None where there is none to be had.

    ``lm`` is a causal model of Transformers on some device. Nothing is made for a model that Transformers does not bring with it, which
    may read its prompt in both directions, or whose states are more than keys and values of places; nor where its window
    is narrower than the openings.
    """
    import torch
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    counts = ready(prompts)
    if not any(counts) or not type(lm).__module__.startswith("transformers."):
        return None
    empty = DynamicCache(config=lm.config)
    if any(type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer) for layer in empty.layers):
        return None
    longest = max(map(len, prompts))
    places = counts[0] + longest - len(prompts[0])
    windows = [layer.sliding_window for layer in empty.layers if isinstance(layer, DynamicSlidingWindowLayer)]
    if any(places >= window for window in windows):
        return None
    openings = _openings([tuple(ids[:count]) for ids, count in zip(prompts, counts, strict=True)])
    read: dict[tuple[int, ...], list[Any]] = {}
    for opening in dict.fromkeys(openings):
        ids = torch.tensor([opening], device=lm.device)
        kept = lm.base_model(input_ids=ids, use_cache=True).past_key_values
        if type(kept) is not DynamicCache:  # such as an encoder's, which keeps nothing
            return None
        layers: list[Any] = kept.layers
        read[opening] = [(layer.keys, layer.values) for layer in layers]
    made = DynamicCache(config=lm.config)
    for number in range(len(empty.layers)):
        rows = [
            tuple(
                torch.nn.functional.pad(states[:, :, :count], (0, 0, places - count, 0))
                for states in read[opening][number]
            )
            for opening, count in zip(openings, counts, strict=True)
        ]
        made.update(torch.cat([keys for keys, _ in rows]), torch.cat([values for _, values in rows]), number)
    return made


def _openings(needed: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return for each beginning the longest of all that begins with it.

    >>> _openings([(1, 2), (1, 2, 3), (4,)])
    [(1, 2, 3), (1, 2, 3), (4,)]
    """
    longest: list[tuple[int, ...]] = []
    for each in sorted(set(needed), key=len, reverse=True):
        if not any(other[: len(each)] == each for other in longest):
            longest.append(each)
    return [next(other for other in longest if other[: len(each)] == each) for each in needed]
