"""Where two views of the same differences agree, and where they do not, in sentences."""

from openner_utils.analysis.two_views import Other, Views
from openner_utils.pages.wording.common import TOLD_APART
from openner_utils.support.rounding import signed
from openner_utils.support.words import counted


def sentence(found: Views) -> str:
    """Return whether resampling models and data together decides as the test does, and where it does not."""
    how = f"Models and data resampled together ({counted(found.resamples, 'resample')})"
    if not found.others:
        return f"{how} decide as the test does in {_all(found.compared)}."
    others = "; ".join(map(_other, found.others))
    return (
        f"{how} decide otherwise than the test in {len(found.others)} of {counted(found.compared, 'comparison')}, which should "
        f"not be built on: {others}."
    )


def _all(number: int) -> str:
    return "the one comparison" if number == 1 else f"all {counted(number, 'comparison')}"


def _other(each: Other) -> str:
    test, resamples = (TOLD_APART, "within it") if each.clear else ("within chance", "beyond it")
    return (
        f"{each.what}: {signed(each.value)} points, {test} by the test ({signed(each.low)} to {signed(each.high)}), {resamples} by "
        f"resamples ({signed(each.low_resampled)} to {signed(each.high_resampled)})"
    )
