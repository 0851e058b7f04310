"""The machine that a run computes on: its device, the precision, and what its worker processes are told.

Numbers that come out of a run depend on all of it, so all of it stands in the run's key.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ONE_THREAD: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Numeric libraries read this when they are first loaded. On two cores, two processes of one thread do about 1.5 times
the work of one process with two threads, and what they compute does not depend on how many they are."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run computes: ``device`` is cpu or cuda, ``precision`` fp32 or bf16 (autocast)."""

    device: str
    precision: str


CPU = Machine("cpu", "fp32")


def resolve(precision: Literal["fp32", "bf16"]) -> Machine:
    """Return the GPU if there is one, else the CPU, under this precision."""
    import torch  # takes seconds, which those who read finished runs need not pay

    return Machine("cuda" if torch.cuda.is_available() else "cpu", precision)


def environments(workers: int, machine: Machine = CPU, gpus: float = 1.0) -> list[Mapping[str, str]]:
    """Return the environment variables of each worker process: ``workers`` on the CPU, else as many as GPUs have room for.

    ``gpus`` is the share of a GPU that each has (above 0, at most 1): with 0.5 two share one. All GPUs get their first
    worker before one gets a second.

    >>> environments(2) == [ONE_THREAD, ONE_THREAD]
    True
    """
    if machine.device == "cpu":
        return [ONE_THREAD] * workers
    import torch

    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(torch.cuda.device_count())))
    seats = visible.split(",") * int(1 / gpus + 1e-9)  # a third is three times in one, whatever floats say
    return [{**ONE_THREAD, "CUDA_VISIBLE_DEVICES": gpu} for gpu in seats[:workers]]
