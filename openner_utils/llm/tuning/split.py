"""One training whose weights are split among several processes, each with a GPU: for a model that does not fit on one.

It is PyTorch's FSDP2 (`torch.distributed.fsdp.fully_shard`; Zhao et al. 2023, arXiv:2304.11277): each process holds a part of every weight, of its gradient and
of the optimizer's state, the parts of a layer come together while it is computed, and each process computes its share of every batch. All take the
same steps, so the effective batch is that of one process; sums are added up in another order, so bits differ, and chance (dropout) is drawn by each.

Where there is no GPU the processes are of the CPU (gloo). That is of no use but to test it.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import torch
from torch import distributed as processes

from openner_utils.llm.tuning.loop import Keeping
from openner_utils.runs.executors import Advance
from openner_utils.support.errors import OpenNERError

T = TypeVar("T")
_PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others, of which one may be writing the whole model, before it takes them for dead."""
_LOOK_EVERY = 0.2  # seconds
_APART = 1_000_003
"""What lies between the seeds of two processes."""


@dataclass(frozen=True, slots=True)
class Split:
    """One of ``size`` processes among which a training is split; ``rank`` 0 is the one that writes."""

    rank: int = 0
    size: int = 1

    def parts(self, batch: Sequence[T], at_once: int) -> Iterator[Sequence[T]]:
        """Yield what this process computes of a batch, ``at_once`` examples at a time.

        All processes get as many parts, for they compute them together: some may be empty.

        >>> [[list(part) for part in Split(rank, 2).parts("abc", 1)] for rank in (0, 1)]
        [[['a'], ['c']], [['b'], []]]
        """
        mine = batch[self.rank :: self.size]
        share = math.ceil(len(batch) / self.size)
        for start in range(0, share, at_once):
            yield mine[start : start + at_once]

    def seed(self, seed: int) -> int:
        """Return the seed of what this process draws while it trains: that of one alone stays."""
        return seed + _APART * self.rank

    def mean(self, value: float) -> float:
        """Return the mean of a number over all processes."""
        if self.size == 1:
            return value
        device = "cuda" if torch.cuda.is_available() else "cpu"
        told = torch.tensor([value], dtype=torch.float64, device=device)
        processes.all_reduce(told)
        return float(told) / self.size

    def shard(self, model: Any) -> None:
        """Split a model's weights, which lie on the CPU: layer by layer, then what is left."""
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh("cuda" if torch.cuda.is_available() else "cpu", (self.size,))
        layers = {
            name for module in model.modules() for name in getattr(module, "_no_split_modules", None) or ()
        }
        for module in list(model.modules()):
            if type(module).__name__ in layers:
                fully_shard(module, mesh=mesh)
        fully_shard(model, mesh=mesh)


ALONE = Split()


@dataclass(slots=True)
class SplitKeeping(Keeping):
    """States of a split training: a file for each process, of which all are of the same step, or none is gone on from."""

    split: Split = ALONE

    def begin(self) -> dict[str, Any] | None:
        """Return the state of this process, if all have one of the same step."""
        found = Keeping.begin(self)
        step = -1 if found is None else int(found["step"])
        mean = self.split.mean(step)
        alike = self.split.mean(float(step == mean)) == 1
        return found if alike else None

    @property
    def due(self) -> bool:
        """Whether it is time to keep a state, by the clock of the first process."""
        return self.split.mean(float(self.split.rank == 0 and self.time_is_up)) > 0

    def keep(self, state: dict[str, Any]) -> None:
        """Write the state of each process."""
        processes.barrier()
        Keeping.keep(self, state)


def keeping(path: Path | None, seconds: float, split: Split) -> Keeping:
    """Return where the state of a training is kept, or this process's part of it."""
    if split == ALONE or path is None:
        return Keeping(path, seconds)
    return SplitKeeping(path.with_suffix(f".{split.rank}{path.suffix}"), seconds, split=split)


def whole(model: Any) -> dict[str, torch.Tensor]:
    """Return all weights of a split model, put together on the CPU, to process 0; to the others nothing. All must call it."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    return cast(dict[str, torch.Tensor], get_model_state_dict(model, options=options))


def in_processes(work: Callable[[Advance, Split], object], size: int, advance: Advance) -> None:
    """Have ``size`` processes of this machine do ``work`` together, which is sent to them; raise what the first of them raises.

    However this ends, none is left running: they end with this process, too.
    """
    if torch.cuda.is_available() and torch.cuda.device_count() < size:
        raise OpenNERError(
            f"A training in {size} processes takes {size} GPUs, and there are {torch.cuda.device_count()}. Lower `processes` in params.yaml."
        )
    context = get_context("spawn")
    done = context.RawArray("d", 1)
    with TemporaryDirectory() as folder:
        meeting = Path(folder)
        started: list[BaseProcess] = [
            context.Process(target=_take_part, args=(work, Split(rank, size), meeting, done, os.getpid()))
            for rank in range(size)
        ]
        try:
            for each in started:
                each.start()
            told = 0.0
            while any(each.is_alive() for each in started) and not any(each.exitcode for each in started):
                time.sleep(_LOOK_EVERY)
                told, before = done[0], told
                advance(told - before)
        finally:
            failed = [rank for rank, each in enumerate(started) if each.exitcode]
            for each in started:
                if each.pid is not None:
                    each.kill() if each.is_alive() else None
                    each.join()
        _raise_first(meeting, failed)


def _raise_first(meeting: Path, failed: Sequence[int]) -> None:
    """Raise the error of a process that ended with one; of several, one that told why."""
    if not failed:
        return
    told = [path.read_text(encoding="utf-8") for rank in failed if (path := meeting / f"{rank}").is_file()]
    raise OpenNERError(
        told[0]
        if told
        else f"Process {failed[0]} of the training was killed, most often for want of memory. Lower `micro_batch`, or split it among more "
        "`processes`."
    )


def _take_part(
    work: Callable[[Advance, Split], object],
    split: Split,
    meeting: Path,
    done: MutableSequence[float],
    parent: int,
) -> None:
    """Do this process's part, and leave behind why if it fails."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    def advance(amount: float) -> None:
        if split.rank == 0:
            done[0] += amount

    try:
        if torch.cuda.is_available():
            torch.cuda.set_device(split.rank)
        processes.init_process_group(
            "nccl" if torch.cuda.is_available() else "gloo",
            init_method=f"file://{meeting / 'meet'}",
            rank=split.rank,
            world_size=split.size,
            timeout=_PATIENCE,
        )
        work(advance, split)
        processes.barrier()
    except Exception as error:
        (meeting / f"{split.rank}").write_text(str(error), encoding="utf-8")
        os._exit(1)  # the others may wait for it, and it for them
    processes.destroy_process_group()


def _end_with(parent: int) -> None:
    """Leave when the process that started this one is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
