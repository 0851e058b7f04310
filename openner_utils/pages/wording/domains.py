"""What happens when a domain corpus joins, in sentences."""

from collections.abc import Sequence

from openner_utils.analysis.domains import Joined
from openner_utils.analysis.systems import Comparison
from openner_utils.pages.wording.common import TOLD_APART, signed_interval
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted

NOBODY = (
    "When a domain corpus joins: no regime of this run trains corpora of one language alone and together on the standardized release "
    "(`release: standardized`); `openner profile run ontologies_packaged` does."
)


def sentences(found: Sequence[Joined]) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not any(joined.own for joined in found):
        return [NOBODY]
    every = [each for joined in found for each in (*joined.own, *joined.every)]
    return [
        f"When a domain corpus joins, training together is ahead of a model of each corpus {TOLD_APART} in {sum(each.ahead for each in every)} of "
        f"{counted(len(every), 'comparison')} and behind in {sum(each.behind for each in every)} (Holm-adjusted over these).",
        *(line for joined in found if joined.own for line in _of(joined)),
    ]


def _of(joined: Joined) -> list[str]:
    steps = "for as many steps" if joined.matched else "for fewer steps, which may be the difference"
    named = f"{joined.system}, {joined.joint} minus {joined.separate} ({steps})"
    lines = [
        f"{named}, each corpus in its own types, points of F1: {_each(joined.own)}; {_who(joined.own)}.",
        f"The same in all types of the model, of which {joined.joint} names {shown(joined.foreign, 0)} in a hundred sentences that their corpus does "
        f"not annotate: {_each(joined.every)}; {_who(joined.every)}.",
    ]
    if joined.lost is not None:
        lost = joined.lost
        lines.append(
            f"The type that loses most under {joined.joint} is {lost.type} of {lost.corpus} ({signed(lost.points)}); of {counted(lost.of, 'other corpus', 'other corpora')}, "
            f"{_who_else(lost.others)} it, too. A single type's change is not tested."
        )
    return lines


def _each(found: Sequence[Comparison]) -> str:
    return "; ".join(f"{each.what} {signed_interval(each)}" for each in found)


def _who(found: Sequence[Comparison]) -> str:
    """Return who gains and who loses beyond chance."""
    gains = [each.what for each in found if each.ahead]
    loses = [each.what for each in found if each.behind]
    if not gains and not loses:
        return f"no corpus gains or loses {TOLD_APART}"
    return f"{TOLD_APART}, gains: {', '.join(gains) or 'none'}, losses: {', '.join(loses) or 'none'}"


def _who_else(others: int) -> str:
    return "none annotates" if not others else f"{others} annotate{'s' if others == 1 else ''}"
