"""Mention-level scores under named conventions.

A mention is right when its span and type both are. Micro precision, recall and F1 come from totals, and are 0
where undefined. What an invalid transition means is the convention; it is applied to reference and prediction:

- ``conlleval``: it opens a new mention (as `core.encoding` decodes). SeqScore with ``--repair-method conlleval``, seqeval's default mode.
- ``discard``: the label counts as ``O``. SeqScore with ``--repair-method discard``, seqeval's strict IOB2 mode.
- ``untyped``: entity types are taken from the labels, and what is left is read as `conlleval` reads it (span
  detection). So ``B-PER I-LOC`` is one mention, and ``B-PER B-LOC`` are two, in reference and prediction alike: a
  change of type in the middle of a mention is no invalid transition once there are no types. This is the type-ignored F1
  of T-NER (Ushio and Camacho-Collados 2021, EACL, section 4.1.2; in its code `span_f1` with `span_detection_mode`,
  which gives all labels one type and has seqeval score them in its default mode).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns, Mask
from openner_utils.core.document import Mention
from openner_utils.core.encoding import IOB2, OUTSIDE, Encoding, Mentions, mentions_of, states
from openner_utils.core.repair import discarded, repair_labels
from openner_utils.support.errors import OpenNERError, unknown

CONVENTIONS = ("conlleval", "discard", "untyped")
ALL = "ALL"
"""The pseudo-type under which micro totals over all entity types are kept."""
ANY = "ANY"
"""The one type that all mentions have under ``untyped``."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of mentions, and what follows from them (fractions from 0 to 1)."""

    correct: int
    predicted: int
    reference: int

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.correct + other.correct,
            self.predicted + other.predicted,
            self.reference + other.reference,
        )

    @property
    def precision(self) -> float:
        """Share of predicted mentions that are right; 0 when none is predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of reference mentions that were found; 0 when there is none."""
        return self.correct / self.reference if self.reference else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 when both are."""
        total = self.predicted + self.reference
        return 2 * self.correct / total if total else 0.0


def without_type(label: str, encoding: Encoding = IOB2) -> str:
    """Return a label with its entity type replaced by `ANY`; ``O`` stays ``O``."""
    state, type = encoding.split(label)
    return f"{state}-{ANY}" if type else OUTSIDE


def _repair_method(convention: str) -> str:
    if convention not in CONVENTIONS:
        raise unknown("scoring convention", convention, CONVENTIONS)
    return "discard" if convention == "discard" else "conlleval"


def score_sentences(
    reference: Sequence[Sequence[str]], prediction: Sequence[Sequence[str]], convention: str = "conlleval"
) -> dict[str, Score]:
    """Return scores by entity type, and under `ALL`, of IOB2 label sequences: the object form.

    Raises `OpenNERError` when the two do not have the same sentences and tokens.

    The prediction's invalid ``I-LOC`` opens a mention, or is none, or goes on with the one before:

    >>> gold, found = [["B-PER", "I-PER", "O"]], [["B-PER", "I-LOC", "O"]]
    >>> for convention in CONVENTIONS:
    ...     print(convention, score_sentences(gold, found, convention)[ALL])
    conlleval Score(correct=0, predicted=2, reference=1)
    discard Score(correct=0, predicted=1, reference=1)
    untyped Score(correct=1, predicted=1, reference=1)
    """
    method = _repair_method(convention)
    if len(reference) != len(prediction):
        raise OpenNERError(
            f"{len(reference)} reference sentences but {len(prediction)} predicted ones. Score the same file."
        )
    counts: dict[str, list[int]] = {ALL: [0, 0, 0]}
    for number, (gold_labels, found_labels) in enumerate(zip(reference, prediction, strict=True)):
        if len(gold_labels) != len(found_labels):
            raise OpenNERError(
                f"Sentence {number}: {len(gold_labels)} reference labels but {len(found_labels)} predicted ones. "
                "Predict one label for each token."
            )
        sets: list[set[Mention]] = []
        for labels in (gold_labels, found_labels):
            read = [without_type(label) for label in labels] if convention == "untyped" else labels
            sets.append(set(IOB2.decode(repair_labels(read, IOB2, method))))
        gold, found = sets
        for column, mentions_of_column in enumerate((gold & found, found, gold)):
            for mention in mentions_of_column:
                counts[ALL][column] += 1
                counts.setdefault(mention.type, [0, 0, 0])[column] += 1
    return {type: Score(*values) for type, values in sorted(counts.items())}


Places = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Sentence and type (an id) of some mentions."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Right, predicted and reference mentions per sentence and type: [n_sentences, n_types, 3]."""

    types: tuple[str, ...]
    values: NDArray[np.int32]

    def scores(self) -> dict[str, Score]:
        """Return scores by entity type, and under `ALL` the micro total."""
        return _scores(self.types, self.values.sum(axis=0))


def _scores(types: Sequence[str], totals: NDArray[np.integer[Any]]) -> dict[str, Score]:
    """Return scores by entity type, and under `ALL`, of right, predicted and reference mentions [n_types, 3]."""
    by_type = {type: Score(*row) for type, row in zip(types, totals.tolist(), strict=True) if any(row)}
    return {ALL: Score(*totals.sum(axis=0).tolist()), **by_type}


def count(reference: Columns, prediction: Columns, convention: str = "conlleval") -> Counts:
    """Return mention counts of a prediction against the reference (IOB2 labels): the bulk form.

    Both must hold the same sentences; otherwise `OpenNERError`. Equal to `score_sentences`, sentence by sentence.
    """
    return _counts(*_compared(reference, prediction, convention), reference.n_sentences)


def _compared(
    reference: Columns, prediction: Columns, convention: str
) -> tuple[tuple[str, ...], list[Places]]:
    """Return the types of both sides, and the right, the predicted and the reference mentions."""
    _repair_method(convention)
    return _matched(*mentions_of_both(reference, prediction, convention), len(reference))


def mentions_of_both(
    reference: Columns, prediction: Columns, convention: str = "conlleval"
) -> tuple[Mentions, Mentions]:
    """Return the mentions of reference and prediction (IOB2 labels); `OpenNERError` where they have other sentences or tokens."""
    if not np.array_equal(reference.sentences, prediction.sentences):
        raise OpenNERError(
            f"{reference.file or 'reference'} and {prediction.file or 'prediction'} differ in sentences or tokens "
            f"({reference.n_sentences} and {prediction.n_sentences} sentences, {len(reference)} and "
            f"{len(prediction)} tokens). Score a prediction for the same tokens."
        )
    return mentions_under(reference, convention), mentions_under(prediction, convention)


def matched(reference: Mentions, prediction: Mentions, length: int, n_sentences: int) -> Counts:
    """Return counts of mentions that are found again at the same places, which lie from 0 to ``length``.

    Places are tokens, or characters of a text (`aligned`).
    """
    return _counts(*_matched(reference, prediction, length), n_sentences)


def _counts(types: tuple[str, ...], found: Sequence[Places], n_sentences: int) -> Counts:
    cells = [
        3 * (sentence.astype(np.int64) * len(types) + type) + column
        for column, (sentence, type) in enumerate(found)
    ]
    shape = (n_sentences, len(types), 3)
    values = np.bincount(np.concatenate(cells), minlength=math.prod(shape)).astype(np.int32).reshape(shape)
    return Counts(types, values)


def _matched(reference: Mentions, prediction: Mentions, length: int) -> tuple[tuple[str, ...], list[Places]]:
    """Return the types of both sides, and the right, the predicted and the reference mentions."""
    types = _types_of_both(reference, prediction)
    gold_type, found_type = _common_types(reference, types), _common_types(prediction, types)
    again = right(reference, prediction, length)
    return types, [
        (prediction.sentence[again], found_type[again]),
        (prediction.sentence, found_type),
        (reference.sentence, gold_type),
    ]


def right(reference: Mentions, prediction: Mentions, length: int) -> Mask:
    """Return which predicted mentions are in the reference, with span and type; places lie from 0 to ``length``.

    On each side a place opens at most one mention, so looking up its end and type there is a set intersection.
    """
    types = _types_of_both(reference, prediction)
    end_at = np.full(length + 1, -1, dtype=np.int64)
    type_at = np.full(length + 1, -1, dtype=np.int32)
    end_at[reference.start], type_at[reference.start] = reference.end, _common_types(reference, types)
    same_type = type_at[prediction.start] == _common_types(prediction, types)
    again: Mask = (end_at[prediction.start] == prediction.end) & same_type
    return again


def _types_of_both(reference: Mentions, prediction: Mentions) -> tuple[str, ...]:
    return tuple(sorted({*reference.types, *prediction.types}))


def without_types(columns: Columns, encoding: Encoding = IOB2) -> Columns:
    """Return labels with their entity types replaced by `ANY`: the bulk form of `without_type`.

    Ids stay what they are, so a name may stand several times in the vocabulary.
    """
    return columns.with_labels(columns.labels, [without_type(name, encoding) for name in columns.names])


def mentions_under(columns: Columns, convention: str) -> Mentions:
    """Return the mentions of IOB2 labels as ``convention`` reads them."""
    method = _repair_method(convention)
    if convention == "untyped":
        columns = without_types(columns)
    parts = states(columns, IOB2)  # read as they are, invalid transitions are as `conlleval` repairs them
    if method == "discard":
        outside = np.where(discarded(columns, parts), np.int8(0), parts.state)
        parts = replace(parts, state=outside)
    return mentions_of(columns, parts)


def _common_types(mentions: Mentions, types: tuple[str, ...]) -> NDArray[np.int32]:
    """Return the mentions' type ids into the common ``types`` [n_mentions]."""
    place = {type: number for number, type in enumerate(types)}
    table = np.array([place[type] for type in mentions.types], dtype=np.int32)
    return table[mentions.type] if len(table) else np.zeros(0, dtype=np.int32)


def score(reference: Columns, prediction: Columns, convention: str = "conlleval") -> dict[str, Score]:
    """Return scores by entity type, and under `ALL`, of a prediction against the reference."""
    return _summed(*_compared(reference, prediction, convention))


def matched_scores(reference: Mentions, prediction: Mentions, length: int) -> dict[str, Score]:
    """Return the scores of mentions that are found again at the same places; see `matched`."""
    return _summed(*_matched(reference, prediction, length))


def _summed(types: tuple[str, ...], found: Sequence[Places]) -> dict[str, Score]:
    """Return scores without counts per sentence, which in files of many types would not fit into memory."""
    return _scores(types, np.stack([np.bincount(type, minlength=len(types)) for _, type in found], axis=1))
