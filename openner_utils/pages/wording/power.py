"""Which difference could be found, in sentences."""

import math
from statistics import median

from openner_utils.analysis.power import Card, Findings
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.cards:
        return [
            "No two encoders were scored on a common test set, so nothing is known of what could be found."
        ]
    most = max(found.cards[0].by_seeds)
    known = [each for each in found.cards if not math.isnan(each.by_seeds[most])]
    if not known:
        return [
            f"With one seed each, how much seeds differ is not known, so no card says what several would show ({counted(len(found.cards), 'test set')})."
            if all(math.isnan(each.by_seeds[3]) for each in found.cards)
            else f"Even {most} seeds would not show any difference with 80 % power ({counted(len(found.cards), 'test set')})."
        ]
    best = min(known, key=lambda each: each.by_seeds[most])
    worst = max(known, key=lambda each: each.by_seeds[most])
    lines = [
        f"With {most} seeds a side, a single comparison (level {found.level:.2g}) finds a true difference of {shown(best.by_seeds[most])} points of F1 "
        f"with 80 % power on {_name(best)}, and needs one of {shown(worst.by_seeds[most])} on {_name(worst)}."
    ]
    return [*lines, _as_they_are(found)]


def _as_they_are(found: Findings) -> str:
    """Return what could be found on the test sets as they are, by seeds."""
    said = []
    for seeds in found.cards[0].by_seeds:
        known = [each.by_seeds[seeds] for each in found.cards if not math.isnan(each.by_seeds[seeds])]
        rest = len(found.cards) - len(known)
        none = f" (none in {rest})" if rest else ""
        said.append(
            f"{counted(seeds, 'seed')} {shown(median(known)) if known else 'none'}{none if known else ''}"
        )
    return (
        f"Median of {counted(len(found.cards), 'test set')} as they are, in points of F1: {', '.join(said)}."
    )


def _name(each: Card) -> str:
    return f"{each.corpus}/{each.language} (n = {counted(each.sentences, 'sentence')})"
