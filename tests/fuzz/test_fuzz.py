"""The fuzzing itself: cases are the same again by their names, and what goes wrong is found and told; a few cases of each target."""

import random
import time
from pathlib import Path

import pytest

from tests.fuzz import material, mutate
from tests.fuzz.run import TURNS, WEIGHTS, Case, Tally, name_of, run, run_case, tried
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_cases_of_each_target(target: str, tmp_path: Path) -> None:
    tally = Tally()
    for number in range(25):
        tried(f"{target}:own:{number}", tmp_path, tally)
    assert not tally.findings and tally.inputs == 25
    assert not any(tmp_path.rglob("*.part"))


def test_a_name_makes_the_same_input_again(tmp_path: Path) -> None:
    def content(name: str) -> tuple[bytes, bytes]:
        return Case(random.Random(name), "own", tmp_path).changed()

    names = [f"readers:own:{number}" for number in range(30)]
    assert [content(name) for name in names] == [content(name) for name in names]
    assert len({content(name)[0] for name in names}) > 20


def test_all_targets_and_pools_have_their_turn() -> None:
    assert WEIGHTS.keys() == TARGETS.keys()
    names = [name_of(number, ("own", "mirror")).rpartition(":")[0] for number in range(2 * len(TURNS))]
    assert set(names) == {f"{target}:{pool}" for target in TARGETS for pool in ("own", "mirror")}


def hang(case: Case) -> None:
    until = time.process_time() + 60
    while time.process_time() < until:
        pass


@pytest.mark.parametrize(
    ("target", "what"),
    [
        (lambda case: [][0], "IndexError"),
        (lambda case: (_ for _ in ()).throw(RecursionError), "RecursionError"),
        (hang, "SlowError: more than 0.2 s"),
    ],
)
def test_what_goes_wrong_is_a_finding_with_the_command_that_repeats_it(target, what, tmp_path: Path) -> None:
    tally = Tally()
    tried("odd:own:7", tmp_path, tally, {"odd": target}, seconds=0.2)
    (finding,) = tally.findings
    assert what in str(finding) and "repeat: python -m tests.fuzz --case odd:own:7" in str(finding)
    assert tally.outcomes == {("odd", "found"): 1}
    again = Tally()
    assert again.add(tally) == [finding] and again.add(tally) == [] and again.inputs == 2


def test_each_change_takes_any_bytes() -> None:
    draw = random.Random(1)
    contents = [
        b"",
        b"\n",
        b"\xff\x00",
        b'{"a": [1]}\n',
        *(seed.lines[0] for seed in material.pool("own")[:60]),
    ]
    for change in dict.fromkeys(mutate.CHANGES):
        made = [change(draw, content) for content in contents]
        assert all(isinstance(one, bytes) for one in made)
        assert sum(one != content for one, content in zip(made, contents, strict=True)) > 3, change


def test_a_case_runs_in_an_empty_folder(tmp_path: Path) -> None:
    def leave(case: Case) -> str:
        assert not any(case.folder.iterdir())
        (case.folder / "left").write_text("x")
        return "read"

    assert [run_case(f"leave:own:{n}", tmp_path, {"leave": leave}) for n in range(2)] == ["read", "read"]


def test_workers_give_out_cases_and_end_in_time() -> None:
    told: list[object] = []
    done = run(4, 1, 7, told.append)
    assert done.inputs > 0 and not told and not done.findings
    assert set(done.slowest) <= set(TARGETS)
