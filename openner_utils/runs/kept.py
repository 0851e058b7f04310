"""Finished runs on disk: each is a folder under the run's key, so that it is carried out only once.

A folder appears whole or not at all: it is filled beside its place and then renamed. Removing any of them is safe.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic
from uuid import uuid4

from openner_utils.runs.executors import Advance, Executor, J, nobody

_UNFINISHED = "unfinished-"

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
        finished: Callable[[str], None] = nobody,
        failed: Callable[[str, str], None] = nobody,
    ) -> None:
        """Carry out jobs, each beside its key, and keep what they write. Raises as `Executor.carry_out` does.

        ``finished`` is told of each key whose run is kept, ``failed`` of each whose run raised or was lost, and why. Where
        the executor shares no files, what a job wrote is sent here.
        """
        keyed = [_Keyed(key, job) for key, job in jobs]

        def fell(job: _Keyed[J], why: str) -> None:
            failed(job.key, why)

        if executor.shares_files:
            executor.carry_out(partial(_kept, fill, self.place), keyed, advance, finished, fell)
            return

        def keep(sent: _Sent) -> None:
            with _beside(self.place, sent.key) as beside:
                for name, content in sent.files.items():
                    (beside / name).parent.mkdir(parents=True, exist_ok=True)
                    (beside / name).write_bytes(content)
                _finish(beside, self.folder(sent.key))
            finished(sent.key)

        executor.carry_out(partial(_sent, fill), keyed, advance, keep, fell)

    def drop_others(self, keys: Collection[str]) -> None:
        """Forget every run but these, for results so large that old ones are not worth their place."""
        for folder in self.place.glob("*/"):
            if folder.name.startswith(_UNFINISHED):
                _remove_abandoned(folder)
            elif folder.name not in keys:
                shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class _Keyed(Generic[J]):
    key: str
    job: J

    def __str__(self) -> str:
        return str(self.job)


@dataclass(frozen=True, slots=True)
class _Sent:
    """The files that a job wrote on another machine, by their paths in its folder."""

    key: str
    files: dict[str, bytes]


def _kept(fill: Fill[J], place: Path, keyed: _Keyed[J], advance: Advance) -> str:
    """Carry out one job and keep what it wrote, in the process that did it: nothing large is sent between processes."""
    with _beside(place, keyed.key) as beside:
        fill(keyed.job, beside, advance)
        _finish(beside, place / keyed.key)
    return keyed.key


def _sent(fill: Fill[J], keyed: _Keyed[J], advance: Advance) -> _Sent:
    """Carry out one job and return what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        fill(keyed.job, Path(folder), advance)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
    return _Sent(keyed.key, files)


@contextmanager
def _beside(place: Path, key: str) -> Iterator[Path]:
    """Yield an empty folder in which a result is put together; what killed processes have left of the same one is removed.

    Other processes may carry out the same run meanwhile: each has a folder of its own, on which it holds a lock, which ends with it.
    """
    for left in place.glob(f"{_UNFINISHED}{key}*"):
        _remove_abandoned(left)
    while True:
        beside = place / f"{_UNFINISHED}{key}-{uuid4().hex[:8]}"
        beside.mkdir(parents=True)
        with _held(beside) as held:
            if held and beside.exists():  # between the two another process may have taken it for abandoned
                try:
                    yield beside
                finally:
                    shutil.rmtree(beside, ignore_errors=True)
                return


def _remove_abandoned(folder: Path) -> None:
    """Remove a folder in which a result was put together, unless a process is at it."""
    with _held(folder) as held:
        if held:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Try to lock a folder; yield whether no other process holds it, and it is there. A file system without locks holds nothing."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:
            pass
        yield True
    finally:
        os.close(opened)


def _finish(beside: Path, folder: Path) -> None:
    try:
        beside.rename(folder)
    except OSError:
        if (
            not folder.is_dir()
        ):  # else another call has finished the same run, and what lies under one key is equal
            raise
