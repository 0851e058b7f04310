"""Which encoder is better in which language, and what does its tokenizer do to each language?

Beside each score stands what the encoder's tokenizer does to the language's tokens: in a script that a vocabulary
lacks, every token becomes unknown, and no tagger can tell names from other words; where it has the letters alone, pretraining is of
little use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from openner_utils.analysis import two_views
from openner_utils.analysis.one_system import System
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import Power, compared, encoders_of, mean_over, shared, with_intervals
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import TRAINED, Inputs
from openner_utils.scoring.significance import f1

NEAR_ZERO = 10.0
"""F1 (percent) below which a row counts as near zero."""
POORLY_READ = 0.1
"""Share of tokens with an unknown sub-token, or with characters lost, from which on a language counts as poorly read."""
SPELLED_OUT = 0.5
"""Share of the longer tokens shown letter by letter from which on a language counts as spelled out."""
READ = ["unknown_tokens", "characters_lost", "spelled_out", "fertility"]
"""What is said of a tokenizer beside a score."""
PAIR = ["regime", "language", "a", "b"]
"""What a comparison of two encoders is called."""


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean F1 (percent) of one encoder under one regime, with its interval."""

    system: str
    regime: str
    f1: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many comparisons there are, and in how many of them each encoder is ahead beyond chance."""

    compared: int
    ahead: Mapping[str, int]
    power: Power

    @property
    def clear(self) -> int:
        """Comparisons that differ beyond chance."""
        return sum(self.ahead.values())


@dataclass(frozen=True, slots=True)
class Read:
    """How many ``rows`` the tokenizer reads badly: by unknown sub-tokens, others by characters that it drops, and still others letter by
    letter.
    """

    rows: int
    unread: int
    maimed: int
    spelled: int


@dataclass(frozen=True, slots=True)
class NearZero:
    """The rows (encoder, regime, language) ``below`` `NEAR_ZERO`, beside those ``above``, out of ``of``.

    ``unexplained``: system, language and regime of those below that the tokenizer reads well.
    """

    of: int
    below: Read
    above: Read
    unexplained: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say: ``means`` by the languages that they are over, the best encoder first."""

    means: Mapping[tuple[str, ...], tuple[Mean, ...]]
    pairs: Pairs | None
    near_zero: NearZero | None
    views: two_views.Views = two_views.NOTHING


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores and the tokenizer reports."""
    reports = [
        inputs.frame(TRAINED.tokenizer, encoder=encoder, regime=regime).assign(system=encoder)
        for encoder in params.encoders
        for regime in params.train.regimes
    ]
    # Regimes share languages, and a tokenizer does the same to a language under each.
    read = pd.concat(reports, ignore_index=True).drop_duplicates(["system", "corpus", "language"])
    found = tables(core_sentences(inputs, params), read, params.compare)
    return Answer(found, findings(found))


def tables(sentences: pd.DataFrame, tokenizers: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_language``, ``means``, ``pairs``, and ``views``: the pairs with a second interval (`analysis.two_views`).

    ``sentences``: counts per sentence (`stages.score`); ``tokenizers``: one row per system and language with
    the columns of `READ`. All rows of a language are on the same
    sentences; ``means`` are over languages that every encoder and regime of the row's group has.
    """
    encoders = _comparable(encoders_of(sentences))
    by_language = with_intervals(encoders, ["regime", "language", "system"], how)
    read = tokenizers.groupby(["system", "language"], as_index=False)[READ].mean()
    by_language = by_language.merge(read, on=["system", "language"], how="left")
    pairs = [
        ({"regime": regime, "language": language, "a": a, "b": b}, one, other)
        for (regime, language), rows in encoders.groupby(["regime", "language"])
        for (a, one), (b, other) in combinations(
            [(name, System.of(own)) for name, own in rows.groupby("system")], 2
        )
    ]
    found = compared(pairs, how, PAIR)
    return {
        "by_language": by_language,
        "means": _means(encoders, how),
        "pairs": found,
        "views": two_views.beside(found, pairs, how),
    }


def _comparable(encoders: pd.DataFrame) -> pd.DataFrame:
    """Return of each language the sentences that every encoder was tested on, under every regime.

    A corpus without training data is tested by joint regimes only; with it, rows of one language would have other tests.
    """
    parts = [
        part
        for _, rows in encoders.groupby("language")
        for part in shared(*(run for _, run in rows.groupby(["system", "regime"])))
    ]
    return pd.concat(parts) if parts else encoders


def _means(encoders: pd.DataFrame, how: Compare) -> pd.DataFrame:
    """Return mean F1 over languages, with its interval, for each set of languages that all of some systems share."""
    columns = ["languages", "regime", "system", "f1", "sd", "low", "high", "seeds"]
    each = {
        run: {code: System.of(own) for code, own in rows.groupby("language")}
        for run, rows in encoders.groupby(["regime", "system"])
    }
    have = {run: frozenset(own) for run, own in each.items()}
    rows = []
    for common in sorted(set(have.values()), key=lambda codes: (len(codes), sorted(codes))):
        for (regime, system), codes in have.items():
            if not common <= codes:
                continue
            parts = [each[regime, system][code] for code in sorted(common)]
            found = mean_over(parts, how)
            seeds = np.mean([f1(part.counts.sum(axis=1)) for part in parts], axis=0)
            sd = float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan")
            values = (100 * value for value in (found.value, sd, found.low, found.high))
            rows.append((" ".join(sorted(common)), regime, system, *values, len(seeds)))
    return pd.DataFrame(rows, columns=columns)


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the `tables` say."""
    means = {
        tuple(str(codes).split()): tuple(
            Mean(str(row.system), str(row.regime), float(row.f1), float(row.low), float(row.high))
            for row in rows.sort_values("f1", ascending=False).itertuples()
        )
        for codes, rows in found["means"].groupby("languages", sort=False)
    }
    views = two_views.findings(found["views"], PAIR)
    return Findings(means, _pairs(found["pairs"]), _near_zero(found["by_language"]), views)


def _pairs(pairs: pd.DataFrame) -> Pairs | None:
    if pairs.empty:
        return None
    clear = pairs[pairs["clear"]]
    winners = clear["b"].where(clear["difference"] > 0, clear["a"]).value_counts().sort_index()
    return Pairs(len(pairs), {str(system): int(n) for system, n in winners.items()}, Power.of(pairs))


def _near_zero(by_language: pd.DataFrame) -> NearZero | None:
    """Return whether the tokenizer sets the rows that are near zero apart from the others."""
    low = by_language["f1"] < NEAR_ZERO
    if not low.any():
        return None
    unread = by_language["unknown_tokens"] >= POORLY_READ
    maimed = ~unread & (by_language["characters_lost"] >= POORLY_READ)
    spelled = ~unread & ~maimed & (by_language["spelled_out"] >= SPELLED_OUT)
    other = by_language[low & ~unread & ~maimed & ~spelled]

    def read(rows: pd.Series) -> Read:
        return Read(int(rows.sum()), *(int((rows & badly).sum()) for badly in (unread, maimed, spelled)))

    return NearZero(
        of=len(by_language),
        below=read(low),
        above=read(~low),
        unexplained=tuple(
            (str(row.system), str(row.language), str(row.regime)) for row in other.itertuples()
        ),
    )
