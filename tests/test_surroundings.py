"""Full disks, no home, two commands at once: it works, or says what is wrong, and nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINES = (
    "".join(f"word{n}\t{'I-PER' if n % 3 == 0 else 'O'}\n" + "\n" * (n % 7 == 0) for n in range(5_000)) + "\n"
)
SMALL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # bytes: as far as a file goes, the disk is full
from openner_utils.cli.main import main
main(sys.argv[1:])
"""
PLAIN = "import sys; from openner_utils.cli.main import main; main(sys.argv[1:])"


def openner(code: str, words: list[str], place: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=place, env=os.environ | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "own.txt").write_text(LINES, encoding="utf-8")
    (tmp_path / "out.txt").write_text("kept", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["repair", "own.txt", "-o", "out.txt", "--ledger", "ledger.tsv"],
        ["repair", "own.txt", "-o", "own.txt"],
        ["convert", "own.txt", "-o", "out.txt", "--to", "BIOES"],
        ["standardize", "own.txt", "-o", "out.txt"],
    ],
    ids=["repair", "over itself", "convert", "standardize"],
)
def test_a_full_disk_is_named_and_nothing_is_lost(place, words):
    process = openner(SMALL, words, place)
    _, error = process.communicate()
    assert process.returncode == 1 and "Traceback" not in error
    assert "no space left on the disk, or no more allowed (File too large). Free some space" in error
    assert (place / "own.txt").read_text() == LINES and (place / "out.txt").read_text() == "kept"
    assert sorted(path.name for path in place.iterdir()) == ["out.txt", "own.txt"]


def test_without_a_home_and_a_place_for_temporary_files(place):
    words = ["repair", "own.txt", "-o", "out.txt", "--ledger", "ledger.tsv"]
    process = openner(PLAIN, words, place, HOME="/dev/null", XDG_CACHE_HOME="/dev/null", TMPDIR="/dev/null")
    _, error = process.communicate()
    assert process.returncode == 0 and "Traceback" not in error


def test_commands_at_once_leave_what_one_leaves(place):
    words = ["repair", "own.txt", "-o", "own.txt"]
    openner(PLAIN, ["repair", "own.txt", "-o", "once.txt"], place).communicate()
    several = [openner(PLAIN, words, place) for _ in range(5)]
    assert [process.communicate()[1] for process in several if process.wait()] == []
    assert (place / "own.txt").read_text() == (place / "once.txt").read_text()
    assert not [path for path in place.iterdir() if path.suffix == ".part"]


def test_a_locale_without_utf8_in_a_folder_with_other_letters(tmp_path):
    folder = tmp_path / "größer, 北京"
    folder.mkdir()
    (folder / "ñ.txt").write_text("Ä\tI-PER\n\n", encoding="utf-8")
    process = openner(
        PLAIN, ["repair", "ñ.txt", "-o", "ü.txt"], folder, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    )
    said, error = process.communicate()
    assert process.returncode == 0, error
    assert "ü.txt" in said + error
    assert (folder / "ü.txt").read_text(encoding="utf-8").startswith("Ä\t")
