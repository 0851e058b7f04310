"""Jobs in processes: results in order, errors with names, and no process left however it ends."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from openner_utils.runs.executors import Advance, Processes, this_machine
from openner_utils.support.errors import OpenNERError

TWO = this_machine(2)


def work(job: str | float, advance: Advance) -> object:
    """Do what a job says, counting ten units of work; a number sleeps so many seconds."""
    advance(4)
    match job:
        case "fail":
            raise OpenNERError("this went wrong")
        case "bug":
            raise ZeroDivisionError("by nothing")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "thread":
            return os.environ["OMP_NUM_THREADS"], os.getpid()
        case float():
            time.sleep(job)
    advance(6)
    return job


def test_results_come_in_the_order_of_jobs_and_are_kept_as_they_come():
    done: list[float] = []
    kept: list[object] = []
    jobs = [1.0, 0.0, 0.1, 0.2]
    assert TWO.carry_out(work, jobs, done.append, kept.append) == jobs
    assert sorted(kept) == sorted(jobs) and kept[-1] == 1.0
    assert sum(done) == 40


def test_no_jobs_start_no_process():
    assert TWO.carry_out(work, []) == []


def test_a_worker_starts_in_its_environment():
    results = Processes([{"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "7"}]).carry_out(work, ["thread"] * 2)
    assert sorted(threads for threads, _ in results) == ["1", "7"]
    assert "OMP_NUM_THREADS" not in os.environ or os.environ["OMP_NUM_THREADS"] != "7"


def test_a_job_that_raises_stops_the_others_and_is_named():
    with pytest.raises(OpenNERError, match=r"^fail: this went wrong$"):
        TWO.carry_out(work, ["fail", 60.0])
    assert not multiprocessing.active_children()


def test_a_fault_of_the_code_keeps_its_kind_and_its_place():
    with pytest.raises(ZeroDivisionError) as error:
        TWO.carry_out(work, ["bug"])
    assert error.value.__notes__ == ["in: bug"]
    assert "test_executors.py" in str(error.value.__cause__)  # where it was raised in the worker


def test_a_killed_worker_loses_its_unfinished_job_only():
    kept: list[object] = []
    with pytest.raises(OpenNERError, match=r"1 of 4 runs were lost .*: die\. Lower `run.workers`"):
        TWO.carry_out(work, ["die", 0.5, 0.1, "last"], keep=kept.append)
    assert kept == [0.5, 0.1, "last"]


def test_jobs_are_not_begun_when_no_worker_is_left():
    kept: list[object] = []
    with pytest.raises(OpenNERError, match="1 of 3 runs were lost"):
        this_machine(1).carry_out(work, [0.0, "die", 0.1], keep=kept.append)
    assert kept == [0.0]


def test_an_error_of_who_keeps_ends_the_workers():
    def full(_: object) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        TWO.carry_out(work, [0.0, 60.0], keep=full)
    assert not multiprocessing.active_children()


@pytest.fixture
def interruptible():
    """Python's own handling of Ctrl-C, which a process that was started in the background lacks."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("after", [0.0, 1.0], ids=["while workers start", "while they work"])
def test_ctrl_c_ends_the_workers(after):
    main = threading.main_thread().ident

    def press() -> None:
        while not multiprocessing.active_children():
            time.sleep(0.01)
        time.sleep(after)
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        TWO.carry_out(work, [60.0, 60.0])
    presser.join()
    assert not multiprocessing.active_children()


SCRIPT = """
import sys
from pathlib import Path
from tests.runs.test_executors import TWO, work
if __name__ == "__main__":
    TWO.carry_out(work, [0.0, 60.0, 61.0], keep=lambda job: Path(sys.argv[1], str(job)).touch())
"""


def _alive(pids: list[int]) -> list[int]:
    """Return those of the processes that still run (not zombies)."""
    alive = []
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                alive.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return alive


def _until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_its_parent(tmp_path, number):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )
    try:
        _until((tmp_path / "0.0").exists)
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [int(pid) for pid in listed]
        assert len(_alive(workers)) >= 2
        process.send_signal(number)
        process.wait(30)
        _until(lambda: not _alive(workers))
    finally:
        process.kill()
