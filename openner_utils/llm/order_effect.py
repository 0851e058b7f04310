"""What the order in which a prompt lists types does to F1: the same questions, asked under several orders."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from openner_utils.scoring.mentions import ALL, score_sentences

EVERY = "all"
"""The row over the sentences of all languages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one model answered to the same sentences under one order: a language and labels (IOB2) for each sentence."""

    decoding: str
    control: bool
    order: int
    languages: tuple[str, ...]
    gold: tuple[tuple[str, ...], ...]
    predicted: tuple[tuple[str, ...], ...]


def effect(asked: Sequence[Asked]) -> pd.DataFrame:
    """Return micro F1 (percent) under each order, and their spread in points, for each way of asking and language.

    A column for each order's seed, then ``mean``, ``sd`` (n - 1, over orders) and ``range``, the highest less the
    lowest; ``sentences`` is their number under each order. Without a second order there is nothing to see: no rows.
    """
    orders = list(dict.fromkeys(each.order for each in asked))
    columns = [
        "decoding", "control", "language", "sentences", *(f"order {order}" for order in orders), "mean", "sd", "range",
    ]  # fmt: skip
    if len(orders) < 2:
        return pd.DataFrame(columns=columns)
    rows: list[dict[str, object]] = []
    for decoding, control in dict.fromkeys((each.decoding, each.control) for each in asked):
        arm = [each for each in asked if (each.decoding, each.control) == (decoding, control)]
        languages = list(dict.fromkeys(arm[0].languages))
        for language in [*languages, *([EVERY] if len(languages) > 1 else [])]:
            f1 = [_f1(each, language) for each in arm]
            count = len(arm[0].gold) if language == EVERY else arm[0].languages.count(language)
            of_order = {f"order {each.order}": value for each, value in zip(arm, f1, strict=True)}
            spread = {"mean": np.mean(f1), "sd": np.std(f1, ddof=1), "range": max(f1) - min(f1)}
            named = {"decoding": decoding, "control": control, "language": language, "sentences": count}
            rows.append(named | of_order | spread)
    return pd.DataFrame(rows, columns=columns)


def _f1(asked: Asked, language: str) -> float:
    chosen = [n for n, each in enumerate(asked.languages) if language in (each, EVERY)]
    scores = score_sentences([asked.gold[n] for n in chosen], [asked.predicted[n] for n in chosen])
    return 100 * scores[ALL].f1
