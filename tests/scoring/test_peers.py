"""A scorer that disagrees stops the run."""

import pytest

from openner_utils.scoring.mentions import ALL, CONVENTIONS, Score, score_sentences
from openner_utils.scoring.peers import check
from openner_utils.support.errors import OpenNERError

GOLD = [["B-PER", "I-PER", "O"], ["B-LOC", "O", "B-ORG"]]
FOUND = [["B-PER", "I-LOC", "O"], ["I-LOC", "O", "B-ORG"]]


def ours() -> dict[str, dict[str, Score]]:
    return {name: score_sentences(GOLD, FOUND, name) for name in CONVENTIONS}


def test_agreement_passes():
    check(GOLD, FOUND, ours(), "system swa")


@pytest.mark.parametrize("convention", ["conlleval", "discard"])
@pytest.mark.parametrize("type", [ALL, "LOC"])
def test_one_wrong_count_is_named(convention, type):
    scores = ours()
    right = scores[convention][type]
    scores[convention][type] = Score(right.correct + 1, right.predicted + 1, right.reference)
    with pytest.raises(OpenNERError, match=rf"system swa: SeqScore, repair {convention}, {type}"):
        check(GOLD, FOUND, scores, "system swa")


def test_one_wrong_count_without_types_is_named():
    scores = ours()
    right = scores["untyped"][ALL]
    assert right == Score(3, 3, 3), "in GOLD and FOUND the same tokens are mentions"
    scores["untyped"][ALL] = Score(right.correct - 1, right.predicted, right.reference)
    with pytest.raises(OpenNERError, match="system swa: seqeval, convention untyped"):
        check(GOLD, FOUND, scores, "system swa")
    del scores["untyped"]
    check(GOLD, FOUND, scores, "system swa")
