"""Mentions by length and by what training knew, and what became of each: small tables, and sums that must hold for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import Columns, from_rows
from openner_utils.scoring import errors
from openner_utils.scoring.breakdowns import FAMILIARITY, LENGTHS, Known, by_familiarity, by_length
from openner_utils.scoring.errors import BOTH, BOUNDARY, KINDS, MISSED, RIGHT, SPURIOUS, TYPE
from openner_utils.scoring.mentions import ALL, CONVENTIONS, Score, score
from openner_utils.support.errors import OpenNERError

TOKENS = ["Ada", "Lovelace", "met", "Mary", "in", "New", "York", "City"]


def labelled(*labels: str) -> Columns:
    return from_rows([(TOKENS[: len(labels)], labels)])


GOLD = labelled("B-PER", "I-PER", "O", "B-PER", "O", "B-LOC", "I-LOC", "I-LOC")
FOUND = labelled("B-PER", "I-PER", "O", "B-LOC", "B-ORG", "B-LOC", "I-LOC", "O")


def test_mentions_are_grouped_by_their_tokens() -> None:
    found = by_length(GOLD, FOUND)
    assert list(found) == list(LENGTHS)
    assert found == {
        "1": Score(0, 2, 1),
        "2": Score(1, 2, 1),
        "3": Score(0, 0, 1),
        "4 or more": Score(0, 0, 0),
    }


def test_mentions_are_grouped_by_what_training_holds() -> None:
    trained = from_rows(
        [
            (["Ada", "Lovelace"], ["B-PER", "I-PER"]),
            (["Mary", "ada", "lovelace"], ["B-LOC", "B-PER", "I-PER"]),
        ]
    )
    assert by_familiarity(GOLD, FOUND, Known.of(trained)) == {
        "seen": Score(1, 2, 1),  # Ada Lovelace; Mary as LOC was predicted
        "seen as another type": Score(0, 0, 1),  # Mary as PER
        "unseen": Score(0, 2, 1),
    }
    assert by_familiarity(GOLD, FOUND, Known.of(labelled("O", "O")))["unseen"] == score(GOLD, FOUND)[ALL]


def test_every_kind_of_error_is_told_apart() -> None:
    gold = ["B-PER", "O", "B-PER", "B-LOC", "I-LOC", "B-LOC", "I-LOC", "B-ORG", "O"]
    found = ["B-PER", "O", "B-LOC", "B-LOC", "O", "O", "B-PER", "O", "B-ORG"]
    words = list("abcdefghi")
    reference, prediction = (from_rows([(words, labels)]) for labels in (gold, found))
    became = errors.compared(reference, prediction)
    assert [(each.kind, each.reference_type, each.predicted_type) for each in became] == [
        (RIGHT, "PER", "PER"), (TYPE, "PER", "LOC"), (BOUNDARY, "LOC", "LOC"), (BOTH, "LOC", "PER"), (MISSED, "ORG", None),
        (SPURIOUS, None, "ORG"),
    ]  # fmt: skip
    assert errors.confusion(became)[MISSED, "ORG", ""] == 1
    shown = errors.in_words(became[3], reference)
    assert (shown.before, shown.reference, shown.predicted, shown.behind) == ("b c d e", "f g", "g", "h i")


def test_a_mention_stands_for_the_one_that_it_shares_most_tokens_with() -> None:
    gold = labelled("B-PER", "B-LOC", "I-LOC", "I-LOC", "O")
    found = labelled("B-LOC", "I-LOC", "I-LOC", "O", "O")
    assert [(each.kind, each.reference, each.predicted) for each in errors.compared(gold, found)] == [
        (MISSED, (0, 1), None), (BOUNDARY, (1, 4), (0, 3)),
    ]  # fmt: skip


def test_words_stay_in_their_sentence_and_are_spaced_as_published() -> None:
    columns = from_rows([(["Oslo", "!"], ["O", "O"]), (["北", "京", "。"], ["B-LOC", "I-LOC", "O"])])
    offsets = [np.array(values, np.int32) for values in ([0, 4, 6, 7, 8], [4, 5, 7, 8, 9])]
    spaced = Columns(
        columns.tokens,
        columns.labels,
        columns.names,
        columns.sentences,
        columns.documents,
        columns.lines,
        "",
        *offsets,
    )
    (missed,) = errors.compared(spaced, spaced.with_labels(np.zeros(5, np.int32), ["O"]))
    assert errors.in_words(missed, spaced) == errors.InWords("北京", "", "", "。")
    assert errors.in_words(missed, columns).reference == "北 京"


LABELS = st.sampled_from(["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "I-ORG"])


@st.composite
def sides(draw) -> tuple[Columns, Columns]:
    lengths = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    return tuple(
        from_rows([(list("abcabca")[:n], [draw(LABELS) for _ in range(n)]) for n in lengths])
        for _ in range(2)
    )


@given(sides(), st.sampled_from(CONVENTIONS))
def test_groups_add_up_to_the_whole(both, convention) -> None:
    whole = score(*both, convention)[ALL]
    known = Known.of(both[0].some(0, 1), convention)
    for groups, names in (
        (by_length(*both, convention), LENGTHS), (by_familiarity(*both, known, convention), FAMILIARITY),
    ):  # fmt: skip
        assert tuple(groups) == names
        assert sum(groups.values(), Score(0, 0, 0)) == whole


@given(sides(), st.sampled_from(CONVENTIONS))
def test_every_mention_of_both_sides_is_accounted_for_once(both, convention) -> None:
    whole, became = score(*both, convention)[ALL], errors.compared(*both, convention)
    counts = {kind: sum(each.kind == kind for each in became) for kind in KINDS}
    assert counts[RIGHT] == whole.correct
    assert sum(counts.values()) - counts[SPURIOUS] == whole.reference
    assert sum(counts.values()) - counts[MISSED] == whole.predicted
    assert len({each.reference for each in became} - {None}) == whole.reference
    for each in became:
        assert 0 <= each.sentence < both[0].n_sentences
        if each.kind in (BOUNDARY, BOTH):
            (start, end), (other, last) = each.reference, each.predicted
            assert max(start, other) < min(end, last) and each.reference != each.predicted


def test_untyped_mentions_have_no_other_type() -> None:
    kinds = {each.kind for each in errors.compared(GOLD, FOUND, "untyped")}
    assert kinds == {RIGHT, BOUNDARY, SPURIOUS}


def test_other_tokens_are_no_prediction() -> None:
    for scored in (errors.compared, by_length):
        with pytest.raises(OpenNERError, match="differ in sentences or tokens"):
            scored(labelled("O"), GOLD)
