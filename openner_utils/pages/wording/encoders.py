"""Which encoder is better, in sentences."""

from openner_utils.analysis.encoders import (
    NEAR_ZERO,
    POORLY_READ,
    SPELLED_OUT,
    Findings,
    Mean,
    NearZero,
    Pairs,
)
from openner_utils.pages.wording import two_views
from openner_utils.pages.wording.common import TOLD_APART, interval, power
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted

NAMED = 5
"""Languages that are named; of more, only their number is said."""


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    lines = [_pairs(found.pairs)] if found.pairs else ["There are no two encoders to compare."]
    lines += [two_views.sentence(found.views)] if found.views.compared else []
    lines += [_means(languages, means) for languages, means in found.means.items()]
    return [*lines, *([_near_zero(found.near_zero)] if found.near_zero else [])]


def _pairs(pairs: Pairs) -> str:
    ahead = ", ".join(f"{system} is ahead in {number}" for system, number in pairs.ahead.items())
    return (
        f"Of {counted(pairs.compared, 'comparison')} of two encoders on one language under one regime, {pairs.clear} "
        f"differ {TOLD_APART} ({ahead + '; ' if ahead else ''}Holm-adjusted over all); {power(pairs.power)}."
    )


def _means(languages: tuple[str, ...], means: tuple[Mean, ...]) -> str:
    named = f" ({', '.join(languages)})" if len(languages) <= NAMED else ""
    said = "; ".join(
        f"{mean.system}, {mean.regime} {shown(mean.f1)} {interval(mean.low, mean.high)}" for mean in means
    )
    return f"Mean F1 over {counted(len(languages), 'language')}{named}: {said}."


def _near_zero(found: NearZero) -> str:
    names = ", ".join(f"{system} on {language} ({regime})" for system, language, regime in found.unexplained)
    left = f"; it does not explain {len(found.unexplained)} ({names})" if names else ""
    below, above = found.below, found.above
    return (
        f"{below.rows} of {counted(found.of, 'row')} (encoder, regime, language) are below {shown(NEAR_ZERO, 0)} F1: in "
        f"{below.unread} the tokenizer gives an unknown sub-token to at least {share(POORLY_READ)} of the tokens, in "
        f"{below.maimed} more it drops characters of as many, in {below.spelled} more it spells at least {share(SPELLED_OUT)} of the "
        f"words letter by letter{left}. Of the {above.rows} other rows, "
        f"{above.unread} have such unknown sub-tokens, {above.maimed} such dropped characters and {above.spelled} such spelling."
    )
