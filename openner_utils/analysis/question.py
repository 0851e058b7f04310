"""What a question is: a module of this room that answers it, one that words the answer, and a notebook that shows it.

Being there registers it: `Place.questions` finds it by its notebook ``80_<question>.py``, and `provided` each module by its
name.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from openner_utils.config.params import Compare, Data, OfUnits, units
from openner_utils.core.artifacts import (
    ACCOUNT,
    CHANGED,
    CORE_RELEASE,
    COSTS,
    DEV,
    OVERLAP,
    PLANTED,
    READINGS,
    REASONS,
    REPAIRS,
    RULED,
    SENTENCES,
    STANDARDIZED,
    TOOK,
    TRAINED,
    TYPES,
    Artifact,
    Inputs,
)
from openner_utils.support.errors import OpenNERError, unknown

READS = (
    SENTENCES,
    RULED,
    REPAIRS,
    CORE_RELEASE,
    STANDARDIZED,
    OVERLAP,
    TYPES,
    TRAINED.predictions,
    TRAINED.unrestricted,
    TRAINED.transferred,
    TRAINED.runs,
    TRAINED.tokenizer,
    CHANGED,
    PLANTED,
    ACCOUNT,
    READINGS,
    REASONS,
    TOOK,
    COSTS,
    DEV,
)
"""What a question may read: counts per sentence, what was predicted, and what the stages before say of how it came about."""


class Params(OfUnits):
    """The blocks of params.yaml that questions use: what was trained and asked, and how sure a comparison has to be."""

    data: Data
    compare: Compare


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's tables by name, and what they say, in the types of its module."""

    tables: dict[str, pd.DataFrame]
    findings: Any


def core_sentences(inputs: Inputs, params: Params) -> pd.DataFrame:
    """Return the counts per sentence of all runs on the core release.

    What was trained on the standardized release was scored against other types, and none of the others compares with it.
    """
    sentences = inputs.frame(SENTENCES)
    others = [name for name, regime in params.train.regimes.items() if regime.release != "core"]
    return sentences[~sentences["regime"].isin(others)] if others else sentences


def scored(params: OfUnits) -> list[dict[str, str]]:
    """Return the units of training that have scores of their own: all but those of donors and targets."""
    return [unit for unit in units(params)["train"] if params.train.regimes[unit["regime"]].targets is None]


def of_all_arms(inputs: Inputs, params: Params, artifact: Artifact) -> pd.DataFrame:
    """Return a table of the stage ablate, of all its arms together."""
    frames = [inputs.frame(artifact, **unit) for unit in units(params)["ablate"]]
    return pd.concat([artifact.empty(), *frames], ignore_index=True)


def of_all_askings(inputs: Inputs, params: Params, artifact: Artifact) -> pd.DataFrame:
    """Return a table of the stage prompt, of all language models and formats together."""
    frames = [inputs.frame(artifact, **unit) for unit in units(params)["prompt"]]
    return pd.concat([artifact.empty(), *frames], ignore_index=True)


def answering(question: str, known: Collection[str]) -> Callable[[Inputs, Params], Answer]:
    """Return the function ``answer`` of the module of a ``known`` question.

    Raises `OpenNERError` for a question that has no notebook, or no module with that function.
    """
    if question not in known:
        raise unknown("question", question, known)
    return provided(question, "openner_utils.analysis", "answer")


def provided(question: str, package: str, function: str) -> Callable[..., Any]:
    """Return a function of the module that a question has in a package; `OpenNERError` if either is missing."""
    name = f"{package}.{question}"
    found: Callable[..., Any] | None = (
        getattr(import_module(name), function, None) if find_spec(name) else None
    )
    if found is None:
        raise OpenNERError(
            f"{name.replace('.', '/')}.py has no function {function}, which the question {question} needs. Write it like that "
            f"of another question beside it."
        )
    return found
