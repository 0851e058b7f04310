"""Whether one model for all languages is better, in sentences."""

from collections.abc import Sequence

from openner_utils.analysis import ontologies
from openner_utils.analysis.regimes import Findings, Pair
from openner_utils.pages.wording import domains
from openner_utils.pages.wording.common import TOLD_APART, clear_of, signed_interval
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    joined = [] if found.joined is None else domains.sentences(found.joined)
    types = [*_ontologies(found.types), *joined]
    return [*_gains(found), *types] if found.gains or not found.joined else [*types, *_gains(found)]


def _ontologies(pairs: Sequence[ontologies.Pair]) -> list[str]:
    """Return what losses that know of types which a corpus leaves out come to; nothing where none was trained beside another."""
    gains = [gain for pair in pairs for gain in pair.gains]
    if not gains:
        return []
    each = [
        f"{pair.system}, {pair.b} minus {pair.a}, points of F1 in each corpus's own types: "
        f"{'; '.join(f'{gain.what} {signed_interval(gain)}' for gain in pair.gains)}; {clear_of(pair.gains)}."
        for pair in pairs
    ]
    return [
        f"Of {counted(len(gains), 'comparison')} of two losses for corpora with different types, "
        f"{sum(gain.ahead or gain.behind for gain in gains)} differ {TOLD_APART} (Holm-adjusted over these).",
        *each,
    ]


def _gains(found: Findings) -> list[str]:
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
