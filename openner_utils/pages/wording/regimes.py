"""Whether one model for all languages is better, in sentences."""

from openner_utils.analysis.regimes import Findings, Pair
from openner_utils.pages.wording.common import TOLD_APART, clear_of, signed_interval


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    gains = found.gains
    if not gains:
        return ["No encoder was trained both alone and together on a common language."]
    answer = (
        f"Training together is ahead of training alone {TOLD_APART} in {sum(gain.ahead for gain in gains)} of {len(gains)} "
        f"comparisons and behind in {sum(gain.behind for gain in gains)} (Holm-adjusted over all)."
    )
    steps = (
        "No encoder was trained alone for as many steps as jointly: a difference may be that of the steps."
    )
    return [answer, *map(_pair, found.pairs), *([steps] if found.steps_always_differ else [])]


def _pair(pair: Pair) -> str:
    said = "; ".join(
        f"{gain.what} {signed_interval(gain)[:-1]}; {joint:,} against {alone:,} steps)"
        for gain, (joint, alone) in zip(pair.gains, pair.steps, strict=True)
    )
    return f"{pair.system}, {pair.joint} minus {pair.alone}, points of F1: {said}; {clear_of(pair.gains)}."
