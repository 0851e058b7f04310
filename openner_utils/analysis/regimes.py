"""Does one model for all languages do better than one model per language?

A joint run sees more sentences and so takes more optimizer steps. A regime that trains alone for as many steps as the
joint run (``steps_of``) tells the two apart; the steps of both sides stand beside every difference. Where corpora annotate different
types, one model for all has to make something of that (`analysis.ontologies`), and may do worse than a model of each (`analysis.domains`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from openner_utils.analysis import domains, ontologies
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import (
    Comparison,
    chosen,
    compared,
    comparisons,
    encoders_of,
    shared,
    with_intervals,
)
from openner_utils.config.params import Compare, Regime, units
from openner_utils.core.artifacts import SENTENCES, TRAINED, Inputs


@dataclass(frozen=True, slots=True)
class Pair:
    """One encoder trained both ways: the gain in each language, and the optimizer steps (joint, alone) beside it."""

    system: str
    joint: str
    alone: str
    gains: tuple[Comparison, ...]
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say of each encoder and pair of regimes; all gains are one family, those of ``types`` another, of ``joined`` a third.

    ``joined`` is None where it was not looked for, as in what is committed.
    """

    pairs: tuple[Pair, ...]
    types: tuple[ontologies.Pair, ...] = ()
    joined: tuple[domains.Joined, ...] | None = None

    @property
    def gains(self) -> list[Comparison]:
        """The gains of all pairs."""
        return [gain for pair in self.pairs for gain in pair.gains]

    @property
    def steps_always_differ(self) -> bool:
        """Whether no encoder was trained alone for as many steps as jointly."""
        return all(joint != alone for pair in self.pairs for joint, alone in pair.steps)


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores and from what each run was trained on."""
    runs = pd.concat(
        [inputs.frame(TRAINED.runs, **unit) for unit in units(params)["train"]], ignore_index=True
    )
    regimes = params.train.regimes
    found = tables(core_sentences(inputs, params), runs, regimes, params.compare)
    types = ontologies.tables(inputs.frame(SENTENCES), regimes, params.compare)
    joined = domains.tables(inputs, params)
    said = replace(
        findings(found),
        types=ontologies.findings(types["ontologies"]),
        joined=domains.findings(joined, regimes),
    )
    return Answer({**found, **types, **joined}, said)


def tables(
    sentences: pd.DataFrame, runs: pd.DataFrame, regimes: Mapping[str, Regime], how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``by_regime`` and ``gain`` (training together minus training alone) for what was trained both ways.

    ``sentences``: counts per sentence (`stages.score`); ``runs``: one row per training with columns system, regime,
    corpus, language (``all`` where several are trained together), steps.
    """
    encoders = encoders_of(sentences)
    each = dict(iter(encoders.groupby(["regime", "system", "language"])))
    pairs = []
    for joint in (name for name, regime in regimes.items() if regime.together):
        for alone in (name for name, regime in regimes.items() if not regime.together):
            for (own, system, language), rows in each.items():
                other = each.get((joint, system, language))
                if own == alone and other is not None:
                    keys = {"system": system, "language": language, "joint": joint, "alone": alone}
                    pairs.append((keys, *shared(rows, other)))
    both = pd.concat([frame for _, *frames in pairs for frame in frames]) if pairs else encoders.head(0)
    both = both.drop_duplicates(["system", "regime", "seed", "corpus", "language", "sentence"])
    gain = compared(pairs, how, ["system", "language", "joint", "alone"])
    for side in ("joint", "alone"):
        gain[f"steps_{side}"] = [
            _steps(runs, row["system"], row[side], row["language"]) for _, row in gain.iterrows()
        ]
    return {"by_regime": with_intervals(both, ["system", "language", "regime"], how), "gain": gain}


def _steps(runs: pd.DataFrame, system: str, regime: str, language: str) -> int:
    """Return the optimizer steps of one run: of the joint one, or of those of a language (their mean)."""
    rows = chosen(runs, system=system, regime=regime)
    return round(float(rows.loc[rows["language"].isin([language, "all"]), "steps"].mean()))


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table ``gain`` says."""
    gain = found["gain"]
    pairs = []
    for (system, joint, alone), rows in gain.groupby(["system", "joint", "alone"], sort=False):
        steps = zip(rows["steps_joint"].astype(int), rows["steps_alone"].astype(int), strict=True)
        pairs.append(Pair(system, joint, alone, comparisons(rows, "language"), tuple(steps)))
    return Findings(tuple(pairs))
