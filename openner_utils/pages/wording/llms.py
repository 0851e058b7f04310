"""How language models compare with encoders, in sentences."""

from openner_utils.analysis.llms import Against, Findings, Run
from openner_utils.pages.wording.common import TOLD_APART, power
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.runs:
        return ["No language model and no encoder were tested on the same sentences."]
    every = found.comparisons
    ahead, behind = sum(each.ahead for each in every), sum(each.behind for each in every)
    answer = (
        f"Of {counted(len(every), 'comparison')} of a language model with an encoder on one language, the language model is "
        f"ahead {TOLD_APART} in {ahead} and behind in {behind}; {len(every) - ahead - behind} are not told apart (Holm-adjusted "
        f"over all); {power(found.power)}."
    )
    return [answer, *map(_run, found.runs)]


def _run(run: Run) -> str:
    languages = "; ".join(map(_language, run.languages))
    return f"{run.model}, {run.format}, {run.decoding} decoding, against encoders: {languages}."


def _language(against: Against) -> str:
    ahead = [each.what for each in against.encoders if each.ahead]
    behind = [each.what for each in against.encoders if each.behind]
    rest = len(against.encoders) - len(ahead) - len(behind)
    parts = [
        *([f"ahead of {', '.join(ahead)}"] if ahead else []),
        *([f"behind {', '.join(behind)}"] if behind else []),
        *([f"not told apart from {rest} of {len(against.encoders)}"] if rest else []),
    ]
    return f"{against.language} (n = {against.sentences}) {', '.join(parts)}"
