"""Where a report was made: each thing told once, by its name."""

import subprocess
from pathlib import Path

from openner_utils.pages import origin


def test_the_commit_is_its_hash_and_date_alone(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words],
            cwd=tmp_path, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    assert origin.told(tmp_path)["commit"] == origin.UNKNOWN
    git("init", "-q")
    (tmp_path / "a.txt").write_text("1\n")
    git("add", "a.txt")
    git("commit", "-qm", "x")
    whole = git("log", "-1", "--format=%H of %cs")
    assert origin.told(tmp_path)["commit"] == whole, "the name of the row says what it is"
    (tmp_path / "a.txt").write_text("2\n")
    assert origin.told(tmp_path)["commit"] == f"{whole} with 1 tracked files changed"
