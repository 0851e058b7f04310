"""Do test sentences that training data hold lift scores? F1 with them and without, for every encoder and language.

A test sentence counts as leaked where the training data of any corpus hold it, word for word or nearly (`analysis.leakage`): an upper
bound, for a model was not trained on all corpora. Whether models remember these sentences, or whether they are easier, F1 cannot tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from openner_utils.analysis.one_system import SENTENCE
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import encoders_of, with_intervals
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import OVERLAP, Inputs

BY = ["language", "system", "regime"]
COLUMNS = [
    *BY, "f1", "low", "high", "f1_without", "low_without", "high_without", "rise", "leaked", "sentences", "mentions", "seeds",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Findings:
    """How many test sentences leaked, by how much F1 rises through them, and whether rankings change without them.

    ``rises``: least, median and most in points of F1, over the rows that lose a sentence; ``pairs``: of systems within a language whose
    test set loses some, of which ``turned`` change their order.
    """

    leaked: int
    sentences: int
    rows: int
    rises: tuple[float, float, float] | None
    pairs: int
    turned: int


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from counts per sentence and from the audit."""
    encoders = encoders_of(core_sentences(inputs, params))
    found = tables(encoders, inputs.frame(OVERLAP), params.compare)
    return Answer(found, findings(found))


def tables(encoders: pd.DataFrame, overlap: pd.DataFrame, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``scores``: F1 with all test sentences and without the leaked ones, and its ``rise`` through them, in points.

    ``encoders``: counts per sentence; ``overlap``: the test sentences of which training data hold something (stage audit). A language
    all of whose sentences leaked has no F1 without them.
    """
    leaked = overlap[overlap["own_train"] | overlap["other_train"] | (overlap["similarity"] > 0)]
    marked = encoders.merge(leaked[SENTENCE].drop_duplicates().assign(leaked=True), on=SENTENCE, how="left")
    marked["leaked"] = marked["leaked"].notna()
    whole = with_intervals(encoders, BY, how)
    rest = with_intervals(encoders[~marked["leaked"].to_numpy()], BY, how)
    names = {name: f"{name}_without" for name in ("f1", "low", "high")}
    both = whole.merge(rest[[*BY, *names]].rename(columns=names), on=BY, how="left")
    once = marked[marked["seed"] == marked.groupby(BY)["seed"].transform("min")]
    lost = once.groupby(BY)["leaked"].sum().rename("leaked").reset_index()
    both = both.merge(lost, on=BY).astype({"leaked": np.int64})
    return {"scores": both.assign(rise=both["f1"] - both["f1_without"])[COLUMNS]}


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table says."""
    scores = found["scores"]
    moved = scores[(scores["leaked"] > 0) & scores["rise"].notna()]
    once = scores.groupby("language")[["leaked", "sentences"]].max()
    orders = [
        (row.f1 - other.f1) * (row.f1_without - other.f1_without) < 0
        for _, rows in moved.groupby("language")
        for row, other in combinations(list(rows.itertuples()), 2)
    ]
    rises = moved["rise"]
    return Findings(
        int(once["leaked"].sum()), int(once["sentences"].sum()), len(moved),
        (float(rises.min()), float(rises.median()), float(rises.max())) if len(rises) else None,
        len(orders), sum(orders),
    )  # fmt: skip
