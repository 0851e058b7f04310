"""The manifest says where a grid stands, also when nobody was there to write it down."""

import json
import shutil

import pytest

from openner_utils.runs.kept import Kept
from openner_utils.runs.manifest import NAME, Manifest, all_below
from openner_utils.support.errors import OpenNERError

RUNS = [("k1", "run one", {"seed": 1}), ("k2", "run two", {"seed": 2}), ("k3", "run three", {"seed": 3})]


@pytest.fixture
def kept(tmp_path) -> Kept:
    kept = Kept(tmp_path / "grids" / "one")
    kept.folder("k1").mkdir(parents=True)
    return kept


def states(manifest: Manifest) -> dict[str, str]:
    return {run.key: run.state for run in manifest.runs}


def test_a_grid_that_begins_lists_all_its_runs(kept):
    Manifest.begun(kept, RUNS)
    content = json.loads((kept.place / NAME).read_text())
    assert [(run["key"], run["run"], run["state"], run["spec"]["seed"]) for run in content["runs"]] == [
        ("k1", "run one", "finished", 1), ("k2", "run two", "missing", 2), ("k3", "run three", "missing", 3),
    ]  # fmt: skip


def test_what_happens_is_written_down_at_once(kept):
    manifest = Manifest.begun(kept, RUNS)
    kept.folder("k2").mkdir()
    manifest.finished("k2")
    manifest.failed("k3", "memory ran out")
    read = Manifest.read(kept.place)
    assert states(read) == {"k1": "finished", "k2": "finished", "k3": "failed"}
    assert read.runs[2].error == "memory ran out"
    assert read.counts() == {"finished": 2, "missing": 0, "failed": 1}


def test_kept_runs_decide_what_is_finished(kept):
    manifest = Manifest.begun(kept, RUNS)
    manifest.failed("k3", "killed")
    kept.folder("k2").mkdir()  # and the grid was killed before it could say so
    kept.folder("k3").mkdir()
    shutil.rmtree(kept.folder("k1"))
    assert states(Manifest.read(kept.place)) == {"k1": "missing", "k2": "finished", "k3": "finished"}
    assert Manifest.read(kept.place).runs[2].error == ""


def test_a_grid_that_goes_on_gives_failed_runs_another_try_and_writes_no_more_than_it_must(kept):
    Manifest.begun(kept, RUNS).failed("k2", "killed")
    assert states(Manifest.begun(kept, RUNS)) == {"k1": "finished", "k2": "missing", "k3": "missing"}
    before = (kept.place / NAME).stat().st_ino
    Manifest.begun(kept, RUNS)
    assert (kept.place / NAME).stat().st_ino == before


def test_all_grids_below_a_folder_are_found(kept, tmp_path):
    Manifest.begun(kept, RUNS)
    Manifest.begun(Kept(tmp_path / "grids" / "two"), RUNS[1:])
    assert [len(manifest.runs) for manifest in all_below(tmp_path)] == [3, 2]


def test_a_manifest_that_holds_something_else_is_named(kept):
    (kept.place / NAME).write_text('{"runs": [{"key": 1}]}')
    with pytest.raises(OpenNERError, match=NAME):
        Manifest.read(kept.place)
