"""How many of all pairs of systems differ, in sentences."""

from openner_utils.analysis.pairs import Findings
from openner_utils.pages.wording import common
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line."""
    if not found.pairs:
        return ["No two systems were scored on the same sentences."]
    return [
        f"Of {counted(found.pairs, 'comparison')} of any two of {counted(found.systems, 'system')} in {counted(found.languages, 'language')}, "
        f"{found.clear} {'is' if found.clear == 1 else 'are'} {common.TOLD_APART} (Holm-adjusted over all); {common.power(found.power)}."
    ]
