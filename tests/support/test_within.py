"""A path that a card, an archive or a parameter names lies in its folder, on any system, or is refused by name."""

from pathlib import Path

import pytest

from openner_utils.support.errors import OpenNERError
from openner_utils.support.within import distinct, name, plain, within

HOSTILE = {
    "empty": "",
    "the folder itself": ".",
    "absolute": "/etc/passwd",
    "above": "../up",
    "above in the middle": "a/../../b",
    "back and forth": "a/../b",
    "backslash": "a\\b",
    "double slash": "a//b",
    "dot": "./a",
    "slash at the end": "a/",
    "NUL": "a\0b",
    "escape": "a\x1b[31m",
    "line end": "a\nb",
    "turned direction": "a\u202etxt",
    "half of a pair": "a\ud800",
    "a device of Windows": "NUL",
    "a device with an ending": "in/aux.txt",
    "a numbered device": "com1",
    "dot at the end": "a.",
    "blank at the end": "a /b",
    "long name": "a" * 201,
    "long name in other letters": "ж" * 101,
    "long path": "/".join(["a" * 100] * 11),
}


@pytest.mark.parametrize("trouble", HOSTILE)
def test_a_path_that_leaves_its_folder_is_refused(trouble: str, tmp_path: Path) -> None:
    for proof in (plain, name, lambda path, where: within(tmp_path, path, where)):
        with pytest.raises(OpenNERError, match=r"^card x: ") as refused:
            proof(HOSTILE[trouble], "card x")
        assert str(refused.value).isprintable() and len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "path", ["a", "a b/c.txt", "größer/ไทย.conll", "a" * 200, ".hidden", "console/nulled.txt", "a..b"]
)
def test_usual_paths_are_kept(path: str, tmp_path: Path) -> None:
    assert within(tmp_path, path, "x") == tmp_path / path


def test_a_name_has_no_folder() -> None:
    with pytest.raises(OpenNERError, match="Leave out the folders"):
        name("a/b", "x")


def test_a_link_on_the_way_out_is_refused_and_one_that_stays_inside_is_not(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "real").mkdir(parents=True)
    outside.mkdir()
    (folder / "out").symlink_to(outside)
    (folder / "in").symlink_to(folder / "real")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "last").symlink_to(outside / "file")
    assert within(folder, "in/a.txt", "x") == folder / "in/a.txt"
    assert within(folder, "last", "x") == folder / "last", "it is replaced, not followed"
    for path in ("out/a.txt", "out/more/a.txt", "loop/a.txt"):
        with pytest.raises(OpenNERError, match="leads out of its folder by a link"):
            within(folder, path, "x")


def test_a_folder_that_is_a_link_itself_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "disk")
    assert within(tmp_path / "folder", "a/b", "x") == tmp_path / "folder/a/b"


@pytest.mark.parametrize("pair", [("a/B.txt", "A/b.txt"), ("straße", "STRASSE"), ("caf\u00e9", "cafe\u0301")])
def test_names_that_are_one_file_elsewhere_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(OpenNERError, match="one file on many systems"):
        distinct(pair, "card x")
    distinct([pair[0], pair[0], "other"], "card x")
