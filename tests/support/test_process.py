"""What a killed run leaves in the temporary folder is cleared by the next one, and nothing else is."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from openner_utils.support.process import scratch

WAITS = (
    "import sys, time; from openner_utils.support.process import scratch\n"
    "with scratch() as folder:\n"
    "    (folder / 'left.txt').write_text('x'); print(folder, flush=True); time.sleep(60)\n"
)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_folder_of_a_living_run_stays_and_that_of_a_killed_one_goes(room: Path) -> None:
    others = room / "openner-of-somebody-else"
    others.mkdir()
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        theirs = Path(running.stdout.readline().strip())
        with scratch() as mine, scratch() as inner:
            assert {mine, inner, theirs, others} == set(room.iterdir())
        running.send_signal(signal.SIGKILL)
    assert (theirs / "left.txt").exists() and not mine.exists()
    with scratch():
        assert not theirs.exists() and others.exists()


def test_a_folder_that_is_just_being_made_is_left_alone(room: Path) -> None:
    young, old = room / "openner-held-young", room / "openner-held-old"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (0, 0))
    (room / "openner-held-link").symlink_to(room / "nowhere")
    with scratch():
        assert young.exists() and not old.exists() and (room / "openner-held-link").is_symlink()
