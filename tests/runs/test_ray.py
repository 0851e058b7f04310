"""Jobs on a Ray cluster that runs on this machine, and one whose second machine is killed."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openner_utils.runs.executors import Advance
from openner_utils.runs.kept import Kept
from openner_utils.runs.manifest import Manifest
from openner_utils.runs.ray_executor import Ray
from openner_utils.support.errors import OpenNERError
from tests.runs import contract

ray = pytest.importorskip("ray", reason="needs requirements-grids.txt")


@pytest.fixture(scope="module")
def machines() -> Iterator[Any]:
    """A cluster of two machines with a core each, which are raylets of this one, and a head that has none for jobs."""
    from ray.cluster_utils import Cluster

    quick = dict.fromkeys(
        ("health_check_initial_delay_ms", "health_check_period_ms", "health_check_timeout_ms"), 500
    )
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "_system_config": quick},
    )
    for _ in range(2):
        made.add_node(num_cpus=1)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def cluster(machines) -> Ray:
    return Ray(machines.address)


def test_results_come_in_order(cluster):
    contract.check_results(cluster)


def test_no_jobs_need_no_cluster():
    assert Ray("nowhere.invalid:1").carry_out(contract.work, []) == []


def test_a_killed_job_is_lost_alone(cluster):
    contract.check_lost(cluster)


@pytest.mark.parametrize(
    ("job", "error", "message"),
    [("fail", OpenNERError, "^fail: this went wrong$"), ("bug", ZeroDivisionError, "^by nothing")],
)
def test_a_job_that_raises_stops_the_others(cluster, tmp_path, job, error, message):
    contract.check_stops(cluster, tmp_path, job, error, message)


def test_ctrl_c_ends_the_jobs(cluster, tmp_path):
    contract.check_ctrl_c(cluster, tmp_path)


def test_what_no_machine_has_room_for_is_refused(cluster):
    with pytest.raises(OpenNERError, match=r"no room for a run of one core and 0\.5 of a GPU"):
        Ray(cluster._address, gpus=0.5).carry_out(contract.work, [0.0])


# --- two machines -------------------------------------------------------------------------------------------


def fill(job: str, folder: Path, advance: Advance) -> None:
    """Write a result; the slow one waits until it is told to go on."""
    if job.startswith("/"):
        Path(job, str(os.getppid())).touch()
        contract.until(lambda: Path(job, "go").exists())
    (folder / "result").write_text("done")
    advance(1)


def _alive(address: str) -> int:
    ray.init(address, log_to_driver=False, logging_level="error")
    try:
        return sum(node["Alive"] for node in ray.nodes())
    finally:
        ray.shutdown()


def test_the_run_of_a_killed_machine_is_lost_and_the_next_call_does_only_that(machines, cluster, tmp_path):
    kept, there = Kept(tmp_path / "kept"), tmp_path / "there"
    there.mkdir()
    jobs = [("k1", str(there)), *((f"k{number}", f"quick {number}") for number in range(2, 6))]
    manifest = Manifest.begun(kept, [(key, job, {}) for key, job in jobs])

    def kill() -> None:
        contract.until(lambda: list(there.iterdir()))
        (raylet,) = (int(path.name) for path in there.iterdir())
        (machine,) = (
            one for one in machines.worker_nodes if one.all_processes["raylet"][0].process.pid == raylet
        )
        contract.until(lambda: len(kept.missing([key for key, _ in jobs])) == 1)
        machines.remove_node(machine, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    done: list[float] = []
    with pytest.raises(OpenNERError, match=r"1 of 5 runs were lost .*: /"):
        kept.carry_out(fill, jobs, cluster, done.append, manifest.finished, manifest.failed)
    killer.join()
    assert sum(done) == 4
    assert kept.missing([key for key, _ in jobs]) == ["k1"]
    assert Manifest.read(kept.place).counts() == {"finished": 4, "missing": 0, "failed": 1}

    contract.until(lambda: _alive(machines.address) == 2)  # the head and one more
    (there / "go").touch()
    before = {path: path.stat().st_ino for path in kept.place.glob("k*/result")}
    kept.carry_out(fill, [jobs[0]], cluster, done.append, manifest.finished, manifest.failed)
    assert kept.missing([key for key, _ in jobs]) == []
    assert Manifest.read(kept.place).counts() == {"finished": 5, "missing": 0, "failed": 0}
    assert {path: path.stat().st_ino for path in before} == before
