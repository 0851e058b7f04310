"""What a question is: a module of this room with an ``answer``, and a notebook ``80_<question>.py`` that shows it.

Being there registers it: `Place.questions` finds it by its notebook, and this module by its name.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

from openner_utils.config.params import Compare, OfUnits
from openner_utils.core.artifacts import ACCOUNT, CHANGED, REPAIRS, SENTENCES, TRAINED, Inputs
from openner_utils.support.errors import OpenNERError, unknown

READS = (SENTENCES, REPAIRS, TRAINED.runs, TRAINED.tokenizer, CHANGED, ACCOUNT)
"""What a question may read: counts per sentence, and what the stages before say of how they came about."""


class Params(OfUnits):
    """The blocks of params.yaml that questions use: what was trained and asked, and how sure a comparison has to be."""

    compare: Compare


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's tables by name, and what was found, one sentence a line."""

    tables: dict[str, pd.DataFrame]
    summary: list[str]


def answering(question: str, known: Collection[str]) -> Callable[[Inputs, Params], Answer]:
    """Return the function ``answer`` of the module of a ``known`` question.

    Raises `OpenNERError` for a question that has no notebook, or no module with that function.
    """
    if question not in known:
        raise unknown("question", question, known)
    module = import_module(f"openner_utils.analysis.{question}")
    if not hasattr(module, "answer"):
        raise OpenNERError(f"openner_utils/analysis/{question}.py has no function answer(inputs, params).")
    found: Callable[[Inputs, Params], Answer] = module.answer
    return found
