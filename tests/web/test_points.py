"""Points that follow from what a tagger finds."""

import pytest

from openner_utils.web.mentions import TextMention
from openner_utils.web.points import RICH, STATEMENTS, rated
from tests.web.marked import annotated

TEXT = "Ada met Bo in Oslo " + "and so on " * RICH


@pytest.mark.parametrize(
    ("text", "mentions", "score"),
    [
        (TEXT, [], 0),
        (TEXT, [(0, 3, "PER", 0.2)], 1),
        (TEXT, [(0, 3, "PER", 0.9)], 2),
        (TEXT, [(0, 3, "PER", 0.9), (14, 18, "LOC", 0.1)], 3),
        (TEXT[:18], [(0, 3, "PER", 0.9), (14, 18, "LOC", 0.1)], 4),
        (TEXT[:18], [(0, 3, "PER", 0.1)], 2),  # rich, and not clear
        (TEXT, [(0, 3, "PER", None)], 2),  # who gives no scores is sure
    ],
)
def test_each_statement_that_holds_gives_a_point(text, mentions, score):
    (found,) = rated([annotated(text, *(TextMention(*each) for each in mentions))])
    assert found.score == score and len([each for each in found.reason.split("; ") if each]) == score
    assert set(found.reason.split("; ")) - {""} <= set(STATEMENTS)
