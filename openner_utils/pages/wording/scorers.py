"""What the rule of scoring changes, in sentences."""

from openner_utils.analysis.scorers import Effect, Findings
from openner_utils.scoring.rules import MAIN
from openner_utils.support.rounding import signed
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.effects:
        return ["No encoder was scored."]
    pairs = found.effects[0].pairs
    of = f"{counted(found.systems, 'system')} in {counted(found.languages, 'language')}"
    if not pairs:
        return [
            f"There is one system a language ({of}), so no order can change.",
            *map(_moved, found.effects),
        ]
    turned = max(found.effects, key=lambda effect: effect.turned)
    decided = max(found.effects, key=lambda effect: effect.decided)
    against = sum(effect.reversed for effect in found.effects)
    answer = (
        f"Scored by another rule than {MAIN}, {of} change places in up to {turned.turned} of {counted(pairs, 'pair')} ({turned.rule}), "
        f"and up to {counted(decided.decided, 'difference')} {_is(decided.decided)} beyond chance under one of the two rules alone "
        f"({decided.rule}); "
        + (
            "no two rules claim the opposite of a pair."
            if not against
            else f"{counted(against, 'time')} two rules claim the opposite of a pair."
        )
    )
    return [answer, *map(_moved, found.effects)]


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _moved(effect: Effect) -> str:
    return (
        f"{effect.rule}: {signed(effect.mean)} points of F1 on average ({signed(effect.least)} to {signed(effect.most)}); {effect.turned} of "
        f"{counted(effect.pairs, 'pair')} in another order."
    )
