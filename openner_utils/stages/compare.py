"""Answer one question from the scores: tables with intervals and tests, and a summary in plain words."""

from openner_utils.analysis import question as questions
from openner_utils.core.artifacts import ANSWER, SUMMARY
from openner_utils.stages import Work

READS = questions.READS
WRITES = (ANSWER, SUMMARY)


class Params(questions.Params):
    """The blocks of params.yaml that the stage uses."""


def run(work: Work, params: Params, question: str) -> questions.Answer:
    """Answer ``question``, hand over its tables and summary, and return both."""
    found = questions.answering(question, work.place.questions)(work.inputs, params)
    for name, table in found.tables.items():
        work.outputs.put(ANSWER, table, table=name)
    work.outputs.put(SUMMARY, found.summary)
    return found
