"""What each scoring rule counts, by hand and against slower ways of counting."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.scoring.mentions import ALL, CONVENTIONS, score_sentences
from openner_utils.scoring.rules import RULES, credits
from openner_utils.support.errors import OpenNERError
from tests.strategies import label_rows

TOKENS = ["Ada", "met", "Ada", "in", "New", "York"]

# For each rule: right, predicted, reference.
CASES = {
    "the same": (
        "B-PER O B-PER O B-LOC I-LOC", "B-PER O B-PER O B-LOC I-LOC",
        dict.fromkeys(RULES, (3, 3, 3)) | {"texts": (2, 2, 2)},
    ),
    "nothing named": ("B-PER O B-PER O O O", "O O O O O O", dict.fromkeys(RULES, (0, 0, 2)) | {"texts": (0, 0, 1)}),
    "the other place of the same text": (
        "B-PER O O O O O", "O O B-PER O O O", dict.fromkeys(RULES, (0, 1, 1)) | {"texts": (1, 1, 1), "listed texts": (1, 1, 1)},
    ),
    "half of a name": (
        "O O O O B-LOC I-LOC", "O O O O O B-LOC", dict.fromkeys(RULES, (0, 1, 1)) | {"overlap": (1, 1, 1), "partial": (0.5, 1, 1)},
    ),
    "another type": (
        "O O O O B-LOC I-LOC", "O O O O B-ORG I-ORG", dict.fromkeys(RULES, (0, 1, 1)) | {"untyped": (1, 1, 1), "partial": (1, 1, 1)},
    ),
    "two names for one": (
        "O O O O B-LOC I-LOC", "O O O O B-LOC B-LOC",
        dict.fromkeys(RULES, (0, 2, 1)) | {"overlap": (1, 2, 1), "partial": (0.5, 2, 1)},
    ),
    "an invalid transition": (
        "O O O O B-LOC I-LOC", "O O O O I-LOC I-LOC", dict.fromkeys(RULES, (1, 1, 1)) | {"discard": (0, 0, 1)},
    ),
    "a type that changes inside": (
        "O O O O B-LOC I-LOC", "O O O O B-LOC I-ORG",
        dict.fromkeys(RULES, (0, 2, 1)) | {"discard": (0, 1, 1), "untyped": (1, 1, 1), "overlap": (1, 2, 1), "partial": (0.5, 2, 1)},
    ),
    "a name said twice, found once": (
        "B-PER O B-PER O O O", "B-PER O O O O O", dict.fromkeys(RULES, (1, 1, 2)) | {"texts": (1, 1, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rules_by_hand(name: str) -> None:
    gold, said, expected = CASES[name]
    found = credits(from_rows([(TOKENS, gold.split())]), from_rows([(TOKENS, said.split())]))
    assert {rule: tuple(row[0].tolist()) for rule, row in found.items()} == expected


def test_a_mention_pairs_within_its_sentence_alone() -> None:
    one, other = (["Ada"], ["B-PER"]), (["Ada"], ["O"])
    found = credits(from_rows([one, other]), from_rows([other, one]))
    for row in found.values():
        assert row.tolist() == [[0, 0, 1], [0, 1, 0]]


def test_other_sentences_are_refused() -> None:
    with pytest.raises(OpenNERError, match="differ in sentences"):
        credits(from_rows([(["a"], ["O"])]), from_rows([(["a", "b"], ["O", "O"])]))


@given(label_rows(IOB2), st.randoms(use_true_random=False))
def test_rules_against_slower_ways(gold: list[list[str]], random) -> None:
    said = [[random.choice([label, "O", *("B-PER", "I-LOC")]) for label in row] for row in gold]
    tokens = [[random.choice("xy") for _ in row] for row in gold]
    found = credits(*(from_rows(list(zip(tokens, labels, strict=True))) for labels in (gold, said)))
    for convention in CONVENTIONS:
        whole = score_sentences(gold, said, convention)[ALL]
        assert found[convention].sum(axis=0).tolist() == [whole.correct, whole.predicted, whole.reference]
    for number, (words, wanted, named) in enumerate(zip(tokens, gold, said, strict=True)):
        sides = [
            [(m.span.start, m.span.end, m.type) for m in IOB2.decode(opened(labels))]
            for labels in (wanted, named)
        ]
        texts = [Counter((tuple(words[start:end]), type) for start, end, type in side) for side in sides]
        assert found["listed texts"][number, 0] == sum((texts[0] & texts[1]).values())
        assert found["texts"][number].tolist() == [
            len(texts[0].keys() & texts[1]),
            len(texts[1]),
            len(texts[0]),
        ]
        assert found["overlap"][number, 0] == most_pairs(*sides, typed=True)
        same = {m[:2] for m in sides[0]} & {m[:2] for m in sides[1]}
        rest = [[m for m in side if m[:2] not in same] for side in sides]
        assert found["partial"][number, 0] == len(same) + most_pairs(*rest, typed=False) / 2
    for row in found.values():
        assert (row[:, 0] <= np.minimum(row[:, 1], row[:, 2])).all()


def opened(labels: list[str]) -> list[str]:
    """Return labels whose invalid transitions open a mention."""
    before = ["O", *labels]
    return [
        f"B{label[1:]}" if label[0] == "I" and last[2:] != label[2:] else label
        for last, label in zip(before, labels, strict=False)
    ]


def most_pairs(wanted: list, named: list, typed: bool) -> int:
    """Return the size of the largest set of overlapping pairs, by trying all."""
    if not named:
        return 0
    (start, end, type), *others = named
    best = most_pairs(wanted, others, typed)
    for number, (from_, to, other) in enumerate(wanted):
        if from_ < end and start < to and (type == other or not typed):
            best = max(best, 1 + most_pairs(wanted[:number] + wanted[number + 1 :], others, typed))
    return best
