"""Three questions on types, answered from the arms of an out-of-domain test in sentences: names, pruning, regularization.

An answer says what was seen with its interval and its n. Where nothing is clear, it says which difference would have been seen; where that is
more than `ENOUGH`, that there is not enough to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openner_utils.scoring.significance import Interval
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted
from openner_utils.unify.ablated import Comparison
from openner_utils.unify.arms import DRAWN, FULL, NAMED, PRUNED, PUBLISHED, UNREGULARIZED
from openner_utils.unify.transfer import EVERY, SEEN, UNSEEN

ENOUGH = 0.05
"""Largest difference in F1 that may go unseen four times in five where a test that finds nothing still says something."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the pairs of arms that answer it (base, arm), and what B2NER found (table 7, a model of 7 billion weights)."""

    title: str
    pairs: tuple[tuple[str, str], ...]
    paper: str


QUESTIONS = (
    Question(
        "Do names that agree help?",
        ((FULL, PUBLISHED), (FULL, NAMED)),
        "B2NER loses 4.6 points without standardized types, and 6.3 where names of corpora stand in for them.",
    ),
    Question(
        "Does a pruned set teach as well as all?",
        ((FULL, PRUNED), (FULL, DRAWN), (DRAWN, PRUNED)),
        "B2NER loses 3.7 points without pruning: there the small set is the better one.",
    ),
    Question(
        "What do regularizations do out of domain?",
        ((FULL, UNREGULARIZED),),
        "B2NER loses 1.0 point without them.",
    ),
)
_WHAT = {
    FULL: "all sentences under the taxonomy's names",
    PUBLISHED: "types as each corpus publishes them",
    NAMED: "types called after their corpus, too",
    UNREGULARIZED: "no dynamic sets, no dropout of types",
    PRUNED: "a pruned part",
    DRAWN: "as small a part, drawn",
}
_TYPES = {EVERY: "all types", SEEN: "those that were trained", UNSEEN: "those that were not"}


def answer(question: Question, comparisons: Sequence[Comparison]) -> list[str]:
    """Return the answer, a line for each pair: the differences over all, seen and unseen types, what they say, and how many stand behind it."""
    of = {(each.base, each.arm, each.slice): each for each in comparisons}
    lines = []
    for base, arm in question.pairs:
        found = [of[base, arm, name] for name in _TYPES if (base, arm, name) in of]
        if not found:
            lines.append(f"{_head(base, arm)}: not run.")
            continue
        differences = ", ".join(f"{points(each.difference)} in {_TYPES[each.slice]}" for each in found)
        lines.append(
            f"{_head(base, arm)}: {differences} (points of F1; {_how_many(found[0])}). {_verdict(found)}"
        )
    return lines


def _head(base: str, arm: str) -> str:
    return f"{_WHAT[arm][0].upper()}{_WHAT[arm][1:]}, against {_WHAT[base]}"


def _verdict(found: Sequence[Comparison]) -> str:
    """Return what the comparisons of a pair say, of which the first is over all types."""
    clear = [each for each in found if each.clear]
    if clear:
        return " ".join(
            f"A clear {'gain' if each.difference.value > 0 else 'loss'} in {_TYPES[each.slice]}."
            for each in clear
        )
    whole = found[0]
    if whole.detectable >= 1:
        return "Not enough to say: no difference, however large, would have been seen."
    least = f"one of {shown(100 * whole.detectable)} or more"
    if whole.detectable > ENOUGH:
        return f"Not enough to say: none is clear, but only {least} would have been seen."
    return f"No difference is seen, and {least} would have been."


def points(difference: Interval) -> str:
    """Return a difference of F1 in points, with its interval.

    >>> points(Interval(-0.0123, -0.05, 0.02))
    '-1.2 (-5.0 to +2.0)'
    """
    value, low, high = (signed(100 * each) for each in (difference.value, difference.low, difference.high))
    return f"{value} ({low} to {high})"


def _how_many(each: Comparison) -> str:
    return (
        f"{counted(each.domains, 'domain')}, {counted(each.seeds, 'seed')}, n = {counted(each.mentions, 'mention')}; trained on "
        f"{each.arm_sentences:,} and {each.base_sentences:,} sentences"
    )
