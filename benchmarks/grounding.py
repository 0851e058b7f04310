"""How many mentions of replies are grounded in a second, on one core, each beside a plain loop over runs of tokens.

Replies name runs of their sentence's tokens: as they stand, in other case and Unicode form, or with a letter exchanged. Every
text stands once, so both sides must give the same labels. Time is that of the process, and holds the reading of nothing but
the sentence and the mentions.
"""

import random
import string
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from benchmarks import Claim
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.llm.grounding import ground
from openner_utils.llm.matching import THRESHOLD, Matching, normalized
from openner_utils.llm.replies import Emitted, Parsed
from openner_utils.support.errors import OpenNERError

TOKENS, MENTIONS, SENTENCES = 50, 10, 200
LONG = 5_000
"""Tokens of the text by which is seen whether time is linear."""
PER_SECOND, FUZZY_PER_SECOND = 20_000, 1_000
RUNS = 5
LOOPED = 10
"""Sentences that the plain loops are given; they are slow."""
TYPES = ("PER", "LOC", "ORG")
LETTERS = string.ascii_letters + "éüñçöāżř"


@dataclass(frozen=True, slots=True)
class _Case:
    """A sentence, and the reply to it."""

    tokens: list[str]
    parsed: Parsed


def run() -> list[Claim]:
    """Return the claims on exact and normalized, and on fuzzy places."""
    draw = random.Random(1)
    plain = [_case(draw, TOKENS, MENTIONS, _respelled, 2) for _ in range(SENTENCES)]
    long = [_case(draw, LONG, MENTIONS * LONG // TOKENS, _respelled, 2)]
    wrong = [_case(draw, TOKENS, MENTIONS, _misspelled, 1) for _ in range(SENTENCES)]
    rate, fuzzy = _rate(plain, "normalized"), _rate(wrong, "fuzzy")
    note = f"{SENTENCES} sentences of {TOKENS} tokens with {MENTIONS} mentions each, half of them respelled; best of {RUNS}"
    misspelled = note.replace("half of them respelled", "all misspelled")
    return [
        Claim("exact and normalized places: mentions per second against the budget", "mentions/s", rate, PER_SECOND, 1, note),
        Claim(
            "exact and normalized places: mentions per second against a plain loop", "mentions/s", rate,
            _looped(plain, "normalized", _equal), 1, note,
        ),
        Claim(
            f"exact and normalized places: a text of {LONG:,} tokens against sentences of {TOKENS}, as dense", "mentions/s",
            _rate(long, "normalized"), rate, 0.5, "linear: at least half as fast; best of 5",
        ),
        Claim("fuzzy places: mentions per second against the budget", "mentions/s", fuzzy, FUZZY_PER_SECOND, 1, misspelled),
        Claim(
            "fuzzy places: mentions per second against a plain loop with difflib", "mentions/s", fuzzy,
            _looped(wrong, "fuzzy", _alike), 1, misspelled,
        ),
    ]  # fmt: skip


def _case(
    draw: random.Random, tokens: int, mentions: int, spelled: Callable[[str], str], every: int
) -> _Case:
    words = [f"{''.join(draw.choices(LETTERS, k=draw.randint(5, 9)))}{n}" for n in range(tokens)]
    emitted = []
    for number, at in enumerate(sorted(draw.sample(range(0, tokens - 3, 4), mentions))):
        text = " ".join(words[at : at + draw.randint(1, 3)])
        emitted.append(Emitted(text if number % every else spelled(text), draw.choice(TYPES)))
    draw.shuffle(emitted)
    return _Case(words, Parsed(tuple(emitted)))


def _respelled(text: str) -> str:
    return unicodedata.normalize("NFD", text.swapcase())


def _misspelled(text: str) -> str:
    return f"{text[:2]}#{text[3:]}"


def _rate(cases: Sequence[_Case], matching: Matching) -> float:
    """Return mentions per second, all of them grounded."""
    named = sum(len(case.parsed.mentions) for case in cases)
    best = float("inf")
    for _ in range(RUNS):
        began = time.process_time()
        found = [ground(case.parsed, case.tokens, TYPES, "json", matching=matching) for case in cases]
        best = min(best, time.process_time() - began)
    if sum(each.grounded for each in found) != named:
        raise OpenNERError("Not every mention was grounded. Do not compare speed.")
    return named / best


def _looped(cases: Sequence[_Case], matching: Matching, alike: Callable[[str, str], float]) -> float:
    """Return mentions per second of a loop over all runs of up to four tokens; its labels must be ours."""
    cases = cases[:LOOPED]
    began = time.process_time()
    labels = [_plain(case, alike) for case in cases]
    seconds = time.process_time() - began
    for case, found in zip(cases, labels, strict=True):
        if found != ground(case.parsed, case.tokens, TYPES, "json", matching=matching).labels:
            raise OpenNERError("The plain loop gives other labels. Do not compare speed.")
    return sum(len(case.parsed.mentions) for case in cases) / seconds


def _plain(case: _Case, alike: Callable[[str, str], float]) -> tuple[str, ...]:
    found: dict[Span, str] = {}
    for mention in case.parsed.mentions:
        best, place = 0.0, None
        for start in range(len(case.tokens)):
            for end in range(start + 1, min(start + 4, len(case.tokens)) + 1):
                like = alike(normalized(mention.text), normalized("".join(case.tokens[start:end])))
                if like > best:
                    best, place = like, Span(start, end)
        if place:
            found[place] = mention.type
    return IOB2.encode(sorted(Mention(*item) for item in found.items()), len(case.tokens))


def _equal(one: str, other: str) -> float:
    return float(one == other)


def _alike(one: str, other: str) -> float:
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    return ratio if ratio >= THRESHOLD else 0.0
