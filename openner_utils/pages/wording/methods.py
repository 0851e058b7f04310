"""How often intervals and tests err, in sentences."""

from openner_utils.analysis.methods import LEVEL, Families, Findings, Rate, Rates
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return the best and the worst rates, one sentence a line."""
    return [
        _rates(found.alike, "vary alike over seeds"),
        _rates(found.unlike, "vary unequally over seeds"),
    ]


def _rates(rates: Rates, which: str) -> str:
    lowest, worst = rates.type_1
    said = (
        f"Systems that {which}, {counted(rates.settings, 'setting')}, {rates.repeats:,} simulations each: told apart "
        f"without a difference in {shown(lowest)} to {shown(worst.value)} % (allowed: {100 * LEVEL:g}; worst: "
        f"{_setting(worst)}; a test that ignores seeds: up to {shown(rates.ignoring_seeds, 0)} %). {100 - 100 * LEVEL:g} % "
        f"intervals held the true difference in at least {shown(rates.coverage.value)} % ({_setting(rates.coverage)}), and a "
        f"single F1 in at least {shown(rates.coverage_f1)} %."
    )
    return f"{said} {_families(rates.families)}" if rates.families else said


def _families(found: Families) -> str:
    lowest, worst = found.error
    return (
        f"Families of 21 true null hypotheses ({counted(found.settings, 'setting')} of up to {found.most_sentences:,} sentences, "
        f"{found.repeats:,} families each) had a false alarm in {shown(lowest)} to {shown(worst.value)} % ({_setting(worst)}); "
        f"such a rate is known to ± {shown(found.standard_error)} points (one standard error)."
    )


def _setting(rate: Rate) -> str:
    spreads = "/".join(f"{spread:g}" for spread in rate.spreads)
    return f"{rate.sentences:,} sentences, {counted(rate.seeds, 'seed')}, spread {spreads}"
