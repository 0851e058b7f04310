"""The same predictions under the scoring rules of others: which mentions count as right is a choice, and here are seven.

The rules take the mentions that both sides have as `mentions` reads them under ``conlleval``; the first three are its conventions.
Published figures rest on one of them each, so figures of two papers can only be set side by side if both have the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import Mentions
from openner_utils.scoring.mentions import count, mentions_of_both

MAIN = "conlleval"
RULES: Mapping[str, str] = {
    MAIN: "span and type; an invalid transition opens a mention (CoNLL-2003, seqeval's default)",
    "discard": "span and type; labels of an invalid transition are O (SeqScore discard, seqeval strict)",
    "untyped": "span alone (type-ignored F1 of T-NER)",
    "overlap": "type, and at least one token in common (SemEval-2013 task 9, type)",
    "partial": "span: the same 1, overlapping ½; types are not looked at (SemEval-2013 task 9, partial)",
    "texts": "text and type, each once a sentence, wherever it stands (the sets of B2NER and GNER)",
    "listed texts": "text and type, as often as they are named, wherever they stand (the lists of GoLLIE)",
}
"""Each rule: what makes a mention right, and who scores so."""

Credits = NDArray[np.float64]
"""Right (of ``partial`` in halves), predicted and reference mentions of each sentence [n_sentences, 3]."""
_Token = tuple[int, int, str]


def credits(reference: Columns, prediction: Columns) -> dict[str, Credits]:
    """Return the counts of each sentence (IOB2 labels on both sides) under each rule.

    `OpenNERError` where the two have other sentences or tokens.
    """
    found = {
        rule: count(reference, prediction, rule).values.sum(axis=1, dtype=np.float64)
        for rule in (MAIN, "discard", "untyped")
    }
    by_hand = {rule: np.zeros((reference.n_sentences, 3)) for rule in RULES if rule not in found}
    gold, said = mentions_of_both(reference, prediction, MAIN)
    tokens = reference.tokens.to_pylist()
    wanted, named = _by_sentence(gold), _by_sentence(said)
    for sentence in sorted(wanted.keys() | named.keys()):
        for rule, row in _of_sentence(wanted.get(sentence, []), named.get(sentence, []), tokens):
            by_hand[rule][sentence] = row
    return found | by_hand


def _by_sentence(mentions: Mentions) -> dict[int, list[_Token]]:
    found: dict[int, list[_Token]] = {}
    rows = zip(mentions.sentence, mentions.start, mentions.end, mentions.type, strict=True)
    for sentence, start, end, type in rows:
        found.setdefault(int(sentence), []).append((int(start), int(end), mentions.types[type]))
    return found


def _of_sentence(
    wanted: list[_Token], named: list[_Token], tokens: list[str]
) -> Iterator[tuple[str, tuple[float, int, int]]]:
    sizes = len(named), len(wanted)
    typed = {type for *_, type in (*wanted, *named)}
    right = sum(
        _paired([m for m in wanted if m[2] == type], [m for m in named if m[2] == type]) for type in typed
    )
    yield "overlap", (right, *sizes)
    same = {mention[:2] for mention in wanted} & {mention[:2] for mention in named}
    rest = _paired(*([m for m in side if m[:2] not in same] for side in (wanted, named)))
    yield "partial", (len(same) + rest / 2, *sizes)
    sides = [
        Counter((" ".join(tokens[start:end]), type) for start, end, type in side) for side in (named, wanted)
    ]
    yield "texts", (len(sides[0].keys() & sides[1].keys()), len(sides[0]), len(sides[1]))
    yield "listed texts", ((sides[0] & sides[1]).total(), *sizes)


def _paired(wanted: list[_Token], named: list[_Token]) -> int:
    """Return how many pairs of overlapping mentions there are at most, each mention in one pair; both sides are in order.

    Mentions of one side do not overlap, so the first that can be paired may be: whatever waits for it can take no other that
    ends earlier.
    """
    pairs, at = 0, 0
    for start, end, _ in named:
        while at < len(wanted) and wanted[at][1] <= start:
            at += 1
        if at < len(wanted) and wanted[at][0] < end:
            pairs, at = pairs + 1, at + 1
    return pairs
