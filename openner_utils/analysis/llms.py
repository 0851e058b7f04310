"""How do language models compare with fine-tuned encoders on the very same sentences?

Each language's scores are taken on the sentences that every system of the table was tested on, so that they can stand
side by side; no format, decoding or regime is picked by its test score.
"""

import pandas as pd

from openner_utils.analysis.prompts import OFFSETS
from openner_utils.analysis.question import Answer, Params
from openner_utils.analysis.systems import (
    chosen,
    compared,
    encoders_of,
    models_of,
    power,
    shared,
    with_intervals,
)
from openner_utils.config.params import Compare
from openner_utils.core.artifacts import SENTENCES, Inputs

RUN = ["system", "regime", "format", "decoding"]
PAIR = ["language", "model", "format", "decoding", "encoder", "regime"]


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores."""
    found = tables(inputs.frame(SENTENCES), params.prompt.policy, params.compare)
    return Answer(found, summary(found))


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


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    pairs = found["pairs"]
    if not len(pairs):
        return ["No language model and no encoder were tested on the same sentences."]
    lines = []
    for (model, format, decoding), rows in pairs.groupby(["model", "format", "decoding"], sort=False):
        by_language = []
        for language, here in rows.groupby("language", sort=False):
            sides = [here[here["clear"] & (sign * here["difference"] > 0)] for sign in (1, -1)]
            rest = len(here) - sum(map(len, sides))
            parts = [
                f"{what} {', '.join(f'{r.encoder} {r.regime}' for r in side.itertuples())}"
                for what, side in zip(("ahead of", "behind"), sides, strict=True)
                if len(side)
            ]
            parts += [f"not told apart from {rest} of {len(here)}"] if rest else []
            by_language.append(f"{language} (n = {here['sentences'].iloc[0]}) {', '.join(parts)}")
        lines.append(f"{model}, {format}, {decoding} decoding, against encoders: {'; '.join(by_language)}.")
    lines.append(f"All {len(pairs)} comparisons are one family (Holm); {power(pairs)}.")
    return lines
