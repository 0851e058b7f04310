"""Scoring files against a reference file, in all conventions at once, without a card or a pipeline."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import ENCODINGS, IOB2, OUTSIDE, Encoding, get_encoding, recode
from openner_utils.ownfiles import labels, lookalikes, score_notes
from openner_utils.ownfiles.differences import (
    ALIGNMENTS,
    hold_one_text,
    refuse_other_text,
    refuse_other_tokens,
)
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.opening import Opened, inspect, raw_file, with_labels
from openner_utils.ownfiles.score_interval import BySentence, Margin, by_sentence
from openner_utils.ownfiles.score_interval import margins as margins_of
from openner_utils.ownfiles.side_by_side import TokensDifferError, side_by_side
from openner_utils.ownfiles.survey import Bounds
from openner_utils.readers.guess import guess
from openner_utils.readers.guess.evidence import Reason
from openner_utils.readers.layout import RawFile
from openner_utils.readers.meaning import EMPTY, SLIP, UNKNOWN
from openner_utils.readers.reading import NO_LABEL
from openner_utils.readers.stored import is_blank
from openner_utils.scoring.aligned import Aligned
from openner_utils.scoring.mentions import (
    ALL,
    ANY,
    CONVENTIONS,
    Score,
    matched_scores,
    mentions_of_both,
    without_types,
)
from openner_utils.support.errors import FormatError, OpenNERError, unknown
from openner_utils.support.files import STANDARD

Scores = dict[str, dict[str, Score]]
"""Convention → entity type (``ALL`` among them) → score."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The reference and its predictions as read, the scores of each prediction, and notes on how it was scored.

    ``columns`` tell which column was taken of each file in which several look like labels. ``margins``: convention → interval of
    the F1 of all types; none where mentions are compared by characters.
    """

    reference: Opened
    predictions: tuple[Opened, ...]
    scores: tuple[Scores, ...]
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    margins: Mapping[str, Margin] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per convention and type: means of precision, recall and F1 over predictions, from 0 to 1.

        Beside each stand its standard deviation, that of a sample (n - 1), and the standard error of its mean, which
        is the deviation divided by √n; both are None for a single prediction.
        """
        rows = []
        for convention in CONVENTIONS:
            of_convention = [scores[convention] for scores in self.scores]
            met = {type for scores in of_convention for type in scores} - {
                ANY
            }  # whose row would be that of all
            types = sorted(met, key=lambda t: (t != "ALL", t))
            for type in types:
                each = [scores.get(type, Score(0, 0, 0)) for scores in of_convention]
                row: dict[str, Any] = {"convention": convention, "type": type}
                for name in ("precision", "recall", "f1"):
                    values = [getattr(one, name) for one in each]
                    row[name] = fmean(values)
                    deviation = stdev(values) if len(values) > 1 else None
                    row[f"{name}_standard_deviation"] = deviation
                    row[f"{name}_standard_error"] = (
                        None if deviation is None else deviation / math.sqrt(len(values))
                    )
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


def score_files(
    reference: Path,
    predictions: Sequence[Path],
    format: Format | None = None,
    prediction_scheme: str | None = None,
    align: str = "tokens",
    bounds: Bounds | None = None,
    prediction_label: int | None = None,
) -> Scored:
    """Score files of predictions, which must hold the reference's tokens, or, aligned by ``characters``, its text.

    Predictions are read in the reference's scheme and spelling, or in ``prediction_scheme``, and never in a scheme
    guessed from them: labels that are wrong in IOB2 may all be right in another. Labels that cannot be read so
    are a `FormatError`, and so are types that only look like those of the reference. Where several columns look like
    labels, as in the output of conlleval, the reference's are the first and a prediction's the last, unless ``format``
    says which, or a prediction has the very columns of the reference and is another file. ``prediction_label`` is the label
    column of predictions, where it is another than that of ``format``. ``bounds``: as in `inspect`.
    """
    if align not in ALIGNMENTS:
        raise unknown("alignment", align, ALIGNMENTS)
    if (reference, *predictions).count(STANDARD) > 1:
        raise OpenNERError(
            "-: standard input is one stream, and can be read as one file only. Save the others, and name what you saved."
        )
    format, notes, picked = (format or Format()).check(), list[str](), list[str]()
    raws = {path: raw_file(path) for path in dict.fromkeys((reference, *predictions))}
    layout = _label_columns(raws[reference], format)
    gold = inspect(raws[reference], _column(raws[reference], format, layout, 0, picked), bounds).strict()
    opened, alike = [], dict[Path, int]()
    for path in predictions:
        own = format
        if prediction_label is not None:
            own = replace(format, options={**format.options, "label": prediction_label})
        columns = _label_columns(raws[path], own)
        which = 0 if path != reference and columns == layout else -1
        if which == 0 and len(columns) > 1 and raws[path].content != raws[reference].content:
            alike[path] = columns[-1]
        own = _column(raws[path], own, columns, which, picked)
        opened.append(_prediction(raws[path], own, gold, prediction_scheme or format.scheme, notes))
    margins: Mapping[str, Margin] = {}
    if align == "tokens":
        counted = [_scores(gold, prediction) for prediction in opened]
        scores = [each for each, _ in counted]
        if gold.found.tokens:
            # A part begins a document whether the file does or not, so of a file in several parts sentences are the units.
            documents = np.diff(gold.reading.columns.documents) if gold.found.parts == 1 else None
            margins = margins_of([sentences for _, sentences in counted], documents)
    else:
        scores = [_scores_by_characters(gold, prediction) for prediction in opened]
    if not gold.found.tokens:
        raise OpenNERError(
            f"{reference}: no sentences, so there is nothing to score. Name a file that holds some."
        )
    for each in dict.fromkeys((gold, *opened)):
        notes += [*score_notes.of_scheme(each), *lookalikes.check(gold, each)]
    for prediction, found in zip(opened, scores, strict=True):
        if prediction.path in alike and _is_perfect(found):
            picked.append(score_notes.of_alike(gold, prediction, alike[prediction.path]))
        if align == "characters":
            notes += score_notes.of_borders(gold, prediction)
        notes += score_notes.of_prediction(prediction, found)
        if picked:
            notes += score_notes.of_columns(gold, prediction, found)
    notes += score_notes.of_reference(gold, scores[0])
    return Scored(
        gold, tuple(opened), tuple(scores), tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(picked)), margins
    )


def _is_perfect(scores: Scores) -> bool:
    """Return whether every mention is right and none is missing, types and all."""
    found = scores["conlleval"][ALL]
    return found.correct == found.predicted == found.reference


def _scores(gold: Opened, prediction: Opened) -> tuple[Scores, BySentence]:
    """Return the scores of a prediction for the same tokens, added up over the parts of both files, and its mentions by sentence."""
    scores: Scores = {convention: {ALL: Score(0, 0, 0)} for convention in CONVENTIONS}
    sentences: dict[str, list[NDArray[np.int32]]] = {convention: [] for convention in CONVENTIONS}
    sides = (map(each.meant, each.portions()) for each in (gold, prediction))
    try:
        for ours, theirs in side_by_side(*sides):
            for convention, found in scores.items():
                labels = (
                    _iob2(ours, gold.encoding, convention),
                    _iob2(theirs, prediction.encoding, convention),
                )
                both = mentions_of_both(*labels, convention)
                for type, more in matched_scores(*both, len(ours)).items():
                    found[type] = found.get(type, Score(0, 0, 0)) + more
                sentences[convention].append(by_sentence(*both, len(ours), ours.n_sentences))
    except TokensDifferError as differ:
        sides = (map(each.meant, each.portions()) for each in (gold, prediction))
        ours, theirs = differ.around
        refuse_other_tokens(ours, theirs, hold_one_text(*sides))
        raise
    empty = np.zeros((0, 3), np.int32)
    whole = {convention: np.concatenate([empty, *pieces]) for convention, pieces in sentences.items()}
    return scores, whole


def _scores_by_characters(gold: Opened, prediction: Opened) -> Scores:
    """Return the scores of a prediction for the same text, which is held whole."""
    ours, theirs = gold.columns, prediction.columns
    refuse_other_text(ours, theirs)
    aligned = Aligned.of(ours, theirs)
    return {
        convention: aligned.score(
            _iob2(ours, gold.encoding, convention), _iob2(theirs, prediction.encoding, convention), convention
        )
        for convention in CONVENTIONS
    }


def _column(raw: RawFile, format: Format, columns: Sequence[int], which: int, picked: list[str]) -> Format:
    """Return ``format`` with the label column of a file in which several look like labels, and add what tells so to ``picked``."""
    if len(columns) < 2:
        return format
    place = "first" if which == 0 else "last"
    picked.append(
        f"{raw.path}: columns {', '.join(map(str, columns))} look like labels; the {place} of them, column "
        f"{columns[which]}, is scored (--label takes one column for all files, --prediction-label one for predictions)"
    )
    return replace(format, options={**format.options, "label": columns[which]})


def _label_columns(raw: RawFile, format: Format) -> tuple[int, ...]:
    """Return the columns that look like labels, where the user has not said which it is."""
    if "label" in format.options or format.reader not in (None, "delimited"):
        return ()
    try:
        return guess(raw, format.options, format.reader, format.outside).label_columns
    except FormatError:
        return ()  # reading the file says what is wrong


def _prediction(raw: RawFile, format: Format, gold: Opened, scheme: str | None, notes: list[str]) -> Opened:
    """Read a prediction in ``scheme``, or else in that of the reference."""
    asked = replace(format, scheme=None)
    try:
        opened = inspect(raw, asked, gold.found.bounds)
    except FormatError:  # alone it may not show how it is read, without O, for instance
        if is_blank(raw.content):
            raise
        opened = inspect(raw, replace(asked, reader=asked.reader or gold.format.reader), gold.found.bounds)
    guessed = opened.format
    if guessed.scheme == "spans":
        return opened.strict()
    encoding = get_encoding(scheme) if scheme else gold.encoding
    basis = "the scheme of the reference" if gold.format.scheme != "spans" else "the reference holds spans"
    spelling = _spelling(opened, gold, encoding)
    reason = _reason(opened, spelling, "as said" if scheme else basis)
    others = (reason for reason in guessed.reasons if reason[1] != "--scheme")
    settled = replace(guessed, scheme=encoding.name, spelling=spelling, reasons=(*others, reason))
    found = with_labels(opened.found, settled, opened.allow)
    try:
        found.strict()
    except FormatError as error:
        other = _other_scheme(opened, gold, encoding) if error.flaw in (UNKNOWN, EMPTY) else None
        if other is None:
            raise
        hint = (
            "Predictions are read in one scheme, never in one guessed from their labels: if this file is written in "
            f"{other}, give --prediction-scheme {other}; else correct it, or --allow {error.flaw}."
        )
        raise FormatError(error.path, error.line, error.what, hint, error.flaw, *error.details) from error
    if scheme is None and guessed.types and guessed.scheme != encoding.name:
        why = ", ".join(what for what, option in guessed.reasons if option == "--scheme")
        notes.append(
            f"{raw.path}: {why}, if it stood alone; it is read as {encoding.name}: {basis}. If it is written in "
            f"{guessed.scheme}, give --prediction-scheme {guessed.scheme}"
        )
    return found


def _spelling(opened: Opened, gold: Opened, encoding: Encoding) -> dict[str, str]:
    """Return labels as a prediction writes them → labels of ``encoding``; how the reference writes them comes first.

    A prediction may lack what shows how labels are spelled: one without any O, for instance, seems to spell O as its
    most frequent label. Labels without prefix are read only in the scheme for which they were taken.
    """
    own, same = opened.format.spelling, opened.format.scheme == encoding.name
    spelling = {raw: clean for raw, clean in own.items() if same or clean != f"I-{raw}"}
    return spelling | {
        raw: clean
        for raw, clean in gold.format.spelling.items()
        if encoding is gold.encoding or clean == OUTSIDE
    }


def _reason(opened: Opened, spelling: Mapping[str, str], why: str) -> Reason:
    """Return why a prediction is read in its scheme, after two examples of labels that are spelled in another way."""
    changed = [name for name in opened.found.uses if name in spelling and name != NO_LABEL]
    told = "".join(f"{name or 'nothing'} is read as {spelling[name]}, " for name in changed[:2])
    return f"{told}{why}", "--prediction-scheme"


def _other_scheme(opened: Opened, gold: Opened, encoding: Encoding) -> str | None:
    """Return the first scheme but ``encoding`` in which every label of a prediction can be read."""
    uses = {name: use.number for name, use in opened.found.uses.items()}
    for name in dict.fromkeys((opened.format.scheme, *ENCODINGS)):
        other = get_encoding(name)
        spelling = _spelling(opened, gold, other) | dict.fromkeys(opened.format.outside, OUTSIDE)
        found = labels.meanings(uses, spelling, other).values()
        if other is not encoding and all(each.flaw in ("", SLIP, *opened.allow) for each in found):
            return name
    return None


def _iob2(columns: Columns, encoding: Encoding, convention: str) -> Columns:
    """Return IOB2 labels; only those of IOB2 keep invalid transitions, which ``discard`` is defined for.

    For ``untyped`` the types are taken away first, as in IOB2, except from IO and IOB1, in which a mention may be told
    from the one before it by nothing but its type.
    """
    if encoding is IOB2:
        return columns
    if convention == "untyped" and encoding.begin != encoding.inside:
        columns = without_types(columns, encoding)
    return recode(columns, encoding, IOB2)
