"""Which labels are in doubt, in sentences."""

import math

from openner_utils.analysis.doubts import LEAST, VOTERS, Findings
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    few = (
        f"{counted(found.without, 'test set')} {'has' if found.without == 1 else 'have'} fewer than {VOTERS} encoders with an F1 of {LEAST:g} or "
        "more, and no candidates for that reason."
    )
    if not found.test_sets:
        return [
            f"On no test set did {VOTERS} encoders do well enough to be heard.",
            *([few] if found.without else []),
        ]
    kinds = ", ".join(f"{number} {kind}" for kind, number in found.kinds.items())
    per = 100 * found.candidates / found.mentions if found.mentions else 0.0
    lines = [
        f"{counted(found.candidates, 'label')} of {counted(found.test_sets, 'test set')} {'is' if found.candidates == 1 else 'are'} in doubt "
        f"({shown(per)} per 100 of {counted(found.mentions, 'mention')}{f': {kinds}' if kinds else ''}): {VOTERS} or more encoders "
        "agree against the label. Candidates for a person to look at, not errors."
    ]
    if found.candidates and not math.isnan(found.others):
        lines.append(
            f"Taking one candidate moves the F1 of encoders that did not propose it by {signed(found.others, 2)} points on its test set "
            f"(mean over {counted(found.others_over, 'candidate')}), and of those that did by {signed(found.voters, 2)} (over {found.candidates}), "
            "which is no surprise. Candidates share test sets and encoders, so there is no interval."
        )
    return [*lines, *([few] if found.without else [])]
