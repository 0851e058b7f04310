"""Whether conclusions hang on choices, in sentences."""

from openner_utils.analysis.multiverse import FEWEST, REST, Claims, Findings
from openner_utils.pages.wording.common import TOLD_APART
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted

KINDS = {"encoders": "one encoder against another", "regimes": "training together against training alone"}
NAMES = {
    "repair": "the repair of predictions",
    "rule": "the scoring rule",
    "map": "the map of types",
    "seed": "the seed",
    REST: "choices together",
}


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.claims:
        return ["There is no claim: no two encoders or regimes were scored on a common language."]
    if not found.enough:
        return [
            f"There are too few universes to say whether a conclusion hangs on a choice: {found.universes} a claim, and {FEWEST} are wanted. "
            f"{_fixed(found)}".strip()
        ]
    lines = [*map(_kind, found.claims)]
    if found.weights:
        ordered = sorted(found.weights.items(), key=lambda item: -item[1])
        said = ", ".join(f"{NAMES[name]} {shown(value, 0)} %" for name, value in ordered)
        lines.append(f"Of the variance of a claim's difference over its universes, on average: {said}.")
    return [*lines, *filter(None, [_fixed(found)])]


def _kind(each: Claims) -> str:
    """Return how the claims of one kind fare that are beyond chance in the report."""
    what = f"Of {counted(each.claims, 'claim')} on {KINDS[each.kind]}, {each.clear} {'is' if each.clear == 1 else 'are'} {TOLD_APART} in this report"
    if not each.clear:
        return f"{what}, so none can be lost by another choice."
    rest = each.clear - each.held - each.signed
    return (
        f"{what}: {each.held} so in every universe; {each.signed} keep their sign in all, but are not always {TOLD_APART}; {rest} change "
        f"their sign in some, and {each.turned} of these are {TOLD_APART} the other way round in one. The median claim holds {TOLD_APART} "
        f"in {shown(each.median, 0)} % of its universes."
    )


def _fixed(found: Findings) -> str:
    """Return which choices do not vary."""
    if not found.fixed:
        return ""
    names = " and ".join(NAMES[name] for name in found.fixed)
    return f"Not varied, for there is one option of it in these runs: {names}."
