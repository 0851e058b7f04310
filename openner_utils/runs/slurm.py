"""Jobs on the machines of a Slurm cluster (Yoo et al. 2003), sent by submitit: each job is one element of an array.

This process and the machines share a file system, with this code and its environment on it. Everything that they tell each
other is a file of one folder, which is removed when all went well and holds the logs where it did not.
"""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openner_utils.config.params import Slurm as Wanted
from openner_utils.runs.elsewhere import REQUIREMENTS, Footing, Raised, carry_out_elsewhere
from openner_utils.runs.executors import KILLED, Advance, J, R, Work, lost_jobs, nobody
from openner_utils.runs.machine import WORKER
from openner_utils.support.errors import OpenNERError
from openner_utils.support.extras import extra
from openner_utils.support.files import write_text
from openner_utils.support.process import environment

_LOOK_EVERY = 1.0  # seconds between two looks at how far the jobs are
_PATIENCE = 300.0  # seconds without a sign of life of this process after which its jobs end
_END_WITHIN = 20.0  # seconds that jobs have to end in when they are stopped
_IN_AN_ARRAY = 500  # what clusters commonly allow is 1,001
_OVER = "over"


class Slurm:
    """Carries out jobs on a Slurm cluster.

    ``wanted``: what each job asks for; ``folder``: where the files of calls lie, on the shared file system; ``workers``: most
    jobs at once, None for as many as Slurm allows; ``gpus``: whole ones for each job. ``cluster``: ``slurm``, or what else
    submitit knows: ``local``, processes of this machine that are sent in the same way.
    """

    shares_files = True

    def __init__(
        self, wanted: Wanted, folder: Path, workers: int | None = None, gpus: int = 0, cluster: str = "slurm"
    ) -> None:
        self._submitit = extra("submitit", REQUIREMENTS, "run.executor: slurm")
        if cluster == "slurm" and shutil.which("srun") is None:
            raise OpenNERError(
                "run.executor: slurm: there is no `srun` on this machine. Run the command where Slurm's commands are, on a login "
                "node for instance."
            )
        self._wanted, self._folder, self._workers, self._gpus, self._cluster = (
            wanted, folder, workers, gpus, cluster,
        )  # fmt: skip

    def carry_out(
        self,
        work: Work[J, R],
        jobs: Sequence[J],
        advance: Advance = nobody,
        keep: Callable[[R], None] = nobody,
        failed: Callable[[J, str], None] = nobody,
    ) -> list[R]:
        """See `Executor.carry_out`. Jobs of which this process, killed, does not hear any more end by themselves in minutes."""
        if not jobs:
            return []
        results: dict[int, R] = {}
        lost: list[int] = []
        with self._sent(work, jobs) as sent:
            while sent.at_work:
                for number, found in sent.finished(advance):
                    if isinstance(found, Raised):
                        failed(jobs[number], str(found.error))
                        found.again(jobs[number])
                    if isinstance(found, _Lost):
                        lost.append(number)
                        failed(jobs[number], f"{KILLED} (logs: {sent.folder})")
                    else:
                        results[number] = found
                        keep(found)
        if lost:
            error = lost_jobs([str(jobs[number]) for number in sorted(lost)], len(jobs))
            raise OpenNERError(f"{error} What each job said last is in {sent.folder}.")
        shutil.rmtree(sent.folder, ignore_errors=True)
        return [results[number] for number in range(len(jobs))]

    @contextmanager
    def _sent(self, work: Work[J, R], jobs: Sequence[J]) -> Iterator["_Sent"]:
        """Send all jobs, and stop those that are not finished when the block ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=time.strftime("%Y-%m-%d-"), dir=self._folder))
        footing = Footing.here("cuda" if self._gpus else "cpu")
        sent = _Sent(folder, self._submitit)
        try:
            executor = self._executor(folder)
            numbers = range(len(jobs))
            for first in range(0, len(jobs), _IN_AN_ARRAY):
                some = numbers[first : first + _IN_AN_ARRAY]
                with environment(WORKER):
                    array = executor.map_array(
                        _in_worker, *zip(*((folder, footing, work, jobs[n], n) for n in some), strict=True)
                    )
                sent.at_work.update(zip(some, array, strict=True))
            yield sent
        finally:
            sent.end()

    def _executor(self, folder: Path) -> Any:
        executor = self._submitit.AutoExecutor(folder=folder, cluster=self._cluster)
        wanted = self._wanted
        asked = {
            "name": "openner", "timeout_min": wanted.minutes, "cpus_per_task": wanted.cpus, "mem_gb": wanted.memory_gb,
            "gpus_per_node": self._gpus, "slurm_array_parallelism": self._workers or _IN_AN_ARRAY,
            "slurm_partition": wanted.partition, "slurm_additional_parameters": dict(wanted.parameters),
        }  # fmt: skip
        executor.update_parameters(**{name: value for name, value in asked.items() if value is not None})
        return executor


class _Lost:
    """What is there in place of the result of a job that was killed."""


class _Sent:
    """The jobs of one call: ``at_work`` holds those that are not finished by their numbers."""

    def __init__(self, folder: Path, submitit: Any) -> None:
        self.folder = folder
        self.at_work: dict[int, Any] = {}
        self._errors = submitit.core.utils
        self._told, self._signs = 0.0, 0
        self._sign()

    def _sign(self) -> None:
        self._signs += 1
        write_text(self.folder / "alive", f"{self._signs}")

    def finished(self, advance: Advance) -> Iterator[tuple[int, Any]]:
        """Wait a moment, tell how much was done in it, and yield the jobs that ended: number and result, `Raised` or `_Lost`."""
        time.sleep(_LOOK_EVERY)
        self._sign()
        ended = [number for number, job in self.at_work.items() if job.done()]
        told, self._told = self._told, sum(float(path.read_text()) for path in self.folder.glob("done-*"))
        advance(self._told - told)
        for number in ended:
            yield number, self._outcome(self.at_work.pop(number))

    def _outcome(self, job: Any) -> Any:
        try:
            return job.result()
        except self._errors.FailedJobError as error:  # before our own code was there
            raise OpenNERError(
                f"A job of Slurm could not begin: {error}. Logs are in {self.folder}."
            ) from error
        except self._errors.UncompletedJobError:
            return _Lost()

    def end(self) -> None:
        """Stop what is still at work, and wait until it is."""
        write_text(self.folder / "alive", _OVER)
        for job in self.at_work.values():
            job.cancel(check=False)
        until = time.monotonic() + _END_WITHIN
        while time.monotonic() < until and not all(
            job.done(force_check=True) for job in self.at_work.values()
        ):
            time.sleep(0.1)


# --- in a worker --------------------------------------------------------------------------------------------


def _in_worker(folder: Path, footing: Footing, work: Work[J, R], job: J, number: int) -> R | Raised:
    threading.Thread(target=_end_with, args=(folder / "alive",), daemon=True).start()
    done = 0.0

    def tell(amount: float) -> None:
        nonlocal done
        done += amount
        write_text(folder / f"done-{number}", repr(done))

    return carry_out_elsewhere(footing, work, job, tell)


def _end_with(alive: Path, patience: float = _PATIENCE) -> None:
    """Leave at once when the one who waits for the result says that it is over, or gives no sign of life any more."""
    last, since = "", time.monotonic()
    while True:
        try:
            sign = alive.read_text()
        except OSError:
            sign = last
        if sign != last:
            last, since = sign, time.monotonic()
        if sign == _OVER or time.monotonic() - since > patience:
            os._exit(1)
        time.sleep(_LOOK_EVERY)
