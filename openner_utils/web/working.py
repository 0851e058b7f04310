"""One job for each file, in this process or in several, each finished one kept until the whole is written.

The engine is that of all long work here (`runs.executors`): processes of this machine, or, by the same interface, Ray and Slurm.
Why not another one: docs/decisions/0027-an-engine-for-web-text.md.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openner_utils.runs.executors import Advance, Executor, J, R, Work, nobody, raise_named, this_machine
from openner_utils.runs.kept import Fill, Kept
from openner_utils.runs.key import run_key
from openner_utils.runs.machine import CPU
from openner_utils.support.files import exclusive
from openner_utils.support.progress import bar


class Here:
    """An executor that carries out one job after the other in this process."""

    shares_files = True

    def carry_out(
        self,
        work: Work[J, R],
        jobs: Sequence[J],
        advance: Advance = nobody,
        keep: Callable[[R], None] = nobody,
        failed: Callable[[J, str], None] = nobody,
    ) -> list[R]:
        """See `Executor.carry_out`."""
        results = []
        for job in jobs:
            try:
                result = work(job, advance)
            except Exception as error:
                failed(job, str(error))
                raise_named(error, job)
            keep(result)
            results.append(result)
        return results


def executor(workers: int) -> Executor:
    """Return what carries out jobs: this process, or so many others."""
    return this_machine(workers) if workers > 1 else Here()


@contextmanager
def finished(
    fill: Fill[J], jobs: Sequence[J], key: Callable[[J], str], beside: Path, by: Executor, what: str
) -> Iterator[list[Path]]:
    """Carry out jobs and yield the folders that they filled, in the order of ``jobs``.

    What is finished lies in a hidden folder next to ``beside``, the result that the caller writes inside the block, so that a command that
    was killed goes on where it was. After the block the folder is removed; if it raises, it stays.
    """
    place = beside.parent / f".{beside.name}.parts"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        error.filename = str(beside)  # the name that the user knows
        raise
    busy = f"{beside}: another command is writing it. Wait until it ends, then run again."
    with exclusive(place, busy):
        kept = Kept(place)
        keyed = [(key(job), job) for job in jobs]
        names = [name for name, _ in keyed]
        missing = set(kept.missing(names))
        with bar(what, len(set(names))) as progress:
            progress.advance(len(set(names)) - len(missing))
            todo = {name: job for name, job in keyed if name in missing}
            kept.carry_out(fill, list(todo.items()), by, nobody, lambda _: progress.advance(1))
        yield [kept.folder(name) for name in names]
        shutil.rmtree(place, ignore_errors=True)


def key(code: str, values: Mapping[str, Any]) -> str:
    """Return the key of a job: a hash of the code that does it and of all that decides what comes out."""
    return run_key(code, CPU, values)
