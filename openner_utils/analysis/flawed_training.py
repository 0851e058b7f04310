"""What do flaws in *training* labels do to F1? Flaws of one kind planted at growing doses, and models trained on what is then left.

Labels of the release hold no invalid transition, so what is planted is all that is wrong with them in this sense. Each mention has a
number from its place and the seed (`analysis.planting`), and the seed of the planting is that of the training: the runs of one arm
differ in both, so an interval over seeds holds what plantings differ by. The flawed labels are then left as they are, or repaired,
and an encoder is trained on them by the recipe and in the steps of the clean arm, beside which its scores are set. The test labels
are those of the release in all arms.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from openner_utils.analysis.planting import complete, keys_of, sites
from openner_utils.analysis.systems import CONVENTION, chosen, compared
from openner_utils.catalog.ontology import CORE
from openner_utils.config.params import Ablation, Compare
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.core.releases import AS_RELEASED, PART, Part
from openner_utils.core.repair import repair

ARM = ["system", "regime", "labels_from"]
CELL = ["system", "regime", "kind", "repair", "dose"]
NOT_REPAIRED = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Flawed:
    """The training labels of a part after planting and repair: ``name`` of the arm, how many mentions were ``flawed``.

    ``clean``: the labels before.
    """

    part: Part
    name: str
    dose: float
    seed: int
    flawed: int
    clean: Columns
    labels: Columns

    def row(self, arm: Ablation) -> dict[str, Any]:
        """Return the row of `core.artifacts.PLANTED`."""
        assert arm.planted is not None
        return {
            "system": arm.encoder, "regime": arm.regime, "labels_from": self.name, "kind": arm.planted.kind, "dose": self.dose,
            "repair": repair_of(arm), "corpus": self.part.corpus, "language": self.part.language, "seed": self.seed,
            "sentences": self.clean.n_sentences, "tokens": len(self.clean), "mentions": len(decode(self.clean, IOB2)),
            "flawed": self.flawed,
            "differ": int((self.clean.label_strings().to_numpy(False) != self.labels.label_strings().to_numpy(False)).sum()),
        }  # fmt: skip


def repair_of(arm: Ablation) -> str:
    """Return what is done with the flaws that an arm plants."""
    return NOT_REPAIRED if arm.labels_from == "published" else arm.labels_from


def planted(part: Part, clean: Columns, arm: Ablation, seeds: Sequence[int]) -> Iterator[Flawed]:
    """Yield the training labels of each dose and seed; ``clean``: labels of the part in core types, in IOB2, without a flaw."""
    assert arm.planted is not None
    keys = keys_of(part.table.select([*PART, "sentence"]).to_pandas())
    whole = complete(clean, IOB2, CORE)
    for seed in seeds:
        where = sites(whole, arm.planted.kind, keys, seed)
        for dose in arm.planted.doses:
            labels = repair(where.planted(dose), IOB2, repair_of(arm))
            name = f"{100 * dose:g} % {arm.planted.kind}, {repair_of(arm)}"
            yield Flawed(part, name, dose, seed, int(where.flawed(dose).sum()), clean, labels)


# --- the question ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """F1 of one encoder by dose of a kind of flaw under one repair, minus that of the clean arm, in points.

    ``worst``: that at the greatest dose with its interval; ``from_dose``: the least dose (per cent) from which on every one is beyond
    chance below the clean arm, None where the greatest is not; ``same``: whether no label that was trained on differed.
    """

    system: str
    regime: str
    kind: str
    repair: str
    dose: float
    value: float
    low: float
    high: float
    clear: bool
    from_dose: float | None
    same: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """The curves, and what they are over."""

    curves: tuple[Curve, ...]
    seeds: str
    sentences: int


NOTHING = Findings((), "", 0)
"""Where no model was trained on planted flaws."""


def tables(sentences: pd.DataFrame, flaws: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``trained``: F1 of each arm minus that of the clean one, in points, over all its test sets together.

    ``sentences``: counts per sentence (`stages.score`); ``flaws``: what was planted (`core.artifacts.PLANTED`). All rows are one family
    (Holm); columns as `analysis.systems.compared` gives them, before them ``flawed`` mentions per 100 and labels that ``differ`` per
    100 tokens of what was trained on, means over seeds.
    """
    rows = chosen(sentences, convention=CONVENTION, format="")
    clean = rows[rows["labels_from"] == AS_RELEASED]
    pairs = []
    for (system, regime, arm), own in flaws.groupby(ARM, sort=False):
        theirs = chosen(rows, system=system, regime=regime, labels_from=arm)
        beside = chosen(clean, system=system, regime=regime)
        beside = beside[beside["corpus"].isin(theirs["corpus"].unique())]
        if not len(theirs) or not len(beside):
            continue
        first = own.iloc[0]
        key = {
            "system": system, "regime": regime, "kind": first["kind"], "repair": first["repair"], "dose": 100 * first["dose"],
            "flawed": 100 * own["flawed"].sum() / own["mentions"].sum(), "differ": 100 * own["differ"].sum() / own["tokens"].sum(),
        }  # fmt: skip
        pairs.append((key, beside, theirs))
    pairs.sort(key=lambda pair: tuple(pair[0][name] for name in CELL))
    return {"trained": compared(pairs, how, [*CELL, "flawed", "differ"])}


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table says of each curve."""
    trained = found["trained"]
    curves = []
    for (system, regime, kind, how), rows in trained.groupby(CELL[:-1], sort=False):
        rows = rows.sort_values("dose")
        last = rows.iloc[-1]
        below = (rows["clear"].astype(bool) & (rows["difference"] < 0)).to_numpy(np.bool_)
        since = len(below) - int(np.argmin(below[::-1])) if not below.all() else 0
        curves.append(
            Curve(
                str(system), str(regime), str(kind), str(how), float(last["dose"]), float(last["difference"]), float(last["low"]),
                float(last["high"]), bool(last["clear"]), float(rows["dose"].iloc[since]) if since < len(below) else None,
                bool((rows["differ"] == 0).all()),
            )
        )  # fmt: skip
    seeds = " or ".join(sorted(set(trained["seeds"]))) if len(trained) else ""
    return Findings(tuple(curves), seeds, int(trained["sentences"].max()) if len(trained) else 0)
