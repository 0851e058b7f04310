"""Conflicts between the types of two corpora, found by rule: the same text is marked otherwise.

B2NER (Yang et al. 2025, appendix A.2) looks at texts that one corpus marks as a type and that stand in the other one, too. There
they are marked alike, as another type, with other borders, or not at all. That alone is no conflict: names are
ambiguous inside a corpus as well. So each text is compared with *itself in its own corpus*. For a text that corpus A marks as
a type m times in t places, another place of A disagrees with a marked one at the rate (t - m) / (t - 1); the effect is the
rate in B less that rate, averaged over texts with weights m / t. If A and B are halves of one corpus, its expected value is zero: with
these weights the mean is taken over a random place, and given that it is marked, over another random place of the same text.

The interval is that of a weighted mean over texts, with two texts more that say +1 and -1, so that a few texts that all
agree are no certainty. A candidate is *clear* if its interval, at a level divided by the number of candidates (Bonferroni), lies
above zero.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from openner_utils.unify.alike import Meaning, alike, unknown_meaning
from openner_utils.unify.corpora import Corpus, readable
from openner_utils.unify.effects import weighted
from openner_utils.unify.lattice import Edge
from openner_utils.unify.lattice import edges as lattice
from openner_utils.unify.sides import Side, sides
from openner_utils.unify.standing import Found, folded

LEVEL = 0.05
LEAST = 2
"""Texts that must be marked otherwise for a candidate."""
EXAMPLES = 3

TYPE, SHORTER, LONGER, CROSSING, UNMARKED = "other type", "shorter", "longer", "crossing", "unmarked"


@dataclass(frozen=True, slots=True)
class Example:
    """A text as ``here`` writes it, and a sentence of each corpus in which it stands."""

    text: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """What corpus ``there`` does with texts that corpus ``here`` marks as ``type``, whose like there is ``like``.

    ``outcome``: `TYPE` (which one says ``other``), `SHORTER`, `LONGER` or `CROSSING` borders, or `UNMARKED`. ``effect``, from
    -1 to 1, with its interval ``low`` to ``high`` at `LEVEL`; ``texts`` is the number of different texts that it rests on,
    ``otherwise`` how many of them are marked so there, ``clear`` whether it holds beside all others. ``extras``: words on which
    borders differ, the most frequent first. ``forms`` are the texts that are marked so there, ``rest`` the others.
    """

    here: str
    type: str
    there: str
    like: str
    outcome: str
    other: str
    effect: float
    low: float
    high: float
    texts: int
    otherwise: int
    p: float
    clear: bool = False
    extras: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def rank(self) -> tuple[bool, float, float, str, str, str, str]:
        """What decides the order: what is clear, then the least that the effect may be."""
        return not self.clear, -self.low, -self.effect, self.here, self.type, self.there, self.outcome


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Candidates, the clearest first, and the edges of the lattice, the surest first."""

    candidates: tuple[Candidate, ...]
    edges: tuple[Edge, ...]


def detect(corpora: Sequence[Corpus], meaning: Meaning = unknown_meaning, level: float = LEVEL) -> Conflicts:
    """Return what is found for all pairs of corpora with a language in common, in both directions.

    ``meaning`` helps to find types that are alike though their names are not.
    """
    found: list[Candidate] = []
    edges: list[Edge] = []
    for one, other in combinations(corpora, 2):
        pair = sides(one, other)
        for here, there in (pair, pair[::-1]):
            found += _directed(here, there, meaning, level)
            edges += lattice(here, there, level)
    # Every candidate was tested, so the level is shared by all.
    bound = level / 2 / max(len(found), 1)
    clear = (replace(each, clear=each.p < bound) for each in found)
    return Conflicts(
        tuple(sorted(clear, key=lambda each: each.rank)),
        tuple(sorted(edges, key=lambda each: (-each.low, each.here, each.type, each.there, each.wider))),
    )


def _directed(here: Side, there: Side, meaning: Meaning, level: float) -> Iterator[Candidate]:
    names = here.corpus.name, there.corpus.name
    back = {type: alike(type, names[1], here.types, names[0], meaning) for type in there.types}
    for type in here.types:
        like = alike(type, names[0], there.types, names[1], meaning)
        if not like:
            continue
        rows = list(_rows(here, there, type, like))
        outcomes = Counter(key for row in rows for key in row.there)
        for key, number in sorted(outcomes.items()):
            if number >= LEAST:
                outcome, other = key
                # Another type there is compared with its like here, where there is one.
                mine = (outcome, back[other]) if outcome == TYPE else key
                yield _candidate(here, there, (type, like), key, mine, rows, level)


_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A text, its weight, and the rates at which it is marked otherwise: in its own corpus and in the other one."""

    text: str
    weight: float
    own: Mapping[_Key, float]
    there: Mapping[_Key, float]


def _rows(here: Side, there: Side, type: str, like: str) -> Iterator[_Row]:
    for text in here.texts[type]:
        if text not in here.places or text not in there.places:
            continue
        own, marked, total = _outcomes(here, text, type)
        others, _, places = _outcomes(there, text, like)
        if not marked or total < 2 or not places:
            continue
        yield _Row(text, marked / total, _rates(own, total - 1), _rates(others, places))


def _rates(counts: Counter[_Key], of: int) -> dict[_Key, float]:
    return {key: number / of for key, number in counts.items()}


def _outcomes(side: Side, text: str, type: str) -> tuple[Counter[_Key], int, int]:
    """Return how often a text is marked otherwise than as ``type``, how often as it, and in how many places it stands.

    Places inside longer mentions do not count, unless they are of the type and have words more that many have (titles).
    """
    otherwise: Counter[_Key] = Counter()
    marked = 0
    for found, number in side.places[text].counts.items():
        if found.outcome == "inside":
            if found.type == type and found.extra in side.shared.get(type, ()):
                otherwise[LONGER, ""] += number
        elif found.outcome == "unmarked":
            otherwise[UNMARKED, ""] += number
        elif found.outcome == "marked":
            if found.type == type:
                marked += number
            else:
                otherwise[TYPE, found.type] += number
        else:
            otherwise[SHORTER if found.outcome == "shorter" else CROSSING, ""] += number
    return otherwise, marked, marked + otherwise.total()


def _candidate(
    here: Side, there: Side, types: tuple[str, str], key: _Key, mine: _Key, rows: Sequence[_Row], level: float
) -> Candidate:
    """Return a candidate; ``key`` is its outcome there, ``mine`` the same in the terms of ``here``."""
    type, like = types
    weights = np.array([row.weight for row in rows])
    differences = np.array([row.there.get(key, 0.0) - row.own.get(mine, 0.0) for row in rows])
    effect, low, high, p = weighted(weights, differences, level)
    order = sorted(range(len(rows)), key=lambda n: (-weights[n] * differences[n], rows[n].text))
    forms, rest = (
        tuple(rows[n].text for n in order if (key in rows[n].there) == held) for held in (True, False)
    )
    return Candidate(
        here.corpus.name, type, there.corpus.name, like, *key, effect, low, high, len(rows), len(forms), p,
        extras=_extras(there, forms, key[0], like), forms=forms, rest=rest,
        examples=tuple(_example(here, there, text, type, like, key) for text in forms[:EXAMPLES]),
    )  # fmt: skip


def _extras(there: Side, forms: Sequence[str], outcome: str, like: str) -> tuple[str, ...]:
    """Return the words by which borders differ, the most frequent first."""
    wanted = {SHORTER: "shorter", LONGER: "inside"}.get(outcome)
    met: Counter[str] = Counter()
    for text in forms:
        for found, number in there.places[text].counts.items():
            if found.outcome == wanted and (wanted == "shorter" or found.extra in there.shared.get(like, ())):
                met[found.extra] += number
    return tuple(extra for extra, _ in sorted(met.items(), key=lambda item: (-item[1], item[0]))[:5])


def _example(here: Side, there: Side, text: str, type: str, like: str, key: _Key) -> Example:
    def fits(found: Found) -> bool:
        outcome, other = key
        if outcome == TYPE:
            return found.outcome == "marked" and found.type == other
        if outcome == LONGER:
            return (
                found.outcome == "inside" and found.type == like and found.extra in there.shared.get(like, ())
            )
        return found.outcome == outcome

    own = here.places[text].sentence
    mine = next(number for found, number in own.items() if found.outcome == "marked" and found.type == type)
    theirs = next(number for found, number in there.places[text].sentence.items() if fits(found))
    return Example(
        _written(here.corpus, mine, type, text), shown(here.corpus, mine), shown(there.corpus, theirs)
    )


def _written(corpus: Corpus, number: int, type: str, text: str) -> str:
    """Return a text as it is written in a sentence where it is marked as a type."""
    sentence = corpus.pick(np.array([number]))
    mentions, tokens = sentence.mentions(), sentence.columns.tokens.to_pylist()
    for start, end, each in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.type.tolist(), strict=True
    ):
        if mentions.types[each] == type and "".join(map(folded, tokens[start:end])).endswith(text):
            return readable(tokens[start:end])
    raise AssertionError(f"{text!r} is not marked as {type} there")


def shown(corpus: Corpus, number: int) -> str:
    """Return a sentence with its mentions in brackets, each with its type."""
    sentence = corpus.pick(np.array([number]))
    mentions = sentence.mentions()
    tokens = sentence.columns.tokens.to_pylist()
    pieces: list[str] = []
    at = 0
    for start, end, type in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.type.tolist(), strict=True
    ):
        pieces += [readable(tokens[at:start]), f"[{readable(tokens[start:end])} | {mentions.types[type]}]"]
        at = end
    return " ".join(filter(None, [*pieces, readable(tokens[at:])]))
