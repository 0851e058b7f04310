"""How often do the intervals and tests of this compendium err? The simulation of `benchmarks.significance`, told in tables."""

import math
from dataclasses import dataclass

import pandas as pd

RATES = ["type_1", "ignoring_seeds", "coverage", "coverage_f1", "power", "family_wise"]
LEVEL = 0.05
"""How often a true null hypothesis may be rejected."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in percent, and the setting that it was found in; ``spreads`` (points) is one number where both sides vary alike."""

    value: float
    sentences: int
    seeds: int
    spreads: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Families:
    """How often a whole family of true null hypotheses had a false alarm: the lowest rate, and the highest.

    ``standard_error`` (points): how well such a rate is known from so many ``repeats``.
    """

    settings: int
    most_sentences: int
    repeats: int
    error: tuple[float, Rate]
    standard_error: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The errors found in some settings, in percent; ``type_1``: the lowest rate, and the highest."""

    settings: int
    repeats: int
    type_1: tuple[float, Rate]
    ignoring_seeds: float
    coverage: Rate
    coverage_f1: float
    families: Families | None


@dataclass(frozen=True, slots=True)
class Findings:
    """The errors where both systems vary alike over seeds, and where they do not."""

    alike: Rates
    unlike: Rates


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


def findings(simulated: pd.DataFrame) -> Findings:
    """Return the best and the worst rates of the simulation, by whether both systems vary alike over seeds."""
    found = simulated.assign(**{name: 100 * simulated[name] for name in RATES})
    alike = found["spread"] == found["other_spread"]
    return Findings(_rates(found[alike]), _rates(found[~alike]))


def _rates(found: pd.DataFrame) -> Rates:
    families = found[found["family_wise"].notna()]
    return Rates(
        settings=len(found),
        repeats=int(found["repeats"].iloc[0]),
        type_1=(float(found["type_1"].min()), _worst(found, "type_1", highest=True)),
        ignoring_seeds=float(found["ignoring_seeds"].max()),
        coverage=_worst(found, "coverage", highest=False),
        coverage_f1=float(found["coverage_f1"].min()),
        families=_families(families) if len(families) else None,
    )


def _families(found: pd.DataFrame) -> Families:
    repeats = int(found["families"].iloc[0])
    return Families(
        settings=len(found),
        most_sentences=int(found["sentences"].max()),
        repeats=repeats,
        error=(float(found["family_wise"].min()), _worst(found, "family_wise", highest=True)),
        standard_error=100 * math.sqrt(LEVEL * (1 - LEVEL) / repeats),
    )


def _worst(found: pd.DataFrame, rate: str, *, highest: bool) -> Rate:
    row = found.loc[found[rate].idxmax() if highest else found[rate].idxmin()]
    spreads = tuple(dict.fromkeys((float(row["spread"]), float(row["other_spread"]))))
    return Rate(float(row[rate]), int(row["sentences"]), int(row["seeds"]), spreads)
