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
WORKER: Mapping[str, str] = {
    **ONE_THREAD,
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
}
"""What a worker process starts with. glibc gives memory above a threshold back at once, and each step of a training asks for
the same again, which the system then clears page by page: a tenth of the time of a step."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run computes: ``device`` is cpu or cuda, ``precision`` fp32 or bf16 (autocast)."""

    device: str
    precision: str


CPU = Machine("cpu", "fp32")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether a device, the CPU included, had no memory left; PyTorch has a class for that on GPUs alone."""
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator: " in str(error)


def resolve(precision: Literal["fp32", "bf16"]) -> Machine:
    """Return the GPU if there is one, else the CPU, under this precision."""
    import torch  # takes seconds, which those who read finished runs need not pay

    return Machine("cuda" if torch.cuda.is_available() else "cpu", precision)


def at_once(jobs: int, cores: int) -> int:
    """Return how many processes of one thread carry out equal jobs on so many cores in the least time.

    What cannot be divided evenly would leave cores idle at the end, so these jobs share the cores from the beginning. Three jobs on two
    cores take 1.5 times as long as one if all run at once, and twice as long if the third waits.

    >>> [at_once(jobs, cores=2) for jobs in (1, 2, 3, 5, 6)], at_once(7, cores=4)
    ([2, 2, 3, 3, 2], 4)
    """
    left = jobs % cores
    return cores + left if jobs > cores and 2 * left <= cores else cores


def environments(workers: int, machine: Machine = CPU, gpus: float = 1.0) -> list[Mapping[str, str]]:
    """Return the environment variables of each worker process: ``workers`` on the CPU, else as many as GPUs have room for.

    ``gpus`` is the share of a GPU that each has (above 0, at most 1): with 0.5 two share one. All GPUs get their first
    worker before one gets a second.

    >>> environments(2) == [WORKER, WORKER]
    True
    """
    if machine.device == "cpu":
        return [WORKER] * workers
    import torch

    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(torch.cuda.device_count())))
    seats = visible.split(",") * int(1 / gpus + 1e-9)  # a third is three times in one, whatever floats say
    return [{**WORKER, "CUDA_VISIBLE_DEVICES": gpu} for gpu in seats[:workers]]
