"""Conflicts between the types of two corpora, found by model: a tagger that learnt from one reads the other (B2NER, appendix A.2).

What a tagger of corpus A names in sentences of corpus B is compared with what B marks there. Errors alone are no conflict: a tagger errs on its
own corpus, too. So A's taggers are compared with B's own, which learnt from as many sentences and read the same ones: the *ceiling*. The
effect is the share of A's mentions of a type that B has otherwise, less the share of such among what B's own taggers name. If A and B are halves
of one corpus its expected value is zero, for then the two kinds of tagger are interchangeable. Where B's own taggers name next to nothing their
share is not known, and nothing is clear.

It varies with the sentences that are read and with the taggers: each seed has taggers of its own, which learn from other sentences of
their corpus, and both enter the interval (`effects.apart`). Of corpora on other subjects A's taggers know less than B's; that shows as mentions
that are missed, which is why candidates begin from what is named, and as guesses, which look like mentions that B does not mark.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, Mentions, decode
from openner_utils.unify import draws
from openner_utils.unify.alike import Meaning, alike, unknown_meaning
from openner_utils.unify.conflicts import (
    CROSSING,
    EXAMPLES,
    LEAST,
    LEVEL,
    LONGER,
    SHORTER,
    TYPE,
    UNMARKED,
    Candidate,
    Conflicts,
    Example,
    shown,
)
from openner_utils.unify.corpora import Corpus, readable
from openner_utils.unify.effects import apart, over_seeds
from openner_utils.unify.lattice import LEAST as LEAST_OF_EDGE
from openner_utils.unify.lattice import Edge
from openner_utils.unify.standing import folded

AGREED = "agreed"
SHARE = 0.75
"""Of the sentences that can be learnt from, those that each seed's taggers learn from."""
HELD = 1 / 3
"""Of the sentences of a corpus without splits, those that are read."""
TRAIN, TEST = "train", "test"

Label = Callable[[Columns], Columns]
"""Sentences → the same sentences under predicted labels (IOB2)."""
Learn = Callable[[Columns, int], Label]
"""Labelled sentences and a seed → a tagger."""
_Key = tuple[str, str]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share (0 to 1) with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Across:
    """How taggers of corpus ``here`` find ``like`` in corpus ``there`` by calling it ``type``, beside what the taggers of ``there`` do: the ceiling.

    Means over seeds; ``mentions``: of ``like`` in what was read.
    """

    here: str
    type: str
    there: str
    like: str
    mentions: int
    precision: Rate
    recall: Rate
    f1: Rate
    own_precision: Rate
    own_recall: Rate
    own_f1: Rate


@dataclass(frozen=True, slots=True)
class ByModel:
    """What is found: candidates and edges, in the form of those by rule, and scores of each pair of types that are alike."""

    conflicts: Conflicts
    scores: tuple[Across, ...]


def detect(
    corpora: Sequence[Corpus],
    learn: Learn,
    seeds: Sequence[int] = (1, 2, 3),
    most: int | None = None,
    meaning: Meaning = unknown_meaning,
    level: float = LEVEL,
    told: Callable[[str], object] = lambda _: None,
) -> ByModel:
    """Return what taggers find for all pairs of corpora with a language in common, in both directions.

    ``most``: sentences of each corpus that are learnt from, and that are read, at most. All corpora are learnt from in equal numbers.
    ``told`` hears what was learnt.
    """
    divided = [_divided(corpus, most) for corpus in corpora]
    number = max(1, round(SHARE * min(train.columns.n_sentences for train, _ in divided)))
    read: dict[tuple[int, int], list[Mentions]] = defaultdict(list)
    for one, (train, _) in enumerate(divided):
        keys = draws.keys(train)
        for seed in seeds:
            label = learn(train.pick(np.sort(draws.order(keys, seed)[:number])).columns, seed)
            for other, (_, test) in enumerate(divided):
                read[one, other].append(decode(label(test.columns), IOB2))
            told(f"{train.name}, seed {seed}")
    found: list[Candidate] = []
    scores: list[Across] = []
    pairs: dict[tuple[int, int], _Pair] = {}
    for one, other in permutations(range(len(corpora)), 2):
        if _comparable(corpora[one], corpora[other]):
            pair = _Pair(corpora[one].name, divided[other][1], read[one, other], read[other, other])
            pairs[one, other] = pair
            for type in corpora[one].types:
                if like := alike(type, corpora[one].name, corpora[other].types, corpora[other].name, meaning):
                    found += pair.candidates(type, like, level)
                    scores.append(pair.scores(type, like, level))
    edges = [
        edge
        for (one, other), pair in pairs.items()
        for edge in _edges(pair, pairs[other, one], corpora[one].types, corpora[other].types, level)
    ]
    bound = level / 2 / max(len(found), 1)
    clear = (replace(each, clear=each.p < bound) for each in found)
    return ByModel(
        Conflicts(
            tuple(sorted(clear, key=lambda each: each.rank)),
            tuple(sorted(edges, key=lambda each: (-each.low, each.here, each.type, each.there, each.wider))),
        ),
        tuple(sorted(scores, key=lambda each: (each.here, each.there, each.type))),
    )


def _comparable(one: Corpus, other: Corpus) -> bool:
    """Return whether two corpora have a language in common; one that is not known goes with any."""
    of_one, of_other = ({origin.language for origin in each.origins} for each in (one, other))
    return bool(of_one & of_other) or "und" in of_one | of_other


def _divided(corpus: Corpus, most: int | None) -> tuple[Corpus, Corpus]:
    """Return what is learnt from and what is read: by the corpus's splits, else by what sentences hold."""
    order = draws.order(draws.keys(corpus), seed=0)
    splits = np.array([origin.split for origin in corpus.origins])[order]
    if TRAIN in splits and TEST in splits:
        train, test = order[splits == TRAIN], order[splits == TEST]
    else:
        held = max(1, round(HELD * len(order)))
        train, test = order[held:], order[:held]
    return corpus.pick(np.sort(train[:most])), corpus.pick(np.sort(test[:most]))


@dataclass(frozen=True, slots=True)
class _Named:
    """A mention that a tagger names: its type, tokens [start, end), sentence, what is marked there, and the words on which borders differ."""

    type: str
    start: int
    end: int
    sentence: int
    key: _Key
    extra: str


class _Pair:
    """Sentences of corpus ``there`` as taggers of ``here`` read them, and as its own do."""

    def __init__(self, here: str, there: Corpus, read: Sequence[Mentions], own: Sequence[Mentions]) -> None:
        self.here, self.there = here, there
        self._gold = there.mentions()
        self._of_sentence: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for start, end, sentence, type in _each(self._gold):
            self._of_sentence[sentence].append((start, end, type))
        self._tokens = there.columns.tokens.to_pylist()
        self._read = [self._named(each) for each in read]
        self._own = [self._named(each) for each in own]

    def _named(self, mentions: Mentions) -> list[_Named]:
        return [
            _Named(type, start, end, sentence, *self._marked(start, end, sentence))
            for start, end, sentence, type in _each(mentions)
        ]

    def _marked(self, start: int, end: int, sentence: int) -> tuple[_Key, str]:
        """Return what the corpus marks at a place; of several mentions the one that overlaps it most."""
        best: tuple[int, int, int, str] | None = None
        for first, after, type in self._of_sentence.get(sentence, ()):
            common = min(after, end) - max(first, start)
            if common > 0 and (best is None or common > best[0]):
                best = (common, first, after, type)
        if best is None:
            return (UNMARKED, ""), ""
        _, first, after, type = best
        if (first, after) == (start, end):
            return (AGREED, type), ""
        if first >= start and after <= end:
            return (SHORTER, ""), self._beside(start, first, after, end)
        if first <= start and after >= end:
            return (LONGER, ""), self._beside(first, start, end, after)
        return (CROSSING, ""), ""

    def _beside(self, start: int, first: int, after: int, end: int) -> str:
        before, behind = ("".join(map(folded, self._tokens[a:b])) for a, b in ((start, first), (after, end)))
        return f"{before} … {behind}".strip()

    def counted(self, named: Sequence[Sequence[_Named]], type: str, wanted: _Key | None = None) -> Floats:
        """Return how many mentions of a type the taggers of each seed name in each sentence [n_seeds, n_sentences]; those with a key alone."""
        found = np.zeros((len(named), self.there.columns.n_sentences))
        for seed, of_seed in enumerate(named):
            for each in of_seed:
                if each.type == type and wanted in (None, each.key):
                    found[seed, each.sentence] += 1
        return found

    def candidates(self, type: str, like: str, level: float) -> Iterator[Candidate]:
        """Yield what ``there`` does otherwise with what is named ``type``, each where taggers name `LEAST` such mentions a seed."""
        outcomes = Counter(each.key for of_seed in self._read for each in of_seed if each.type == type)
        for key, number in sorted(outcomes.items()):
            if key != (AGREED, like) and number >= LEAST * len(self._read):
                yield self._candidate(type, like, key, level)

    def _candidate(self, type: str, like: str, key: _Key, level: float) -> Candidate:
        read, own = (
            (self.counted(named, of, key), self.counted(named, of))
            for named, of in ((self._read, type), (self._own, like))
        )
        effect, low, high, p = apart(read, own, level)
        texts = defaultdict(list)
        for each in (each for of_seed in self._read for each in of_seed if each.type == type):
            texts["".join(map(folded, self._tokens[each.start : each.end]))].append(each)
        forms = sorted(
            (text for text, of in texts.items() if any(each.key == key for each in of)),
            key=lambda text: (-sum(each.key == key for each in texts[text]), text),
        )
        extras = Counter(each.extra for of in texts.values() for each in of if each.key == key and each.extra)
        examples = [next(each for each in texts[text] if each.key == key) for text in forms[:EXAMPLES]]
        return Candidate(
            self.here, type, self.there.name, like, TYPE if key[0] == AGREED else key[0], key[1], effect, low, high,
            len(texts), len(forms), p,
            extras=tuple(extra for extra, _ in sorted(extras.items(), key=lambda item: (-item[1], item[0]))[:5]),
            forms=tuple(forms), rest=tuple(sorted(set(texts) - set(forms))),
            examples=tuple(map(self._example, examples)),
        )  # fmt: skip

    def _example(self, named: _Named) -> Example:
        first, after = self.there.columns.sentences[named.sentence : named.sentence + 2].tolist()
        pieces = (
            readable(self._tokens[first : named.start]),
            f"[{readable(self._tokens[named.start : named.end])} | {named.type}]",
            readable(self._tokens[named.end : after]),
        )
        return Example(
            readable(self._tokens[named.start : named.end]),
            " ".join(filter(None, pieces)),
            shown(self.there, named.sentence),
        )

    def scores(self, type: str, like: str, level: float) -> Across:
        """Return precision, recall and F1 of a pair of types, beside those of the corpus's own taggers."""
        gold = np.zeros(self.there.columns.n_sentences)
        for *_, sentence, of in _each(self._gold):
            gold[sentence] += of == like
        read, own = (
            _scores(self.counted(named, of), self.counted(named, of, (AGREED, like)), gold, level)
            for named, of in ((self._read, type), (self._own, like))
        )
        return Across(self.here, type, self.there.name, like, int(gold.sum()), *read, *own)

    def parts(self, type: str, wider: str, level: float) -> tuple[Rate, int]:
        """Return which share of what is named ``type``, with the very borders of a mention, is marked ``wider``; and of how many."""
        whole, part = (np.zeros((len(self._read), self.there.columns.n_sentences)) for _ in range(2))
        for seed, of_seed in enumerate(self._read):
            for each in of_seed:
                if each.type == type and each.key[0] == AGREED:
                    whole[seed, each.sentence] += 1
                    part[seed, each.sentence] += each.key[1] == wider
        return _rate(part, whole, level), round(whole.sum() / len(whole))


def _each(mentions: Mentions) -> Iterator[tuple[int, int, int, str]]:
    """Yield start, end, sentence and type of mentions."""
    for start, end, sentence, type in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.sentence.tolist(), mentions.type.tolist(), strict=True
    ):  # fmt: skip
        yield start, end, sentence, mentions.types[type]


def _scores(named: Floats, right: Floats, gold: Floats, level: float) -> tuple[Rate, Rate, Rate]:
    """Return precision, recall and F1 from counts [n_seeds, n_sentences] and the reference's [n_sentences]."""
    reference = np.broadcast_to(gold, named.shape)
    return (
        _rate(right, named, level),
        _rate(right, reference, level),
        _rate(2 * right, named + reference, level),
    )


def _rate(part: Floats, whole: Floats, level: float) -> Rate:
    """Return a share with its interval over sentences and seeds; nothing is known where the whole is none."""
    weights = whole.mean(axis=0)
    if not weights.any():
        return Rate(0.0, 0.0, 1.0)
    # A share is half of 1 plus the mean of what is in it less what is not.
    value, low, high, _ = over_seeds(weights, 2 * part - whole, level)
    return Rate(*((each + 1) / 2 for each in (value, low, high)))


def _edges(
    pair: _Pair, back: _Pair, types: Sequence[str], others: Sequence[str], level: float
) -> Iterator[Edge]:
    """Yield the pairs of types of which the first is part of the second: errors that go one way only (see `lattice.edges`)."""
    for type, wider in product(types, others):
        down, number = pair.parts(type, wider, level)
        if number < LEAST_OF_EDGE or down.low <= 0.5:
            continue
        up, of_back = back.parts(wider, type, level)
        if of_back >= LEAST_OF_EDGE and up.high < down.low:
            yield Edge(
                pair.here, type, pair.there.name, wider, down.value, down.low, down.high, number, up.value, up.low, up.high, of_back
            )  # fmt: skip
