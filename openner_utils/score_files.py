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
    """The reference and its predictions as read, the scores of each prediction, and notes on how it was scored."""

    reference: Opened
    predictions: tuple[Opened, ...]
    scores: tuple[Scores, ...]
    notes: tuple[str, ...] = ()

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

    Each file is read in its own scheme. Where several columns look like labels, as in the output of conlleval, the
    reference's are the first and a prediction's the last, unless ``format`` says which, or a prediction has the very
    columns of the reference and is another file.
    """
    format = (format or Format()).check()
    notes: list[str] = []
    gold = open_file(reference, _column(reference, format, 0, notes))
    layout = _label_columns(reference, format)
    opened = []
    for path in predictions:
        alike = path != reference and _label_columns(path, format) == layout
        opened.append(_prediction(path, _column(path, format, 0 if alike else -1, notes), gold))
    for each in dict.fromkeys((gold, *opened)):
        if each.encoding is not IOB2:
            notes.append(
                f"{each.path}: discard is defined for IOB2; the {each.encoding.name} labels of this file were first "
                "read as conlleval reads them"
            )
    gold_labels = _iob2(gold)
    scores: list[Scores] = []
    for prediction in opened:
        refuse_other_tokens(gold.columns, prediction.columns)
        found = _iob2(prediction)
        scores.append({name: score(gold_labels, found, name) for name in CONVENTIONS})
    return Scored(gold, tuple(opened), tuple(scores), tuple(notes))


def _column(path: Path, format: Format, which: int, notes: list[str]) -> Format:
    """Return ``format`` with the label column of a file in which several look like labels."""
    columns = _label_columns(path, format)
    if len(columns) < 2:
        return format
    place = "first" if which == 0 else "last"
    notes.append(
        f"{path}: columns {', '.join(map(str, columns))} look like labels; the {place} of them, column "
        f"{columns[which]}, is scored (--label takes one column for all files)"
    )
    return replace(format, options={**format.options, "label": columns[which]})


def _label_columns(path: Path, format: Format) -> tuple[int, ...]:
    """Return the columns that look like labels, where the user has not said which it is."""
    if "label" in format.options or format.reader not in (None, "delimited"):
        return ()
    try:
        return guess(path, format.options).label_columns
    except FormatError:
        return ()  # reading the file says what is wrong


def _prediction(path: Path, format: Format, gold: Opened) -> Opened:
    """Read a prediction in its own scheme, or in the reference's where its first labels did not show the scheme."""
    try:
        return open_file(path, format)
    except FormatError as error:
        scheme = gold.format.scheme
        if error.flaw != "unknown-label" or format.scheme is not None or scheme == "spans":
            raise
        if not fits(scheme, guess(path, format.options)):
            raise
        return open_file(path, replace(format, scheme=scheme))


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
