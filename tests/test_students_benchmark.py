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


def test_halves_are_of_equal_size_with_as_many_named_sentences():
    sure = [0.9, None, 0.5, 1.0, None, 0.7, None, None]
    half = students.surer(sure)
    assert [sure[n] for n, each in enumerate(half) if each] == [0.9, None, 1.0, None] and half[1] and half[6]
    assert students.sureness([TextMention(0, 1, "PER", 0.9), TextMention(2, 3, "PER", 0.4)]) == 0.4
    assert students.sureness([]) is None


def test_a_half_is_learnt_with_its_produced_labels():
    rows = [[["a"], ["O"], ["B-PER"], 0.9], [["b"], ["O"], ["B-LOC"], 0.4]]
    assert students._learnt(rows, "surer half") == [(["a"], ["B-PER"])]
    assert students._learnt(rows, "less sure half") == [(["b"], ["B-LOC"])]
    assert students._learnt(rows, "gold") == [(["a"], ["O"]), (["b"], ["O"])]
