"""The pipeline is made ready: names are checked before DVC uses them, and a dvc.lock that cannot be read is replaced."""

from pathlib import Path

import pytest
import yaml

from openner_utils.pipeline.repro import mend_lock, repro
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from tests import tiny
from tests.tiny import Tiny, commit, run

GOOD = "schema: '2.0'\nstages: {copy: {cmd: x}}\n"
OLDER = GOOD.replace("cmd: x", "cmd: y")
BROKEN = {
    "cut in a line": "schema: '2.0'\nstages:\n  copy:\n    cmd",
    "cut after a stage's name": "schema: '2.0'\nstages:\n  copy:\n",
    "cut in the list of files": "schema: '2.0'\nstages:\n  copy:\n    cmd: x\n    deps:\n",
    "cut after the first line": "schema: '2.0'\n",
    "empty": "",
    "zeros": "\0" * 100,
    "a list": "- a\n",
}


@pytest.fixture
def place(tmp_path: Path) -> Tiny:
    return tiny.under_dvc(tiny.compendium(tmp_path))


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_broken_lock_is_replaced_by_the_last_good_one(trouble: str, place: Tiny) -> None:
    lock, kept, broken = (
        place.root / name for name in ("dvc.lock", ".openner/dvc.lock", ".openner/dvc.lock.broken")
    )
    lock.write_text(OLDER)
    commit(place.root)
    lock.write_text(BROKEN[trouble])
    assert "the last commit's is taken" in mend_lock(place.place)
    assert lock.read_text() == OLDER and broken.read_text() == BROKEN[trouble]
    tiny.write(kept, GOOD.encode())
    lock.write_text(BROKEN[trouble])
    assert "the one from before the last run is taken" in mend_lock(place.place)
    assert lock.read_text() == GOOD


def test_a_broken_lock_without_another_one_is_moved_away(tmp_path: Path) -> None:
    place = tiny.under_dvc(tiny.compendium(tmp_path), git=False)
    (place.root / "dvc.lock").write_text("a: [")
    assert "every stage is looked at anew" in mend_lock(place.place)
    assert not (place.root / "dvc.lock").exists()


def test_a_good_lock_and_no_lock_are_left_alone(place: Tiny) -> None:
    assert mend_lock(place.place) == ""
    (place.root / "dvc.lock").write_text(GOOD)
    assert mend_lock(place.place) == "" and (place.root / "dvc.lock").read_text() == GOOD


def test_a_run_after_a_kill_that_broke_the_lock_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    place = tiny.under_dvc(tiny.compendium(tmp_path), git=False)
    (place.root / "params.yaml").write_text("run: {workers: 2}\n")
    tiny.write(place.root / "data/train.txt", b"Ada B-PER\n")
    assert repro(place.place) == 0
    lock = (place.root / "dvc.lock").read_bytes()
    (place.root / "dvc.lock").write_bytes(lock[: lock.index(b"cmd") + 2])
    assert repro(place.place) == 0
    said = capfd.readouterr()
    assert "dvc.lock cannot be read" in said.err and "didn't change, skipping" in said.out
    assert (place.root / "dvc.lock").read_bytes() == lock


HOSTILE_NAMES = ["x; touch F; #", "$(touch F)", "`touch F`", "a b", "../../docs", "-x", "a\nb", "'", "A", ""]


@pytest.mark.parametrize("block", ["encoders", "llms", "tune", "ablations"])
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_a_shell_would_obey_is_refused_before_dvc_sees_it(
    block: str, name: str, place: Tiny
) -> None:
    values = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    values[block] = {name: next(iter(values[block].values()))}
    (place.root / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(OpenNERError, match=rf"params\.yaml:\d+: {block}\."):
        repro(place.place)
    assert not (place.root / "dvc.lock").exists() and not (place.root / "F").exists()


def test_no_command_of_the_pipeline_holds_a_name_of_params() -> None:
    """What DVC puts into a command is the name of a question, which is one of a list in dvc.yaml itself, in quotes."""
    stages = yaml.safe_load(paths.PIPELINE.read_text(encoding="utf-8"))["stages"]
    with_names = {name: stage["cmd"] for name, stage in stages.items() if "${" in stage["cmd"]}
    assert set(with_names) == {"compare"}
    assert all(question.isidentifier() for question in stages["compare"]["matrix"]["question"])
    quoted = with_names["compare"].split("'")[1::2]
    assert sum("${item.question}" in text for text in quoted) == with_names["compare"].count("${") == 2


def test_a_hostile_name_runs_nothing_even_under_plain_dvc(place: Tiny) -> None:
    """DVC tells a stage its unit in the environment; the runner refuses one that is no plain name."""
    (place.root / "params.yaml").write_text('encoders: {"x$(touch F)`touch F`": 1}\n')
    matrix = {"matrix": {"encoder": "${encoders}"}, "cmd": "printenv DVC_STAGE > said.txt"}
    (place.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"try": matrix}}))
    run(tiny.DVC, "repro", cwd=place.root)
    assert (place.root / "said.txt").read_text() == "try@x$(touch F)`touch F`\n"
    assert not (place.root / "F").exists()
