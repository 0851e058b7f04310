"""Workers are told how many threads they have, and each on a GPU which one."""

import pytest
import torch

from openner_utils.runs.executors import this_machine
from openner_utils.runs.machine import WORKER, Machine, environments, resolve


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_is_used_where_there_is_one_and_precision_never_depends_on_it(precision):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve(precision) == Machine(device, precision)


def threads(_job, _advance) -> int:
    return torch.get_num_threads()


def test_a_worker_computes_in_one_thread():
    assert this_machine(1).carry_out(threads, ["count"]) == [1]


@pytest.mark.parametrize(
    ("visible", "workers", "expected"), [("0,1,2", 2, ["0", "1"]), ("3", 2, ["3"]), ("5,4", 9, ["5", "4"])]
)
def test_each_worker_sees_one_gpu(monkeypatch, visible, workers, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert environments(workers, Machine("cuda", "fp32")) == [
        {**WORKER, "CUDA_VISIBLE_DEVICES": gpu} for gpu in expected
    ]


@pytest.mark.parametrize(
    ("gpus", "workers", "expected"),
    [(0.5, 9, ["0", "1", "0", "1"]), (0.5, 3, ["0", "1", "0"]), (1 / 3, 9, ["0", "1"] * 3), (1.0, 9, ["0", "1"]), (0.7, 9, ["0", "1"])],
)  # fmt: skip
def test_several_workers_share_a_gpu_when_each_wants_a_part_of_it(monkeypatch, gpus, workers, expected):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    found = environments(workers, Machine("cuda", "fp32"), gpus)
    assert [each["CUDA_VISIBLE_DEVICES"] for each in found] == expected
