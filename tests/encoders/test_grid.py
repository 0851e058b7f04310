from dataclasses import replace

import numpy as np
import pytest

from openner_utils.encoders import grid
from openner_utils.encoders.grid import run_grid
from openner_utils.encoders.one_run import RunSpec, carry_out
from openner_utils.scoring.mentions import ALL, score
from openner_utils.support.errors import OpenNERError
from tests.planted import LABELS, RECIPE, planted

TEXTS = {
    "train": planted(120, seed=1),
    "other": planted(120, seed=4),
    "dev": planted(20, seed=2),
    "test": planted(20, seed=3),
}


def spec(seed: int = 1, train: tuple[str, ...] = ("train",), **recipe: object) -> RunSpec:
    encoder = RECIPE.model_copy(update=recipe)
    return RunSpec(
        "characters", "individual", "conlleval", seed, encoder, LABELS, train, ("dev",), ("dev", "test")
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("resume")
    specs = [spec(1), spec(2), spec(1, ("train", "other"), epochs=3), replace(spec(1), regime="the same run")]
    return folder, specs, run_grid(specs, TEXTS, folder, workers=2)


def test_outcomes_come_in_order_and_equal_runs_once(finished):
    folder, specs, outcomes = finished
    assert [len(outcome.losses) for outcome in outcomes] == [one.encoder.epochs for one in specs]
    assert [(outcome.epochs, outcome.steps) for outcome in outcomes] == [(6, 90), (6, 90), (3, 90), (6, 90)]
    assert len(list(folder.glob("*/"))) == 3
    assert outcomes[0].losses == outcomes[3].losses != outcomes[1].losses
    for outcome in outcomes:
        assert (outcome.device, outcome.precision) == ("cpu", "fp32")
        for name in ("dev", "test"):
            assert score(TEXTS[name], outcome.predicted(name, TEXTS[name]))[ALL].f1 > 0.9
            assert 0 <= outcome.invalid_shares[name] < 0.1
        assert outcome.dev_f1[-1] == score(TEXTS["dev"], outcome.predicted("dev", TEXTS["dev"]))[ALL].f1


def test_a_second_call_trains_nothing(finished):
    folder, specs, outcomes = finished
    before = {path: path.stat().st_ino for path in folder.rglob("*")}
    again = run_grid(specs, TEXTS, folder, workers=2)
    assert {
        path: path.stat().st_ino for path in folder.rglob("*")
    } == before  # written anew, it would be another
    for one, other in zip(outcomes, again, strict=True):
        assert (one.losses, one.dev_f1, one.steps, one.epochs) == (
            other.losses, other.dev_f1, other.steps, other.epochs,
        )  # fmt: skip
        assert all(np.array_equal(one.predictions[name], other.predictions[name]) for name in ("dev", "test"))


def test_where_a_run_is_carried_out_changes_nothing(finished):
    _, specs, outcomes = finished
    trained: list[int] = []
    here = carry_out(specs[1], TEXTS, trained.append)
    assert here.losses == outcomes[1].losses and here.dev_f1 == outcomes[1].dev_f1
    assert sum(trained) == grid._cost(specs[1], TEXTS)


def test_a_key_changes_with_all_that_matters_and_nothing_else():
    key = grid._keys([spec()], TEXTS)[0]
    assert grid._keys([replace(spec(), system="x", regime="y", labels_from="z")], TEXTS) == [key]
    relabelled = {**TEXTS, "train": TEXTS["train"].with_labels(TEXTS["train"].labels * 0, LABELS)}
    changed = [
        grid._keys([spec(2)], TEXTS),
        grid._keys([spec(learning_rate=2e-2)], TEXTS),
        grid._keys([spec(train=("other",))], TEXTS),
        grid._keys([replace(spec(), labels=tuple(reversed(LABELS)))], TEXTS),
        grid._keys([spec()], relabelled),
        grid._keys([spec(precision="bf16")], TEXTS),
        grid._keys([replace(spec(), steps=90)], TEXTS),
        grid._keys([replace(spec(), steps=91)], TEXTS),
    ]
    assert len({key, *(one for (one,) in changed)}) == 9


def test_a_run_takes_the_steps_that_it_is_given(tmp_path):
    (short, whole), trained = [replace(spec(), steps=steps) for steps in (20, 30)], []
    outcomes = [carry_out(one, TEXTS, trained.append) for one in (short, whole)]
    assert [(outcome.steps, outcome.epochs) for outcome in outcomes] == [(20, pytest.approx(4 / 3)), (30, 2)]
    assert (
        [len(outcome.losses) for outcome in outcomes]
        == [len(outcome.dev_f1) for outcome in outcomes]
        == [2, 2]
    )
    assert (
        outcomes[0].losses[0] != outcomes[1].losses[0]
    )  # the learning rate falls over all steps, and not over an epoch
    assert sum(trained) == pytest.approx(grid._cost(short, TEXTS) + grid._cost(whole, TEXTS), rel=0.05)
    assert run_grid([short], TEXTS, tmp_path, workers=1)[0].losses == outcomes[0].losses


def test_a_failing_run_is_named_and_leaves_nothing_finished(tmp_path):
    broken = replace(spec(7), labels=LABELS[:3])
    with pytest.raises(OpenNERError, match=r"seed 7, train: Unknown label .* 'B-LOC'"):
        run_grid([broken, spec(8, epochs=5000)], TEXTS, tmp_path, workers=2)
    assert not list(tmp_path.glob("*/outcome.json"))
