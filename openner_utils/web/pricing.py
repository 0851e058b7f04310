"""What an accepted mention costs: tokens as they are told, their price, and seconds of processors.

All that was spent on a language's passages is shared out among the mentions that were accepted there: what was spent on mentions that
were dropped is part of the price. The gold labels that chose the threshold are not, nor is training. Tokens are those of the passages
themselves; processor seconds are measured for all passages together, and each language bears the share of its characters.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from openner_utils.llm.spending import Sum, total
from openner_utils.support.words import counted
from openner_utils.web.annotating import Annotation
from openner_utils.web.truth import EVERY, Truth


def together(*sums: Sum) -> Sum:
    """Return what several took.

    >>> together(Sum(3, 1, 1), Sum(2, 2, 2, 1))
    Sum(prompt=5, completion=3, replies=3, untold=1)
    """
    names = ("prompt", "completion", "replies", "untold")
    return Sum(*(sum(getattr(each, name) for each in sums) for name in names))


def prices(found: Truth, timed: bool = True) -> pd.DataFrame:
    """Return a row for all languages together, and each: what annotating and judging took, and what that is for an accepted mention.

    ``timed`` False leaves the seconds out, which differ from run to run. What nobody told, or nothing was accepted for, is empty.
    """
    spending = [each for each in (*found.annotations.values(), *found.judges.values()) if each.usages]
    passages = next(iter(found.annotations.values())).passages
    characters: Counter[str] = Counter()
    for each in passages:
        characters[each.passage.language] += len(each.passage.text)
    seconds = sum(found.seconds.values()) if timed else None
    accepted: Counter[str] = Counter()
    for each in found.accepted:
        accepted[each.passage.language] += len(each.mentions)
    promised = found.thresholds.set_index("language")
    rows = []
    for language in (EVERY, *sorted(characters)):
        own = [n for n, each in enumerate(passages) if language in (EVERY, each.passage.language)]
        share = 1.0 if language == EVERY else characters[language] / characters.total()
        row = _row(spending, own, accepted.total() if language == EVERY else accepted[language])
        row["seconds"] = None if seconds is None else seconds * share
        for name in PROMISED:
            row[name] = None if language == EVERY else promised.loc[language, name]
        rows.append({"language": language, "passages": len(own)} | _each(row))
    frame = pd.DataFrame(rows)
    empty = [name for name in frame if name not in ("language", *_COUNTS)]
    return frame.astype(dict.fromkeys(empty, "float64"))


PROMISED = ("target", "confidence", "threshold", "mean_over_documents")
"""What stands beside the price: of a language's promise, and how it held on the other half."""
_COUNTS = ("passages", "prompt_tokens", "completion_tokens", "untold", "accepted")


def _row(spending: Sequence[Annotation], own: Sequence[int], accepted: int) -> dict[str, Any]:
    """Return what the annotations that took tokens took for some passages; no cost where a price or a count is not known."""
    sums = [total(each.usages[n] for n in own) for each in spending]
    whole = together(*sums)
    costs = [
        None if each.rates is None else own.cost(each.rates) for each, own in zip(spending, sums, strict=True)
    ]
    known = [cost for cost in costs if cost is not None]
    return {
        "prompt_tokens": whole.prompt,
        "completion_tokens": whole.completion,
        "untold": whole.untold,
        "cost": sum(known) if known and len(known) == len(costs) and not whole.untold else None,
        "accepted": accepted,
    }


def _each(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with what each accepted mention takes."""
    tokens = row["prompt_tokens"] + row["completion_tokens"]
    for name, value in (("tokens", tokens), ("cost", row["cost"]), ("seconds", row["seconds"])):
        row[f"{name}_each"] = value / row["accepted"] if row["accepted"] and value is not None else None
    return row


def priced(table: pd.DataFrame) -> Iterator[str]:
    """Yield a line for each language on what an accepted mention took."""
    for row in table.to_dict("records"):
        parts = [
            f"{row[f'{name}_each']:,.{digits}f} {said}"
            for name, digits, said in (
                ("tokens", 0, "tokens"),
                ("cost", 6, "of the price's currency"),
                ("seconds", 3, "processor seconds"),
            )
            if not pd.isna(row[f"{name}_each"]) and (row[f"{name}_each"] or name == "seconds")
        ]
        yield (
            f"{row['language']:4} {row['accepted']:6,} mentions accepted in {counted(row['passages'], 'passage')}"
            + (f"; each took {', '.join(parts)}" if parts else "")
        )
