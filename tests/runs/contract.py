"""What every executor promises, as jobs and checks that its tests share."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openner_utils.runs.executors import Advance, Executor
from openner_utils.support.errors import OpenNERError

SLEEP = 300.0
"""Seconds of a job that is not waited for."""


def work(job: str | float, advance: Advance) -> object:
    """Do what a job says, counting ten units of work; a number sleeps so many seconds, a folder leaves the process id there."""
    advance(4)
    match job:
        case "fail":
            raise OpenNERError("this went wrong")
        case "bug":
            raise ZeroDivisionError("by nothing")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "threads":
            advance(6)
            return os.environ["OMP_NUM_THREADS"]
        case str() if job.startswith("/"):
            Path(job, str(os.getpid())).touch()
            time.sleep(SLEEP)
        case float():
            time.sleep(job)
    advance(6)
    return job


def check_results(executor: Executor) -> None:
    """Results come in order, are kept as they come, and every bit of progress is told."""
    done: list[float] = []
    kept: list[object] = []
    jobs: list[str | float] = [1.0, 0.0, "threads"]
    assert executor.carry_out(work, jobs, done.append, kept.append) == [1.0, 0.0, "1"]
    assert len(kept) == 3 and sum(done) == 30


def check_lost(executor: Executor) -> None:
    """A job that is killed is lost, and no other."""
    kept: list[object] = []
    failed: list[tuple[object, str]] = []
    with pytest.raises(OpenNERError, match=r"1 of 3 runs were lost .*: die\. Lower `run.workers`"):
        executor.carry_out(
            work, ["die", 0.5, "last"], keep=kept.append, failed=lambda job, why: failed.append((job, why))
        )
    assert sorted(map(str, kept)) == ["0.5", "last"]
    assert [job for job, _ in failed] == ["die"] and "was killed" in failed[0][1]


def check_stops(executor: Executor, folder: Path, job: str, error: type[Exception], message: str) -> None:
    """A job that raises stops the others; its error keeps its kind and says where it is from."""
    failed: list[tuple[object, str]] = []
    with pytest.raises(error, match=message) as raised:
        executor.carry_out(work, [str(folder), job], failed=lambda job, why: failed.append((job, why)))
    assert [one for one, _ in failed] == [job]
    if error is not OpenNERError:
        assert any("contract.py" in note for note in raised.value.__notes__)
    until(lambda: not alive(folder))


def check_ctrl_c(executor: Executor, folder: Path) -> None:
    """Ctrl-C ends every job."""
    main, before = threading.main_thread().ident, signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not there in a shell's background
    assert main is not None

    def press() -> None:
        until(lambda: list(folder.iterdir()))
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            executor.carry_out(work, [str(folder)])
    finally:
        signal.signal(signal.SIGINT, before)
        presser.join()
    until(lambda: not alive(folder))


def alive(folder: Path) -> list[int]:
    """Return the processes that left their numbers in a folder and still run (not zombies)."""
    return [int(path.name) for path in folder.iterdir() if _runs(int(path.name))]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
