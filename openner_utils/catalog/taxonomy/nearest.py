"""Types that a label may mean: by name, by alias, by what corpora mean by it, by spelling, and by the words of definitions."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

from openner_utils.catalog.taxonomy import Taxonomy
from openner_utils.catalog.taxonomy.words import is_slip, likeness, plain, stems

_ALIKE = 0.72
"""Spellings less alike than this have nothing to do with each other; nor have those that are no slips for each other."""
_SHORTEST = 3
"""Letters by which an abbreviation may begin a name."""
_SAME = ((1.0, "its name"), (0.9, "the last part of its name"), (0.99, "also called {}"))
"""What the name, its last part and an alias count, and how that is told."""
_BY_USE, _BY_PART, _BY_START, _BY_WORDS = 0.95, 0.9, 0.8, 0.6
"""What the label of a corpus, a name spelt alike, a name that begins so, and a definition count beside them at the most."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A type, how near it is to the label (0 to 1, to compare within one answer only), and why."""

    type: str
    score: float
    why: str


def suggest(taxonomy: Taxonomy, label: str, most: int = 5, subject: str = "") -> list[Suggestion]:
    """Return the types nearest to a label, the nearest first, at most ``most``; of one ``subject`` if it is given.

    A label of a script without case, or in another language, is found by its alias; a misspelt one by spelling.
    """
    best: dict[str, Suggestion] = {}
    for each in _evidence(taxonomy, label):
        each = replace(each, score=round(each.score, 6))
        if subject and taxonomy.subject(each.type) != subject:
            continue
        if each.type not in best or each.score > best[each.type].score:
            best[each.type] = each
    order = {name: place for place, name in enumerate(taxonomy.types)}
    return sorted(best.values(), key=lambda each: (-each.score, order[each.type]))[:most]


def _evidence(taxonomy: Taxonomy, label: str) -> Iterator[Suggestion]:
    yield from _by_name(taxonomy, plain(label))
    yield from _by_use(taxonomy, plain(label))
    yield from _by_words(taxonomy, label)


def _by_name(taxonomy: Taxonomy, wanted: str) -> Iterator[Suggestion]:
    for name, spellings in taxonomy.spelled.items():
        for place, (called, spelled) in enumerate(spellings):
            if spelled == wanted:
                score, why = _SAME[min(place, 2)]
                yield Suggestion(name, score, why.format(called))
            elif len(wanted) >= _SHORTEST and spelled.startswith(wanted):
                yield Suggestion(
                    name, _BY_START * (0.5 + 0.5 * len(wanted) / len(spelled)), f"begins {called}"
                )
            if is_slip(wanted, spelled) and (alike := likeness(wanted, spelled)) >= _ALIKE:
                yield Suggestion(name, alike * _BY_PART, f"spelt like {called}")


def _by_use(taxonomy: Taxonomy, wanted: str) -> Iterator[Suggestion]:
    uses: dict[str, list[str]] = {}
    for corpus, entries in taxonomy.mapped.items():
        for raw, entry in entries.items():
            if plain(raw) == wanted:
                uses.setdefault(entry.to, []).append(corpus)
    total = sum(map(len, uses.values()))
    for name, corpora in uses.items():
        share = len(corpora) / total
        shown = ", ".join(corpora[:3]) + (f" and {len(corpora) - 3} more" if len(corpora) > 3 else "")
        yield Suggestion(name, _BY_USE * (0.5 + 0.5 * share), f"what {shown} mean by it")


def _by_words(taxonomy: Taxonomy, label: str) -> Iterator[Suggestion]:
    """Yield types whose names, definitions and examples hold words of the label, rare words counting more."""
    words = taxonomy.words
    in_types = Counter(word for each in words.values() for word in each)
    asked = set(stems(label))
    weight = {word: log((1 + len(words)) / (1 + in_types[word])) for word in asked}
    whole = sum(weight.values())
    for name, held in words.items():
        common = sorted(asked & held, key=lambda word: -weight[word])
        if common and whole:
            named = asked & set(stems(" ".join((name, *taxonomy.aliases(name)))))
            share = sum(weight[word] for word in common) / whole
            bonus = 0.3 * sum(weight[word] for word in named) / whole
            yield Suggestion(
                name, _BY_WORDS * (0.7 * share + bonus), f"its definition has {', '.join(common)}"
            )
