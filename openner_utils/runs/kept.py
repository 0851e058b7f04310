"""Finished runs on disk: each is a folder under the run's key, so that it is carried out only once.

A folder appears whole or not at all: it is filled beside its place and then renamed. Removing any of them is safe.
"""

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic

from openner_utils.runs.executors import Advance, Executor, J

Fill = Callable[[J, Path, Advance], object]
"""Carries out a job and writes its result into an empty folder; a function of a module, as `executors.Work`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The finished runs that lie in one folder."""

    place: Path

    def folder(self, key: str) -> Path:
        """Return where the result of the run with this key lies, or would lie."""
        return self.place / key

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Return those of the keys, each once, whose runs are not finished."""
        return [key for key in dict.fromkeys(keys) if not self.folder(key).is_dir()]

    def carry_out(
        self,
        fill: Fill[J],
        jobs: Sequence[tuple[str, J]],
        executor: Executor,
        advance: Advance,
    ) -> None:
        """Carry out jobs, each beside its key, and keep what they write. Raises as `Executor.carry_out` does."""
        keyed = [_Keyed(key, job) for key, job in jobs]
        executor.carry_out(partial(_kept, fill, self.place), keyed, advance)

    def drop_others(self, keys: Collection[str]) -> None:
        """Forget every run but these, for results so large that old ones are not worth their place."""
        for folder in self.place.glob("*/"):
            if folder.name not in keys:
                shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class _Keyed(Generic[J]):
    key: str
    job: J

    def __str__(self) -> str:
        return str(self.job)


def _kept(fill: Fill[J], place: Path, keyed: _Keyed[J], advance: Advance) -> None:
    """Carry out one job and keep what it wrote, in the process that did it: nothing large is sent between processes."""
    beside = place / f"unfinished-{keyed.key}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    fill(keyed.job, beside, advance)
    beside.rename(place / keyed.key)
