"""How do language models compare with fine-tuned encoders on the very same sentences?

Each language's scores are taken on the sentences that every system of the table was tested on, so that they can stand
side by side; no format, decoding or regime is picked by its test score.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis.prompts import OFFSETS
from openner_utils.analysis.question import Answer, Params, core_sentences, of_all_askings
from openner_utils.analysis.systems import (
    Comparison,
    Power,
    chosen,
    compared,
    comparisons,
    encoders_of,
    models_of,
    shared,
    with_intervals,
)
from openner_utils.config.params import Compare, Llm
from openner_utils.core.artifacts import COSTS, TOOK, Inputs

RUN = ["system", "regime", "format", "decoding"]
ASKED = ["system", "format", "decoding"]
PAIR = ["language", "model", "format", "decoding", "encoder", "regime"]


@dataclass(frozen=True, slots=True)
class Against:
    """A language model minus each encoder, on the same ``sentences`` of one language."""

    language: str
    sentences: int
    encoders: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One language model, asked in one way, in each language."""

    model: str
    format: str
    decoding: str
    languages: tuple[Against, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the tables say of each run; all comparisons are one family."""

    runs: tuple[Run, ...]
    power: Power

    @property
    def comparisons(self) -> list[Comparison]:
        """All comparisons."""
        return [each for run in self.runs for against in run.languages for each in against.encoders]


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores."""
    found = tables(core_sentences(inputs, params), params.prompt.policy, params.compare)
    took, costs = (of_all_askings(inputs, params, each) for each in (TOOK, COSTS))
    return Answer(found | {"cost": cost(took, costs, params.llms)}, findings(found))


def tables(sentences: pd.DataFrame, policy: str, how: Compare) -> dict[str, pd.DataFrame]:
    """Return ``equal`` (F1 of every system on the sentences that all share) and ``pairs`` (model minus encoder).

    ``sentences``: counts per sentence (`stages.score`); ``policy``: the main grounding policy of JSON replies.
    """
    models = chosen(models_of(sentences), control=False)
    models = models[models["policy"].isin([OFFSETS, policy])]
    encoders = encoders_of(sentences)
    equal: list[pd.DataFrame] = []
    pairs = []
    for language in sorted(set(models["language"]) & set(encoders["language"])):
        runs = [
            (dict(zip(RUN, keys, strict=True)), rows)
            for frame in (encoders, models)
            for keys, rows in chosen(frame, language=language).groupby(RUN)
        ]
        common = shared(*(rows for _, rows in runs))
        equal += common
        named = [(keys, rows) for (keys, _), rows in zip(runs, common, strict=True)]
        for model, of_model in named:
            for encoder, of_encoder in named:
                if model["format"] and not encoder["format"]:
                    keys = {
                        "language": language, "model": model["system"], "format": model["format"],
                        "decoding": model["decoding"], "encoder": encoder["system"], "regime": encoder["regime"],
                    }  # fmt: skip
                    pairs.append((keys, of_encoder, of_model))
    together = pd.concat(equal) if equal else sentences.head(0)
    return {"equal": with_intervals(together, ["language", *RUN], how), "pairs": compared(pairs, how, PAIR)}


def cost(took: pd.DataFrame, costs: pd.DataFrame, llms: Mapping[str, Llm]) -> pd.DataFrame:
    """Return what each way of asking took: a row for each model, format and decoding, controls aside.

    ``took``: tokens and seconds of each reply, of which the mean is given over those that told them; ``costs``: what servers counted, at
    their price. ``shots`` are the worked examples in a prompt. Where nobody told, or a model has no price, there is no number.
    """
    asked = took[~took["control"].astype(bool)]
    means = asked.groupby(ASKED, as_index=False).agg(
        replies=("sentence", "size"),
        prompt_tokens=("prompt_tokens", "mean"),
        completion_tokens=("completion_tokens", "mean"),
        seconds=("seconds", "mean"),
    )
    paid = costs[~costs["control"].astype(bool)].groupby(ASKED)["cost"].sum(min_count=1)
    means.insert(len(ASKED), "shots", [llms[system].shots for system in means["system"]])
    return means.merge(paid.rename("cost").reset_index(), on=ASKED, how="left")


def findings(found: Mapping[str, pd.DataFrame]) -> Findings:
    """Return what the table ``pairs`` says."""
    pairs = found["pairs"]
    runs = []
    for (model, format, decoding), rows in pairs.groupby(["model", "format", "decoding"], sort=False):
        named = rows.assign(encoder=rows["encoder"] + " " + rows["regime"])
        against = tuple(
            Against(str(language), int(here["sentences"].iloc[0]), comparisons(here, "encoder"))
            for language, here in named.groupby("language", sort=False)
        )
        runs.append(Run(model, format, decoding, against))
    return Findings(tuple(runs), Power.of(pairs))
