"""What a model is trained on: which corpora and languages, and how often each one's sentences are seen."""

from collections.abc import Sequence

import numpy as np

from openner_utils.catalog import language, load_card
from openner_utils.config.params import Regime, Sampling
from openner_utils.core.columns import Ints


def trains_on(regime: Regime, corpus: str, code: str) -> bool:
    """Return whether a regime trains on a corpus in one of its languages (ISO 639-3)."""
    chosen: tuple[tuple[Sequence[str] | None, str], ...] = (
        (regime.languages, code),
        (regime.corpora, corpus),
        (regime.families, language(code).family if regime.families is not None else ""),
        (regime.scripts, language(code).script if regime.scripts is not None else ""),
        (regime.domains, load_card(corpus).domain if regime.domains is not None else ""),
    )
    return all(names is None or value in names for names, value in chosen)


def drawn(sizes: Sequence[int], sampling: Sampling, seed: int) -> list[Ints]:
    """Return the sentences of each unit that are trained on: numbers below its size, a repeated one as often as it is drawn.

    With a temperature T a unit of n sentences gets a part of the whole in proportion to n ** (1 / T), the whole staying
    as large (Conneau et al. 2020, who give the exponent, 0.3 there). Every sentence of a unit is drawn as often as any other,
    give or take one. A cap then leaves no unit more sentences than that.

    >>> [len(part) for part in drawn([90, 10], Sampling(temperature=2), seed=1)]
    [75, 25]
    >>> [len(part) for part in drawn([90, 10], Sampling(cap=20), seed=1)]
    [20, 10]
    """
    random = np.random.default_rng(seed)
    weights = np.array(sizes, dtype=np.float64) ** (1 / sampling.temperature)
    wanted = np.rint(weights / weights.sum() * sum(sizes)).astype(int) if sum(sizes) else np.array(sizes)
    found = []
    for size, count in zip(sizes, wanted.tolist(), strict=True):
        count = min(max(count, 1), sampling.cap or count) if size else 0
        rounds, rest = divmod(count, size) if size else (0, 0)
        parts = [*[np.arange(size)] * rounds, np.sort(random.permutation(size)[:rest])]
        found.append(np.concatenate(parts).astype(np.int32))
    return found
