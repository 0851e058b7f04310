"""What repair does, in sentences."""

from openner_utils.analysis.repair import Arm, Cause, Findings, Noise
from openner_utils.analysis.systems import Comparison
from openner_utils.pages.wording.common import TOLD_APART, p_value, power, signed_interval
from openner_utils.support.rounding import half_up, shown
from openner_utils.support.words import counted

ARMS = {"published": "left as published", "conlleval": "made to begin a mention", "discard": "discarded"}
"""What was done with invalid labels in each arm."""
CONCLUSIONS = {
    Cause.UNKNOWN: f", few for a difference {TOLD_APART}: its cause is not known",
    Cause.TOO_LITTLE: ", too few to expect an effect",
    Cause.REPAIR: "",
}


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.arms and not found.noise:
        return ["No label was repaired, and no ablation was trained."]
    return [_answer(found), *map(_noise, found.noise), *map(_arm, found.arms)]


def _answer(found: Findings) -> str:
    every = found.comparisons
    if found.power is None:
        return "No ablation was trained, so what repair does to scores is not known."
    return (
        f"Of {counted(len(every), 'difference')} between other training labels and repaired ones ({_scope(found)}), "
        f"{sum(each.clear for each in every)} are {TOLD_APART} (Holm-adjusted over all); {power(found.power)}."
    )


def _scope(found: Findings) -> str:
    """Return what the differences are over: arms, systems, parts of corpora, conventions."""
    arms = found.arms
    numbers = (
        counted(len({arm.arm for arm in arms}), "arm"),
        counted(
            len({(arm.system, arm.regime) for arm in arms}),
            "encoder under a regime",
            "encoders under a regime",
        ),
        counted(len({(arm.corpus, arm.language) for arm in arms}), "test set"),
        counted(len({each.what for each in found.comparisons}), "convention"),
    )
    return ", ".join(numbers)


def _noise(noise: Noise) -> str:
    return (
        f"{noise.corpus}/{noise.language}: {counted(noise.repaired, 'label was', 'labels were')} repaired in the training "
        f"split, over all types: {shown(noise.per_100_tokens, 2)} per 100 tokens, {shown(noise.per_100_mentions, 2)} per 100 "
        "mentions."
    )


def _arm(arm: Arm) -> str:
    by_convention = "; ".join(map(_scored, arm.comparisons))
    return (
        f"{arm.corpus}/{arm.language}, {arm.system} ({arm.regime}), invalid labels {ARMS[arm.arm]}, against repaired ones on "
        f"{counted(arm.sentences, 'sentence')} (seeds: {arm.seeds}): {by_convention}. {_trained_on(arm)}"
    )


def _scored(each: Comparison) -> str:
    value, _, bounds = signed_interval(each).partition(" ")
    verdict = TOLD_APART if each.clear else "within chance"
    return f"{value} points of F1 under {each.what} {bounds[:-1]}, {verdict}, {p_value(each.p)})"


def _trained_on(arm: Arm) -> str:
    """Return how many labels differ in what was trained on, and what that makes of the differences."""
    if arm.cause is Cause.NONE:
        return "No label differs in the sentences trained on, so this is the difference of two runs, not an effect of repair."
    labels = (
        f"{arm.differ:,} of {counted(arm.tokens, 'label')} trained on {'differs' if arm.differ == 1 else 'differ'} "
        f"({_rate(arm.per_100_tokens)} per 100 tokens)"
    )
    return f"{'' if arm.cause is Cause.REPAIR else 'Only '}{labels}{CONCLUSIONS[arm.cause]}."


def _rate(value: float) -> str:
    """Return labels per 100 tokens, which are never 0."""
    return shown(value, 2) if half_up(value, 2) > 0 else "less than 0.01"
