"""A pair of corpora laid side by side: the texts that either marks, and where they stand in both."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from openner_utils.unify.corpora import Corpus
from openner_utils.unify.standing import Places, bare, search, texts

SHARED = 3
"""Texts beside which the same words must stand inside mentions for them to be a matter of borders, such as titles."""


@dataclass(slots=True)
class Side:
    """One corpus of a pair: its types, the texts of each, and where all texts of both corpora stand in it."""

    corpus: Corpus
    texts: dict[str, Counter[str]]
    places: dict[str, Places]
    shared: dict[str, set[str]]
    """For each type the words that stand beside many texts inside longer mentions."""

    @property
    def types(self) -> list[str]:
        """The types that are marked, sorted."""
        return sorted(self.texts)


def sides(one: Corpus, other: Corpus) -> tuple[Side, Side]:
    """Return two corpora side by side, with their sentences in languages that both have."""
    one, other = _common(one, other)
    found = [texts(each) for each in (one, other)]
    known = {text for of_type in found for each in of_type.values() for text in each}
    for of_type in found:
        for type, counts in of_type.items():
            merged: Counter[str] = Counter()
            for text, number in counts.items():
                merged[bare(text, known)] += number
            of_type[type] = merged
    wanted = {text for of_type in found for each in of_type.values() for text in each}
    first, second = (
        Side(corpus, of_type, places, _shared(places, of_type))
        for corpus, of_type in zip((one, other), found, strict=True)
        for places in [search(corpus, wanted)]
    )
    return first, second


def _shared(places: Mapping[str, Places], of_type: Mapping[str, Counter[str]]) -> dict[str, set[str]]:
    beside: dict[tuple[str, str], set[str]] = defaultdict(set)
    for text, each in places.items():
        for found in each.counts:
            if found.outcome == "inside":
                beside[found.type, found.extra].add(text)
    shared: dict[str, set[str]] = defaultdict(set)
    for (type, extra), beside_texts in beside.items():
        words = [word for word in extra.split(" … ") if word.strip(" …")]
        alone = any(word.strip(" …") in of_type.get(type, ()) for word in words)
        if len(beside_texts) >= SHARED and not alone:
            shared[type].add(extra)
    return shared


def _common(one: Corpus, other: Corpus) -> tuple[Corpus, Corpus]:
    """Return the sentences of two corpora in languages that both have; a language that is not known goes with any."""
    of_one, of_other = ({origin.language for origin in each.origins} for each in (one, other))
    if "und" in of_one | of_other:
        return one, other
    both = of_one & of_other
    return _in(one, both), _in(other, both)


def _in(corpus: Corpus, languages: set[str]) -> Corpus:
    chosen = [n for n, origin in enumerate(corpus.origins) if origin.language in languages]
    return corpus if len(chosen) == len(corpus.origins) else corpus.pick(np.array(chosen, np.int64))
