"""The benchmark of training: what is compared, with what, and when nothing is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import NeededError, known, training
from benchmarks.systems import BF16, BY_LENGTH, Done, Task, openner_prediction, pipeline
from benchmarks.training import (
    LABELS,
    Run,
    Runs,
    Size,
    _training,
    compared,
    in_training,
    in_turn,
    said,
    texts_of,
)
from openner_utils.encoders import models, saved
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.training.checkpoints import MINILM
from tests.planted import RECIPE

SIZE = Size(train=4, test=3, epochs=2, batch=8, runs=2)


def runs(processor: float, f1: tuple[float, ...], filled: int = 120) -> list[Run]:
    return [Run(Done(2 * processor, processor, 100, filled, ()), 900, one) for one in f1]


def of_four(ours: tuple[float, float]) -> Runs:
    usual = (0.70, 0.72)
    return {
        (True, False): runs(4, ours), (True, True): runs(2, ours),
        (False, False): runs(10, usual), (False, True): runs(3, usual),
    }  # fmt: skip


def test_ours_at_its_best_is_set_against_both_settings_of_the_peer() -> None:
    usual, best = compared("training x", "Trainer", of_four((0.71, 0.73)), (4.0, 2.0), 60, "made up", SIZE)
    assert (usual.ours, usual.peer, usual.ratio) == (30, 6, pytest.approx(5))
    assert (best.ours, best.peer, best.ratio) == (30, 20, pytest.approx(1.5))
    assert usual.met and not best.met
    assert "in fp32 the ratio is 2.50" in usual.note and "in fp32 the ratio is 0.75" in best.note
    assert "50 sub-tokens/s, filling 17%, 900 MB, F1 72.0 ± 1.4" in usual.note
    assert "wall 15.0" in usual.note


def test_what_was_not_counted_is_not_shown() -> None:
    found = {key: [Run(Done(1, 1, 0, 0, ()), 900, 0.5)] for key in of_four((0.0, 0.0))}
    (claim, _) = compared("predicting", "pipeline", found, (3.0, 1.5), 60, "made up", SIZE)
    assert "sub-tokens" not in claim.note and "F1 50.0" in claim.note


def test_speed_is_not_compared_where_f1_differs() -> None:
    with pytest.raises(OpenNERError, match=r"F1 is 0.400 \(ours, usual settings\) against 0.710"):
        compared("training x", "Trainer", of_four((0.40, 0.40)), (4.0, 2.0), 60, "made up", SIZE)


def test_speed_is_not_compared_where_nothing_is_learnt() -> None:
    found = {key: [Run(Done(1, 1, 0, 0, ()), 900, 0.08)] for key in of_four((0.0, 0.0))}
    with pytest.raises(OpenNERError, match="nothing was learnt"):
        compared("training x", "Trainer", found, (4.0, 2.0), 60, "made up", SIZE)


BOTH, BF16_ALONE, LENGTH_ALONE = training.FAST
SEEDS = range(1, 7)
TASKS = [Task("m", "c", LABELS, (), (), best=False, seed=seed) for seed in SEEDS]
Carried = list[tuple[str, bool, tuple[str, ...], int]]
"""System, whether settings are the best, which ones Trainer takes, and seed."""


def by_hand(
    peer: dict[tuple[str, ...], tuple[float, list[float]]], done: Carried
) -> Callable[[str, Task], Run]:
    """Return what carries out a task: in Trainer's best settings with these seconds and F1 by seed, else in 10 seconds with F1 56.9."""

    def carry_out(system: str, task: Task) -> Run:
        done.append((system, task.best, task.fast, task.seed))
        if task.best and system == "trainer":
            seconds, f1 = peer[task.fast]
            return runs(seconds, (f1[task.seed - 1],))[0]
        return runs(10, (0.569,))[0]

    return carry_out


def test_trainers_best_settings_are_the_fastest_with_which_f1_holds() -> None:
    done: Carried = []
    peer = {(BF16, BY_LENGTH): (2.0, [0.018] * 6), (BF16,): (4.0, [0.55] * 6), (BY_LENGTH,): (5.0, [0.56])}
    found, tried = in_training(TASKS, by_hand(peer, done))
    remark = said(tried, found)
    assert remark == (
        f"{BOTH} reached F1 1.8 against 56.9 (6 seeds): not compared; Trainer's best settings: {BF16_ALONE}; "
        f"{LENGTH_ALONE} was slower (1 seed)"
    )
    usual, best = compared("training x", "Trainer", found, (4.0, 2.0), 60, "made up", SIZE, remark)
    assert (usual.peer, best.peer) == (6, 15)
    assert remark in usual.note and remark in best.note
    assert {seed for *_, fast, seed in done if fast == (BF16,)} == set(SEEDS)
    assert len(done) == len(set(done)) == 6 * 3 + 6 + 6 + 1


def test_one_seed_alone_rules_no_settings_out() -> None:
    peer = {
        (BF16, BY_LENGTH): (2.0, [0.50] + [0.57] * 5),
        (BF16,): (4.0, [0.57]),
        (BY_LENGTH,): (5.0, [0.1]),
    }
    found, tried = in_training(TASKS, by_hand(peer, []))
    assert [run.done.processor for run in found[False, True]] == [2] * 6
    assert said(tried, found) == (
        f"Trainer's best settings: {BOTH}; {BF16_ALONE} was slower (1 seed); {LENGTH_ALONE} was slower (1 seed)"
    )


def test_nothing_is_claimed_against_best_settings_where_f1_holds_with_none() -> None:
    found, tried = in_training(
        TASKS, by_hand({fast: (2.0, [0.1] * 6) for fast in training.FAST.values()}, [])
    )
    (claim,) = compared("training x", "Trainer", found, (4.0, 2.0), 60, "made up", SIZE, said(tried, found))
    assert "usual settings" in claim.claim
    assert "nothing is claimed against Trainer's best settings, for F1 holds with none" in claim.note
    assert claim.note.count("not compared") == 3 and "Trainer best" not in claim.note


def test_prediction_goes_in_turn() -> None:
    done: Carried = []
    in_turn(TASKS[:1] * 2, lambda system, task: by_hand({}, done)(system, task))
    once = [
        ("openner_prediction", False),
        ("pipeline", False),
        ("openner_prediction", True),
        ("pipeline", True),
    ]
    assert [(system, best) for system, best, *_ in done] == once * 2


def test_without_the_publishers_files_samples_are_taken_and_said() -> None:
    texts = texts_of(SIZE, None)
    assert texts.what.startswith("sample sentences")
    assert texts.train.n_sentences == 8 and texts.test.n_sentences == 6
    assert set(texts.train.names) | set(texts.test.names) <= set(LABELS)
    assert "B-LOC" in texts.train.names


def test_what_trainer_needs_beside_the_environment_is_named() -> None:
    training.needed("torch")
    with pytest.raises(
        NeededError, match=r"package no_such_one.* pip install -r benchmarks/requirements.txt"
    ):
        training.needed("no_such_one")
    assert (paths.BENCHMARKS / "requirements.txt").read_text().count("accelerate==") == 1


def test_systems_are_no_benchmarks_of_their_own() -> None:
    assert "training" in known() and "systems" not in known() and "__main__" not in known()


def test_ours_and_the_pipeline_read_the_same_labels_off_one_model(tmp_path) -> None:
    """One model, both programs, fp32: the peer's sub-tokens are put on the tokens that they belong to."""
    rows = [(list(tokens), list(labels)) for tokens, labels in texts_of(SIZE, None).test.rows()]
    recipe = RECIPE.model_copy(update={"checkpoint": MINILM, "max_length": 512, "overlap": 32})
    about = saved.About(
        encoder=recipe, labels=LABELS, seed=1, trained_on=("x",), sentences=1, steps=1, types={}
    )
    saved.save(models.load(MINILM, None, LABELS, 1), about, tmp_path / "model")
    task = Task(str(tmp_path / "model"), MINILM, LABELS, (), tuple(rows), best=False)
    ours, theirs = openner_prediction.carry_out(task), pipeline.carry_out(task)
    assert [list(row) for row in ours.labels] == [list(row) for row in theirs.labels]
    assert len({label for row in ours.labels for label in row}) > 1
    assert ours.processor > 0 and theirs.wall > 0


def test_trainer_predicts_in_one_order_whatever_its_settings() -> None:
    """Steps of rate 0 change no weight, so what differs between settings is the order of the sentences."""
    pytest.importorskip("accelerate", reason="needs benchmarks/requirements.txt")
    from benchmarks.systems import trainer

    texts = texts_of(SIZE, None)
    task = _training(MINILM, texts, replace(SIZE, epochs=1), 1, Path("unused"))
    usual, by_length = (
        trainer.carry_out(replace(task, learning_rate=0.0, best=best, fast=(BY_LENGTH,))).labels
        for best in (False, True)
    )
    assert len({label for row in usual for label in row}) > 1
    assert [list(row) for row in usual] == [list(row) for row in by_length]
