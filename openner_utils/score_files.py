"""Scoring files against a reference file, in all conventions at once, without a card or a pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from openner_utils.columns import Columns
from openner_utils.encoding import IOB2, recode
from openner_utils.errors import FormatError, OpenNERError
from openner_utils.guess import fits, guess
from openner_utils.labels_file import Format, Opened, open_file
from openner_utils.scoring import CONVENTIONS, Score, score

Scores = dict[str, dict[str, Score]]
"""Convention → entity type (``ALL`` among them) → score."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The reference and its predictions as read, and the scores of each prediction."""

    reference: Opened
    predictions: tuple[Opened, ...]
    scores: tuple[Scores, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per convention and type: mean and standard deviation of F1, P and R over predictions.

        The deviation is that of a sample (n - 1), and None for a single prediction.
        """
        rows = []
        for convention in CONVENTIONS:
            of_convention = [scores[convention] for scores in self.scores]
            types = sorted(
                {type for scores in of_convention for type in scores}, key=lambda t: (t != "ALL", t)
            )
            for type in types:
                each = [scores.get(type, Score(0, 0, 0)) for scores in of_convention]
                row: dict[str, Any] = {"convention": convention, "type": type}
                for name in ("precision", "recall", "f1"):
                    values = [getattr(one, name) for one in each]
                    row[name] = fmean(values)
                    row[f"{name}_deviation"] = stdev(values) if len(values) > 1 else None
                row["reference"] = max(one.reference for one in each)
                row["predictions"] = [
                    {
                        "correct": one.correct,
                        "predicted": one.predicted,
                        "reference": one.reference,
                        "f1": one.f1,
                    }
                    for one in each
                ]
                rows.append(row)
        return rows


def score_files(reference: Path, predictions: Sequence[Path], format: Format | None = None) -> Scored:
    """Score files of predictions, which must hold the reference's tokens.

    A prediction whose labels allow for the reference's encoding is read in it, however few of its labels say so.
    """
    format = format or Format()
    gold = open_file(reference, format)
    opened: list[Opened] = []
    for path in predictions:
        own = format
        if format.scheme is None and gold.format.scheme != "spans" and fits(gold.format.scheme, guess(path)):
            own = replace(format, scheme=gold.format.scheme)
        opened.append(open_file(path, own))
    gold_labels = _iob2(gold)
    scores: list[Scores] = []
    for prediction in opened:
        refuse_other_tokens(gold.columns, prediction.columns)
        found = _iob2(prediction)
        scores.append({name: score(gold_labels, found, name) for name in CONVENTIONS})
    return Scored(gold, tuple(opened), tuple(scores))


def _iob2(opened: Opened) -> Columns:
    """Return IOB2 labels; only those of IOB2 keep invalid transitions, which ``discard`` is defined for."""
    if opened.encoding is IOB2:
        return opened.columns
    return recode(opened.columns, opened.encoding, IOB2)


def refuse_other_tokens(reference: Columns, prediction: Columns) -> None:
    """Raise `OpenNERError` with the file and line of both where tokens or sentence ends differ first."""
    shorter = min(len(reference), len(prediction))
    same = np.ones(shorter, np.bool_)
    ours, theirs = reference.tokens.slice(0, shorter), prediction.tokens.slice(0, shorter)
    if not ours.equals(theirs):
        same &= np.array([a == b for a, b in zip(ours.to_pylist(), theirs.to_pylist(), strict=True)])
    begins = reference.first[:shorter] == prediction.first[:shorter]
    wrong = np.flatnonzero(~(same & begins))
    if len(wrong):
        token = int(wrong[0])
        places = [f"{each.file}:{each.lines[token]}" for each in (reference, prediction)]
        texts = [each.tokens[token].as_py() for each in (reference, prediction)]
        if texts[0] == texts[1]:
            begin = places[0] if reference.first[token] else places[1]
            raise FormatError(
                reference.file,
                int(reference.lines[token]),
                f"a sentence begins at {begin} and not in the other file ({' and '.join(places)})",
                "Score predictions for the same sentences.",
            )
        raise FormatError(
            reference.file,
            int(reference.lines[token]),
            f"the token is {texts[0]!r} here and {texts[1]!r} at {places[1]}",
            "Score predictions for the same tokens.",
        )
    if len(reference) != len(prediction):
        longer, other = sorted((reference, prediction), key=len, reverse=True)
        raise OpenNERError(
            f"{longer.file}:{longer.lines[shorter]}: token {longer.tokens[shorter].as_py()!r} comes after the last "
            f"token of {other.file}{f':{other.lines[-1]}' if len(other) else ''}. "
            "Score predictions for the same tokens."
        )
