"""Points of usefulness that a small tagger gives a passage by what it finds there: a rater that is no language model.

The four statements are those of `prompts/rating_v1.txt`, put so that mentions and their scores decide them; a point is given for each
that holds. Two taggers that learnt from other sentences are two raters, who disagree as raters do.
"""

from collections.abc import Iterable, Sequence

from openner_utils.web.characters import words
from openner_utils.web.mentions import Annotated
from openner_utils.web.rating import Rating

SURE = 0.5
"""From this mean score on names count as clear."""
RICH = 12
"""Words for each name, at the most, in a passage that is rich in names."""

STATEMENTS = ("names something", "its names are clear", "names of two types or more", "rich in names")


def rated(annotated: Iterable[Annotated]) -> list[Rating]:
    """Return the rating of each passage that follows from its mentions; the reason lists the statements that hold."""
    found = []
    for each in annotated:
        holds = [what for what, true in zip(STATEMENTS, _holding(each), strict=True) if true]
        found.append(Rating(each.passage.id, len(holds), "; ".join(holds)))
    return found


def _holding(annotated: Annotated) -> Sequence[bool]:
    named = annotated.mentions
    if not named:
        return [False] * len(STATEMENTS)
    scores = [1.0 if each.score is None else each.score for each in named]
    return [
        True,
        sum(scores) / len(scores) >= SURE,
        len({each.type for each in named}) > 1,
        words(annotated.passage.text) <= RICH * len(named),
    ]
