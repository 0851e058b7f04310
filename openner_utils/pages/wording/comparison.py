"""Counts against cards and published figures, as readers see them."""

from collections.abc import Iterable, Sequence

import pandas as pd

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.analysis.audit.expected import Part, Reason
from openner_utils.core.releases import PART

SAME = "="
"""Stands where every number that is given is the one found."""
REASONS = {
    Reason.UNVERIFIED: "files of this part are unverified",
    Reason.OTHER_REPAIR: "the card's mentions are counted after another repair",
    Reason.DIVIDED: "divided here; see all splits together",
    Reason.MISSING: "the part is missing",
    Reason.NOT_AT_HAND: "unverified file, not at hand",
    Reason.UNKNOWN: "why the published figure differs is not known",
}


def table(parts: Iterable[Part]) -> pd.DataFrame:
    """Return one row per part: what was found, and by how much the card's numbers and the published ones miss it."""
    rows = [
        {
            **dict(zip(PART, (part.corpus, part.language, part.split), strict=True)),
            **{what: part.found.get(what) for what in COUNTS},
            "card": _missed(part.differences) if part.stated else "",
            "published": "; ".join(f"{_missed(each.differences)} ({each.by})" for each in part.published),
            "reason": "; ".join(
                reason if isinstance(reason, str) else REASONS[reason] for reason in part.reasons
            ),
        }
        for part in parts
    ]
    frame = pd.DataFrame(rows, columns=[*PART, *COUNTS, "card", "published", "reason"])
    return frame.astype(dict.fromkeys(COUNTS, "Int64"))


def _missed(differences: Sequence[tuple[str, int]]) -> str:
    """Return differences that are not 0: ``sentences +3, tokens −2``."""
    return ", ".join(f"{what} {number:+,}" for what, number in differences).replace("-", "−") or SAME
