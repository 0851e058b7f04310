"""What does the repair of training labels do to a model's scores?

The test labels are the same for all arms (repaired), so that only the training labels differ. Predictions may still
hold invalid transitions, and a model that has seen such labels in training writes them, so every arm is scored under
both conventions, *conlleval* and *discard*. A difference can be an effect of repair only where labels differ in the
sentences that were trained on, so their number stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import pandas as pd

from openner_utils.analysis.question import Answer, Params, core_sentences, of_all_arms
from openner_utils.analysis.systems import Comparison, Power, chosen, compared, comparisons, with_intervals
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import CHANGED, PLANTED, REPAIRS, Inputs
from openner_utils.core.releases import AS_RELEASED
from openner_utils.support.errors import OpenNERError
from openner_utils.support.rounding import half_up

CONVENTIONS = ("conlleval", "discard")
UNIT = ["system", "regime", "corpus", "language"]
FEW = 0.1
"""Differing labels per 100 tokens below which no effect on F1 is expected."""


class Cause(Enum):
    """What the labels that differ make of a difference: whether repair can be its cause."""

    NONE = auto()
    """No label differs: it is the difference of two runs."""
    UNKNOWN = auto()
    """Few labels differ, and yet the difference is beyond chance."""
    TOO_LITTLE = auto()
    """Few labels differ, too few to expect an effect."""
    REPAIR = auto()
    """Enough labels differ for an effect of repair."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How many labels of a training split were ``repaired``, over all types, and how many that is per 100."""

    corpus: str
    language: str
    repaired: int
    per_100_tokens: float
    per_100_mentions: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of treating invalid labels against the release: the difference under each convention.

    ``differ`` of the ``tokens`` trained on have another label than in the release, ``per_100_tokens`` of a hundred.
    """

    system: str
    regime: str
    corpus: str
    language: str
    arm: str
    sentences: int
    seeds: str
    comparisons: tuple[Comparison, ...]
    differ: int
    tokens: int
    per_100_tokens: float

    @property
    def cause(self) -> Cause:
        """What the labels that differ make of the differences."""
        if not self.differ:
            return Cause.NONE
        if half_up(self.per_100_tokens, 2) >= FEW:
            return Cause.REPAIR
        return Cause.UNKNOWN if any(each.clear for each in self.comparisons) else Cause.TOO_LITTLE


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say; all differences of all arms are one family, and ``power`` is that of its tests, if there are any."""

    noise: tuple[Noise, ...]
    arms: tuple[Arm, ...]
    power: Power | None

    @property
    def comparisons(self) -> list[Comparison]:
        """The differences of all arms."""
        return [each for arm in self.arms for each in arm.comparisons]


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores, the repaired labels of every part, and the labels that each arm changed."""
    changed, planted = (of_all_arms(inputs, params, artifact) for artifact in (CHANGED, PLANTED))
    sentences = core_sentences(inputs, params)
    # What planted flaws do to training is the matter of another question (`analysis.flawed_training`).
    sentences = sentences[~sentences["labels_from"].isin(planted["labels_from"].unique())]
    found = tables(sentences, inputs.frame(REPAIRS), changed, params.compare)
    return Answer(found, findings(found))


def tables(
    sentences: pd.DataFrame, repairs: pd.DataFrame, changed: pd.DataFrame, how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``arms`` (F1 of each), ``difference`` (each arm minus the repaired one), ``trained`` and ``noise``.

    ``sentences``: counts per sentence (`stages.score`); ``repairs``: repaired labels of every part
    (`analysis.ledger.repairs`); ``changed``: labels that differ in what each arm was trained on (`stages.ablate`).

    All rows of ``difference`` are one family. Beside the columns of `compared` it has the labels that ``differ`` from
    the repaired ones among the ``tokens`` trained on, and ``per_100_tokens``: of the row's own corpus and language, or
    of everything where a model was trained on all together. ``noise`` is `repairs` for whole training splits.
    """
    encoders = sentences[(sentences["format"] == "") & sentences["convention"].isin(CONVENTIONS)]
    ablated = encoders[encoders["labels_from"] != AS_RELEASED]
    arms = encoders.merge(ablated[["system", "regime", "corpus"]].drop_duplicates())
    pairs = []
    for (*names, arm, convention), rows in ablated.groupby([*UNIT, "labels_from", "convention"]):
        keys = dict(zip(UNIT, names, strict=True))
        repaired = chosen(arms, **keys, convention=convention, labels_from=AS_RELEASED)
        pairs.append(({**keys, "arm": arm, "convention": convention}, repaired, rows))
    noise = repairs[repairs["split"] == "train"].drop(columns=["split", "sentences"])
    return {
        "arms": with_intervals(arms, [*UNIT, "labels_from", "convention"], how),
        "difference": _with_labels(compared(pairs, how, [*UNIT, "arm", "convention"]), changed),
        "trained": changed,
        "noise": noise.sort_values("per_100_tokens", ascending=False, kind="stable", ignore_index=True),
    }


def _with_labels(difference: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Return differences beside the labels that differ in what was trained on."""
    counts = ["differ", "tokens"]
    if difference.empty:
        return difference.reindex(columns=[*difference.columns, *counts, "per_100_tokens"])
    of_arm = changed.rename(columns={"labels_from": "arm"})
    own = of_arm[~of_arm["together"]].groupby([*UNIT, "arm"], as_index=False)[counts].sum()
    of_all = of_arm[of_arm["together"]].groupby(["system", "regime", "arm"], as_index=False)[counts].sum()
    both = difference.merge(own, how="left")
    both[counts] = both[counts].fillna(difference.merge(of_all, how="left")[counts])
    if both["differ"].isna().any():
        raise OpenNERError(
            "The labels that differ are not known for every arm that was scored. Run the stage ablate again: dvc repro"
        )
    both = both.astype(dict.fromkeys(counts, "int64"))
    return both.assign(per_100_tokens=100 * both["differ"] / both["tokens"])


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the tables say: how much there was to repair, and what each arm makes of it."""
    noise, difference = found["noise"], found["difference"]
    repaired = noise[(noise["types"] == "all") & (noise["repaired"] > 0)]
    names = ["corpus", "language", "repaired", "per_100_tokens", "per_100_mentions"]
    arms = []
    for (*unit, arm), rows in difference.groupby([*UNIT, "arm"], sort=False):
        row = rows.iloc[0]
        system, regime, corpus, language = unit
        arms.append(
            Arm(
                system, regime, corpus, language, arm, int(row["sentences"]), str(row["seeds"]),
                comparisons(rows, "convention"), int(row["differ"]), int(row["tokens"]), float(row["per_100_tokens"]),
            )
        )  # fmt: skip
    noises = tuple(Noise(*row) for row in repaired[names].itertuples(index=False))
    return Findings(noises, tuple(arms), None if difference.empty else Power.of(difference))
