"""Corpora whose card names folders and globs: fetched from an archive or a snapshot, built, and cleaned like others."""

import io
import zipfile
from pathlib import Path

import pytest

from openner_utils.catalog import load_card
from openner_utils.catalog.patterns import present
from openner_utils.sources import build
from openner_utils.sources.archives import UnsafeArchiveError, unpack
from openner_utils.sources.fetch import Outcome, fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.support.errors import OpenNERError
from tests import tiny
from tests.tiny import COMMIT, FIRST, Tiny, sha, tar_gz, write

TREE = {
    "repo-cccc/README.md": b"read me\n",
    "repo-cccc/data/train/a.txt": b"Ada B-PER\n",
    "repo-cccc/data/train/b.txt": b"Bo B-PER\n",
    "repo-cccc/data/train/.hidden": b"x\n",
    "repo-cccc/data/dev.txt": b"Oslo B-LOC\n",
}


def packed(members: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.mkdir("repo-cccc")
        for name, content in members.items():
            archive.writestr(name, content)
    return raw.getvalue()


def entry(path: str, archive: str, content: bytes, split: str = "train") -> dict[str, object]:
    return tiny.entry(path, content, archive) | {"split": split}


@pytest.fixture
def place(tmp_path: Path) -> Tiny:
    """A tiny compendium with a corpus in a snapshot of its repository, one in an archive, and one in samples/."""
    here = tiny.under_dvc(tiny.compendium(tmp_path))
    snapshot, archive = packed(TREE), tar_gz(TREE)
    write(here.mirror / f"github.com/press/first/archive/{COMMIT}.zip", snapshot)
    whole = [
        entry("data/train/", "snapshot.zip", snapshot),
        entry("data/dev.txt", "snapshot.zip", snapshot, "dev"),
    ]
    here.add_card("whole", tiny.card(FIRST, whole))
    write(here.mirror / "data.example.org/files/tree.tar.gz", archive)
    globs = [
        entry("repo-cccc/data/**/*.txt", "tree.tar.gz", archive),
        entry("repo-cccc/data/dev.txt", "tree.tar.gz", archive, "dev"),
    ]
    here.add_card("globs", tiny.card("https://data.example.org/files", globs))
    for name in ("x/1.txt", "x/y/2.txt", "notes.md"):
        write(here.root / "samples/news_c" / name, name.encode())
    here.add_card("news_c", tiny.card("samples", [{"path": "x/", "language": "eng", "split": "train"}]))
    return here


def fetched(place: Tiny, *corpora: str) -> tuple[Store, list[Outcome]]:
    kept = Store(place.root / "downloads")
    return kept, fetch([load_card(name, place.cards) for name in corpora], kept, Mirror(place.mirror))


def test_a_snapshot_is_fetched_and_paths_are_those_of_the_repository(place: Tiny) -> None:
    kept, outcomes = fetched(place, "whole")
    assert outcomes[0].failures == () and outcomes[0].fetched > 0
    build.use(["whole"], kept, place.place)
    assert place.view() == {
        "whole/data/train/a.txt": sha(b"Ada B-PER\n"), "whole/data/train/b.txt": sha(b"Bo B-PER\n"),
        "whole/data/dev.txt": sha(b"Oslo B-LOC\n"),
    }  # fmt: skip
    found = present(load_card("whole", place.cards), place.root / "data/whole")
    assert [(file.path, file.split) for file in found] == [
        ("data/train/a.txt", "train"), ("data/train/b.txt", "train"), ("data/dev.txt", "dev"),
    ]  # fmt: skip
    assert fetched(place, "whole")[1][0].fetched == 0


def test_a_file_of_its_own_entry_is_none_of_the_pattern(place: Tiny) -> None:
    kept, outcomes = fetched(place, "globs")
    assert outcomes[0].failures == ()
    build.use(["globs"], kept, place.place)
    found = present(load_card("globs", place.cards), place.root / "data/globs")
    assert {Path(file.path).name: file.split for file in found} == {
        "a.txt": "train",
        "b.txt": "train",
        "dev.txt": "dev",
    }


def test_a_damaged_member_of_a_pattern_comes_again(place: Tiny) -> None:
    kept, _ = fetched(place, "whole")
    broken = kept.path(sha(b"Bo B-PER\n"))
    broken.chmod(0o644)
    broken.write_bytes(b"?")
    assert fetched(place, "whole")[1][0].failures == ()
    assert broken.read_bytes() == b"Bo B-PER\n"


def test_a_folder_of_samples(place: Tiny) -> None:
    build.use(["news_c"], Store(place.root / "downloads"), place.place)
    assert set(place.view()) == {"news_c/x/1.txt", "news_c/x/y/2.txt"}


def test_what_is_not_fetched_yet_is_told(place: Tiny) -> None:
    with pytest.raises(
        OpenNERError, match=r"whole: data/.* is not in downloads/. Run `openner fetch whole` first"
    ):
        build.use(["whole"], Store(place.root / "downloads"), place.place)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_pattern_that_fits_nothing_names_what_there_is(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(packed(TREE) if name == "a.zip" else tar_gz(TREE))
    with pytest.raises(
        OpenNERError, match=rf"{name}: no file in it fits 'data/\*'. Correct the path .*repo-cccc/README.md"
    ):
        unpack(path, name, ["data/*"], Store(tmp_path / "store"))


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("d/../../evil.txt", "no file in it fits"),
        ("d/con.txt", "cannot be a file on every system"),
        ("d/a\\b", "not plain and relative"),
    ],
)
def test_a_member_whose_name_is_no_plain_path_is_refused(member: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed({member: b"x"}))
    with pytest.raises(OpenNERError, match=message):
        unpack(path, "a.zip", ["d/"], Store(tmp_path / "store"))


def test_a_link_that_fits_a_pattern_is_refused(tmp_path: Path) -> None:
    path, link = tmp_path / "a.zip", zipfile.ZipInfo("d/link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeArchiveError, match="is a link or a device"):
        unpack(path, "a.zip", ["d/"], Store(tmp_path / "store"))
