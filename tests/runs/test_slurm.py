"""Jobs sent by submitit: its executor for processes of this machine stands for Slurm, files and all."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from openner_utils.config.params import Slurm as Wanted
from openner_utils.runs.slurm import Slurm
from openner_utils.support.errors import OpenNERError
from tests.runs import contract

pytest.importorskip("submitit", reason="needs requirements-grids.txt")


@pytest.fixture
def executor(tmp_path) -> Slurm:
    return Slurm(Wanted(), tmp_path / "slurm", cluster="local")


def test_results_come_in_order_and_nothing_stays_behind(executor, tmp_path):
    contract.check_results(executor)
    assert list((tmp_path / "slurm").iterdir()) == []


def test_no_jobs_send_nothing(executor, tmp_path):
    assert executor.carry_out(contract.work, []) == []
    assert not (tmp_path / "slurm").exists()


def test_a_killed_job_is_lost_alone_and_its_log_stays(executor, tmp_path):
    contract.check_lost(executor)
    (folder,) = (tmp_path / "slurm").iterdir()
    assert list(folder.glob("*_log.err"))


@pytest.mark.parametrize(
    ("job", "error", "message"),
    [("fail", OpenNERError, "^fail: this went wrong$"), ("bug", ZeroDivisionError, "^by nothing")],
)
def test_a_job_that_raises_stops_the_others(executor, tmp_path, job, error, message):
    (tmp_path / "there").mkdir()
    contract.check_stops(executor, tmp_path / "there", job, error, message)


def test_ctrl_c_ends_the_jobs(executor, tmp_path):
    (tmp_path / "there").mkdir()
    contract.check_ctrl_c(executor, tmp_path / "there")


WATCHED = """
import sys, threading, time
from pathlib import Path
from openner_utils.runs.slurm import _end_with
threading.Thread(target=_end_with, args=(Path(sys.argv[1]), 3.0), daemon=True).start()
time.sleep(60)
"""


def test_a_job_ends_when_nobody_waits_for_it_any_more(tmp_path):
    alive = tmp_path / "alive"
    alive.write_text("0")
    job = subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(alive)], cwd=Path(__file__).parent.parent.parent
    )
    try:
        began = time.monotonic()
        for sign in range(1, 7):  # as long as there are signs it works on
            time.sleep(1)
            alive.write_text(str(sign))
            assert job.poll() is None
        assert job.wait(30) == 1
        assert time.monotonic() - began > 8
    finally:
        job.kill()


def test_without_slurm_the_error_says_where_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OpenNERError, match="there is no `srun` on this machine"):
        Slurm(Wanted(), tmp_path)
