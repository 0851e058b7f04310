import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openner_utils.encoders import grid
from openner_utils.encoders.grid import run_grid
from openner_utils.encoders.one_run import RunSpec, carry_out
from openner_utils.pipeline import deps as pipeline
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
    assert len(list(folder.iterdir())) == 3
    assert outcomes[0].losses == outcomes[3].losses != outcomes[1].losses
    for outcome in outcomes:
        assert (outcome.device, outcome.precision) == ("cpu", "fp32")
        for name in ("dev", "test"):
            assert score(TEXTS[name], outcome.predicted(name, TEXTS[name]))[ALL].f1 > 0.9
            assert 0 <= outcome.invalid_shares[name] < 0.1
        assert outcome.dev_f1[-1] == score(TEXTS["dev"], outcome.predicted("dev", TEXTS["dev"]))[ALL].f1


def test_a_second_call_trains_nothing(finished):
    folder, specs, outcomes = finished
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    again = run_grid(specs, TEXTS, folder, workers=2)
    assert {
        path.name: path.stat().st_ino for path in folder.iterdir()
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


DECIDES_NOTHING = {
    "__init__.py",
    *(f"{room}/__init__.py" for room in ("config", "core", "encoders", "scoring", "support")),
    "core/document.py",  # objects for the API: what a run computes with are columns
    "config/params.py",  # the recipe's values stand in the key themselves
    "support/errors.py",
    "support/paths.py",
    "support/records.py",
}
"""What a run uses and what does not decide its outcome."""


def test_the_key_covers_the_code_that_decides_an_outcome_and_no_other():
    package = f"{pipeline.PACKAGE}/"
    used = {name.removeprefix(package) for name in pipeline.modules(f"{package}encoders/one_run.py")} | {
        "encoders/one_run.py"
    }
    assert used - DECIDES_NOTHING == set(grid.CODE)
    assert not DECIDES_NOTHING & set(grid.CODE)


def test_runs_on_other_hardware_are_other_runs(monkeypatch):
    cpu = grid._keys([spec()], TEXTS)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert grid._keys([spec()], TEXTS) != cpu


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


def test_a_failing_run_stops_the_grid_and_leaves_no_process(tmp_path):
    broken = replace(spec(7), labels=LABELS[:3])
    slow = spec(8, epochs=5000)
    with pytest.raises(OpenNERError, match=r"seed 7, train: Unknown label .* 'B-LOC'"):
        run_grid([broken, slow], TEXTS, tmp_path, workers=2)
    assert not multiprocessing.active_children()
    assert not list(tmp_path.iterdir())


def _once_a_worker_runs(act: Callable[[], None]) -> threading.Thread:
    def watch() -> None:
        while not multiprocessing.active_children():
            time.sleep(0.05)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_worker_that_is_killed_is_an_error_and_no_endless_wait(tmp_path):
    watcher = _once_a_worker_runs(lambda: multiprocessing.active_children()[0].kill())
    with pytest.raises(OpenNERError, match="its process ended with code -9"):
        run_grid([spec(8, epochs=5000)], TEXTS, tmp_path, workers=1)
    watcher.join()


@pytest.fixture
def interruptible():
    """Python's own handling of Ctrl-C, which a process that was started in the background lacks."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_workers(tmp_path):
    main = threading.main_thread().ident

    def press() -> None:
        time.sleep(0.5)  # the worker is loading its libraries
        signal.pthread_kill(main, signal.SIGINT)

    watcher = _once_a_worker_runs(press)
    with pytest.raises(KeyboardInterrupt):
        run_grid([spec(8, epochs=5000)], TEXTS, tmp_path, workers=1)
    watcher.join()
    assert not multiprocessing.active_children()


SCRIPT = """
import sys
from pathlib import Path
from tests.encoders.test_grid import TEXTS, spec
from openner_utils.encoders.grid import run_grid
if __name__ == "__main__":
    run_grid([spec(1), spec(2, epochs=5000)], TEXTS, Path(sys.argv[1]), workers=2)
"""


def _alive(pids: list[int]) -> list[int]:
    """Return those of the processes that still run (not zombies)."""
    alive = []
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        try:
            if stat.read_text().rpartition(")")[2].split()[0] != "Z":
                alive.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return alive


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_a_killed_grid_keeps_what_is_finished_and_leaves_no_process(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    resume = tmp_path / "resume"
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, str(script), str(resume)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not list(resume.glob("*.json")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [int(pid) for pid in listed]
        assert len(_alive(workers)) >= 2
        process.kill()
        process.wait(30)
        while _alive(workers):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        process.kill()
    assert [path.suffix for path in resume.iterdir()] == [".json"]
