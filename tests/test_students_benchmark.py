"""Students of produced labels: labels of tokens from mentions in text, and the table of what students come to."""

import json

import pytest

from benchmarks.systems import students
from openner_utils.web.mentions import TextMention


@pytest.mark.parametrize(
    ("mentions", "labels"),
    [
        ([], ["O", "O", "O"]),
        ([TextMention(0, 3, "PER"), TextMention(8, 10, "PER")], ["B-PER", "O", "B-PER"]),
        ([TextMention(1, 6, "PER")], ["B-PER", "I-PER", "O"]),  # every token that it touches
    ],
)
def test_labels_of_tokens(mentions, labels):
    assert students.labels(["Ada", "met", "Bo"], mentions) == labels


def test_a_student_s_scores_are_those_of_its_seeds_together(tmp_path):
    rows = [[["a"], ["O"], f"d{n}"] for n in range(12)]
    (tmp_path / students.DATA).write_text(json.dumps({"eng": {"test": rows}}))
    for seed, right in ((1, 1), (2, 0)):
        counts = {"eng": [[right, 1, 1]] * 12}
        for which in students.LABELS:
            (tmp_path / f"token-{which}-{seed}.json").write_text(json.dumps({"counts": counts}))
    (tmp_path / "token-gold-3.json").write_text(json.dumps({"counts": {"eng": [[0, 1, 1]] * 12}}))  # alone
    row, other = students.table(tmp_path).to_dict("records")
    assert (row["trained on"], other["trained on"]) == students.LABELS and other["F1"] == row["F1"]
    assert (row["precision"], row["recall"], row["seeds"], row["gold"]) == (50, 50, 2, 12)
    assert row["low"] < 50 < row["high"] and row["sd"] == pytest.approx(70.71, abs=0.01)
