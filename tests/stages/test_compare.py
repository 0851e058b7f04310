"""Each question has what it needs: a module that answers it and one that words the answer."""

import pytest

from openner_utils.analysis.question import answering, provided
from openner_utils.stages.compare import WORDING
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE


@pytest.mark.parametrize("question", HERE.questions)
def test_a_question_is_answered_and_worded(question: str) -> None:
    assert callable(answering(question, HERE.questions))
    assert callable(provided(question, WORDING, "sentences"))


@pytest.mark.parametrize(
    ("question", "known", "said"),
    [
        ("encoder", ["encoders"], "encoders"),  # no notebook: the nearest name
        ("nobody_asks", ["nobody_asks"], r"openner_utils/analysis/nobody_asks\.py .*answer"),
        (
            "systems",
            ["systems"],
            r"openner_utils/analysis/systems\.py .*answer",
        ),  # a module without the function
    ],
)
def test_a_question_that_lacks_something_says_what(question: str, known: list[str], said: str) -> None:
    with pytest.raises(OpenNERError, match=said):
        answering(question, known)
