"""Who helps whom? Models of one corpus and language, each tested on its own test set and on others'; and models of several beside them.

Rows of the matrix are what a model was trained on, columns what it is tested on; each entry has three cells (`transfer_cells`). A
donor is a model of one corpus and language on the test set of another. Donors differ in size, domain and guidelines as well as in
language: the ranking says who helps as the corpora are, and not why. Donors of equal size beside a target that grows say more (`donors`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.analysis import donors
from openner_utils.analysis.counts import References
from openner_utils.analysis.question import Answer, Params, scored
from openner_utils.analysis.relations import DONORS, HOME, relation
from openner_utils.analysis.systems import compared, with_intervals
from openner_utils.analysis.transfer_cells import ALL_TYPES, CELLS, IGNORED, SHARED, counted
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import CORE_RELEASE, STANDARDIZED, TRAINED, TYPES, Inputs
from openner_utils.core.releases import PART_KEYS
from openner_utils.encoders.mixtures import trains_on

AMONG, UNSEEN = "among them", "unseen"
_ROW = ["system", "regime", "trained", "corpus", "language", "relation", "cell"]
_DONOR = ("train_corpus", "train_language")


@dataclass(frozen=True, slots=True)
class Home:
    """An encoder's models of one unit, under shared types: median F1 at home and away (percent), of how many entries, and the range away."""

    system: str
    home: float
    homes: int
    away: float
    aways: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Related:
    """Donors of one relation to the tested language: median F1 under shared types, of how many entries, donors and test sets."""

    relation: str
    f1: float
    entries: int
    donors: int
    targets: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What the matrix says. ``neighbours``: pairs of donors next to each other in a ranking, of which ``apart`` are told apart.

    ``ignoring`` and ``sharing``: points of F1 (median over entries away from home) that ignoring types, and leaving out
    types that one side does not annotate, add to F1 in all types. ``targets``: what donors of equal size do for targets by their size.
    """

    homes: tuple[Home, ...]
    related: tuple[Related, ...]
    neighbours: int
    apart: int
    ignoring: float
    sharing: float
    targets: tuple[donors.Target, ...] = ()


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from what encoders predicted of their own test sets and of others."""
    found = tables(list(_counted(inputs, params)), params.compare)
    helped = donors.tables(inputs, params)
    said = replace(findings(found), targets=donors.findings(helped, params.train.regimes))
    return Answer({**found, **helped}, said)


def _counted(inputs: Inputs, params: Params) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Yield each entry of the matrix: what it is of, and counts per sentence in each cell."""
    known = inputs.frame(TYPES)
    references: dict[str, References] = {}
    for unit in scored(params):
        regime = params.train.regimes[unit["regime"]]
        standardized = regime.release == "standardized"
        if regime.release not in references:
            release = STANDARDIZED if standardized else CORE_RELEASE
            references[regime.release] = References(inputs.of_corpora(release, params.data.corpora))
        types = _types(known, "standardized" if standardized else "core")
        own = inputs.table(TRAINED.unrestricted if standardized else TRAINED.predictions, **unit)
        fixed = {"system": unit["encoder"], "regime": unit["regime"]}
        if regime.together:
            parts = references[regime.release].release.select(list(PART_KEYS)).to_pandas().drop_duplicates()
            trained = {
                (corpus, code)
                for corpus, code, split in parts.itertuples(index=False, name=None)
                if split == "train" and trains_on(regime, corpus, code)
            }
            shared = frozenset[str]().union(*(types[corpus] for corpus, _ in trained))
            by: tuple[str, ...] = ("regime",)
            of: dict[tuple[str, ...], frozenset[str]] = {(unit["regime"],): shared}
        else:
            columns = [own[name] for name in ("corpus", "language")]
            for name, column in zip(_DONOR, columns, strict=True):
                own = own.append_column(name, column)
            own = pa.concat_tables([own, inputs.table(TRAINED.transferred, **unit).select(own.column_names)])
            trained, by = set(), _DONOR
            donors = own.select(list(_DONOR)).to_pandas().drop_duplicates().itertuples(index=False, name=None)
            of = {donor: types[donor[0]] for donor in donors}
        for key, frame in counted(own, by, references[regime.release], types, of):
            donor, (corpus, code, _) = key[: len(by)], key[len(by) :]
            if regime.together:
                related = AMONG if (corpus, code) in trained else UNSEEN
            else:
                related = relation(donor, (corpus, code))
            yield fixed | {"trained": "/".join(donor), "relation": related}, frame


def _types(known: pd.DataFrame, kind: str) -> dict[str, frozenset[str]]:
    """Return corpus → the types that it annotates in a release (``core`` or ``standardized``)."""
    named = known[known[kind] != ""]
    found = {str(corpus): frozenset[str]() for corpus in known["corpus"]}
    return found | {str(corpus): frozenset(types) for corpus, types in named.groupby("corpus")[kind]}


def tables(entries: list[tuple[dict[str, str], pd.DataFrame]], how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``matrix``, ``ranking`` and ``relations``.

    ``entries``: system, regime, trained and relation of each, with counts per sentence (`transfer_cells.counted`). ``ranking``: the
    donors of each test set by F1 under shared types, each with its lead over the next (Holm over all leads; points of F1), empty for
    the last. ``relations``: median, lowest and highest F1 under shared types of all donors of a relation; entries share donors
    and test sets, so no interval is given.
    """
    rows = [with_intervals(frame.assign(**what), _ROW, how) for what, frame in entries]
    matrix = pd.concat(rows, ignore_index=True) if rows else with_intervals(_none(), _ROW, how)
    order = {cell: number for number, cell in enumerate(CELLS)}
    matrix = matrix.sort_values(
        [*_ROW[:5], "cell"], key=lambda column: column.map(order) if column.name == "cell" else column
    ).reset_index(drop=True)
    donors = matrix[matrix["relation"].isin(DONORS) & (matrix["cell"] == SHARED) & (matrix["mentions"] > 0)]
    return {
        "matrix": matrix,
        "ranking": _ranking(donors, entries, how),
        "relations": _relations(donors),
    }


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=[*_ROW, "seed"])


def _ranking(
    donors: pd.DataFrame, entries: list[tuple[dict[str, str], pd.DataFrame]], how: Compare
) -> pd.DataFrame:
    """Return the donors of each test set, the best first, each with its lead over the next."""
    frames = {
        (
            what["system"],
            what["regime"],
            what["trained"],
            frame["corpus"].iloc[0],
            frame["language"].iloc[0],
        ): frame
        for what, frame in entries
    }
    pairs: list[tuple[Mapping[str, Any], pd.DataFrame, pd.DataFrame]] = []
    ranked = []
    target = ["system", "regime", "corpus", "language"]
    for key, rows in donors.groupby(target):
        rows = rows.sort_values(["f1", "trained"], ascending=[False, True]).reset_index(drop=True)
        ranked.append(rows.assign(rank=range(1, len(rows) + 1), of=len(rows)))
        system, regime, *place = key
        sides = [_shared(frames[system, regime, trained, *place]) for trained in rows["trained"]]
        pairs += [
            ({**dict(zip(target, key, strict=True)), "rank": rank}, behind, ahead)
            for rank, (ahead, behind) in enumerate(pairwise(sides), 1)
        ]
    leads = compared(pairs, how, [*target, "rank"])
    leads = leads[[*target, "rank", "difference", "low", "high", "p", "clear"]].rename(
        columns={"difference": "lead", "low": "lead_low", "high": "lead_high"}
    )
    wanted = [
        *target,
        "rank",
        "of",
        "trained",
        "relation",
        "f1",
        "low",
        "high",
        "seeds",
        "sentences",
        "mentions",
    ]
    whole = pd.concat(ranked) if ranked else donors.assign(rank=0, of=0)
    return whole[wanted].merge(leads, on=[*target, "rank"], how="left")


def _shared(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["cell"] == SHARED]


def _relations(donors: pd.DataFrame) -> pd.DataFrame:
    """Return F1 by relation of donor and tested language."""
    found = donors.groupby(["system", "relation"]).agg(
        median=("f1", "median"), least=("f1", "min"), most=("f1", "max"), entries=("f1", "size"),
        donors=("trained", "nunique"), targets=("language", "nunique"),
    )  # fmt: skip
    return found.reset_index()


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say."""
    matrix, ranking = found["matrix"], found["ranking"]
    single = matrix[(matrix["relation"] == HOME) | matrix["relation"].isin(DONORS)]
    shared = single[(single["cell"] == SHARED) & (single["mentions"] > 0)]
    away = shared[shared["relation"] != HOME]
    homes = []
    for system, rows in away.groupby("system"):
        home = shared[(shared["system"] == system) & (shared["relation"] == HOME)]["f1"]
        homes.append(
            Home(
                str(system), float(home.median()), len(home),
                float(rows["f1"].median()), len(rows), float(rows["f1"].min()), float(rows["f1"].max()),
            )
        )  # fmt: skip
    related = [
        Related(
            relation,
            float(rows["f1"].median()),
            len(rows),
            rows["trained"].nunique(),
            rows["language"].nunique(),
        )
        for relation in DONORS
        if len(rows := away[away["relation"] == relation])
    ]
    tested = single[single["relation"] != HOME]
    wide = tested.pivot_table(index=_ROW[:5], columns="cell", values="f1").reindex(columns=list(CELLS))
    leads = ranking["lead"].notna()
    return Findings(
        tuple(homes),
        tuple(related),
        int(leads.sum()),
        int(ranking.loc[leads, "clear"].astype(bool).sum()),
        float((wide[IGNORED] - wide[ALL_TYPES]).median()),
        float((wide[SHARED] - wide[ALL_TYPES]).median()),
    )
