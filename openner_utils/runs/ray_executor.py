"""Jobs on the machines of a Ray cluster (Moritz et al. 2018).

Each job is one task of Ray in a process of its own, with one core and the share of a GPU that was asked for. The code of this
package travels along, so that what runs is what the runs' keys were computed from; its libraries must be installed there.
Nothing else needs to be shared: results come back over the network.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from openner_utils.runs.elsewhere import REQUIREMENTS, Footing, Raised, carry_out_elsewhere
from openner_utils.runs.executors import KILLED, Advance, J, R, Work, lost_jobs, nobody
from openner_utils.runs.machine import WORKER
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.extras import extra

_LOOK_EVERY = 0.5  # seconds between two looks at how far the jobs are
_END_WITHIN = 20.0  # seconds that jobs have to end in when they are stopped


class Ray:
    """Carries out jobs on the Ray cluster at ``address`` (``auto``, ``host:6379`` or ``ray://host:10001``).

    Without an address a cluster of ``workers`` processes is started on this machine and ended again. ``workers``: most jobs at
    once; None takes as many as the cluster has room for. ``gpus``: the share of a GPU that each job has, 0 for none.
    """

    shares_files = False

    def __init__(self, address: str | None = None, workers: int | None = None, gpus: float = 0.0) -> None:
        self._ray = extra("ray", REQUIREMENTS, "run.executor: ray")
        self._address, self._workers, self._gpus = address, workers, gpus

    def carry_out(
        self,
        work: Work[J, R],
        jobs: Sequence[J],
        advance: Advance = nobody,
        keep: Callable[[R], None] = nobody,
        failed: Callable[[J, str], None] = nobody,
    ) -> list[R]:
        """See `Executor.carry_out`. A worker that was killed is replaced by Ray, but its job is not begun again."""
        if not jobs:
            return []
        waiting = list(range(len(jobs)))
        results: dict[int, R] = {}
        lost: list[int] = []
        with self._connected(), self._tasks() as tasks:
            while tasks.at_work or waiting:
                while waiting and len(tasks.at_work) < self._room():
                    number = waiting.pop(0)
                    tasks.begin(number, work, jobs[number])
                if not tasks.at_work:  # every machine of the cluster is gone
                    break
                for number, found in tasks.finished(advance):
                    if isinstance(found, Raised):
                        failed(jobs[number], str(found.error))
                        found.again(jobs[number])
                    if isinstance(found, _Lost):
                        lost.append(number)
                        failed(jobs[number], f"{KILLED} ({found.why})")
                    else:
                        results[number] = found
                        keep(found)
        if lost or waiting:
            raise lost_jobs([str(jobs[number]) for number in sorted([*lost, *waiting])], len(jobs))
        return [results[number] for number in range(len(jobs))]

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Connect this process, and leave nothing behind."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing phones home
        own = {"num_cpus": self._workers, "include_dashboard": False} if self._address is None else {}
        try:
            self._ray.init(
                address=self._address or "local",
                runtime_env={"py_modules": [str(paths.PACKAGE)]},
                log_to_driver=False,
                logging_level="error",
                **own,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise OpenNERError(
                f"run.address: no Ray cluster answers at {self._address or 'this machine'} ({error}). Start one there: ray start --head"
            ) from error
        try:
            if self._room() < 1:
                raise OpenNERError(
                    f"The Ray cluster has no room for a run of one core and {self._gpus:g} of a GPU. Lower `run.gpus`, or "
                    "start a machine that has one."
                )
            yield
        finally:
            self._ray.shutdown()

    def _room(self) -> int:
        """Return how many jobs may be at work at once."""
        there = self._ray.cluster_resources()
        room = int(there.get("CPU", 0))
        if self._gpus:
            # Whole devices: a run never lies on two halves of different ones.
            room = min(room, int(there.get("GPU", 0)) * int(1 / self._gpus + 1e-9))
        return room if self._workers is None else min(room, self._workers)

    @contextmanager
    def _tasks(self) -> Iterator["_Tasks"]:
        tasks = _Tasks(self._ray, self._gpus)
        try:
            yield tasks
        finally:
            tasks.end()


class _Lost:
    """What is there in place of the result of a job that was killed: ``why``, in Ray's word for it."""

    def __init__(self, why: str) -> None:
        self.why = why


class _Tasks:
    """The tasks of one call: ``at_work`` holds each task's job number."""

    def __init__(self, ray: Any, gpus: float) -> None:
        self._ray = ray
        self.at_work: dict[Any, int] = {}
        shipped = {"env_vars": {**WORKER, "OPENNER_ROOT": str(paths.ROOT)}}
        options = {"num_cpus": 1, "num_gpus": gpus, "max_retries": 0, "runtime_env": shipped}
        self._task = ray.remote(**options)(_in_worker)
        self._footing = ray.put(Footing.here("cuda" if gpus else "cpu"))
        # Progress is counted beside this process, so that no other machine's end ends it.
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        self._count = ray.remote(num_cpus=0, scheduling_strategy=here)(_Count).remote()

    def begin(self, number: int, work: Work[J, R], job: J) -> None:
        """Have Ray begin a job as soon as there is room."""
        self.at_work[self._task.remote(self._footing, work, job, self._count)] = number

    def finished(self, advance: Advance) -> Iterator[tuple[int, Any]]:
        """Wait a moment, tell how much was done in it, and yield the jobs that ended: number and result, `Raised` or `_Lost`."""
        done, _ = self._ray.wait(list(self.at_work), num_returns=len(self.at_work), timeout=_LOOK_EVERY)
        advance(self._counted())
        for task in done:
            try:
                found = self._ray.get(task)
            except self._ray.exceptions.RuntimeEnvSetupError as error:
                raise OpenNERError(f"A worker of the Ray cluster could not be set up: {error}") from error
            except self._ray.exceptions.RayError as error:
                found = _Lost(type(error).__name__)
            yield self.at_work.pop(task), found

    def _counted(self) -> float:
        """Return how much was done since the last look; nothing is known of it where the one who counts was killed."""
        try:
            return float(self._ray.get(self._count.take.remote()))
        except self._ray.exceptions.RayError:
            return 0.0

    def end(self) -> None:
        """Stop what is still at work, and wait until it is."""
        for task in self.at_work:
            self._ray.cancel(task, force=True)
        if self.at_work:
            self._ray.wait(list(self.at_work), num_returns=len(self.at_work), timeout=_END_WITHIN)
        self._ray.kill(self._count)


class _Count:
    """What jobs have done and nobody has asked for yet; it lives in a process of its own."""

    def __init__(self) -> None:
        self._done = 0.0

    def add(self, amount: float) -> None:
        """Count more."""
        self._done += amount

    def take(self) -> float:
        """Return what was counted, and begin anew."""
        done, self._done = self._done, 0.0
        return done


def _in_worker(footing: Footing, work: Work[J, R], job: J, count: Any) -> R | Raised:
    """Carry out one job; that it was counted is waited for, so that it is known before the result is."""
    import ray

    def tell(amount: float) -> None:
        with suppress(ray.exceptions.RayError):  # nobody counts any more: the job goes on unseen
            ray.get(count.add.remote(amount))

    return carry_out_elsewhere(footing, work, job, tell)
