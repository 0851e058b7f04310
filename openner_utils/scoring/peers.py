"""SeqScore and seqeval as second and third opinion: every prediction that is scored is scored by them too."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from openner_utils.scoring.mentions import ALL, Score
from openner_utils.support.errors import OpenNERError

TOLERANCE = 1e-9


def check(
    reference: Sequence[Sequence[str]],
    prediction: Sequence[Sequence[str]],
    ours: Mapping[str, Mapping[str, Score]],
    what: str,
) -> None:
    """Score IOB2 labels with SeqScore (both repairs) and seqeval (default and strict) and compare with ``ours``.

    ``ours`` holds our scores by type under the conventions ``conlleval`` and ``discard``, and may hold those under
    ``untyped``: as in T-NER, seqeval then scores (in its default mode) labels that all have the same type. Raises
    `OpenNERError` that names the scorer, the convention and both values when one differs.
    """
    from seqeval.metrics import f1_score, precision_score, recall_score
    from seqeval.scheme import IOB2
    from seqscore.scoring import score_label_sequences

    predicted, gold = [list(row) for row in prediction], [list(row) for row in reference]
    for convention in ("conlleval", "discard"):
        scores, _ = score_label_sequences(predicted, gold, "BIO", repair=convention)
        theirs = {ALL: scores, **scores.type_scores}
        for type, found in theirs.items():
            mine = ours[convention].get(type, Score(0, 0, 0))
            counts = (found.true_pos, found.total_pos, found.total_ref)
            if (mine.correct, mine.predicted, mine.reference) != counts:
                raise _disagreement(what, f"SeqScore, repair {convention}, {type}", mine, counts)
    rounds: list[tuple[str, list[list[str]], list[list[str]], dict[str, Any]]] = [
        ("conlleval", gold, predicted, {}),
        ("discard", gold, predicted, {"mode": "strict", "scheme": IOB2}),
    ]
    if "untyped" in ours:
        rounds.append(("untyped", _one_type(gold), _one_type(predicted), {}))
    for convention, right, found_labels, options in rounds:
        mine = ours[convention][ALL]
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # seqeval warns where a score is undefined and then says 0, as we do
            values = [
                metric(right, found_labels, **options) for metric in (precision_score, recall_score, f1_score)
            ]
        if any(
            abs(a - b) > TOLERANCE
            for a, b in zip((mine.precision, mine.recall, mine.f1), values, strict=True)
        ):
            raise _disagreement(what, f"seqeval, convention {convention}", mine, tuple(map(float, values)))


def _one_type(rows: list[list[str]]) -> list[list[str]]:
    return [[label if label == "O" else f"{label.split('-')[0]}-entity" for label in row] for row in rows]


def _disagreement(what: str, scorer: str, mine: Score, theirs: tuple[float, ...]) -> OpenNERError:
    return OpenNERError(
        f"{what}: {scorer} counts {theirs}, ours is {mine}. One of the scorers is wrong; find out which."
    )
