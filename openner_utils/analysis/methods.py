"""How often do the intervals and tests of this compendium err? The simulation of `benchmarks.significance`, told in tables."""

import math

import pandas as pd

from openner_utils.support.rounding import shown
from openner_utils.support.words import counted

RATES = ["type_1", "ignoring_seeds", "coverage", "coverage_f1", "power", "family_wise"]


def tables(simulated: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return ``equal`` (both systems vary alike over seeds), ``unequal`` (one does not vary) and ``documents``.

    ``simulated``: the table that ``python -m benchmarks significance`` writes, one row per setting. Rates are in percent.
    """
    found = simulated.assign(**{name: 100 * simulated[name] for name in RATES})
    alike = found["spread"] == found["other_spread"]
    single = found["document"] == 1
    columns = ["sentences", "seeds", "spread", *RATES[:4], "detectable", *RATES[4:]]
    return {
        "equal": found.loc[alike & single, columns],
        "unequal": found.loc[~alike, ["sentences", "seeds", "spread", "other_spread", *columns[3:-1]]],
        "documents": found.loc[~single, [*columns[:3], "document", *columns[3:-1]]],
    }


def summary(simulated: pd.DataFrame) -> list[str]:
    """Return the best and the worst rates, in sentences whose numbers come from the table."""
    found = simulated.assign(**{name: 100 * simulated[name] for name in RATES})
    alike = found["spread"] == found["other_spread"]
    return [_words(found[alike], "vary alike over seeds"), _words(found[~alike], "vary unequally over seeds")]


def _words(found: pd.DataFrame, which: str) -> str:
    worst = found.loc[found["type_1"].idxmax()]
    least = found.loc[found["coverage"].idxmin()]
    said = (
        f"Systems that {which}, {counted(len(found), 'setting')}, {found['repeats'].iloc[0]:,} simulations each: told apart "
        f"without a difference in {shown(found['type_1'].min())} to {shown(worst['type_1'])} % (allowed: 5; worst: "
        f"{_setting(worst)}; a test that ignores seeds: up to {shown(found['ignoring_seeds'].max(), 0)} %). 95 % intervals "
        f"held the true difference in at least {shown(least['coverage'])} % ({_setting(least)}), and a single F1 in at "
        f"least {shown(found['coverage_f1'].min())} %."
    )
    families = found[found["family_wise"].notna()]
    if not len(families):
        return said
    false = families.loc[families["family_wise"].idxmax()]
    error = 100 * math.sqrt(0.05 * 0.95 / families["families"].iloc[0])
    return (
        f"{said} Families of 21 true null hypotheses ({counted(len(families), 'setting')} of up to "
        f"{families['sentences'].max():,} sentences, {families['families'].iloc[0]:,} families each) had a false alarm in "
        f"{shown(families['family_wise'].min())} to {shown(false['family_wise'])} % ({_setting(false)}); such a rate is known "
        f"to ± {shown(error)} points (one standard error)."
    )


def _setting(row: pd.Series) -> str:
    spreads = "/".join(dict.fromkeys(f"{row[name]:g}" for name in ("spread", "other_spread")))
    return f"{row['sentences']:,} sentences, {counted(row['seeds'], 'seed')}, spread {spreads}"
