"""What donors do for targets by their size, in sentences."""

from collections.abc import Sequence

from openner_utils.analysis.donors import FEWEST_SIZES, RELATED, UNRELATED, Target
from openner_utils.pages.wording.common import TOLD_APART, signed_interval
from openner_utils.support.words import counted

NOBODY = (
    "Donors beside a target that grows: no regime of this run says how many sentences of a target stand beside each donor (`targets` of a "
    "regime in params.yaml); `openner profile run donors_packaged` trains some."
)


def sentences(targets: Sequence[Target]) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not targets:
        return [NOBODY]
    gains = [gain for target in targets for gain in target.gains]
    lines = []
    if gains:
        lines.append(
            f"Beside targets of each size, related donors are ahead of unrelated ones of equal size {TOLD_APART} in "
            f"{sum(gain.ahead for gain in gains)} of {counted(len(gains), 'comparison')} and behind in "
            f"{sum(gain.behind for gain in gains)} (Holm-adjusted over all; seeds and sentences vary, donors do not)."
        )
    return lines + [line for target in targets for line in _of(target)]


def _of(target: Target) -> list[str]:
    named = f"{target.target} ({target.system}, {target.regime})"
    lacking = [kind for kind in (RELATED, UNRELATED) if kind not in target.donors]
    if lacking:
        lines = [f"{named} has no {' and no '.join(lacking)} donor: too little to compare."]
    else:
        steps = (
            "all trained for as many steps"
            if target.matched
            else "each trained for its epochs, so that more sentences mean more steps"
        )
        gains = "; ".join(f"{gain.what} sentences {signed_interval(gain)}" for gain in target.gains)
        lines = [
            f"{named}, related ({', '.join(target.donors[RELATED])}) minus unrelated ({', '.join(target.donors[UNRELATED])}) donors, points of F1 "
            f"by the target's own training sentences: {gains}; {steps}; n = {counted(target.sentences, 'test sentence')}, {counted(target.seeds, 'seed')}."
        ]
    if len(target.sizes) < FEWEST_SIZES:
        lines.append(f"{named} was trained with one number of sentences alone: there is no curve.")
    if target.missing:
        lines.append(
            f"{named} does not have {', '.join(map(str, target.missing))} sentences: no point there."
        )
    return lines
