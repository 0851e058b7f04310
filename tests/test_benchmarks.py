"""The measuring itself: ratios, processes, and that ours and the peer's output are compared."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import benchmarks
from benchmarks import Claim, kill, labels, measure, of_parts
from benchmarks.__main__ import main
from openner_utils.support.errors import OpenNERError


@pytest.mark.parametrize(
    ("ours", "peer", "less_is_better", "ratio", "met"),
    [
        (20.0, 2.0, False, 10, True),
        (19.0, 2.0, False, 9.5, False),
        (2.0, 20.0, True, 10, True),
        (3.0, 20.0, True, 20 / 3, False),
    ],
)
def test_a_ratio_says_how_many_times_better(ours, peer, less_is_better, ratio, met) -> None:
    claim = Claim("speed", "s", ours, peer, 10, "", less_is_better)
    assert claim.ratio == pytest.approx(ratio)
    assert claim.met is met
    assert str(claim).endswith("met" if met else "MISSED")


def test_a_process_is_measured_by_itself() -> None:
    mine = bytearray(300_000_000)  # counted into the peak of a process that this one starts directly
    small = measure([sys.executable, "-S", "-c", "print('x')"])
    large = measure([sys.executable, "-S", "-c", "import time; x = bytearray(200_000_000); time.sleep(0.2)"])
    assert len(mine) > 0 and small.megabytes < 100 < 200 < large.megabytes
    assert large.seconds > 0.2


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(OpenNERError, match="exit code 3"):
        measure([sys.executable, "-S", "-c", "raise SystemExit(3)"])
    assert measure([sys.executable, "-S", "-c", "raise SystemExit(1)"], allowed=(0, 1)).seconds > 0


def test_without_the_mirror_sample_sentences_are_repeated(tmp_path) -> None:
    path, what, tokens = labels._file(tmp_path / "in.txt", None, 10_000)
    assert "habari" in what and tokens >= 10_000
    assert sum(bool(line) for line in path.read_text("utf-8").split("\n")) == tokens


def test_outputs_that_differ_stop_the_benchmark(tmp_path) -> None:
    (tmp_path / "a").write_text("Ada\tS-PER\n\nran\tO\n\n")
    (tmp_path / "b").write_text("Ada S-PER\n\nran B-PER\n")
    labels._compare(tmp_path / "a", tmp_path / "a")
    with pytest.raises(OpenNERError, match="Line 3 differs"):
        labels._compare(tmp_path / "a", tmp_path / "b")


def test_an_unknown_benchmark_gets_the_nearest_name(capsys) -> None:
    assert main(["label"]) == 1
    assert "Did you mean 'labels'" in capsys.readouterr().err


def _claim(name: str, ours: float = 2.0) -> Claim:
    return Claim(name, "s", ours, 1.0, 1.0, "")


def _part_that_fails() -> Iterator[Claim]:
    yield _claim("b: first")
    raise OpenNERError("b has failed")


def test_a_part_that_fails_does_not_lose_the_others() -> None:
    came = []
    with pytest.raises(OpenNERError, match=r"(?s)b has failed.*All else is recorded"):
        for claim in of_parts([lambda: [_claim("a: x")], _part_that_fails, lambda: [_claim("c: x")]]):
            came.append(claim.claim)
    assert came == ["a: x", "b: first", "c: x"]


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, float]]:
    """Let benchmarks be recorded in a file of their own; return what reads the claims on labels, and ours in each."""
    file = tmp_path / "results.json"
    monkeypatch.setattr(benchmarks, "RESULTS", file)

    def read(name: str = "labels") -> dict[str, float]:
        results = json.loads(file.read_text("utf-8"))["benchmarks"]
        return {entry["claim"]: entry["ours"] for entry in results[name]["claims"]}

    return read


def test_claims_are_recorded_as_they_come_and_a_failure_ends_in_1(
    recorded: Callable[..., dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    benchmarks.record("scoring", [_claim("other")])
    benchmarks.record(
        "labels", [_claim("a: x", 1), _claim("a: y", 1), _claim("b: first", 1), _claim("c: x", 1)]
    )
    seen = []

    def run() -> Iterator[Claim]:
        yield _claim("a: x")
        seen.append(recorded())
        yield from of_parts([_part_that_fails])

    monkeypatch.setattr("benchmarks.__main__.import_module", lambda _: SimpleNamespace(run=run))
    assert main(["labels"]) == 1
    assert "b has failed" in capsys.readouterr().err
    assert seen == [{"a: x": 2, "b: first": 1, "c: x": 1}]  # a: y is no longer claimed
    assert recorded() == {"a: x": 2, "b: first": 2, "c: x": 1}
    assert recorded("scoring") == {"other": 2}


def test_a_whole_run_replaces_what_was_claimed_and_no_claim_of_another_machine_stays(
    recorded: Callable[..., dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmarks.record("labels", [_claim("a: x"), _claim("b: x")])
    benchmarks.record("labels", [_claim("a: x", 3)])
    assert recorded() == {"a: x": 3}
    monkeypatch.setattr(benchmarks, "_machine", lambda: "another one")
    benchmarks.record("labels", [_claim("c: x")], complete=False)
    assert recorded() == {"c: x": 2}


def _killed_once(code: str) -> list[kill.Kill]:
    """Return what comes of a kill of a made-up operation, half a second long, that writes ``out``."""
    return list(
        kill.kills(1, seed=1, operations=[kill.Operation("made up", "import os, time", code, ("out",), 1)])
    )


WHOLE = "open('beside', 'w').write('a')\ntime.sleep(0.5)\nopen('beside', 'a').write('b')\nos.replace('beside', 'out')"
APPENDED = "[open('out', 'a').write('a') and time.sleep(0.05) for _ in range(10)]"
OUTLIVED = (
    "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
    "time.sleep(0.5)\nchild.kill()\nopen('out', 'w').write('a')"
)


def test_a_command_that_is_killed_and_makes_the_same_again_is_harmless() -> None:
    (found,) = _killed_once(WHOLE)
    assert found.harmless and 0 < found.after < 10
    result = kill.claim([found])
    assert result.met and "made up 1" in result.note


def test_a_command_that_goes_on_after_half_a_file_is_found_out() -> None:
    (found,) = _killed_once(APPENDED)
    assert found.differs == ("out",) and not found.harmless
    assert not kill.claim([found]).met


def test_a_process_that_outlives_its_command_is_found_and_ended() -> None:
    way = kill.Way(signal.SIGKILL, everybody=False)
    found = next(
        kill.kills(
            1,
            seed=1,
            operations=[kill.Operation("made up", "import time", OUTLIVED, ("out",), 1)],
            ways=[way],
            patience=0.5,
        )
    )
    assert found.left == 1 and not found.harmless
