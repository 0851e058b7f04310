"""What constrained decoding costs and brings: F1, tokens and seconds, against free decoding of the same model.

Against two baselines, on the same sentences: *free* decoding, with the prompt that constrained decoding has, too, and *described*, free decoding
with a prompt that describes the whole structure. Controls are in none of these tables. What was not run has rows without
numbers, so that a gap is seen.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from openner_utils.analysis.one_system import SENTENCE
from openner_utils.analysis.systems import InLanguage, chosen, compared, in_languages
from openner_utils.catalog import language
from openner_utils.config.params import Compare

FREE, DESCRIBED, CONSTRAINED = "free", "described", "constrained"
DECODINGS = (FREE, DESCRIBED, CONSTRAINED)
ALL = "all"
"""All languages of a script together."""
ASKED = ["system", "format"]
MEASURES = ("completion_tokens", "seconds")
_PRICE = [*ASKED, "language", "script", "against"]


@dataclass(frozen=True, slots=True)
class Price:
    """What constraining one model in one format costs ``against`` another way of decoding; no ``costs`` where one was not asked."""

    system: str
    format: str
    against: str
    costs: tuple[InLanguage, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say: a price for each model, format and baseline. ``family``: the rows that are judged together."""

    prices: tuple[Price, ...] = ()
    family: int = 0


NOTHING = Findings()


def tables(main: pd.DataFrame, took: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``price``, ``price_by_script``, ``price_told`` and ``took``.

    ``price_told``: the rows of both that have numbers. ``main``: counts per sentence of models under the main policy; ``took``: what each reply took (`core.artifacts.TOOK`).
    """
    asked = _with_script(chosen(main, control=False))
    took = _with_script(took[~took["control"].astype(bool)])
    price, by_script = _priced(asked, asked, how), _priced(asked, asked.assign(language=ALL), how)
    told = pd.concat([price, by_script], ignore_index=True).dropna(subset=["difference"])
    return {
        "price": price,
        "price_by_script": by_script,
        "price_told": told.astype({"sentences": int, "mentions": int, "clear": bool}),
        "took": pd.DataFrame(list(_took(took, how)), columns=_TOOK),
    }


def _with_script(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(script=rows["language"].map(lambda code: language(code).script))


def _priced(asked: pd.DataFrame, grouped: pd.DataFrame, how: Compare) -> pd.DataFrame:
    """Return constrained minus each baseline for each group of system, format, language and script, in points of F1.

    ``grouped`` are the rows of ``asked`` with the language that they count for. All rows are one family (Holm).
    """
    pairs, missing = [], []
    for keys, rows in grouped.groupby([*ASKED, "language", "script"]):
        names = dict(zip([*ASKED, "language", "script"], keys, strict=True))
        of = asked.loc[rows.index]
        held = chosen(of, decoding=CONSTRAINED)
        for against in (FREE, DESCRIBED):
            other = chosen(of, decoding=against)
            if len(held) and len(other):
                pairs.append(({**names, "against": against}, other, held))
            else:
                missing.append({**names, "against": against})
    found = compared(pairs, how, _PRICE)
    return pd.concat([found, pd.DataFrame(missing, columns=_PRICE)], ignore_index=True).sort_values(
        _PRICE, ignore_index=True
    )


_TOOK = [
    *ASKED, "language", "script", "decoding", "engine", "replies",
    *(f"{measure}{part}" for measure in MEASURES for part in ("", "_told", "_more", "_low", "_high", "_pairs")),
]  # fmt: skip


def _took(took: pd.DataFrame, how: Compare) -> Iterator[dict[str, Any]]:
    """Yield, for each way of decoding, the mean of what a reply took, and how much more that is than with free decoding.

    A row for each language, and for each script over its languages where it has several.
    """
    for (system, format), rows in took.groupby(ASKED):
        for names, here in _groups(rows):
            free = chosen(here, decoding=FREE)
            for decoding in DECODINGS:
                of = chosen(here, decoding=decoding)
                row = {
                    "system": system, "format": format, **names, "decoding": decoding,
                    "engine": ", ".join(sorted(set(of["engine"]) - {""})), "replies": len(of),
                }  # fmt: skip
                for measure in MEASURES:
                    row |= _measured(measure, of, None if decoding == FREE else free, how)
                yield row


def _groups(rows: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    for (code, script), here in rows.groupby(["language", "script"]):
        yield {"language": code, "script": script}, here
    for script, here in rows.groupby("script"):
        if here["language"].nunique() > 1:
            yield {"language": ALL, "script": str(script)}, here


def _measured(measure: str, of: pd.DataFrame, free: pd.DataFrame | None, how: Compare) -> dict[str, Any]:
    """Return the mean of a measure, how many replies told it, and the paired difference to ``free`` with its interval."""
    known = of[measure].dropna()
    values: dict[str, Any] = {"": known.mean() if len(known) else math.nan, "_told": len(known)}
    more, units = np.array([]), np.array([], int)
    if free is not None:
        both = of.merge(free, on=SENTENCE, suffixes=("", "_free")).dropna(subset=[measure, f"{measure}_free"])
        more = (both[measure] - both[f"{measure}_free"]).to_numpy()
        # Replies of one batch have equal shares of one time: they are one observation, known by the time that they share.
        batches = both.groupby([measure, f"{measure}_free"]).ngroup().to_numpy()
        units = batches if measure == "seconds" else np.arange(len(both))
    low, high = paired_interval(more, units, how.confidence)
    values |= {
        "_more": more.mean() if len(more) else math.nan,
        "_low": low,
        "_high": high,
        "_pairs": len(more),
    }
    return {f"{measure}{part}": value for part, value in values.items()}


def paired_interval(differences: np.ndarray, units: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the interval of the mean of paired differences (Student's t over ``units``); no numbers for fewer than two units.

    ``units`` [n] is the unit of each difference; those of one unit vary together.

    >>> [round(bound, 2) for bound in paired_interval(np.array([1.0, 2.0, 3.0]), np.arange(3), 0.95)]
    [-0.48, 4.48]
    """
    count = len(np.unique(units))
    if count < 2:
        return math.nan, math.nan
    mean = float(differences.mean())
    sums = np.bincount(units, differences - mean)
    se = math.sqrt(count / (count - 1) * float(np.square(sums).sum())) / len(differences)
    half = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * se
    return mean - half, mean + half


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    price = found["price"]
    return Findings(
        tuple(_price(found, system, format, against) for system, format, against in _asked(price)),
        int(price["difference"].notna().sum()),
    )


def _asked(price: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys(price[[*ASKED, "against"]].itertuples(index=False, name=None)))


def _price(found: Mapping[str, pd.DataFrame], system: str, format: str, against: str) -> Price:
    rows = chosen(found["price"], system=system, format=format, against=against)
    return Price(system, format, against, in_languages(rows[rows["difference"].notna()]))
