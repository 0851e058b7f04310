"""Progress bars: drawn where there is a terminal, reported through the side file from everywhere else."""

import io
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from rich.console import Console

from openner_utils.support import progress
from openner_utils.support.progress import LineScreen, LiveScreen, Step


class Recorder:
    """A screen that remembers."""

    def __init__(self):
        self.steps, self.cleared = [], False

    def show(self, step):
        self.steps.append(step)

    def clear(self):
        self.cleared = True


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.delenv(progress.SIDE_FILE, raising=False)
    return Recorder()


class Clock:
    """Seconds that pass when the test says so."""

    now = 100.0

    def __call__(self):
        return self.now


def work(n):
    """What a worker process does."""
    for _ in progress.track(range(n), f"worker {n}"):
        pass
    return os.getpid()


def test_track_yields_the_items_and_reports_first_and_last(screen):
    with progress.watched(screen):
        assert list(progress.track("abc", "letters")) == ["a", "b", "c"]
        assert list(progress.track(iter("ab"), "unknown")) == ["a", "b"]
    letters = [step for step in screen.steps if step.description == "letters"]
    assert [(letters[0].done, letters[0].total), (letters[-1].done, letters[-1].ended)] == [(0, 3), (3, True)]
    assert [step.total for step in screen.steps if step.description == "unknown"] == [None, None]
    assert screen.cleared


def test_bar_ends_when_its_block_fails(screen):
    with pytest.raises(ValueError, match="x"), progress.watched(screen), progress.bar("broken", 5) as bar:
        bar.advance(2)
        raise ValueError("x")
    assert screen.steps[-1].ended and screen.steps[-1].done == 2


def test_spawned_workers_are_seen(screen):
    with progress.watched(screen), ProcessPoolExecutor(2, get_context("spawn")) as pool:
        pids = set(pool.map(work, [3, 4]))
    ended = {step.description: step for step in screen.steps if step.ended}
    assert {name: step.done for name, step in ended.items()} == {"worker 3": 3, "worker 4": 4}
    assert {int(step.key.split("-")[0]) for step in screen.steps} == pids
    assert progress.SIDE_FILE not in os.environ


def test_worker_that_nobody_watches_is_silent(monkeypatch, capfd):
    monkeypatch.delenv(progress.SIDE_FILE, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(work, 3).result()
    assert capfd.readouterr() == ("", "")


def test_inner_watched_leaves_the_drawing_to_the_outer(screen, monkeypatch, tmp_path):
    side = tmp_path / "side"
    side.touch()
    monkeypatch.setenv(progress.SIDE_FILE, str(side))
    with progress.watched(screen):
        list(progress.track("ab", "inner"))
    assert screen.steps == []
    assert [json.loads(line)["done"] for line in side.read_text().splitlines()] == [0, 2]


def test_work_goes_on_when_the_side_file_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setenv(progress.SIDE_FILE, str(tmp_path / "gone" / "side"))
    assert list(progress.track("ab", "unseen")) == ["a", "b"]


def test_advance_counts_right_from_many_threads(screen):
    with progress.watched(screen), progress.bar("threads", 4000) as bar:
        threads = [threading.Thread(target=lambda: [bar.advance() for _ in range(1000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert screen.steps[-1].done == 4000


def test_reports_are_few():
    reported, clock = [], Clock()
    bar = progress.Bar("many", 1000, reported.append, clock)
    for _ in range(1000):
        clock.now += 0.01
        bar.advance()
    assert 90 <= len(reported) <= 110


def test_lines_come_at_most_every_ten_seconds(capsys):
    clock = Clock()
    lines = LineScreen(clock)
    for second in range(35):
        clock.now = 100.0 + second
        lines.show(Step("1", "train", second, 40))
    lines.show(Step("1", "train", 35, None))
    assert capsys.readouterr().err.splitlines() == [
        "  train: 10/40 (25%)",
        "  train: 20/40 (50%)",
        "  train: 30/40 (75%)",
    ]
    clock.now += 10
    lines.show(Step("2", "read", 7, None))
    assert capsys.readouterr().err == "  read: 7\n"


def test_live_bars_appear_and_vanish():
    drawn = io.StringIO()
    live = LiveScreen(Console(file=drawn, force_terminal=True, width=100))
    live.show(Step("1", "outer", 0, 2))
    live.show(Step("2", "inner", 1, 4))
    live.show(Step("2", "inner", 4, 4, ended=True))
    assert [task.description for task in live._progress.tasks] == ["outer"]
    live.show(Step("1", "outer", 2, 2, ended=True))
    assert live._progress.tasks == [] and "outer" in drawn.getvalue()
    live.show(Step("3", "again", 1, 2))
    live.clear()
    assert live._progress.tasks == [] and "again" in drawn.getvalue()


def test_a_terminal_shows_bars_on_stderr_and_nothing_on_stdout():
    code = "import time; from openner_utils.support.progress import track; [time.sleep(0.15) for _ in track(range(3), 'step')]"
    # A pseudo-terminal for stderr alone, so that the process believes that somebody looks.
    master, slave = os.openpty()
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=slave, check=True)
    os.close(slave)
    seen = os.read(master, 100_000).decode()
    os.close(master)
    assert done.stdout == b""
    assert "step" in seen and "/3" in seen
