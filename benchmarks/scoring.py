"""Score a million tokens in one process against SeqScore and seqeval, under the conventions that they share.

Every scorer begins with what its user has in memory. For SeqScore and seqeval that is lists of label strings; for
ours it is columns, as the pipeline reads them from its tables; a second figure adds the making of columns from
the same lists. Neither peer documents a setting for speed. All must give the same micro F1.
"""

import random
import time
import warnings
from collections.abc import Callable
from statistics import median

import seqeval.metrics
import seqeval.scheme
import seqscore.scoring

from benchmarks import Claim
from openner_utils.core.columns import Columns, from_rows
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError

TOKENS = 1_000_000
RUNS = 3
TYPES = ("PER", "LOC", "ORG", "DATE")
Labels = list[list[str]]


def run() -> list[Claim]:
    """Return the claims against both peers, each under both conventions."""
    gold, found = _labels(random.Random("scoring benchmark"))
    reference, prediction = _columns(gold), _columns(found)
    claims = []
    for peer, convention, theirs in (
        ("SeqScore", "conlleval", lambda: _seqscore(gold, found, "conlleval")),
        ("SeqScore", "discard", lambda: _seqscore(gold, found, "discard")),
        ("seqeval default", "conlleval", lambda: _seqeval(gold, found)),
        (
            "seqeval strict",
            "discard",
            lambda: _seqeval(gold, found, mode="strict", scheme=seqeval.scheme.IOB2),
        ),
    ):
        ways: list[Callable[[], float]] = [
            lambda name=convention: score(reference, prediction, name)[ALL].f1,  # type: ignore[misc]
            lambda name=convention: score(_columns(gold), _columns(found), name)[ALL].f1,  # type: ignore[misc]
            theirs,
        ]
        from_columns, from_lists, peer_seconds = _in_turn(ways, peer)
        note = f"{TOKENS:,} tokens in {len(gold):,} sentences; medians of {RUNS} runs in turn"
        name = f"scoring ({convention}) against {peer}"
        claims += [
            Claim(name, "s", from_columns, peer_seconds, 20, note, less_is_better=True),
            Claim(
                f"{name}, columns made from lists",
                "s",
                from_lists,
                peer_seconds,
                2,
                note,
                less_is_better=True,
            ),
        ]
    return claims


def _in_turn(ways: list[Callable[[], float]], peer: str) -> list[float]:
    """Return the median seconds of each way, run in turn; raise `OpenNERError` where their results differ."""
    seconds: list[list[float]] = [[] for _ in ways]
    results: set[float] = set()
    for _ in range(RUNS):
        for number, way in enumerate(ways):
            begin = time.perf_counter()
            result = way()
            seconds[number].append(time.perf_counter() - begin)
            results.add(round(result, 12))
    if len(results) > 1:
        raise OpenNERError(f"Ours and {peer} give different F1: {sorted(results)}. Do not compare speed.")
    return [median(values) for values in seconds]


def _labels(draw: random.Random) -> tuple[Labels, Labels]:
    """Return valid reference labels, about one token in seven in a mention, and a prediction with 5 % changed."""
    gold: Labels = []
    total = 0
    while total < TOKENS:
        row: list[str] = []
        length = min(draw.randint(5, 40), TOKENS - total)
        while len(row) < length:
            type = draw.choice(TYPES)
            mention = [f"B-{type}", *[f"I-{type}"] * draw.choice((0, 0, 1, 1, 2))]
            row += mention if draw.random() < 0.08 else ["O"]
        gold.append(row[:length])
        total += length
    every = ["O", *(f"{state}-{type}" for state in "BI" for type in TYPES)]
    return gold, [[draw.choice(every) if draw.random() < 0.05 else label for label in row] for row in gold]


def _columns(rows: Labels) -> Columns:
    return from_rows((row, row) for row in rows)  # the tokens play no part


def _seqscore(gold: Labels, found: Labels, repair: str) -> float:
    scores, _ = seqscore.scoring.score_label_sequences(found, gold, "BIO", repair=repair)
    return float(scores.f1)


def _seqeval(gold: Labels, found: Labels, **settings: object) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = seqeval.metrics.classification_report(gold, found, output_dict=True, **settings)
    return float(report["micro avg"]["f1-score"])
