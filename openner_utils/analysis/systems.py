"""Counts per seed and sentence for each system, and comparisons of systems, ready for tables."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.analysis.one_system import SENTENCE, System, of_units
from openner_utils.config.params import Compare
from openner_utils.core.releases import AS_RELEASED
from openner_utils.scoring import significance
from openner_utils.scoring.significance import (
    Interval,
    difference,
    holm,
    interval,
    mean_f1,
    mean_interval,
)
from openner_utils.support.errors import OpenNERError

CONVENTION = "conlleval"
"""The convention of every table that does not name another."""
AT_ONCE = 32
"""Frames of which the counts are kept while others are compared with them."""


def chosen(sentences: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """Return the rows of a per-sentence table in which each named column has the given value."""
    mask = pd.Series(True, index=sentences.index)
    for name, value in values.items():
        mask &= sentences[name] == value
    return sentences[mask]


def encoders_of(sentences: pd.DataFrame, convention: str = CONVENTION) -> pd.DataFrame:
    """Return the rows of encoders that were trained on the release's labels."""
    return chosen(sentences, convention=convention, labels_from=AS_RELEASED, format="")


def models_of(sentences: pd.DataFrame, convention: str = CONVENTION) -> pd.DataFrame:
    """Return the rows of language models, their controls among them."""
    rows = chosen(sentences, convention=convention)
    return rows[rows["format"] != ""]


class _Lately:
    """The systems of the last frames that were asked for: a frame is compared with several others, one after the other."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[pd.DataFrame, System]] = {}

    def of(self, frame: pd.DataFrame | System) -> System:
        """Return the system of a frame, which is kept as long as it is known here; one that is a system already stays what it is."""
        if isinstance(frame, System):
            return frame
        if id(frame) not in self.known:
            if len(self.known) >= AT_ONCE:
                del self.known[next(iter(self.known))]
            self.known[id(frame)] = frame, System.of(frame)
        return self.known[id(frame)][1]


def shared(*systems: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of several systems on the sentences that all were scored on."""
    if all(_same_rows(systems[0], other) for other in systems[1:]):
        return [system.reset_index(drop=True) for system in systems]
    both = systems[0][SENTENCE].drop_duplicates()
    for system in systems[1:]:
        both = both.merge(system[SENTENCE].drop_duplicates(), on=SENTENCE)
    return [system.merge(both, on=SENTENCE) for system in systems]


def _same_rows(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether rows are of the same sentences, row by row: then there is nothing to look for."""
    return len(one) == len(other) and all(
        bool((one[name].array == other[name].array).all()) for name in reversed(SENTENCE)
    )


def with_intervals(sentences: pd.DataFrame, by: list[str], how: Compare) -> pd.DataFrame:
    """Return mean F1 over seeds, its standard deviation and interval for each group of ``by``, in percent.

    ``sd`` is the standard deviation over seeds (n - 1), empty for one seed. ``over`` says what the interval is over.
    """
    return intervals(((keys, System.of(group)) for keys, group in sentences.groupby(by, sort=True)), by, how)


def intervals(systems: Iterable[tuple[Sequence[Any], System]], by: list[str], how: Compare) -> pd.DataFrame:
    """Return the same as `with_intervals` of systems, each with its values of ``by``."""
    columns = [*by, "f1", "sd", "low", "high", "over", "seeds", "sentences", "mentions"]
    rows = []
    for keys, system in systems:
        counts = system.counts
        found = interval(system.summed, how.confidence)
        totals = counts.sum(axis=1)
        per_seed = 200 * totals[:, 0] / np.maximum(totals[:, 1] + totals[:, 2], 1)
        rows.append(
            {
                **dict(zip(by, keys, strict=True)),
                "f1": 100 * found.value,
                "sd": float(per_seed.std(ddof=1)) if len(per_seed) > 1 else float("nan"),
                "low": 100 * found.low,
                "high": 100 * found.high,
                "over": _over(system.places.units[1], len(counts)),
                "seeds": len(counts),
                "sentences": counts.shape[1],
                "mentions": int(totals[0, 2]),
            }
        )
    return pd.DataFrame(rows, columns=columns)


Pairs = Iterable[tuple[Mapping[str, Any], pd.DataFrame | System, pd.DataFrame | System]]
"""What is compared: what it is called, and two systems or their rows."""


def matched(pairs: Pairs) -> Iterator[tuple[Mapping[str, Any], System, System]]:
    """Yield pairs as systems on the sentences that both have; `OpenNERError` where they share none."""
    lately = _Lately()
    for key, *sides in pairs:
        found = common(*map(lately.of, sides)) if all(map(_any, sides)) else None
        if found is None:
            raise OpenNERError(f"{', '.join(map(str, key.values()))}: the two systems share no sentence.")
        yield key, *found


def _any(side: pd.DataFrame | System) -> bool:
    return isinstance(side, System) or len(side) > 0


def common(a: System, b: System) -> tuple[System, System] | None:
    """Return two systems on the sentences that both have; None where they share none."""
    if a.places.same(b.places):
        return a, b
    at, at_other = a.places.shared(b.places)
    return (a.on(at), b.on(at_other)) if len(at) else None


def compared(
    pairs: Pairs,
    how: Compare,
    keys: Sequence[str] = (),
) -> pd.DataFrame:
    """Return, for each (keys, a, b), how much better b is than a, in points of F1, on the sentences that both have.

    ``keys`` are the columns of an empty table. All pairs are one family: ``p`` is Holm's adjustment over them, ``p_raw`` the test's own, and ``clear`` its decision
    at a level of 1 - ``how.confidence``. ``low`` and ``high`` are at the level at which Holm judged the row, so they leave
    out zero exactly where ``clear`` is true. ``detectable_80`` is the smallest true difference that this level would find
    with 80 % power, empty where none would be. ``over`` says what would be different another time: the sentences or
    documents, and the seeds where both sides were trained with several. ``seed_se`` is what the seeds alone bring to
    ``se``, empty where a side has one.
    """
    names = list(keys)
    measured = []
    for key, a, b in matched(pairs):
        names = list(key)
        measured.append(_measured(key, a, b))
    decisions = holm([found.p for _, found in measured], 1 - how.confidence)
    rows = [
        row | _judged(found, decision) for (row, found), decision in zip(measured, decisions, strict=True)
    ]
    # What the reader came for stands first.
    values = [
        "difference",
        "low",
        "high",
        "p",
        "clear",
        "detectable_80",
        "over",
        "seeds",
        "sentences",
        "mentions",
    ]
    return pd.DataFrame(rows, columns=[*names, *values, "p_raw", "se", "seed_se"])


def _measured(key: Mapping[str, Any], a: System, b: System) -> tuple[dict[str, Any], significance.Difference]:
    """Return a row of `compared` as far as it does not depend on the other rows, and the difference in it."""
    counts_a = a.counts
    # On the same sentences both have the same units, but for documents that only one side knows: then those of a hold.
    same = a.places.same(b.places)
    found = difference(a.summed, b.summed if same else of_units(b.counts, a.places.units[0]))
    seeds = (len(counts_a), len(b.counts))
    row = {
        **key,
        "difference": 100 * found.value,
        "p_raw": found.p,
        "se": 100 * found.se,
        "seed_se": 100 * found.seed_se,
        "over": _over(a.places.units[1], *seeds),
        "seeds": " and ".join(map(str, dict.fromkeys(seeds))),
        "sentences": counts_a.shape[1],
        "mentions": int(counts_a[0, :, 2].sum()),
    }
    return row, found


def _judged(found: significance.Difference, decision: significance.Decision) -> dict[str, Any]:
    """Return the columns of `compared` that depend on the whole family."""
    bounds = found.interval(decision.level)
    return {
        "low": 100 * bounds.low,
        "high": 100 * bounds.high,
        "p": decision.p,
        "clear": decision.clear,
        "detectable_80": 100 * _finite(found.detectable(decision.level)),
    }


def mean_over(parts: Sequence[pd.DataFrame | System], how: Compare) -> Interval:
    """Return mean F1 of one system over several test sets (rows of each), each counting the same, with its interval.

    A test set on which nothing or everything is right does not vary, but is not known without doubt: its exact bounds are
    added to those of the others' mean, square and add (the method of Zou and Donner 2008).
    """
    systems = [part if isinstance(part, System) else System.of(part) for part in parts]
    measured = [(system.counts, system.places.units[0]) for system in systems]
    varies = [0 < mean_f1(counts) < 1 and units.max() > 0 for counts, units in measured]
    rest = [one for one, does in zip(measured, varies, strict=True) if does]
    each = [
        (1, interval(counts, how.confidence, units))
        for (counts, units), does in zip(measured, varies, strict=True)
        if not does
    ]
    each += [(len(rest), mean_interval(rest, how.confidence))] if rest else []
    weights = [weight / len(parts) for weight, _ in each]
    value = sum(w * found.value for w, (_, found) in zip(weights, each, strict=True))
    low, high = (
        math.sqrt(
            sum(
                (w * (getattr(found, side) - found.value)) ** 2
                for w, (_, found) in zip(weights, each, strict=True)
            )
        )
        for side in ("low", "high")
    )
    return Interval(value, max(0.0, value - low), min(1.0, value + high))


@dataclass(frozen=True, slots=True)
class Power:
    """Which true difference the tests of a family would find with 80 % power.

    ``detectable``: the median in points of F1, of those of the ``rows`` comparisons that would find one at all;
    ``never``: how many would find none, however large.
    """

    detectable: float
    never: int
    rows: int

    @classmethod
    def of(cls, found: pd.DataFrame) -> "Power":
        """Return the power of the comparisons of a table made by `compared`."""
        known = found["detectable_80"]
        return cls(float(known.median()), int(known.isna().sum()), len(found))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: ``what`` it is of, the difference in points of F1 with its interval, and whether it is beyond chance."""

    what: str
    value: float
    low: float
    high: float
    p: float
    clear: bool

    @property
    def ahead(self) -> bool:
        """Whether the second system is better beyond chance."""
        return self.clear and self.value > 0

    @property
    def behind(self) -> bool:
        """Whether the second system is worse beyond chance."""
        return self.clear and self.value < 0


def comparisons(found: pd.DataFrame, what: str) -> tuple[Comparison, ...]:
    """Return the rows of a table made by `compared`, each named by its column ``what``."""
    columns = [found[name] for name in (what, "difference", "low", "high", "p", "clear")]
    return tuple(
        Comparison(str(name), float(value), float(low), float(high), float(p), bool(clear))
        for name, value, low, high, p, clear in zip(*columns, strict=True)
    )


@dataclass(frozen=True, slots=True)
class InLanguage:
    """A difference in points of F1 in one language, with its interval, whether it is beyond chance, and on how many sentences."""

    language: str
    value: float
    low: float
    high: float
    clear: bool
    sentences: int


def in_languages(found: pd.DataFrame) -> tuple[InLanguage, ...]:
    """Return the rows of a table made by `compared`, each of one language."""
    columns = ["language", "difference", "low", "high", "clear", "sentences"]
    return tuple(
        InLanguage(str(code), float(value), float(low), float(high), bool(clear), int(count))
        for code, value, low, high, clear, count in found[columns].itertuples(index=False)
    )


def _over(unit: str, *seeds: int) -> str:
    """Return what a claim is made over."""
    return f"{unit}, seeds" if min(seeds) > 1 else unit


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
