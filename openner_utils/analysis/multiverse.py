"""Does a conclusion hang on a choice? Each claim of the report under every combination of choices that are made without much thought.

A claim is that one system is better than another in one language: one encoder than another under a regime, and training together than
training alone with an encoder. Its universes are all combinations of the choices of `analysis.universes`; each is judged as a paper
with these choices alone would judge it, all claims of a kind in one family (Holm). What a choice weighs is its main effect: the
sum of squares between the means of its options over that of all universes, as in an analysis of variance without interactions. The
universes form a full factorial, so these shares are independent; what is left are the choices together.

After Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), "Increasing transparency through a multiverse analysis", and Simonsohn,
Simmons and Nelson (2020), "Specification curve analysis".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import numpy as np
import pandas as pd

from openner_utils.analysis import universes
from openner_utils.analysis.question import Answer, Params, scored
from openner_utils.analysis.systems import chosen, encoders_of
from openner_utils.analysis.universes import ALL_SEEDS, System
from openner_utils.config.params import Compare, Regime
from openner_utils.core.artifacts import CORE_RELEASE, RULED, SENTENCES, STANDARDIZED, TRAINED, Inputs
from openner_utils.core.releases import PART_KEYS
from openner_utils.scoring.significance import Difference, holm

CHOICES = ["repair", "rule", "map", "seed"]
CLAIM = ["kind", "language", "within", "a", "b"]
MAIN = {"repair": "conlleval", "rule": "exact", "map": "core", "seed": ALL_SEEDS}
"""The choices of this report."""
FEWEST = 20
"""Universes below which shares of them say nothing."""
REST = "together"
READ = [*PART_KEYS, "document", "sentence", "tokens", "labels", "lines", "starts", "ends"]


@dataclass(frozen=True, slots=True)
class Claims:
    """How claims of one ``kind`` fare: all of them, those that are beyond chance in the report, and what becomes of these.

    ``held``: beyond chance in every universe; ``signed``: the same sign in all, but not always beyond chance; ``turned``: beyond chance the
    other way round in at least one. ``median``: the share (per cent) of universes in which such a claim holds beyond chance.
    """

    kind: str
    claims: int
    clear: int
    held: int
    signed: int
    turned: int
    median: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say: of each kind of claim, what each choice weighs on average (per cent), and how many universes there are.

    ``fixed``: choices of which there is one option; ``universes`` is 0 where there are no claims.
    """

    claims: tuple[Claims, ...]
    weights: Mapping[str, float]
    fixed: tuple[str, ...]
    universes: int

    @property
    def enough(self) -> bool:
        """Whether there are enough universes to speak of shares."""
        return self.universes >= FEWEST


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from counts per sentence, and from predictions where *discard* makes something else of them."""
    dropped: list[pd.DataFrame] = []
    for release, name in ((CORE_RELEASE, "core"), (STANDARDIZED, "standardized")):
        trained = [unit for unit in scored(params) if params.train.regimes[unit["regime"]].release == name]
        if trained:
            labelled = inputs.of_corpora(release, params.data.corpora, READ)
            dropped += universes.repaired(
                labelled, (inputs.table(TRAINED.predictions, **unit) for unit in trained)
            )
    found = tables(
        encoders_of(inputs.frame(SENTENCES)),
        inputs.frame(RULED),
        pd.concat(dropped, ignore_index=True) if dropped else RULED.empty(),
        params.train.regimes,
        params.compare,
    )
    return Answer(found, findings(found))


def tables(
    encoders: pd.DataFrame,
    ruled: pd.DataFrame,
    dropped: pd.DataFrame,
    regimes: Mapping[str, Regime],
    how: Compare,
) -> dict[str, pd.DataFrame]:
    """Return ``claims`` (one row each), ``universes`` (one row each of every claim), and ``curve``: those of the most contested claim.

    Counts per sentence, all of encoders trained on their release: ``encoders`` under the main rule, ``ruled`` and ``dropped`` as
    `universes.systems` takes them. Differences are in points of F1.
    """
    rows: list[dict[str, str]] = []
    measured: list[Difference] = []
    for language, own in encoders.groupby("language"):
        here = universes.systems(own, chosen(ruled, language=language), chosen(dropped, language=language))
        for key, choices, found in _claims(str(language), here, regimes):
            rows.append(key | choices)
            measured.append(found)
    every = _judged(pd.DataFrame(rows, columns=[*CLAIM, *CHOICES, "seeds"]), measured, how)
    claims = pd.DataFrame([_claim(key, own) for key, own in every.groupby(CLAIM, sort=True)], columns=COLUMNS)
    return {"claims": claims, "universes": every, "curve": _curve(claims, every)}


def _claims(
    language: str, here: Mapping[tuple[str, str, str], System], regimes: Mapping[str, Regime]
) -> Iterator[tuple[dict[str, str], dict[str, str], Difference]]:
    """Yield every universe of every claim about a language."""
    twins = universes.twins(regimes)
    core = {
        (system, regime): each
        for (system, regime, _), each in here.items()
        if regimes[regime].release == "core"
    }
    if not core:
        return
    common = reduce(universes.common, (each.places for each in core.values()))
    pairs = [
        (
            {"kind": "encoders", "language": language, "within": regime, "a": a, "b": b},
            (a, regime),
            (b, regime),
            common,
        )
        for regime in sorted({regime for _, regime in core})
        for a, b in combinations(sorted(system for system, of in core if of == regime), 2)
    ]
    pairs += [
        ({"kind": "regimes", "language": language, "within": system, "a": alone, "b": joint}, (system, alone), (system, joint), None)
        for system in sorted({system for system, _ in core})
        for joint in (name for name in regimes if regimes[name].together)
        for alone in (name for name in regimes if not regimes[name].together)
        if {(system, alone), (system, joint)} <= core.keys()
    ]  # fmt: skip
    for key, a, b, among in pairs:
        seeds = {"seeds": " and ".join(dict.fromkeys(str(len(core[side].seeds)) for side in (a, b)))}
        for choices, found in universes.differences(core[a], core[b], among):
            yield key, choices | seeds | {"map": "core"}, found
        other = [here.get((system, twins.get(regime, ""), language)) for system, regime in (a, b)]
        if other[0] and other[1]:
            for choices, found in universes.differences(other[0], other[1], among):
                yield key, choices | seeds | {"map": "standardized"}, found


def _judged(rows: pd.DataFrame, measured: list[Difference], how: Compare) -> pd.DataFrame:
    """Return universes with their differences, each universe's claims of a kind judged as one family."""
    columns = ["difference", "low", "high", "p", "clear", "p_raw", "se", "seed_se"]
    values = np.zeros((len(rows), len(columns)))
    for places in rows.groupby(["kind", *CHOICES]).indices.values():
        own = [measured[place] for place in places]
        for place, each, decision in zip(
            places, own, holm([each.p for each in own], 1 - how.confidence), strict=True
        ):
            bounds = each.interval(decision.level)
            values[place] = [
                100 * each.value, 100 * bounds.low, 100 * bounds.high, decision.p, decision.clear, each.p, 100 * each.se,
                100 * each.seed_se,
            ]  # fmt: skip
    typed = pd.DataFrame(values, rows.index, columns).astype({"clear": "bool"})
    main = np.logical_and.reduce([rows[name] == option for name, option in MAIN.items()])
    return pd.concat([rows, typed.assign(main=main)], axis=1)


COLUMNS = [
    *CLAIM, "difference", "low", "high", "p", "clear", "seeds", "universes", "positive", "negative", "clear_positive", "clear_negative",
    *CHOICES, REST, "p_raw", "se", "seed_se",
]  # fmt: skip


def _claim(key: tuple[str, ...], own: pd.DataFrame) -> dict[str, object]:
    """Return a claim's row: as the report has it, and over all universes."""
    (main,) = own[own["main"]].to_dict("records")
    difference, clear = own["difference"], own["clear"]
    kept = ("difference", "low", "high", "p", "clear", "p_raw", "se", "seed_se")
    return {
        **dict(zip(CLAIM, key, strict=True)),
        **{name: main[name] for name in kept},
        "seeds": main["seeds"],
        "universes": len(own),
        "positive": 100 * float((difference > 0).mean()),
        "negative": 100 * float((difference < 0).mean()),
        "clear_positive": 100 * float((clear & (difference > 0)).mean()),
        "clear_negative": 100 * float((clear & (difference < 0)).mean()),
        **weights(own),
    }


def weights(own: pd.DataFrame) -> dict[str, float]:
    """Return the share (per cent) of the variance of ``difference`` over universes that is each choice's, and all together's.

    No number for a choice of one option, where nothing varies, and where the universes are no full factorial: then main effects are
    not independent.
    """
    difference = own["difference"].to_numpy(np.float64)
    total = float(((difference - difference.mean()) ** 2).sum())
    options = [own[name].nunique() for name in CHOICES]
    if total <= 1e-18 or len(own) != np.prod(options):
        return dict.fromkeys([*CHOICES, REST], float("nan"))
    shares = {}
    for name in CHOICES:
        means = own.groupby(name)["difference"].transform("mean").to_numpy(np.float64)
        shares[name] = 100 * float(((means - difference.mean()) ** 2).sum()) / total
    rest = max(0.0, 100 - sum(shares.values()))
    several = zip(CHOICES, options, strict=True)
    return {name: shares[name] if number > 1 else float("nan") for name, number in several} | {REST: rest}


def _curve(claims: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """Return the universes of the claim that the choices decide most: beyond chance in the report if any is, and in the fewest universes."""
    columns = ["claim", "difference", "low", "high", "clear", "main", *CHOICES]
    enough = claims[claims["universes"] >= FEWEST]
    if enough.empty:
        return pd.DataFrame(columns=columns)
    known = enough[enough["clear"].astype(bool)]
    pool = known if len(known) else enough
    (row,) = (
        pool.assign(agrees=agreeing(pool))
        .sort_values(["agrees", *CLAIM], kind="stable")
        .head(1)
        .to_dict("records")
    )
    own = chosen(every, **{name: row[name] for name in CLAIM})
    said = f"{row['b']} minus {row['a']}, {row['within']}, {row['language']}"
    return own.assign(claim=said)[columns].reset_index(drop=True)


def agreeing(claims: pd.DataFrame) -> pd.Series:
    """Return the share (per cent) of universes in which each claim is beyond chance as the report has its sign."""
    return claims["clear_positive"].where(claims["difference"] > 0, claims["clear_negative"])


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    claims, every = found["claims"], found["universes"]
    told = []
    for kind, rows in claims.groupby("kind", sort=True):
        clear = rows[rows["clear"].astype(bool)]
        agree, against = (
            agreeing(clear),
            clear["clear_negative"].where(clear["difference"] > 0, clear["clear_positive"]),
        )
        one_sign = clear[["positive", "negative"]].max(axis=1) == 100
        told.append(
            Claims(
                str(kind), len(rows), len(clear), int((agree == 100).sum()), int((one_sign & (agree < 100)).sum()),
                int((against > 0).sum()), float(agree.median()),
            )
        )  # fmt: skip
    varying = [name for name in CHOICES if every[name].nunique() > 1]
    mean = claims[[*varying, REST]].mean()
    return Findings(
        tuple(told),
        {str(name): float(value) for name, value in mean.items() if not np.isnan(value)},
        tuple(name for name in CHOICES if name not in varying),
        int(claims["universes"].max()) if len(claims) else 0,
    )
