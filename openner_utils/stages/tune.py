"""Train a small causal language model on the prompts' right answers, and its control on shuffled ones."""

from dataclasses import dataclass

import pandas as pd

from openner_utils.catalog import language
from openner_utils.config.params import Data, Limits, Name, Tune
from openner_utils.core.artifacts import CONTROL, CORE_RELEASE, LOSSES, MODEL
from openner_utils.core.releases import columns_of, limited, parts
from openner_utils.llm.prompts import Example, separator
from openner_utils.llm.tiny import tuning
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.records import Record

READS = (CORE_RELEASE,)
WRITES = (MODEL, CONTROL, LOSSES)
KINDS = ("model", "control")
"""The model, and the same training on shuffled labels."""


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    limits: Limits
    tune: dict[Name, Tune]


@dataclass(frozen=True, slots=True)
class Result:
    """One row per trained model, and its mean loss by step."""

    trained: pd.DataFrame
    losses: pd.DataFrame


def run(work: Work, params: Params, model: str) -> Result:
    """Train ``model`` and its control side by side, and save both."""
    if model not in params.tune:
        raise unknown("model of the block tune", model, params.tune)
    choice = params.tune[model]
    release = work.inputs.of_corpora(CORE_RELEASE, params.data.corpora)
    sentences = tuple(
        Example(*row, separator(language(part.language).script))
        for part in parts(limited(release, params.limits.train_sentences, 0, 0))
        if part.split == "train" and (choice.languages is None or part.language in choice.languages)
        for row in columns_of(part.table).rows()
    )
    if not sentences:
        raise OpenNERError(
            f"tune.{model}: no training sentence in {choice.languages}. Choose other languages in params.yaml."
        )
    recipe = tuning.Recipe(choice.start, choice.steps, choice.batch_size, choice.learning_rate, choice.seed)
    shuffled = tuning.shuffled(sentences, choice.seed)
    trained = tuning.train_all(
        [
            tuning.Job(recipe, sentences, work.outputs.path(MODEL), f"tune {model}"),
            tuning.Job(recipe, shuffled, work.outputs.path(CONTROL), f"tune {model}, control"),
        ],
        work.workers,
        work.resume,
    )
    losses = pd.DataFrame(
        [
            {"trained": kind, "step": step, "loss": loss}
            for kind, result in zip(KINDS, trained, strict=True)
            for step, loss in result.losses
        ]
    )
    work.outputs.put(LOSSES, losses)
    rows = [
        {
            "trained": kind,
            "sentences": len(sentences),
            "examples": t.examples,
            "too long": t.too_long,
            "weights": t.weights,
        }
        for kind, t in zip(KINDS, trained, strict=True)
    ]
    return Result(pd.DataFrame(rows), losses)
