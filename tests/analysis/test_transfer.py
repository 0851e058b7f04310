"""Who helps whom: cells by hand, a model that knows persons alone, relations, rankings."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis.donors import Target
from openner_utils.analysis.relations import BOTH, HOME, NEITHER, SCRIPT, relation
from openner_utils.analysis.transfer import AMONG, findings, tables
from openner_utils.analysis.transfer_cells import ALL_TYPES, CELLS, IGNORED, SHARED, cells
from openner_utils.config.params import Compare
from openner_utils.core.columns import from_rows
from openner_utils.pages.wording.donors import NOBODY
from openner_utils.pages.wording.transfer import sentences
from openner_utils.scoring.mentions import ALL, score

HOW = Compare(confidence=0.95)
GOLD = [
    (["Ada", "Byron", "lives", "in", "Oslo"], ["B-PER", "I-PER", "O", "O", "B-LOC"]),
    (["Acme", "hired", "Bo"], ["B-ORG", "O", "B-PER"]),
]


def columns(*labels: list[str]):
    return from_rows([(tokens, own) for (tokens, _), own in zip(GOLD, labels, strict=True)])


def of(found: dict[str, np.ndarray], cell: str) -> tuple[int, ...]:
    return tuple(found[cell].sum(axis=0).tolist())


def test_a_model_that_knows_persons_alone_is_not_punished_in_the_shared_types():
    gold = columns(*(labels for _, labels in GOLD))
    persons = columns(["B-PER", "I-PER", "O", "O", "O"], ["O", "O", "B-PER"])
    found = cells(gold, persons, frozenset({"PER"}))
    assert of(found, SHARED) == (2, 2, 2), "all that it was shown how to find"
    assert of(found, ALL_TYPES) == of(found, IGNORED) == (2, 2, 4), "places and organizations are missed"


def test_the_cells_by_hand():
    gold = columns(*(labels for _, labels in GOLD))
    # Ada Byron as an organization, Oslo as a place, Acme as a person, Bo missed.
    other = columns(["B-ORG", "I-ORG", "O", "O", "B-LOC"], ["B-PER", "O", "O"])
    found = cells(gold, other, frozenset({"PER", "LOC"}))
    assert of(found, IGNORED) == (3, 3, 4)
    assert of(found, ALL_TYPES) == (1, 3, 4)
    assert of(found, SHARED) == (1, 2, 3), (
        "Acme, an organization, is called a person: spurious; Ada Byron and Bo are missed"
    )
    assert [found[SHARED][n].tolist() for n in (0, 1)] == [[1, 1, 2], [0, 1, 1]]


LABELS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG"])
SENTENCES = st.lists(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=6), min_size=1, max_size=4)


@given(SENTENCES, st.frozensets(st.sampled_from(["PER", "LOC", "ORG"])))
def test_cells_are_what_the_scorer_says_of_labels_without_other_types(pairs, shared):
    gold, found = (
        from_rows([(["x"] * len(each), [pair[side] for pair in each]) for each in pairs]) for side in (0, 1)
    )
    counted = cells(gold, found, shared)

    def total(cell):
        values = score(gold, found, "untyped" if cell == IGNORED else "conlleval")
        if cell != SHARED:
            return (values[ALL].correct, values[ALL].predicted, values[ALL].reference)
        mine = [each for type, each in values.items() if type in shared]
        return tuple(
            sum(getattr(each, name) for each in mine) for name in ("correct", "predicted", "reference")
        )

    for cell in CELLS:
        assert of(counted, cell) == total(cell)


@pytest.mark.parametrize(
    ("donor", "target", "said"),
    [
        (("a", "fin"), ("a", "fin"), HOME),
        (("b", "fin"), ("a", "fin"), BOTH),
        (("a", "swa"), ("b", "yor"), BOTH),
        (("a", "fin"), ("b", "eng"), SCRIPT),
        (("a", "fin"), ("b", "amh"), NEITHER),
    ],
)
def test_relations_of_languages(donor, target, said):
    assert relation(donor, target) == said


def entry(trained: str, target: tuple[str, str], quality: float, relation: str, system: str = "e") -> tuple:
    """An entry of the matrix whose model finds a share of 2 mentions a sentence, under all three cells."""
    random = np.random.default_rng([int(1000 * quality), *trained.encode(), *"".join(target).encode()])
    frames = []
    for seed, cell in product((1, 2, 3), CELLS):
        right = random.binomial(2, quality, 120)
        frames.append(
            pd.DataFrame(
                {
                    "corpus": target[0], "language": target[1], "sentence": range(120), "document": 0, "cell": cell, "seed": seed,
                    "correct": right, "predicted": 2, "reference": 2,
                }
            )
        )  # fmt: skip
    what = {"system": system, "regime": "alone", "trained": trained, "relation": relation}
    return what, pd.concat(frames, ignore_index=True)


MATRIX = [
    entry("a/fin", ("a", "fin"), 0.9, HOME),
    entry("a/fin", ("c", "yor"), 0.3, SCRIPT),
    entry("b/swa", ("c", "yor"), 0.8, BOTH),
    entry("b/swa", ("a", "fin"), 0.31, SCRIPT),
    entry("d/amh", ("c", "yor"), 0.28, NEITHER),
    entry("together", ("a", "fin"), 0.95, AMONG),
]


def test_donors_are_ranked_and_only_clear_leads_are_told_apart():
    found = tables(MATRIX, HOW)
    yoruba = found["ranking"][found["ranking"]["language"] == "yor"]
    assert yoruba["trained"].tolist()[0] == "b/swa" and yoruba["rank"].tolist() == [1, 2, 3]
    assert yoruba["clear"].tolist()[:2] == [True, False] and pd.isna(yoruba["clear"].iloc[2])
    assert yoruba["lead"].iloc[0] > 30 and (yoruba["of"] == 3).all()
    assert "together" not in set(found["ranking"]["trained"]), "a model of several is no donor"
    assert len(found["matrix"]) == len(MATRIX) * len(CELLS)
    assert found["relations"].set_index("relation")["entries"].to_dict() == {BOTH: 1, SCRIPT: 2, NEITHER: 1}


def test_what_is_said_comes_from_the_tables():
    found = findings(tables(MATRIX, HOW))
    (home,) = found.homes
    assert (home.homes, home.aways, found.neighbours, found.apart) == (1, 4, 2, 1)
    assert home.least < 35 < 75 < home.most and home.home > 85
    said = sentences(found)
    assert "n = 4) against" in said[0] and "same family and script" in said[1]
    assert "Of 2 pairs of donors" in said[2] and " 1 differs beyond chance" in said[2]


def test_the_answer_that_there_is_comes_first():
    target = Target("e", "donors", "a/fin", 60, 3, {"related": ("b/est",)}, (), (0, 10), (), matched=True)
    nothing = findings(tables([], HOW))
    said = sentences(replace(nothing, targets=(target,)))
    assert "no unrelated donor" in said[0] and "No model of one language" in said[1]


def test_without_other_test_sets_nothing_is_claimed():
    found = tables([MATRIX[0]], HOW)
    assert len(found["ranking"]) == 0 and len(found["matrix"]) == 3
    assert sentences(findings(found)) == [
        "No model of one language was tested on others (`tested` of a regime in params.yaml).",
        NOBODY,
    ]
    assert len(tables([], HOW)["matrix"]) == 0
