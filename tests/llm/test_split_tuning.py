"""A training whose weights are split among two processes of this machine does what one process does."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file

from openner_utils.llm.local import LocalBackend
from openner_utils.llm.tuning.jobs import Job, key_of, train, train_all
from openner_utils.llm.tuning.split import Split, in_processes
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from tests.llm.micro import micro
from tests.llm.teaching import sentences, taught
from tests.llm.test_causal_tuning import ADAPTERS, recipe, ways

TWO = {"processes": 2}


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    place = tmp_path_factory.mktemp("micro")
    micro(place)
    return place


@ways
def test_two_processes_train_the_model_that_one_does(start, tmp_path, way):
    """With 11 examples and batches of 3 some process now and then has nothing to compute."""
    lessons = taught(*sentences(11))
    lora = replace(ADAPTERS, dropout=0.0) if way == "lora" else None  # chance is drawn by each process
    made = recipe(start, lora=lora, steps=9, batch_size=3, micro_batch=1, prompts=("json_short",))
    found = {}
    for name, each in (("one", made), ("two", replace(made, **TWO))):
        job = Job(each, lessons, tmp_path / name)
        (found[name],) = train_all([job], 1, tmp_path / f"{name}-kept")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    begun = load_file(start / "model.safetensors")
    assert one.keys() == two.keys()
    for name, weight in one.items():
        assert torch.allclose(weight, two[name], atol=2e-5), name
    assert any(not torch.allclose(weight, one[name], atol=1e-3) for name, weight in begun.items())
    of_one, of_two = (dict(found[name].losses) for name in ("one", "two"))
    assert of_one == pytest.approx(of_two, abs=2e-3)
    assert (found["one"].weights, found["one"].examples) == (found["two"].weights, found["two"].examples)
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("one", "two")]
    assert names[0] == names[1]
    ((_, reply),) = next(iter(LocalBackend(tmp_path / "two").generate(["Ann"], 4)))
    assert reply.finish_reason in ("length", "stop")


def test_how_many_processes_is_part_of_what_decides_a_training(start, tmp_path):
    made = recipe(start, lora=None)
    keys = {key_of(Job(each, taught(), tmp_path)) for each in (made, replace(made, **TWO))}
    assert len(keys) == 2


def breaking(job, folder, after, _advance, split):
    """Train, and fail after so many steps."""
    done = 0.0

    def advance(steps):
        nonlocal done
        done += steps
        if done > after:
            raise OpenNERError("broken off")

    train(job, folder, advance, split)


@pytest.mark.parametrize("lost", [False, True], ids=["resumed", "a state is lost"])
def test_a_split_training_that_breaks_off_goes_on_and_ends_with_the_same_bytes(start, tmp_path, lost):
    made = recipe(start, lora=None, steps=8, prompts=("json_short",), **TWO)
    state = tmp_path / "state.pt"
    whole, broken = (
        Job(made, taught(), tmp_path / name, state=state, state_seconds=0) for name in ("whole", "broken")
    )
    train(whole, whole.folder)
    assert not list(tmp_path.glob("state*"))
    broken.folder.mkdir()
    with pytest.raises(OpenNERError, match="broken off"):
        in_processes(partial(breaking, broken, broken.folder, 5), 2, lambda _: None)
    assert sorted(path.name for path in tmp_path.glob("state*")) == ["state.0.pt", "state.1.pt"]
    if lost:  # then nothing is gone on from, and the training begins anew
        (tmp_path / "state.1.pt").unlink()
    train(broken, broken.folder)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (whole.folder, broken.folder)]
    assert weights[0] == weights[1] and not list(tmp_path.glob("state*"))


def failing(_advance, split):
    if split.rank == 1:
        raise OpenNERError("the second has no memory")
    time.sleep(60)


def killed(_advance, split):
    if split.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


@pytest.mark.parametrize(("work", "said"), [(failing, "the second has no memory"), (killed, "was killed")])
def test_a_process_that_fails_ends_the_others_and_says_why(work, said):
    began = time.monotonic()
    with pytest.raises(OpenNERError, match=said):
        in_processes(work, 2, lambda _: None)
    assert time.monotonic() - began < 50


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_shares_hold_everything_once_and_all_have_as_many_parts(size, at_once):
    for count in range(1, 9):
        shares = [list(Split(rank, size).parts(range(count), at_once)) for rank in range(size)]
        assert sorted(n for share in shares for part in share for n in part) == list(range(count))
        assert len({len(share) for share in shares}) == 1
        assert all(len(part) <= at_once for share in shares for part in share)


SLEEPERS = """
import os, sys, time
from openner_utils.llm.tuning.split import in_processes
from tests.llm.test_split_tuning import sleeping
if __name__ == "__main__":
    in_processes(sleeping, 2, lambda _: None)
"""


def sleeping(_advance, split):
    print("here", os.getpid(), flush=True)
    time.sleep(60)


def test_processes_end_with_the_one_that_started_them(tmp_path):
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline().split()[1]) for _ in range(2)]
        parent.kill()
    for pid in pids:
        for _ in range(100):
            if not alive(pid):
                break
            time.sleep(0.1)
        assert not alive(pid)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
