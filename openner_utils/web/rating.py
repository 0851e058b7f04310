"""How useful passages are for named entity recognition, as a language model rates them, and how far two raters agree.

The scale has four points, which are added up (after FiNERweb; `prompts/rating_v1.txt`): 0 to 4.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openner_utils.llm.spending import Sum
from openner_utils.support.errors import FormatError, OpenNERError, unknown
from openner_utils.web.csv_tables import rows
from openner_utils.web.documents import language_of
from openner_utils.web.objects import Model, answers, object_of, points, rendered, written
from openner_utils.web.passages import Passage

PROMPT = "rating_v1"
HIGHEST = 4
NO_SCORE = "no whole number from 0 to 4 as the score"
GIVEN_BACK = "the prompt's example of an answer given back"
PLACEHOLDER = "…"
"""The reason in the prompt's example of an answer, which stands for words: who gives it back has rated nothing."""
LONGEST_REASON = 2_000
"""Characters of a reason that are kept; 100 words are asked for."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a rater says of a passage: a score from 0 to 4, or None and the fault of the reply, and the reason in its words."""

    passage: str
    score: int | None
    reason: str
    fault: str = ""


def rate(passages: Sequence[Passage], model: Model) -> tuple[list[Rating], Sum]:
    """Return a rating of each passage, and the tokens that all of them took. Nothing is asked twice (`objects.answers`)."""
    prompts = [
        rendered(PROMPT, {"language": language_of(each.language)[0], "passage": written(each.text)})
        for each in passages
    ]
    replies, spent = answers(model, prompts, [each.id for each in passages])
    return [rating(each.id, reply) for each, reply in zip(passages, replies, strict=True)], spent


def rating(passage: str, reply: str | None) -> Rating:
    """Return what a reply says of a passage."""
    value, fault = object_of(reply, ("score",))
    if fault:
        return Rating(passage, None, "", fault)
    reason = value.get("reason")
    if reason == PLACEHOLDER:
        return Rating(passage, None, "", GIVEN_BACK)
    score = points(value["score"], HIGHEST)
    return Rating(
        passage,
        score,
        reason[:LONGEST_REASON] if isinstance(reason, str) else "",
        "" if score is not None else NO_SCORE,
    )


HEAD = ("rater", "passage", "score", "reason", "fault")
"""Columns of a file of ratings."""


def read(path: Path, rater: str | None = None) -> dict[str, int]:
    """Return the scores of a file of ratings by passage: those of one rater, by default of the first; rows without one are left out.

    Raises `OpenNERError` for a file of another form, an unknown rater, one who gave no score, and a score that is none.
    """
    found: dict[str, dict[str, int]] = {}
    what = "no ratings. `openner web rate` writes files of them"
    for line, row in rows(path, ("rater", "passage", "score"), what):
        own = found.setdefault(row["rater"], {})
        if not row["score"]:
            continue
        score = points(row["score"], HIGHEST)
        if score is None:
            raise FormatError(
                str(path), line, f"the score {row['score']!r}", "Write a whole number from 0 to 4."
            )
        if own.setdefault(row["passage"], score) != score:
            raise FormatError(
                str(path), line, f"another score of the passage {row['passage']}", "Keep one of the two."
            )
    if not found:
        raise OpenNERError(f"{path}: no ratings in it. Rate passages first.")
    if rater is not None and rater not in found:
        raise unknown("rater of this file", rater, found)
    name = rater or next(iter(found))
    if not found[name]:
        raise OpenNERError(
            f"{path}: {name} gave no passage a score; where a model rated, the column `fault` says why. Name another rater with --rater, "
            "rate by another model, or write scores by hand."
        )
    return found[name]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two raters on the passages that both gave a score.

    ``same``: share of equal scores; ``near``: share of scores that differ by one at most; ``higher``: how much higher the second
    rater's are on average; ``kappa``: Cohen's with quadratic weights (Cohen 1968), None where one score is all that occurs.
    """

    passages: int
    same: float | None
    near: float | None
    higher: float | None
    kappa: float | None


def disagreement(first: Sequence[Rating], second: Sequence[Rating]) -> Disagreement:
    """Return how far two raters of the same passages are apart; a passage that either did not score is left out."""
    others = {each.passage: each.score for each in second}
    pairs = [
        (one.score, other)
        for one in first
        if one.score is not None and (other := others.get(one.passage)) is not None
    ]
    if not pairs:
        return Disagreement(0, None, None, None, None)
    apart = np.array([other - one for one, other in pairs], np.float64)
    return Disagreement(
        len(pairs),
        float((apart == 0).mean()),
        float((np.abs(apart) <= 1).mean()),
        float(apart.mean()),
        _weighted_kappa(pairs),
    )


def _weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return 1 − (observed squared distance / that of independent raters with the same scores)."""
    first, second = (np.array(side, np.float64) for side in zip(*pairs, strict=True))
    expected = float(((first[:, None] - second[None, :]) ** 2).mean())
    return None if expected == 0 else 1 - float(((first - second) ** 2).mean()) / expected


def distribution(ratings: Sequence[Rating]) -> tuple[Counter[int], Counter[str]]:
    """Return how many passages have each score, and how many replies each fault."""
    scores = Counter(each.score for each in ratings if each.score is not None)
    return scores, Counter(each.fault for each in ratings if each.fault)
