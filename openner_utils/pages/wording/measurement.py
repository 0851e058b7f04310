"""What the reading of replies is worth, in sentences."""

import math
from collections.abc import Iterator

from openner_utils.analysis.measurement import Findings, Measured, Share
from openner_utils.pages.wording.common import in_language
from openner_utils.support.rounding import shown
from openner_utils.support.words import counted


def sentences(found: Findings) -> Iterator[str]:
    """Yield what was found, one sentence a line; nothing where nothing was asked."""
    for each in found.measured:
        who = f"{each.system}, {each.format}, {each.decoding} decoding"
        if not any(effect.value for effect in each.effects):
            yield f"{who}: the most lenient reading changes its F1 in no language."
            continue
        effects = "; ".join(map(in_language, each.effects))
        yield f"{who}, what the most lenient reading (normalized and fuzzy texts, inside tokens) adds to F1, in points: {effects}."
        if shares := _shares(each):
            yield f"{who}, share of its gap to encoders that this reading closes: {shares}."
    if found.rules:
        moved = ", ".join(f"{rule} {count}" for rule, count in found.rules)
        yield (
            f"Under the rules of other tools, of {counted(found.pairs, 'pair')} of systems in one language so many change places: "
            f"{moved}."
        )


def _shares(each: Measured) -> str:
    return "; ".join(_share(share) for share in each.shares if not math.isnan(share.low))


def _share(share: Share) -> str:
    return (
        f"{share.encoder} {shown(share.share, 0)} % ({shown(share.low, 0)} to {shown(share.high, 0)}) of {shown(share.gap)} points, n = "
        f"{counted(share.sentences, 'sentence')}"
    )
