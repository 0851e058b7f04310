"""Who helps whom, in sentences."""

from openner_utils.analysis.transfer import Findings, Home, Related
from openner_utils.pages.wording import donors
from openner_utils.pages.wording.common import TOLD_APART
from openner_utils.support.rounding import shown, signed
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    helped = donors.sentences(found.targets)
    return [*_matrix(found), *helped] if found.homes or not found.targets else [*helped, *_matrix(found)]


def _matrix(found: Findings) -> list[str]:
    if not found.homes:
        return ["No model of one language was tested on others (`tested` of a regime in params.yaml)."]
    lines = [
        f"Median F1 of models of one corpus and language on other test sets, in the types that both sides annotate: "
        f"{'; '.join(map(_home, found.homes))}.",
        f"By how the two languages are related: {'; '.join(map(_related, found.related))}. The medians are of other donors and "
        "test sets each, and say nothing of why.",
    ]
    if found.neighbours:
        lines.append(
            f"Of {counted(found.neighbours, 'pair')} of donors that stand next to each other in a ranking, {found.apart} "
            f"{'differs' if found.apart == 1 else 'differ'} {TOLD_APART} (Holm-adjusted over all)."
        )
    lines.append(
        f"On other test sets, ignoring types adds {signed(found.ignoring)} points to F1 in all types, and leaving out the types that "
        f"one side does not annotate {signed(found.sharing)} (medians)."
    )
    return lines


def _home(each: Home) -> str:
    home = f" against {shown(each.home)} on their own (n = {each.homes})" if each.homes else ""
    return f"{each.system} {shown(each.away)} ({shown(each.least)} to {shown(each.most)}, n = {each.aways}){home}"


def _related(each: Related) -> str:
    said = f"{counted(each.entries, 'entry', 'entries')}, {counted(each.donors, 'donor')}"
    return f"{each.relation} {shown(each.f1)} ({said})"
