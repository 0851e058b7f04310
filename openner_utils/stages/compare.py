"""Answer one question from the scores: tables with intervals and tests, and a summary in plain words."""

from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis import question as questions
from openner_utils.core.artifacts import ANSWER, SUMMARY
from openner_utils.stages import Work

READS = questions.READS
WRITES = (ANSWER, SUMMARY)
WORDING = "openner_utils.pages.wording"
"""Where each question has a module whose ``sentences`` say what was found."""


class Params(questions.Params):
    """The blocks of params.yaml that the stage uses."""


@dataclass(frozen=True, slots=True)
class Result:
    """A question's tables by name, and what was found, one sentence a line."""

    tables: dict[str, pd.DataFrame]
    summary: list[str]


def run(work: Work, params: Params, question: str) -> Result:
    """Answer ``question``, hand over its tables and summary, and return both."""
    found = questions.answering(question, work.place.questions)(work.inputs, params)
    summary: list[str] = questions.provided(question, WORDING, "sentences")(found.findings)
    for name, table in found.tables.items():
        work.outputs.put(ANSWER, table, table=name)
    work.outputs.put(SUMMARY, summary)
    return Result(found.tables, summary)
