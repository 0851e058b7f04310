"""Train a small causal language model on the prompts' right answers, and its control on shuffled ones."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from openner_utils.catalog import language
from openner_utils.config.params import load
from openner_utils.core.releases import columns_of, limited, parts, read_releases
from openner_utils.llm.prompts import Example, separator
from openner_utils.llm.tiny import tuning
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import write_text

STAGE = "tune"
KINDS = ("model", "control")
"""The model, and the same training on shuffled labels."""


def inputs(corpora: tuple[str, ...]) -> list[Path]:
    """Return the core release of each corpus."""
    return [paths.artifact("standardize", "core", f"{corpus}.parquet") for corpus in corpora]


def outputs(model: str) -> list[Path]:
    """Return the folders of the model and of its control, and the losses."""
    return [
        *(paths.artifact(STAGE, model, kind) for kind in KINDS),
        paths.artifact(STAGE, model, "losses.csv"),
    ]


@dataclass(frozen=True, slots=True)
class Result:
    """One row per trained model, and its mean loss by step."""

    trained: pd.DataFrame
    losses: pd.DataFrame


def run(model: str) -> Result:
    """Train ``model`` and its control side by side, and save both."""
    params = load("data", "limits", "tune", "run")
    if model not in params.tune:
        raise unknown("model of the block tune", model, params.tune)
    choice = params.tune[model]
    release = read_releases(paths.artifact("standardize", "core"), params.data.corpora)
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
    *folders, losses_file = outputs(model)
    trained = tuning.train_all(
        [
            tuning.Job(recipe, sentences, folders[0], f"tune {model}"),
            tuning.Job(recipe, tuning.shuffled(sentences, choice.seed), folders[1], f"tune {model}, control"),
        ],
        params.run.count(),
        paths.resume(STAGE, model),
    )
    losses = pd.DataFrame(
        [
            {"trained": kind, "step": step, "loss": loss}
            for kind, result in zip(KINDS, trained, strict=True)
            for step, loss in result.losses
        ]
    )
    write_text(losses_file, losses.to_csv(index=False))
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
