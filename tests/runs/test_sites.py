"""`run` in params.yaml says where runs are carried out."""

import os
import sys

import pytest

from openner_utils.config.params import Run
from openner_utils.runs.executors import Advance, Processes
from openner_utils.runs.machine import CPU, Machine
from openner_utils.runs.sites import Site
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse


def test_processes_of_this_machine_are_the_default(tmp_path):
    assert isinstance(Site(Run(), tmp_path).executor(2, CPU), Processes)


def process(job: int, advance: Advance) -> int:
    return os.getpid()


@pytest.mark.parametrize(("workers", "processes"), [("auto", 3), (2, 2)])
def test_three_runs_share_two_cores_unless_the_number_of_processes_was_given(tmp_path, workers, processes):
    executor = Site(Run(workers=workers), tmp_path).executor(2, CPU, jobs=3)
    assert len({*executor.carry_out(process, [1, 2, 3])}) == processes


@pytest.mark.parametrize(("gpus", "device"), [(None, "cpu"), (0, "cpu"), (0.25, "cuda")])
def test_elsewhere_a_gpu_is_what_is_asked_for(tmp_path, gpus, device):
    site = Site(Run(executor="ray", gpus=gpus), tmp_path)
    assert site.machine("bf16") == Machine(device, "bf16")


@pytest.mark.parametrize(("executor", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_an_absent_package_is_named_with_what_installs_it(tmp_path, monkeypatch, executor, package):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
    with pytest.raises(
        OpenNERError, match=rf"run.executor: {executor} needs the package {package}, .* -r requirements-grids"
    ):
        Site(Run(executor=executor), tmp_path).executor(2, CPU)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"executor": "rey"}, "executor: Input should be 'processes', 'ray' or 'slurm'"),
        ({"address": "auto"}, "address is that of a Ray cluster"),
        ({"executor": "slurm", "gpus": 0.5}, "Slurm gives whole GPUs"),
        ({"gpus": 2}, "gpus: Input should be less than or equal to 1"),
        ({"gpus": 0}, "hide it with CUDA_VISIBLE_DEVICES"),
        ({"slurm": {"partitions": "gpu"}}, "Did you mean 'partition'"),
    ],
)
def test_slips_are_named(run, message):
    with pytest.raises(OpenNERError, match=message):
        parse(Run, run, "params.yaml: run")
