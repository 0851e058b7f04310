"""The benchmark of training: what is compared, with what, and when nothing is."""

import pytest

from benchmarks import NeededError, known, training
from benchmarks.systems import Done, Task, openner_prediction, pipeline
from benchmarks.training import LABELS, Run, Size, compared, texts_of
from openner_utils.encoders import models, saved
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.training.checkpoints import MINILM
from tests.planted import RECIPE

SIZE = Size(train=4, test=3, epochs=2, batch=8, runs=2)


def runs(processor: float, f1: tuple[float, float], filled: int = 120) -> list[Run]:
    return [Run(Done(2 * processor, processor, 100, filled, ()), 900, one) for one in f1]


def of_four(ours: tuple[float, float]) -> dict[tuple[bool, bool], list[Run]]:
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
