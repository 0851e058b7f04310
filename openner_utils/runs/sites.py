"""Where the runs of a grid are carried out, as the block ``run`` of params.yaml says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openner_utils.config.params import Run
from openner_utils.runs.executors import Executor, this_machine
from openner_utils.runs.machine import Machine, at_once, resolve
from openner_utils.support import paths


@dataclass(frozen=True, slots=True)
class Site:
    """Where runs are carried out; ``own`` is the folder for what an executor keeps for itself."""

    run: Run
    own: Path

    def machine(self, precision: Literal["fp32", "bf16"]) -> Machine:
        """Return what runs compute on: here the GPU if there is one, elsewhere one if it is asked for."""
        if self.run.executor == "processes":
            return resolve(precision)
        return Machine("cuda" if self.run.gpus else "cpu", precision)

    def executor(self, workers: int, machine: Machine, jobs: int = 0) -> Executor:
        """Return what carries out ``jobs`` jobs; ``workers`` is the number of processes where these are of this machine.

        If that is the number of its cores, a few more may share them (`at_once`); a number that was given stays.
        Raises `OpenNERError` where its package is not installed.
        """
        run = self.run
        if run.executor == "processes":
            if run.workers == "auto" and machine.device == "cpu":
                workers = at_once(jobs, workers)
            return this_machine(workers, machine, run.gpus or 1.0)
        most, gpus = None if run.workers == "auto" else run.workers, run.gpus or 0.0
        if run.executor == "ray":
            from openner_utils.runs.ray_executor import Ray

            return Ray(run.address, most, gpus)
        from openner_utils.runs.slurm import Slurm

        return Slurm(run.slurm, self.own / "slurm", most, int(gpus))


THIS = Site(Run(), paths.HERE.own)
"""Processes of this machine."""
