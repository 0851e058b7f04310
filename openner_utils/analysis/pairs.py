"""Any two systems: every pair of encoders and language models, on the sentences of a language that both were scored on.

No pair is picked by its scores. One family of all pairs needs larger differences than the questions that ask for a few of them; it is
for looking up, and a claim belongs to the question that was asked for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from openner_utils.analysis.prompts import OFFSETS
from openner_utils.analysis.question import Answer, Params, core_sentences
from openner_utils.analysis.systems import Power, chosen, compared, encoders_of, models_of
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import Inputs

RUN = ["system", "regime", "format", "decoding"]
PAIR = ["language", "a", "b"]


@dataclass(frozen=True, slots=True)
class Findings:
    """How many of the pairs are beyond chance, over how many systems and languages."""

    pairs: int
    clear: int
    systems: int
    languages: int
    power: Power


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores."""
    found = tables(core_sentences(inputs, params), params.prompt.policy, params.compare)
    return Answer(found, findings(found))


def tables(sentences: pd.DataFrame, policy: str, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``pairs``: for each language and two of its systems, b minus a in points of F1, on the sentences that both have.

    ``sentences``: counts per sentence (`stages.score`); ``policy``: the main grounding policy of JSON replies. Controls are left out.
    """
    models = chosen(models_of(sentences), control=False)
    models = models[models["policy"].isin([OFFSETS, policy])]
    runs = pd.concat([encoders_of(sentences), models])
    pairs = []
    for language, rows in runs.groupby("language"):
        systems = {named(*keys): own for keys, own in rows.groupby(RUN)}
        places = {name: _places(own) for name, own in systems.items()}
        pairs += [
            ({"language": language, "a": a, "b": b}, systems[a], systems[b])
            for a, b in combinations(systems, 2)
            if places[a] & places[b]
        ]
    return {"pairs": compared(pairs, how, PAIR)}


def named(system: str, regime: str = "", format: str = "", decoding: str = "") -> str:
    """Return what a system is called where encoders and language models stand side by side."""
    return ", ".join(filter(None, (system, regime, format, decoding)))


def _places(rows: pd.DataFrame) -> frozenset[str]:
    """Return the test sets of a system: those of two systems hold the same sentences or some of them."""
    return frozenset(rows["corpus"].unique())


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table says."""
    pairs = found["pairs"]
    return Findings(
        len(pairs),
        int(pairs["clear"].astype(bool).sum()),
        len({*pairs["a"], *pairs["b"]}),
        pairs["language"].nunique(),
        Power.of(pairs),
    )
