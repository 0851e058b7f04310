"""Which encoder is better in which language, and what does its tokenizer do to each language?

Beside each score stands what the encoder's tokenizer does to the language's tokens: in a script that a vocabulary
lacks, every token becomes unknown, and no tagger can tell names from other words.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from openner_utils.analysis.question import Answer, Params
from openner_utils.analysis.systems import (
    chosen,
    compared,
    counts_of,
    encoders_of,
    mean_over,
    power,
    shared,
    with_intervals,
)
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import SENTENCES, TRAINED, Inputs
from openner_utils.scoring.significance import f1
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted

NEAR_ZERO = 10.0
"""F1 (percent) below which a row counts as near zero."""
POORLY_READ = 0.1
"""Share of tokens with an unknown sub-token, or with characters lost, from which on a language counts as poorly read."""


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores and the tokenizer reports."""
    reports = [
        inputs.frame(TRAINED.tokenizer, encoder=encoder, regime=regime).assign(system=encoder)
        for encoder in params.encoders
        for regime in params.train.regimes
    ]
    # Regimes share languages, and a tokenizer does the same to a language under each.
    read = pd.concat(reports, ignore_index=True).drop_duplicates(["system", "corpus", "language"])
    found = tables(inputs.frame(SENTENCES), read, params.compare)
    return Answer(found, summary(found))


def tables(sentences: pd.DataFrame, tokenizers: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``by_language``, ``means`` and ``pairs``.

    ``sentences``: counts per sentence (`stages.score`); ``tokenizers``: one row per system and language with
    columns unknown_tokens, characters_lost (shares of tokens) and fertility. All rows of a language are on the same
    sentences; ``means`` are over languages that every encoder and regime of the row's group has.
    """
    encoders = _comparable(encoders_of(sentences))
    by_language = with_intervals(encoders, ["regime", "language", "system"], how)
    seen = ["unknown_tokens", "characters_lost", "fertility"]
    read = tokenizers.groupby(["system", "language"], as_index=False)[seen].mean()
    by_language = by_language.merge(read, on=["system", "language"], how="left")
    pairs = [
        (
            {"regime": regime, "language": language, "a": a, "b": b},
            chosen(rows, system=a),
            chosen(rows, system=b),
        )
        for (regime, language), rows in encoders.groupby(["regime", "language"])
        for a, b in combinations(sorted(rows["system"].unique()), 2)
    ]
    return {
        "by_language": by_language,
        "means": _means(encoders, how),
        "pairs": compared(pairs, how, ["regime", "language", "a", "b"]),
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
    have = {run: frozenset(rows["language"]) for run, rows in encoders.groupby(["regime", "system"])}
    rows = []
    for common in sorted(set(have.values()), key=lambda codes: (len(codes), sorted(codes))):
        for (regime, system), codes in have.items():
            if not common <= codes:
                continue
            parts = [chosen(encoders, regime=regime, system=system, language=code) for code in sorted(common)]
            counts = [counts_of(part) for part in parts]
            found = mean_over(parts, how)
            seeds = np.mean([f1(each.sum(axis=1)) for each in counts], axis=0)
            sd = float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan")
            values = (100 * value for value in (found.value, sd, found.low, found.high))
            rows.append((" ".join(sorted(common)), regime, system, *values, len(seeds)))
    return pd.DataFrame(rows, columns=columns)


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    by_language, pairs = found["by_language"], found["pairs"]
    lines = []
    for codes, rows in found["means"].groupby("languages", sort=False):
        said = "; ".join(
            f"{row.system}, {row.regime} {shown(row.f1)} ({shown(row.low)} to {shown(row.high)})"
            for row in rows.sort_values("f1", ascending=False).itertuples()
        )
        names = str(codes).split()
        which = f" ({', '.join(names)})" if len(names) <= 5 else ""
        lines.append(f"Mean F1 over {counted(len(names), 'language')}{which}: {said}.")
    if len(pairs):
        clear = pairs[pairs["clear"]]
        ahead = pd.concat(
            [clear.loc[clear["difference"] > 0, "b"], clear.loc[clear["difference"] < 0, "a"]]
        ).value_counts()
        which = ", ".join(f"{system} is ahead in {number}" for system, number in ahead.sort_index().items())
        lines.append(
            f"Of {counted(len(pairs), 'comparison')} of two encoders on one language under one regime, {len(clear)} differ beyond chance "
            f"({which + '; ' if which else ''}Holm-adjusted over all); {power(pairs)}."
        )
    return lines + _near_zero(by_language)


def _near_zero(by_language: pd.DataFrame) -> list[str]:
    """Say how many rows are near zero, and whether the tokenizer sets them apart from the other rows."""
    low = by_language["f1"] < NEAR_ZERO
    if not low.any():
        return []
    unread = by_language["unknown_tokens"] >= POORLY_READ
    maimed = ~unread & (by_language["characters_lost"] >= POORLY_READ)
    other = by_language[low & ~unread & ~maimed]
    names = ", ".join(f"{row.system} on {row.language} ({row.regime})" for row in other.itertuples())
    return [
        f"{low.sum()} of {counted(len(by_language), 'row')} (encoder, regime, language) are below {shown(NEAR_ZERO, 0)} F1: in "
        f"{(low & unread).sum()} the tokenizer gives an unknown sub-token to at least {share(POORLY_READ)} of the tokens, in "
        f"{(low & maimed).sum()} more it drops characters of as many, in {len(other)} neither ({names or 'none'}). Of the "
        f"{(~low).sum()} rows above, {(~low & unread).sum()} have such unknown sub-tokens and {(~low & maimed).sum()} such "
        f"dropped characters."
    ]
