"""How much of a score is the measurement: the same replies, read in other ways and under the rules of other tools.

The main reading is exact, by the main policy, with strict borders, and drops what is lost. Each other reading changes one of
these, the most lenient one all. Controls are in none of these tables but that of what became of mentions, and there by
themselves; free and constrained decoding are never pooled.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from openner_utils.analysis.one_system import counts_of, units_of
from openner_utils.analysis.systems import (
    InLanguage,
    chosen,
    compared,
    encoders_of,
    in_languages,
    shared,
    with_intervals,
)
from openner_utils.catalog import language
from openner_utils.config.params import Compare
from openner_utils.scoring.share import share
from openner_utils.scoring.significance import Difference, difference, holm, mean_f1

RUN = ["system", "language", "format", "decoding"]
READING = ["policy", "matching", "borders"]
OURS = "ours"
EXACT, SNAPPED = "exact", "snapped"
OFFSETS = "offsets"
COUNTED = "counted as predicted"
"""The reading that is the main one, but counts what is lost as predicted and wrong."""
LENIENT = "all of these"
ALL = "all"
"""Every language: the mean over them."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which share (percent) of a run's gap to an encoder (points of F1) the most lenient reading closes, over all languages."""

    encoder: str
    gap: float
    share: float
    low: float
    high: float
    sentences: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of asking one model: what its reading is worth, in each language, and beside each encoder."""

    system: str
    format: str
    decoding: str
    effects: tuple[InLanguage, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say. ``family``: the differences that are judged together.

    ``rules``: the rules of other tools, each with how many of the ``pairs`` of systems in one language it puts in another
    order than ours.
    """

    measured: tuple[Measured, ...] = ()
    family: int = 0
    rules: tuple[tuple[str, int], ...] = ()
    pairs: int = 0


NOTHING = Findings()


def tables(
    sentences: pd.DataFrame, readings: pd.DataFrame, reasons: pd.DataFrame, policy: str, how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``readings``, ``measurement``, ``share``, ``harnesses``, ``places`` and ``reasons``.

    ``sentences``: counts per sentence (`stages.score`), for the encoders; ``readings`` and ``reasons``: what `stages.prompt`
    made of the replies; ``policy``: the main one of lists and pairs.
    """
    asked = readings[~readings["control"].astype(bool)].assign(seed=0)
    ours = named(asked[asked["rule"] == OURS], policy)
    encoders = encoders_of(sentences)
    scored = with_intervals(ours, [*RUN, "changed", *READING], how)
    main = pd.concat([asked[asked["rule"] != OURS], ours[ours["changed"] == ""]])
    return {
        "readings": scored,
        "measurement": pd.concat(
            [compared(list(_pairs(rows)), how, [*RUN, "changed"]) for rows in _by_decoding(ours)],
            ignore_index=True,
        ),
        "share": shares(ours, encoders, how),
        "harnesses": ranked(with_intervals(main, [*RUN, "rule"], how)),
        "places": places(main, encoders, how),
        "reasons": by_script(reasons, policy),
    }


def named(ours: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Return counts with a column ``changed`` (`changed_in`), and with rows of `COUNTED` beside those of the main reading."""
    found = ours.assign(changed=changed_in(ours, policy))
    counted = found[found["changed"] == ""]
    counted = counted.assign(changed=COUNTED, predicted=counted["predicted"] + counted["ungrounded"])
    return pd.concat([found, counted], ignore_index=True)


def changed_in(found: pd.DataFrame, policy: str) -> pd.Series:
    """Return in what the reading of each row is not the main one, in words; "" where it is the main one."""
    other = ~found["policy"].isin([OFFSETS, policy])
    like, snapped = found["matching"] != EXACT, found["borders"] == SNAPPED
    changed = pd.Series("", index=found.index, dtype=object)
    changed[other] = "policy " + found["policy"][other]
    changed[like] = "matching " + found["matching"][like]
    changed[snapped] = f"borders {SNAPPED}"
    changed[like & snapped] = LENIENT
    return changed


def _by_decoding(ours: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each way of decoding, whose differences are judged as one family; of none, if there are none."""
    return [rows for _, rows in ours.groupby("decoding")] or [ours]


def _pairs(ours: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """Yield, for each run and each other reading, the rows of the main one and its own."""
    for keys, rows in ours.groupby(RUN):
        main = rows[rows["changed"] == ""]
        for changed, other in rows[rows["changed"] != ""].groupby("changed", sort=False):
            yield {**dict(zip(RUN, keys, strict=True)), "changed": changed}, main, other


def shares(ours: pd.DataFrame, encoders: pd.DataFrame, how: Compare) -> pd.DataFrame:
    """Return which share (percent) of each run's gap to each encoder closes where it is read most leniently.

    One row per language, and one for the mean over all languages that both have (`ALL`) where there are several. ``gap``:
    encoder minus model, ``closed``: most lenient minus main reading (points of F1). Where the encoder is behind there is no
    share, and where it is not ahead beyond chance the share has no bounds: both are empty.
    """
    rows = []
    for (system, format, decoding), run in ours.groupby(["system", "format", "decoding"]):
        for (encoder, regime), trained in encoders.groupby(["system", "regime"]):
            names = {
                "system": system,
                "format": format,
                "decoding": decoding,
                "encoder": encoder,
                "regime": regime,
            }
            common = sorted(set(run["language"]) & set(trained["language"]))
            sets = {
                code: _three(chosen(run, language=code), chosen(trained, language=code)) for code in common
            }
            sets = {code: found for code, found in sets.items() if len(found[0])}
            rows += [_share({**names, "language": code}, [found], how) for code, found in sets.items()]
            if len(sets) > 1:
                rows.append(_share({**names, "language": ALL}, list(sets.values()), how))
    columns = [
        "system",
        "format",
        "decoding",
        "encoder",
        "regime",
        "language",
        "gap",
        "closed",
        "share",
        "low",
        "high",
    ]
    return pd.DataFrame(rows, columns=[*columns, "over", "sentences", "mentions"])


def _three(run: pd.DataFrame, encoder: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of the main reading, of the most lenient one and of an encoder, on the sentences that all have."""
    return shared(run[run["changed"] == ""], run[run["changed"] == LENIENT], encoder)


def _share(names: dict[str, str], sets: Sequence[Sequence[pd.DataFrame]], how: Compare) -> dict[str, Any]:
    counts = [[counts_of(each) for each in frames] for frames in sets]
    units = [units_of(main) for main, _, _ in sets]
    f1 = [[mean_f1(each) for each in three] for three in counts]
    main, lenient, encoder = (100 * sum(side) / len(f1) for side in zip(*f1, strict=True))
    found = share(
        [(a, b, c, number) for (a, b, c), (number, _) in zip(counts, units, strict=True)], how.confidence
    )
    known = encoder > main
    bounded = known and math.isfinite(found.low) and math.isfinite(found.high)
    return {
        **names, "gap": encoder - main, "closed": lenient - main, "share": 100 * found.value if known else math.nan,
        "low": 100 * found.low if bounded else math.nan, "high": 100 * found.high if bounded else math.nan,
        "over": " and ".join(dict.fromkeys(name for _, name in units)),
        "sentences": sum(three[0].shape[1] for three in counts),
        "mentions": sum(int(three[0][0, :, 2].sum()) for three in counts),
    }  # fmt: skip


def ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """Return F1 under each rule with its rank among the runs of a language and a way of decoding, and the rank under ours."""
    among = ["language", "decoding"]
    rank = scores.groupby([*among, "rule"])["f1"].rank(ascending=False, method="min").astype(int)
    found = scores.assign(rank=rank)
    ours = found[found["rule"] == OURS].rename(columns={"rank": "rank_ours"})
    found = found.merge(ours[[*RUN, "rank_ours"]], on=RUN, how="left")
    first = [*RUN, "rule", "rank", "rank_ours"]
    return found[[*first, *(name for name in found if name not in first)]]


def places(main: pd.DataFrame, encoders: pd.DataFrame, how: Compare) -> pd.DataFrame:
    """Return, for each rule of another tool and each pair of systems, whether they change places.

    Pairs are of two runs that decode alike, or of a run and an encoder; an encoder is scored as ours under every rule, as a
    table would have it that sets another tool's number beside its score. ``ours`` and ``difference``: ``one`` minus ``other``
    in points of F1, under our rule and under the other one, on the sentences that both have; ``moved``: the sign is another.
    The intervals are those of one family, all rows.
    """
    trained = {
        (code, f"{name} {regime}"): rows
        for (code, name, regime), rows in encoders.groupby(["language", "system", "regime"])
    }
    rows: list[dict[str, Any]] = []
    tests: list[Difference] = []
    for (code, decoding), asked in main.groupby(["language", "decoding"]):
        runs = {f"{name} {form}": run for (name, form), run in asked.groupby(["system", "format"])}
        pairs = [(one, other, runs[one], runs[other]) for one, other in combinations(runs, 2)]
        pairs += [
            (one, name, runs[one], run) for one in runs for (at, name), run in trained.items() if at == code
        ]
        for one, other, of_one, of_other in pairs:
            ours = _difference(of_one, of_other, OURS)
            for rule in sorted(set(asked["rule"]) - {OURS}):
                found = _difference(of_one, of_other, rule)
                tests.append(found.test)
                rows.append(
                    {
                        "rule": rule, "language": code, "decoding": decoding, "one": one, "other": other,
                        "moved": ours.test.value * found.test.value < 0, "ours": 100 * ours.test.value,
                        "difference": 100 * found.test.value, "over": found.over, "sentences": found.sentences,
                    }
                )  # fmt: skip
    bounds = [
        test.interval(decision.level)
        for test, decision in zip(tests, holm([test.p for test in tests], 1 - how.confidence), strict=True)
    ]
    names = ["rule", "language", "decoding", "one", "other", "moved", "ours", "difference"]
    table = pd.DataFrame(rows, columns=[*names, "over", "sentences"])
    table.insert(len(names), "low", [100 * each.low for each in bounds])
    table.insert(len(names) + 1, "high", [100 * each.high for each in bounds])
    return table


@dataclass(frozen=True, slots=True)
class _Compared:
    """One system minus another under a rule, on the sentences that both have; what they vary over."""

    test: Difference
    over: str
    sentences: int


def _difference(one: pd.DataFrame, other: pd.DataFrame, rule: str) -> _Compared:
    """Return ``one`` minus ``other``; an encoder, which has no rule, is scored as ours."""
    of_one, of_other = shared(
        *(rows[rows["rule"] == rule] if "rule" in rows else rows for rows in (one, other))
    )
    units, over = units_of(of_one)
    counts = counts_of(of_one)
    return _Compared(difference(counts_of(of_other), counts, units), over, counts.shape[1])


def by_script(reasons: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Return what became of mentions by run, reading, language, its script and reason; controls by themselves."""
    script = reasons["language"].map(lambda code: language(code).script)
    by = ["system", "format", "decoding", "control", "changed", *READING, "language", "script", "reason"]
    named_ = reasons.assign(script=script, changed=changed_in(reasons, policy))
    return named_.groupby(by, as_index=False, sort=False)["mentions"].sum()


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    measurement, places_ = found["measurement"], found["places"]
    lenient = measurement[measurement["changed"] == LENIENT]
    over = found["share"]
    runs = []
    for (system, format, decoding), rows in lenient.groupby(["system", "format", "decoding"]):
        here = chosen(over, system=system, format=format, decoding=decoding)
        several = here[here["language"] == ALL]
        beside = several if len(several) else here
        runs.append(
            Measured(
                str(system), str(format), str(decoding),
                in_languages(rows),
                tuple(
                    Share(f"{row.encoder} {row.regime}", row.gap, row.share, row.low, row.high, row.sentences)
                    for row in beside.itertuples(index=False)
                ),
            )
        )  # fmt: skip
    moved = places_.groupby("rule", sort=False)["moved"].sum() if len(places_) else {}
    pairs = int((places_["rule"] == places_["rule"].iloc[0]).sum()) if len(places_) else 0
    rules = tuple((str(rule), int(count)) for rule, count in moved.items())
    return Findings(tuple(runs), len(measurement), rules, pairs)
