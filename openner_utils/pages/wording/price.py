"""What constrained decoding costs, in sentences."""

from collections.abc import Iterator

from openner_utils.analysis.price import DESCRIBED, Findings, Price
from openner_utils.pages.wording.common import in_language

_AGAINST = {DESCRIBED: "free decoding with the structure described in the prompt"}


def sentences(found: Findings) -> Iterator[str]:
    """Yield what was found, one sentence a line; nothing where nothing was constrained."""
    for each in found.prices:
        if each.costs:
            said = "; ".join(map(in_language, each.costs))
            yield f"{_who(each)}, in points of F1: {said} (Holm-adjusted over all {found.family} rows)."
        else:
            yield f"{_who(each)}: not asked in both ways, so nothing is known of it."


def _who(each: Price) -> str:
    against = _AGAINST.get(each.against, f"{each.against} decoding")
    return f"{each.system}, {each.format}, constrained minus {against}"
