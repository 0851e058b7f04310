"""Whether leaked test sentences lift scores, in sentences."""

from openner_utils.analysis.leaked import Findings
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.sentences:
        return ["No encoder was scored."]
    share = f"{found.leaked:,} of {counted(found.sentences, 'test sentence')} that encoders were scored on"
    if found.rises is None:
        return [f"Training data hold {share}: there is nothing to adjust for."]
    least, median, most = map(signed, found.rises)
    return [
        f"Training data hold {share} ({shown(100 * found.leaked / found.sentences)} %), word for word or nearly; they move F1 by {median} points "
        f"({least} to {most}; median and range of {counted(found.rows, 'row')} of an encoder, regime and language that lose some).",
        f"Without them {found.turned} of {counted(found.pairs, 'pair')} of encoders in a language change their order.",
    ]
