"""Finished runs are carried out once, and what is unfinished is never taken for finished."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from openner_utils.runs.executors import Advance, nobody, this_machine
from openner_utils.runs.kept import Kept
from openner_utils.support.errors import OpenNERError

ONE = this_machine(1)


def fill(job, folder, advance: Advance) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "result").write_text(job)
    advance(1)
    if job == "broken":
        raise OpenNERError("half is written")


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "kept")


def test_what_is_finished_is_kept_under_its_key(kept):
    done = []
    kept.carry_out(fill, [("k1", "one"), ("k2", "two")], ONE, done.append)
    assert sum(done) == 2
    assert kept.missing(["k1", "k3", "k2", "k3"]) == ["k3"]
    assert [(kept.folder(key) / "inner" / "result").read_text() for key in ("k1", "k2")] == ["one", "two"]


def test_what_is_unfinished_is_missing_and_begun_anew(kept):
    with pytest.raises(OpenNERError, match="broken: half is written"):
        kept.carry_out(fill, [("k1", "one"), ("k2", "broken")], ONE, lambda _: None)
    assert kept.missing(["k1", "k2"]) == ["k2"]
    kept.carry_out(fill, [("k2", "two")], ONE, lambda _: None)
    assert sorted(path.name for path in kept.place.iterdir()) == ["k1", "k2"]


class Afar:
    """Carries out jobs one by one, as an executor does whose workers share no files with this process."""

    shares_files = False

    def carry_out(self, work, jobs, advance, keep, failed):
        for job in jobs:
            try:
                keep(work(job, advance))
            except OpenNERError as error:
                failed(job, str(error))
                raise


def test_what_was_written_elsewhere_is_sent_and_kept(kept):
    finished, failed = [], []
    with pytest.raises(OpenNERError, match="half is written"):
        kept.carry_out(
            fill, [("k1", "one"), ("k2", "broken"), ("k3", "three")], Afar(), lambda _: None,
            finished.append, lambda key, why: failed.append((key, why)),
        )  # fmt: skip
    assert finished == ["k1"] and failed == [("k2", "half is written")]
    assert [path.name for path in kept.place.iterdir()] == ["k1"]
    assert (kept.folder("k1") / "inner" / "result").read_text() == "one"


def test_what_is_finished_and_what_failed_is_told(kept):
    finished, failed = [], []
    with pytest.raises(OpenNERError):
        kept.carry_out(
            fill, [("k1", "one"), ("k2", "broken")], ONE, lambda _: None,
            finished.append, lambda key, why: failed.append((key, why)),
        )  # fmt: skip
    assert finished == ["k1"] and failed == [("k2", "half is written")]


def test_a_run_that_was_finished_by_another_meanwhile_is_no_error(kept):
    (kept.folder("k1")).mkdir(parents=True)
    (kept.folder("k1") / "result").write_text("the same")
    kept.carry_out(fill, [("k1", "one")], ONE, lambda _: None)
    assert [path.name for path in kept.place.iterdir()] == ["k1"]
    assert (kept.folder("k1") / "result").read_text() == "the same"


def test_others_are_dropped(kept):
    kept.carry_out(fill, [("k1", "one"), ("k2", "two")], ONE, lambda _: None)
    kept.drop_others(["k2", "k3"])
    assert [path.name for path in kept.place.iterdir()] == ["k2"]


def begun_twice(job: str, folder: Path, advance: Advance) -> None:
    """Carry out a run while another process carries out the same one, whichever ends first; and one that was killed left something."""
    if job == "outer":
        (folder.parent / "unfinished-k1-killed").mkdir()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            other.submit(once_more, folder.parent).result()
        assert sorted(path.name for path in folder.parent.iterdir()) == ["k1", folder.name]
    fill("one", folder, advance)


def once_more(place: Path) -> None:
    Kept(place).carry_out(begun_twice, [("k1", "inner")], InHere(), nobody)


def test_two_processes_may_carry_out_the_same_run(kept):
    kept.carry_out(begun_twice, [("k1", "outer")], InHere(), nobody)
    assert sorted(path.name for path in kept.place.iterdir()) == ["k1"]
    assert (kept.folder("k1") / "inner" / "result").read_text() == "one"


class InHere(Afar):
    """Carries out jobs one by one in this process."""

    shares_files = True


def held(job: str, folder: Path, advance: Advance) -> None:
    (folder.parent / "k2").mkdir()
    (folder.parent / "unfinished-k3-killed").mkdir()
    Kept(folder.parent).drop_others([])
    fill(job, folder, advance)


def test_what_is_being_carried_out_is_not_dropped(kept):
    kept.carry_out(held, [("k1", "one")], InHere(), nobody)
    assert [path.name for path in kept.place.iterdir()] == ["k1"]
