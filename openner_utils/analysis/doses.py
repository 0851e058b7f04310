"""What does one flawed label cost, and which repair loses least? Flaws planted in what was predicted, and in what it is scored against.

Of these nothing is trained anew. Flaws of one kind (`analysis.planting`) go into a growing share of the mentions of the predictions alone, of the
reference alone, or of both, each side by numbers of its own. Both sides are then repaired alike, and scored by span and type. A
change is that of F1 against the same repair without planted flaws. The unit of an interval is the test set: flaws are planted in each
by itself, so what test sets differ by holds what plantings differ by, too.

What flaws in the labels that a model is *trained* on cost is answered beside it, where a run has such arms (`analysis.flawed_training`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from openner_utils.analysis import flawed_training
from openner_utils.analysis.dose_counts import PLACE, Found, add, batches
from openner_utils.analysis.planting import Floats, repairs_of
from openner_utils.analysis.question import Answer, Params, core_sentences, of_all_arms, scored
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import CORE_RELEASE, PLANTED, SENTENCES, TRAINED, Inputs
from openner_utils.core.releases import PART
from openner_utils.scoring.significance import Difference, holm

DOSES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of the mentions that can have the flaw."""
PLANTINGS = 3
AT_MOST = 100_000
"""Predicted sentences in which flaws are planted, of all runs together."""
CELL = ["kind", "side", "repair"]


@dataclass(frozen=True, slots=True)
class Cost:
    """Points of F1 that flaws in one of a hundred mentions cost, with an interval, under one repair; ``clear`` if beyond chance."""

    repair: str
    value: float
    low: float
    high: float
    clear: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What flaws of a ``kind`` on one ``side`` cost under each repair that keeps all sentences, the dearest last.

    ``worse``: which of these lose more than the first beyond chance; ``without``: the cost where sentences with a flaw are left out.
    """

    kind: str
    side: str
    costs: tuple[Cost, ...]
    worse: tuple[str, ...]
    without: Cost


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say, and of how many test sets, runs and plantings.

    ``left_out``: per cent of sentences that are left out where nothing is repaired, at the greatest dose. ``trained``: what flaws in
    training labels cost, as far as it was tried.
    """

    advice: tuple[Advice, ...]
    test_sets: int
    runs: int
    plantings: int
    left_out: float
    trained: flawed_training.Findings = flawed_training.NOTHING


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the core release and the predictions of every encoder trained on it."""
    release = inputs.of_corpora(CORE_RELEASE, params.data.corpora, [*PART, "document", "sentence", "tokens", "labels", "lines", "starts", "ends"])  # fmt: skip
    trained = [unit for unit in scored(params) if params.train.regimes[unit["regime"]].release == "core"]
    predictions = (
        few_seeds(inputs.table(TRAINED.predictions, **unit), AT_MOST // len(trained)) for unit in trained
    )
    found = tables(release, predictions, params.compare)
    planted = of_all_arms(inputs, params, PLANTED)
    # Counts per sentence are many, and are read only where there is an arm to compare.
    sentences = core_sentences(inputs, params) if len(planted) else SENTENCES.empty()
    found |= flawed_training.tables(sentences, planted, params.compare)
    return Answer(found, replace(findings(found), trained=flawed_training.findings(found)))


def few_seeds(table: pa.Table, most: int) -> pa.Table:
    """Return the predictions of the first seeds, as many as have no more than ``most`` sentences together, or of one.

    A change is that of one run against itself, so what seeds differ by cancels: of large grids a few say as much as all.
    """
    seeds, counts = np.unique(table["seed"].to_numpy(), return_counts=True)
    kept = seeds[: max(1, int((np.cumsum(counts) <= most).sum()))]
    return table.filter(pc.is_in(table["seed"], pa.array(kept)))


def tables(
    release: pa.Table,
    predictions: Iterable[pa.Table],
    how: Compare,
    doses: tuple[float, ...] = DOSES,
    plantings: int = PLANTINGS,
) -> dict[str, pd.DataFrame]:
    """Return ``doses`` (change of F1), ``planted``, ``costs`` (points by per cent of flawed mentions) and ``repairs`` (b minus a of those).

    ``release``: the sentences that were predicted; ``predictions``: each table holds runs of one unit. All rows of a table are one
    family (Holm), as in `analysis.systems.compared`.
    """
    found = Found(doses, plantings)
    place = pd.MultiIndex.from_frame(release.select(PLACE).to_pandas())
    for table in predictions:
        for runs in batches(table):
            add(found, runs, release, place)
    return {"doses": _doses(found, how), "planted": _planted(found), **_costs(found, how)}


# --- tables ---------------------------------------------------------------------------------------------------


def _doses(found: Found, how: Compare) -> pd.DataFrame:
    """Return the change of F1 for each kind, side, repair and dose."""
    changes, by_seed = found.mean(found.changes), found.by_seed()
    rows, measured = [], []
    for names, cell in found.cells() if len(changes) else ():
        for d, dose in enumerate(found.doses):
            at = (slice(None), *cell, d)
            measured.append(_over_test_sets(changes[at], by_seed[at]))
            rows.append({**dict(zip(CELL, names, strict=True)), "dose": 100 * dose})
    return _family(rows, measured, found, how, [*CELL, "dose"])


def _planted(found: Found) -> pd.DataFrame:
    """Return what was planted: flawed mentions per 100, and sentences per 100 that are left out where nothing is repaired."""
    planted, left_out = found.mean(found.planted), found.mean(found.left_out)
    rows = [
        (kind, side, 100 * dose, 100 * planted[:, *cell, d].mean(), left_out[:, *cell, d].mean())
        for (kind, side, repair), cell in found.cells()
        for d, dose in enumerate(found.doses)
        if repair == "none" and len(planted)
    ]
    return pd.DataFrame(rows, columns=["kind", "side", "dose", "planted", "left_out"])


def _costs(found: Found, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``costs`` of flaws in one of a hundred mentions, and ``repairs``: their differences between repairs.

    A cost is the slope of a line through the origin (least squares) over the doses of a test set.
    """
    changes, planted, seeds = found.mean(found.changes), found.mean(found.planted), found.by_seed()
    costs, paired = [], []
    of_costs, of_pairs = [], []
    cells = dict(found.cells()) if len(changes) else {}
    slopes = {}
    for names, cell in cells.items():
        at = (slice(None), *cell)
        slopes[names] = [
            _slope(100 * planted[at], changes[at]),
            _slope(100 * planted[at].mean(axis=0), seeds[at]),
        ]
        costs.append(dict(zip(CELL, names, strict=True)))
        of_costs.append(_over_test_sets(*slopes[names]))
    for kind, side in dict.fromkeys(names[:2] for names in cells):
        known = repairs_of(kind)
        for number, a in enumerate(known):
            for b in known[number + 1 :]:
                one, other = slopes[kind, side, a], slopes[kind, side, b]
                paired.append({"kind": kind, "side": side, "a": a, "b": b})
                of_pairs.append(_over_test_sets(other[0] - one[0], other[1] - one[1]))
    return {
        "costs": _family(costs, of_costs, found, how, CELL),
        "repairs": _family(paired, of_pairs, found, how, ["kind", "side", "a", "b"]),
    }


def _slope(dose: Floats, change: Floats) -> Floats:
    """Return the slope of a line through the origin [n] for doses [n, n_doses] or [n_doses], and changes [n, n_doses]."""
    square = (dose**2).sum(axis=-1)
    return np.divide((dose * change).sum(axis=-1), square, out=np.zeros(len(change)), where=square > 0)


def _over_test_sets(values: Floats, by_seed: Floats) -> Difference:
    """Return the mean over test sets [n] of changes in points as a difference of fractions, with its error over test sets."""
    value, n = float(values.mean()) / 100, len(values)
    seed_se = float(by_seed.std(ddof=1)) / 100 / np.sqrt(len(by_seed)) if len(by_seed) > 1 else np.nan
    if n < 2:
        return Difference(value, np.inf, 1.0, 1.0, seed_se)
    se = float(values.std(ddof=1)) / 100 / np.sqrt(n)
    # Where no test set moves, nothing was seen of how they differ.
    p = float(2 * stats.t.sf(abs(value) / se, n - 1)) if se > 0 else 1.0
    return Difference(value, se or np.inf, n - 1.0, p, seed_se)


def _family(
    rows: Sequence[Mapping[str, object]],
    measured: Sequence[Difference],
    found: Found,
    how: Compare,
    first: list[str],
) -> pd.DataFrame:
    """Return the rows of one family with their differences in points, as `analysis.systems.compared` has them."""
    rest = {
        "seeds": str(len(found.seeds())),
        "test_sets": len(found.test_sets()),
        "plantings": found.plantings,
        "runs": len(set[str]().union(*found.runs.values())),
    }
    judged = []
    for row, each, decision in zip(
        rows, measured, holm([m.p for m in measured], 1 - how.confidence), strict=True
    ):
        bounds = each.interval(decision.level) if np.isfinite(each.se) else None
        judged.append(
            {
                **row,
                "difference": 100 * each.value,
                "low": 100 * bounds.low if bounds else np.nan,
                "high": 100 * bounds.high if bounds else np.nan,
                "p": decision.p,
                "clear": decision.clear,
                **rest,
                "p_raw": each.p,
                "se": 100 * each.se if np.isfinite(each.se) else np.nan,
                "seed_se": 100 * each.seed_se,
            }
        )
    columns = ["difference", "low", "high", "p", "clear", *rest, "p_raw", "se", "seed_se"]
    return pd.DataFrame(judged, columns=[*first, *columns])


# --- findings -------------------------------------------------------------------------------------------------


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say: the costs of each kind and side, and which repairs lose more than the best."""
    costs, repairs = found["costs"], found["repairs"]
    advice = []
    for (kind, side), rows in costs.groupby(["kind", "side"], sort=False):
        each = {
            str(row.repair): Cost(str(row.repair), float(row.difference), float(row.low), float(row.high), bool(row.clear))
            for row in rows.sort_values("difference", ascending=False, kind="stable").itertuples()
        }  # fmt: skip
        without = each.pop("none")
        kept = tuple(each.values())
        worse = _worse(repairs, str(kind), str(side), kept[0].repair)
        advice.append(Advice(str(kind), str(side), kept, worse, without))
    if costs.empty:
        return Findings((), 0, 0, 0, float("nan"))
    sets, runs, plantings = (int(costs[name].iloc[0]) for name in ("test_sets", "runs", "plantings"))
    planted = found["planted"]
    most = planted.loc[planted["dose"] == planted["dose"].max(), "left_out"].mean()
    return Findings(tuple(advice), sets, runs, plantings, float(most))


def _worse(repairs: pd.DataFrame, kind: str, side: str, best: str) -> tuple[str, ...]:
    """Return the repairs, of those that keep all sentences, that lose more than the ``best`` one beyond chance."""
    own = repairs[(repairs["kind"] == kind) & (repairs["side"] == side) & repairs["clear"].astype(bool)]
    own = own[(own["a"] != "none") & (own["b"] != "none")]
    behind_b = own.loc[(own["a"] == best) & (own["difference"] < 0), "b"]
    behind_a = own.loc[(own["b"] == best) & (own["difference"] > 0), "a"]
    return tuple(map(str, [*behind_b, *behind_a]))
