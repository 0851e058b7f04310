"""Flaws planted in training labels: which labels they become, whatever the order of sentences, and what curves say of the scores."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis import doses, flawed_training
from openner_utils.config.params import Ablation, Compare, Planted
from openner_utils.core.columns import Columns, from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import AS_RELEASED, Part, columns_of, parts, release_table
from openner_utils.core.repair import repair
from openner_utils.core.validation import validate
from openner_utils.pages.wording.doses import sentences
from tests.strategies import label_rows, with_tokens

START, TYPE, UNREADABLE = Planted.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
HOW = Compare(confidence=0.95)
ROWS = [["B-PER", "I-PER", "O", "B-LOC", "O"], ["B-ORG", "I-ORG", "I-ORG", "O", "O"]] * 40


def arm(kind: str, labels_from: str, *of: float) -> Ablation:
    planted = Planted.model_validate({"kind": kind, "doses": of})
    return Ablation.model_validate(
        {"labels_from": labels_from, "planted": planted, "encoder": "s", "regime": "alone"}
    )


def part(rows: list[list[str]]) -> Part:
    columns = from_rows(with_tokens(rows))
    return next(parts(release_table("c", "swa", "train", columns, columns)))


def labels(columns: Columns) -> list[list[str]]:
    flat, edges = columns.label_strings().to_pylist(), columns.sentences.tolist()
    return [flat[start:end] for start, end in itertools.pairwise(edges)]


def planted(of: Part, how: Ablation, seeds: tuple[int, ...] = (1,)) -> list[flawed_training.Flawed]:
    return list(flawed_training.planted(of, columns_of(of.table), how, seeds))


@pytest.mark.parametrize(
    ("kind", "labels_from", "expected"),
    [
        (START, "published", ["I-PER", "I-PER", "O", "I-LOC", "O"]),
        (START, "conlleval", ["B-PER", "I-PER", "O", "B-LOC", "O"]),
        (START, "discard", ["O", "O", "O", "O", "O"]),
        (TYPE, "published", ["B-PER", "I-", "O", "B-LOC", "O"]),
        (TYPE, "conlleval", ["B-PER", "B-", "O", "B-LOC", "O"]),
        (TYPE, "discard", ["B-PER", "O", "O", "B-LOC", "O"]),
    ],
)
def test_at_a_dose_of_one_every_mention_is_flawed_and_then_repaired(kind, labels_from, expected) -> None:
    (found,) = planted(part(ROWS), arm(kind, labels_from, 1.0))
    first = labels(found.labels)[0]
    assert all(label.startswith(want) for label, want in zip(first, expected, strict=True)), first
    if kind == TYPE and labels_from != "discard":
        assert first[1][2:] in ("LOC", "ORG")
    row = found.row(arm(kind, labels_from, 1.0))
    assert (row["mentions"], row["flawed"]) == (120, 120 if kind == START else 80)
    assert (row["differ"] == 0) == ((kind, labels_from) == (START, "conlleval"))


def test_what_no_encoding_reads_becomes_o_and_the_rest_is_left_or_repaired() -> None:
    raw, whole = (labels(planted(part(ROWS), arm(UNREADABLE, how, 1.0))[0].labels) for how in ("published", "conlleval"))  # fmt: skip
    for before, left, repaired in zip(ROWS, raw, whole, strict=True):
        gone = {at for at, (a, b) in enumerate(zip(before, left, strict=True)) if a != b}
        assert gone and all(left[at] == "O" for at in gone), "one label of each mention, no other"
        assert not validate(repaired, IOB2)


@given(label_rows(IOB2), st.randoms(use_true_random=False), st.sampled_from([START, TYPE, UNREADABLE]))
def test_neither_the_order_of_sentences_nor_the_run_changes_what_is_planted(rows, random, kind) -> None:
    core = [[label if label[2:] in ("PER", "LOC", "ORG") else "O" for label in row] for row in rows]
    whole = part(labels(repair(from_rows(with_tokens(core)))))
    order = list(range(len(rows)))
    random.shuffle(order)
    how = arm(kind, "published", 0.3, 0.7)
    shuffled = replace(whole, table=whole.table.take(pa.array(order)))
    for one, other in zip(planted(whole, how, (1, 2)), planted(shuffled, how, (1, 2)), strict=True):
        assert [labels(one.labels)[at] for at in order] == labels(other.labels)


def test_a_larger_dose_holds_the_smaller_and_seeds_have_plantings_of_their_own() -> None:
    small, large, again, _ = planted(part(ROWS), arm(START, "published", 0.1, 0.5), (1, 2))
    assert (small.name, small.seed, again.seed) == (f"10 % {START}, none", 1, 2)
    clean = small.clean.label_strings().to_pylist()
    flawed = [
        {at for at, label in enumerate(each.labels.label_strings().to_pylist()) if label != clean[at]}
        for each in (small, large, again)
    ]
    assert flawed[0] < flawed[1] and flawed[0] != flawed[2]
    assert len(flawed[1]) == large.flawed == pytest.approx(60, abs=15)


# --- the question ---------------------------------------------------------------------------------------------------


def scored(labels_from: str, quality: float, seeds: int = 3, count: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(int(1000 * quality))
    fixed = {
        "system": "s", "regime": "alone", "labels_from": labels_from, "format": "", "corpus": "c", "language": "swa",
        "convention": "conlleval", "predicted": 2, "reference": 2,
    }  # fmt: skip
    seed, sentence = (each.ravel() for each in np.indices((seeds, count)))
    return pd.DataFrame(
        {
            **fixed,
            "seed": seed,
            "sentence": sentence,
            "document": sentence,
            "correct": draw.binomial(2, quality, seeds * count),
        }
    )


def flaws(**arms: tuple[float, str, int]) -> pd.DataFrame:
    fixed = {"system": "s", "regime": "alone", "kind": START, "corpus": "c", "language": "swa", "seed": 0, "tokens": 1000, "mentions": 100}  # fmt: skip
    return pd.DataFrame(
        [
            {
                **fixed,
                "labels_from": name,
                "dose": dose,
                "repair": repair,
                "differ": differ,
                "flawed": round(100 * dose),
            }
            for name, (dose, repair, differ) in arms.items()
        ]
    )


def test_a_curve_says_from_which_dose_on_models_are_worse() -> None:
    planted = flaws(
        few=(0.01, "none", 1), some=(0.1, "none", 10), many=(0.2, "none", 20), back=(0.2, "conlleval", 0)
    )
    rows = pd.concat(
        [scored(AS_RELEASED, 0.8), scored("few", 0.8), scored("some", 0.6), scored("many", 0.5), scored("back", 0.8)]
    )  # fmt: skip
    found = flawed_training.tables(rows, planted, HOW)
    table = found["trained"].set_index(["repair", "dose"])
    assert table.loc[("none", 20.0), "difference"] == pytest.approx(-30, abs=3)
    assert table.loc[("none", 1.0), "difference"] == table.loc[("conlleval", 20.0), "difference"] == 0
    assert table.loc[("none", 10.0), ["flawed", "differ"]].tolist() == [10.0, 1.0]
    assert table["seeds"].tolist() == ["3"] * 4 and table["sentences"].tolist() == [300] * 4
    same, curve = flawed_training.findings(found).curves
    assert (same.repair, same.same, same.from_dose) == ("conlleval", True, None)
    assert (curve.repair, curve.same, curve.dose, curve.from_dose) == ("none", False, 20.0, 10.0)
    assert curve.low < curve.value < curve.high < 0
    said = sentences(replace(doses.Findings((), 0, 0, 0, 0.0), trained=flawed_training.findings(found)))
    assert "gives the labels back" in said[1] and "beyond chance from 10 % on" in said[2]


def test_a_dose_that_does_harm_between_two_that_do_none_is_no_threshold() -> None:
    planted = flaws(some=(0.1, "none", 10), many=(0.2, "none", 20))
    rows = pd.concat([scored(AS_RELEASED, 0.8), scored("some", 0.5), scored("many", 0.8)])
    (curve,) = flawed_training.findings(flawed_training.tables(rows, planted, HOW)).curves
    assert curve.from_dose is None and not curve.clear


def test_without_such_arms_nothing_is_said() -> None:
    found = flawed_training.tables(scored(AS_RELEASED, 0.8), flaws().reindex(columns=[*flawed_training.ARM]), HOW)  # fmt: skip
    assert found["trained"].empty and flawed_training.findings(found) == flawed_training.NOTHING
