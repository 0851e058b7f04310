"""Words that several pages share: intervals, p values, power."""

from collections.abc import Sequence

from openner_utils.analysis.systems import Comparison, InLanguage, Power
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted

TOLD_APART = "beyond chance"


def interval(low: float, high: float) -> str:
    """Return an interval of a score in percent: ``(37.1 to 57.0)``."""
    return f"({shown(low)} to {shown(high)})"


def signed_interval(each: Comparison | InLanguage) -> str:
    """Return a difference with its interval in points of F1: ``+1.3 (-9.6 to +12.2)``."""
    return f"{signed(each.value)} ({signed(each.low)} to {signed(each.high)})"


def in_language(each: InLanguage) -> str:
    """Return a difference in one language: ``swa +1.3 (-9.6 to +12.2, n = 40 sentences)``."""
    beyond = f", {TOLD_APART}" if each.clear else ""
    return f"{each.language} {signed_interval(each)[:-1]}, n = {counted(each.sentences, 'sentence')}{beyond})"


def p_value(p: float) -> str:
    """Return a p value as papers write it, which is never 0."""
    return "p < 0.001" if p < 0.001 else f"p = {shown(p, 3)}"


def power(found: Power) -> str:
    """Say which true difference the tests of a family would find."""
    said = f"a true difference would have to be {shown(found.detectable, 0)} points (median) to be found with 80 % power"
    if not found.never:
        return said
    never = f"in {found.never} of {found.rows} no difference could be found with 80 % power"
    return never if found.never == found.rows else f"{said}, and {never}"


def clear_of(comparisons: Sequence[Comparison]) -> str:
    """Return how many of some differences are beyond chance: ``beyond chance in 1 of 3``."""
    return f"{TOLD_APART} in {sum(each.clear for each in comparisons)} of {len(comparisons)}"
