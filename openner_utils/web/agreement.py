"""How far two annotators agree, by language and by type.

Precision of one annotator against the other is the recall of the other against it, and F1 is the same both ways. Kappa needs
the number of things that neither named, which for spans is not defined; as that number grows, kappa goes towards F1 (Hripcsak
and Rothschild 2005, JAMIA 12(3)). So F1 is reported for mentions, and kappa (Cohen 1960) only where it is defined: of the labels
on spans that both named.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from openner_utils.web.counting import Rates, count, rates, units_of
from openner_utils.web.mentions import Annotated

EVERY = "ALL"
"""Stands for all languages, and for all types."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement on one type of one language, each `EVERY` for all; `EVERY` as language counts mentions of all languages together.

    ``mentions``: the second annotator against the first, span and type; ``spans``: types not looked at (None for a single
    type); ``kappa``: of labels on the spans that both named, None for a single type and where there is nothing to agree on.
    """

    language: str
    type: str
    passages: int
    mentions: Rates
    spans: Rates | None
    both: int
    kappa: float | None


def agreement(first: Sequence[Annotated], second: Sequence[Annotated]) -> list[Agreement]:
    """Return how far two annotators of the same passages agree: all languages, then each; in each all types, then each."""
    languages = sorted({each.passage.language for each in first})
    chosen = [EVERY, *languages] if len(languages) > 1 else languages
    return [row for language in chosen for row in _of_language(language, first, second)]


def _of_language(
    language: str, first: Sequence[Annotated], second: Sequence[Annotated]
) -> Iterator[Agreement]:
    pairs = [
        pair for pair in zip(first, second, strict=True) if language in (EVERY, pair[0].passage.language)
    ]
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    units = units_of(each.passage.document for each in one)
    counts = count(one, other)
    values = counts.values.astype(np.int64)
    labels = labels_of_both(one, other)
    spans = count(one, other, typed=False).values.sum(axis=1, dtype=np.int64)
    yield Agreement(
        language,
        EVERY,
        len(pairs),
        rates(values.sum(axis=1), units),
        rates(spans, units),
        len(labels),
        kappa(labels),
    )
    for number, type in enumerate(counts.types):
        of_type = values[:, number]
        both = sum(type in pair for pair in labels)
        yield Agreement(language, type, len(pairs), rates(of_type, units), None, both, None)


def labels_of_both(first: Sequence[Annotated], second: Sequence[Annotated]) -> list[tuple[str, str]]:
    """Return the two labels of each span that both annotators named."""
    found = []
    for one, other in zip(first, second, strict=True):
        types = {mention.span: mention.type for mention in one.mentions}
        found += [(types[mention.span], mention.type) for mention in other.mentions if mention.span in types]
    return found


def kappa(labels: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of pairs of labels; None where there are none, or chance alone would agree on all.

    >>> kappa([("a", "a"), ("b", "b"), ("a", "b"), ("b", "a")]), kappa([("a", "a")])
    (0.0, None)
    """
    if not labels:
        return None
    count = len(labels)
    first, second = Counter(one for one, _ in labels), Counter(other for _, other in labels)
    seen = sum(one == other for one, other in labels) / count
    chance = sum(number * second[label] for label, number in first.items()) / count**2
    return None if chance == 1 else (seen - chance) / (1 - chance)
