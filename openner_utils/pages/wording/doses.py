"""What flawed labels cost, and what to do about them, in sentences."""

from collections.abc import Iterator

from openner_utils.analysis.doses import Findings
from openner_utils.analysis.flawed_training import NOT_REPAIRED, Curve
from openner_utils.pages.wording.common import TOLD_APART
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted

SIDE = {"predictions": "the predictions", "reference": "the reference", "both": "predictions and reference"}


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the advice first."""
    return [*_planted(found), *map(_trained, found.trained.curves)]


def _planted(found: Findings) -> list[str]:
    """Return what flaws in predictions and references cost."""
    if not found.advice:
        return ["No encoder was trained on the core release, so there is nothing to plant flaws in."]
    scope = f"{counted(found.test_sets, 'test set')}, {counted(found.runs, 'run')}, {counted(found.plantings, 'planting')}"
    if found.test_sets < 2:
        return [f"One test set does not say how test sets differ, so nothing is advised ({scope})."]
    return [_dearest(found, scope), *_which_repair(found, scope), *_count_them(found), _left_out(found)]


def _dearest(found: Findings, scope: str) -> str:
    """Return what a flaw costs at most, and how many of the costs are more than chance."""
    every = [(cost, each) for each in found.advice for cost in each.costs]
    cost, each = min(every, key=lambda pair: pair[0].value)
    judged = f"{sum(one.clear for one, _ in every)} of {counted(len(every), 'cost')} of a kind of flaw under a repair"
    if cost.value >= 0:
        return f"No kind of flaw costs F1; {judged} are {TOLD_APART} ({scope}; Holm-adjusted)."
    return (
        f"Flawed labels in one of a hundred mentions cost at most {shown(-cost.value, 2)} points of F1 ({shown(-cost.high, 2)} to "
        f"{shown(-cost.low, 2)}; {each.kind}, in {SIDE[each.side]}, repaired by {cost.repair}); {judged} are {TOLD_APART} ({scope}; "
        "Holm-adjusted)."
    )


def _which_repair(found: Findings, scope: str) -> Iterator[str]:
    """Yield, for each repair, the flaws with which it loses less than the other."""
    told = [each for each in found.advice if each.worse]
    cases = sum(len(each.costs) > 1 for each in found.advice)
    if not told:
        yield (
            f"conlleval and discard are told apart with no kind of flaw ({scope}; Holm-adjusted): take the one that your results are to "
            "be compared with, and name it."
        )
    for repair in dict.fromkeys(each.costs[0].repair for each in told):
        own = [each for each in told if each.costs[0].repair == repair]
        kinds = " and ".join(dict.fromkeys(each.kind for each in own))
        yield (
            f"With {kinds}, repair by {repair}: it loses less {TOLD_APART} in {len(own)} of {counted(cases, 'case')} of a kind of flaw "
            f"on a side ({scope}; Holm-adjusted)."
        )


def _count_them(found: Findings) -> Iterator[str]:
    """Yield from how many flaws on no repair helps, where some cost a point."""
    costs = [
        (each.costs[0].value, each)
        for each in found.advice
        if each.costs[0].clear and each.costs[0].value < 0
    ]
    if costs:
        value, each = min(costs, key=lambda pair: pair[0])
        yield (
            f"Count flaws before you compare: dearest is {each.kind} in {SIDE[each.side]}, where even under {each.costs[0].repair} a point "
            f"of F1 is lost with each {shown(-1 / value)} % of mentions."
        )


def _trained(curve: Curve) -> str:
    """Return what one kind of flaw in training labels costs under one repair."""
    repair = "not repaired" if curve.repair == NOT_REPAIRED else f"repaired by {curve.repair}"
    what = f"{curve.system} ({curve.regime}) trained on labels with {curve.kind}, {repair}"
    if curve.same:
        return f"{what}: repair gives the labels back as they were, so the model is that of clean labels at every dose."
    value = f"{signed(curve.value)} points of F1 at {curve.dose:g} % of mentions ({signed(curve.low)} to {signed(curve.high)})"
    if curve.from_dose is not None:
        return f"{what}: {value}; below clean labels {TOLD_APART} from {curve.from_dose:g} % on."
    return f"{what}: {value}; {TOLD_APART if curve.clear else 'within chance'}."


def _left_out(found: Findings) -> str:
    """Return what it means to leave sentences out."""
    farthest = max((each.without for each in found.advice), key=lambda cost: abs(cost.value))
    return (
        f"To leave sentences with invalid labels out moves F1 by at most {shown(abs(farthest.value), 2)} points for each per cent of "
        f"mentions, but the test set is another, smaller one: {shown(found.left_out, 0)} % of its sentences are gone at the greatest dose."
    )
