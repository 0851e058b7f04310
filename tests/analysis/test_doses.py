"""What planted flaws cost: known truths on predictions that are perfect, and what is said of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from openner_utils.analysis import dose_counts, doses
from openner_utils.analysis.dose_counts import _names
from openner_utils.analysis.planting import ILLEGAL_END, KINDS, START, TYPE, UNREADABLE
from openner_utils.config.params import Compare
from openner_utils.core.columns import from_rows
from openner_utils.core.releases import RELEASE, RUN_KEYS, prediction_table, release_table
from openner_utils.pages.wording.doses import sentences
from openner_utils.support.errors import OpenNERError

HOW = Compare(confidence=0.95)
SENTENCE = ["B-PER", "I-PER", "O", "B-LOC", "O"]
RUN = {"labels_from": "release", "format": "", "decoding": "", "policy": "", "control": False}


def release(*languages: str, count: int = 300) -> pa.Table:
    """A test set of ``count`` sentences with two mentions each for every language."""
    columns = from_rows([(["w"] * len(SENTENCE), SENTENCE)] * count)
    return pa.concat_tables([release_table("c", each, "test", columns, columns) for each in languages])


def predicted(gold: pa.Table, system: str = "s", seeds: tuple[int, ...] = (1, 2)) -> pa.Table:
    """Perfect predictions of each seed."""
    parts = []
    for seed in seeds:
        for language in sorted(set(gold["language"].to_pylist())):
            own = gold.filter(pa.compute.equal(gold["language"], language))
            run = RUN | {"system": system, "regime": "alone", "seed": seed}
            labels = own["labels"].combine_chunks()
            parts.append(prediction_table(run, ("c", language, "test"), own["sentence"].to_numpy(), labels))
    return pa.concat_tables(parts)


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    gold = release("amh", "ara", "deu", "eng", "fin", "hin", "swa", "tha")
    return doses.tables(gold, [predicted(gold)], HOW, doses=(0.05, 0.2), plantings=2)


def rows(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    return table[np.logical_and.reduce([table[name] == value for name, value in values.items()])]


@pytest.mark.parametrize("side", ["predictions", "reference", "both"])
def test_conlleval_brings_back_what_it_can(found, side) -> None:
    for kind in (START, ILLEGAL_END):
        own = rows(found["doses"], kind=kind, side=side, repair="conlleval")
        assert own["difference"].tolist() == [0, 0] and own["low"].isna().all() and not own["clear"].any()


@pytest.mark.parametrize("side", ["predictions", "reference"])
def test_discarded_mentions_are_missed(found, side) -> None:
    """Where a share p of one side is dropped, and the rest is right, F1 is 2 (1 - p) / (2 - p)."""
    own = rows(found["doses"], kind=START, side=side, repair="discard")
    share = rows(found["planted"], kind=START, side=side)["planted"].to_numpy() / 100
    assert share == pytest.approx([0.05, 0.2], abs=0.02)
    assert own["difference"].to_numpy() == pytest.approx(100 * (2 * (1 - share) / (2 - share) - 1), abs=0.05)
    assert own["clear"].all() and (own["low"] < own["difference"]).all() and (own["high"] < 0).all()


def test_flaws_on_both_sides_fall_on_other_mentions(found) -> None:
    own = rows(found["doses"], kind=START, side="both", repair="discard").set_index("dose")
    # Right are (1 - p)² of the mentions, and (1 - p) are on each side.
    assert own.loc[20.0, "difference"] == pytest.approx(-20, abs=2)


def test_another_type_inside_costs_more_under_conlleval_which_adds_a_mention(found) -> None:
    own = found["costs"].query("kind == @TYPE and side == 'predictions'").set_index("repair")["difference"]
    assert own["conlleval"] < own["discard"] < 0
    pair = found["repairs"].query(
        "kind == @TYPE and side == 'predictions' and a == 'conlleval' and b == 'discard'"
    )
    assert pair["clear"].all() and pair["difference"].item() == pytest.approx(
        own["discard"] - own["conlleval"]
    )
    # Half of the mentions have one token, which has no inside.
    planted = rows(found["planted"], kind=TYPE, side="predictions", dose=20.0)["planted"].item()
    assert planted == pytest.approx(10, abs=1.5)


def test_a_sentence_left_out_takes_its_right_mentions_along(found) -> None:
    own = rows(found["doses"], kind=UNREADABLE, repair="none")
    assert own["difference"].tolist() == [0.0] * len(own), "what is left is perfect"
    out = rows(found["planted"], kind=UNREADABLE, side="predictions")["left_out"].tolist()
    assert out == pytest.approx([100 * (1 - 0.95**2), 100 * (1 - 0.8**2)], abs=2)


def test_a_cost_is_the_slope_over_all_doses(found) -> None:
    (row,) = rows(found["costs"], kind=START, side="predictions", repair="discard").to_dict("records")
    assert row["difference"] == pytest.approx(-0.55, abs=0.03)
    assert (row["test_sets"], row["plantings"], row["runs"], row["seeds"]) == (8, 2, 2, "2")
    assert len(found["costs"]) == 3 * (3 * 3 + 2 * 2) and len(found["doses"]) == 2 * len(found["costs"])
    assert set(found["costs"]["kind"]) == set(KINDS)


def test_many_runs_at_once_are_what_each_is_alone(monkeypatch) -> None:
    gold = release("eng", "fin", count=40)
    table = pa.concat_tables([predicted(gold), predicted(gold, "other")])
    together = doses.tables(gold, [table], HOW, (0.2,), 1)
    monkeypatch.setattr(dose_counts, "AT_ONCE", 1)
    assert len(list(dose_counts.batches(table))) == 4
    alone = doses.tables(gold, [table], HOW, (0.2,), 1)
    for name, frame in together.items():
        pd.testing.assert_frame_equal(frame, alone[name])


def test_of_a_large_grid_the_first_seeds_are_taken() -> None:
    table = predicted(release("eng", count=10), seeds=(7, 3, 5))
    for most, kept in ((29, {3, 5}), (30, {3, 5, 7}), (1, {3})):
        assert set(doses.few_seeds(table, most)["seed"].to_pylist()) == kept


def test_predictions_of_sentences_that_are_not_there_are_refused() -> None:
    gold = release("eng", count=5)
    with pytest.raises(OpenNERError, match="core release lacks"):
        doses.tables(gold.slice(1), [predicted(gold)], HOW)


def test_which_repair_to_take_follows_from_the_results(found) -> None:
    said = doses.findings(found)
    assert (said.test_sets, said.runs, said.plantings) == (8, 2, 2)
    of = {(each.kind, each.side): each for each in said.advice}
    assert of[START, "both"].costs[0].repair == "conlleval" and of[START, "both"].worse == ("discard",)
    assert of[TYPE, "reference"].costs[0].repair == "discard" and of[TYPE, "reference"].worse == (
        "conlleval",
    )
    assert of[ILLEGAL_END, "both"].worse == () and of[START, "both"].without.repair == "none"
    lines = sentences(said)
    assert (
        lines[0].startswith("Flawed labels in one of a hundred mentions cost at most ")
        and "8 test sets" in lines[0]
    )
    assert lines[1].startswith(f"With {START}, repair by conlleval") and "3 of 9 cases" in lines[1]
    assert any(line.startswith("With another type inside") and "repair by discard" in line for line in lines)
    assert any("dearest is" in line for line in lines) and all(line.endswith(".") for line in lines)
    alike = replace(said, advice=tuple(replace(each, worse=()) for each in said.advice))
    assert "told apart with no kind" in sentences(alike)[1]
    free = replace(
        said,
        advice=tuple(
            replace(each, costs=tuple(replace(cost, value=0.0) for cost in each.costs))
            for each in said.advice
        ),
    )
    assert sentences(free)[0].startswith("No kind of flaw costs F1; ")


def test_one_test_set_gives_no_interval_and_no_advice() -> None:
    gold = release("eng", count=40)
    found = doses.tables(gold, [predicted(gold, seeds=(1,))], HOW, (0.2,), 1)
    assert found["costs"]["low"].isna().all() and not found["costs"]["clear"].any()
    assert found["costs"]["seed_se"].isna().all()
    assert "nothing is advised" in sentences(doses.findings(found))[0]


def test_without_predictions_there_is_nothing_to_say() -> None:
    found = doses.tables(RELEASE.empty_table(), [], HOW)
    assert all(frame.empty for frame in found.values())
    assert sentences(doses.findings(found)) == [
        "No encoder was trained on the core release, so there is nothing to plant flaws in."
    ]


def test_runs_are_named_as_if_each_row_were_put_together_by_itself() -> None:
    rows = pd.DataFrame({key: ["b", "a", "b"] for key in RUN_KEYS}).assign(
        control=[True, False, True], seed=[2, 1, 2]
    )
    plain = rows[list(RUN_KEYS)].astype(str).agg(" ".join, axis=1)
    assert _names(rows).tolist() == plain.tolist() and _names(rows).index.equals(rows.index)
