"""How one encoder learned, and on which test set it does best."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True)
class Extreme:
    """The test set with the highest or the lowest F1 (percent): a mean over ``seeds`` with standard deviation ``sd``."""

    corpus: str
    language: str
    f1: float
    seeds: int
    sd: float


@dataclass(frozen=True, slots=True)
class Collapsed:
    """A run whose last ``loss`` is not below ``constant``, that of a model that knows only how frequent labels are (nats).

    ``trained``: the corpus and language that it was trained on; of a donor beside a target both, with the target's sentences.
    """

    trained: str
    seed: int
    loss: float
    constant: float


def collapsed(trainings: pd.DataFrame) -> list[Collapsed]:
    """Return the runs that learnt nothing from the text; a loss that is no number counts among them."""
    runs = trainings[~(trainings["loss"] < trainings["constant_loss"])]
    return [Collapsed(_trained(row), row.seed, row.loss, row.constant_loss) for row in runs.itertuples()]


def _trained(row: Any) -> str:
    """Return what a run was trained on."""
    donor = [f"{row.corpus}/{row.language}"] if row.corpus else []
    target = (
        [f"{row.target_corpus}/{row.target_language} ({row.target_sentences})"] if row.target_corpus else []
    )
    return " + ".join([*donor, *target])


def dev_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Return F1 on dev (percent, mean over seeds) by epoch, one column for each training."""
    runs = curves.assign(trained_on=curves["corpus"] + "/" + curves["language"])
    table = runs.pivot_table(index="epoch", columns="trained_on", values="dev_f1", aggfunc="mean")
    return table.reset_index()


def extremes(scores: pd.DataFrame) -> tuple[Extreme, ...]:
    """Return the best and the worst test set of some scores: columns corpus, language, f1, sd and seeds; nothing of none."""
    if scores.empty:
        return ()
    best, worst = scores.iloc[scores["f1"].argmax()], scores.iloc[scores["f1"].argmin()]
    return tuple(
        Extreme(row["corpus"], row["language"], float(row["f1"]), int(row["seeds"]), float(row["sd"]))
        for row in (best, worst)
    )
