"""Where jobs are carried out: one interface, and processes of this machine behind it.

Clusters are two more classes with the method `Executor.carry_out` (`ray_executor`, `slurm`); `sites` chooses, and those who
have jobs know the interface alone.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any, NoReturn, Protocol, TypeVar

from openner_utils.runs.machine import CPU, Machine, environments
from openner_utils.support.errors import OpenNERError
from openner_utils.support.process import environment

J = TypeVar("J")
R = TypeVar("R")

Advance = Callable[[float], None]
"""Told how much more work has been done, in whatever unit the jobs count."""

Work = Callable[[J, Advance], R]
"""What is done with a job. It is sent to other processes, so it is a function of a module, or a `partial` of one."""

_LOOK_EVERY = 0.1  # seconds between two looks at how far the workers are


KILLED = "whatever carried it out was killed"
"""Why a job is lost."""


def nobody(*_: object) -> None:
    """Take no note of anything: for jobs whose progress or results nobody waits for."""


class Executor(Protocol):
    """A way to carry out jobs.

    ``shares_files``: whether what a job writes into a folder of this machine is there for this process, too.
    """

    shares_files: bool

    def carry_out(
        self,
        work: Work[J, R],
        jobs: Sequence[J],
        advance: Advance = nobody,
        keep: Callable[[R], None] = nobody,
        failed: Callable[[J, str], None] = nobody,
    ) -> list[R]:
        """Return what ``work`` makes of each job, in the order of ``jobs``, which are begun in that order.

        ``advance`` is told of work as it is done, ``keep`` of each result as soon as it is there, ``failed`` of a job that
        raised or was lost, and why. However this ends, no job is left running. The first job that raises stops the others, and its error is raised; `str` of a job names
        it there. A job that is lost, because whatever carried it out was killed, stops no other: when they are done
        it is named in an `OpenNERError`.
        """


def this_machine(workers: int, machine: Machine = CPU, gpus: float = 1.0) -> Executor:
    """Return what carries out jobs here: ``workers`` processes of one thread; of GPUs each has the share ``gpus`` (0 to 1)."""
    return Processes(environments(workers, machine, gpus))


class Processes:
    """Worker processes of this machine, one for each of ``environments``: variables that it starts with.

    They end with this process, however it ends, and with Ctrl-C at once.
    """

    shares_files = True

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        self._environments = environments

    def carry_out(
        self,
        work: Work[J, R],
        jobs: Sequence[J],
        advance: Advance = nobody,
        keep: Callable[[R], None] = nobody,
        failed: Callable[[J, str], None] = nobody,
    ) -> list[R]:
        """See `Executor.carry_out`. A worker that was killed is not replaced: most often memory ran out."""
        waiting = list(range(len(jobs)))
        results: dict[int, R] = {}
        lost: list[int] = []
        at_work: dict[Future[R], tuple[_Worker, int]] = {}
        context = get_context("spawn")
        done = context.RawArray("d", len(self._environments))  # each worker counts in a place of its own
        told = 0.0
        with _started(context, self._environments[: len(jobs)], done) as idle:
            while at_work or (idle and waiting):
                while idle and waiting:
                    worker, number = idle.pop(0), waiting.pop(0)
                    at_work[worker.submit(work, jobs[number])] = worker, number
                finished, _ = wait(at_work, _LOOK_EVERY, FIRST_COMPLETED)
                told, before = sum(done), told
                advance(told - before)
                for future in finished:
                    worker, number = at_work.pop(future)
                    try:
                        results[number] = future.result()
                    except BrokenProcessPool:
                        lost.append(number)
                        failed(jobs[number], KILLED)
                    except Exception as error:
                        failed(jobs[number], str(error))
                        raise_named(error, jobs[number])
                    else:
                        keep(results[number])
                        idle.append(worker)
        if lost:
            raise lost_jobs([str(jobs[number]) for number in sorted(lost)], len(jobs))
        return [results[number] for number in range(len(jobs))]


def lost_jobs(names: Sequence[str], of: int) -> OpenNERError:
    """Return the error for jobs, by their names, that were lost; ``of``: how many there were."""
    return OpenNERError(
        f"{len(names)} of {of} runs were lost because their processes were killed, most often for want of memory: "
        f"{'; '.join(names)}. Lower `run.workers`, `batch_size` or `max_length` and run the same command again."
    )


def raise_named(error: Exception, job: object) -> NoReturn:
    """Raise a job's error with the job's name; a fault of the code keeps its kind."""
    if isinstance(error, OpenNERError):
        raise OpenNERError(f"{job}: {error}") from error
    error.add_note(f"in: {job}")
    raise error


class _Worker:
    """One process, which starts with its first job and in its own environment."""

    def __init__(self, pool: ProcessPoolExecutor, variables: Mapping[str, str]) -> None:
        self.pool, self._variables = pool, variables

    def submit(self, work: Work[J, R], job: J) -> Future[R]:
        """Have the process carry out a job."""
        with environment(self._variables):
            return self.pool.submit(_carry_out, work, job)


@contextmanager
def _started(
    context: SpawnContext, environments: Sequence[Mapping[str, str]], done: MutableSequence[float]
) -> Iterator[list[_Worker]]:
    """Yield workers and end them, in the middle of a job too, when the block ends or when this process does.

    Each worker has a pool of its own: the standard library gives up a whole pool with one killed process.
    """
    # Nothing is ever sent. When `ours`, of which no worker has a copy, closes or dies with us, each worker sees it.
    theirs, ours = context.Pipe(duplex=False)
    workers = [
        _Worker(ProcessPoolExecutor(1, context, _begin, (theirs, done, number)), variables)
        for number, variables in enumerate(environments)
    ]
    try:
        yield list(workers)
    finally:
        ours.close()
        for worker in workers:
            worker.pool.shutdown(cancel_futures=True)
        theirs.close()


# --- in a worker --------------------------------------------------------------------------------------------

_advance: Advance = nobody


def _begin(line: "Connection[Any, Any]", done: MutableSequence[float], number: int) -> None:
    """Make this process a worker: Ctrl-C, which reaches all processes, is the parent's to answer."""
    global _advance
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()

    def advance(amount: float) -> None:
        done[number] += amount

    _advance = advance


def _end_with(line: "Connection[Any, Any]") -> None:
    """Leave at once when the other end of the line is closed."""
    line.poll(None)
    os._exit(1)


def _carry_out(work: Work[J, R], job: J) -> R:
    return work(job, _advance)
