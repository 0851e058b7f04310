"""Where a report was made: each thing told once, by its name."""

from pathlib import Path

from openner_utils.pages import origin
from tests.commits import git


def test_the_commit_is_its_hash_and_date_alone(tmp_path: Path) -> None:
    assert origin.told(tmp_path)["commit"] == origin.UNKNOWN
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("1\n")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-qm", "x")
    whole = git(tmp_path, "log", "-1", "--format=%H of %cs")
    assert origin.told(tmp_path)["commit"] == whole, "the name of the row says what it is"
    (tmp_path / "a.txt").write_text("2\n")
    assert origin.told(tmp_path)["commit"] == f"{whole} with 1 tracked files changed"
