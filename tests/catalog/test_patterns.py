"""Paths of a card that stand for many files: what fits, which entry a file belongs to, and what is refused."""

import time
from pathlib import Path
from typing import Any

import pytest

from openner_utils.catalog import Card
from openner_utils.catalog.globs import fits
from openner_utils.catalog.patterns import members, present
from openner_utils.exports.upstream import patch
from openner_utils.support.errors import OpenNERError
from tests.reading import card


def of(*files: dict[str, Any], **fields: Any) -> Card:
    return card("delimited", files=[{"language": "eng"} | file for file in files], **fields)


def folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        path = tmp_path / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Ada\tB-PER\nran\tO\n")
    return tmp_path / "tiny"


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("*.tsv", ["a.tsv", "a.b.tsv"], ["d/a.tsv", ".a.tsv", "a.tsv.gz", "atsv"]),
        ("d/*", ["d/a", "d/a.b"], ["d/e/a", "d/.a", "a"]),
        ("d/**/*.tsv", ["d/a.tsv", "d/e/a.tsv", "d/e/f/a.tsv"], ["d/.e/a.tsv", "a.tsv", "da.tsv"]),
        ("**/train.*", ["train.tsv", "d/train.a"], ["d/mytrain.tsv", "train"]),
        ("d/", ["d/a", "d/e/a"], ["d", "de/a", "d/e/.a"]),
        ("a?.tsv", ["a1.tsv", "aé.tsv"], ["a.tsv", "a/.tsv", "a12.tsv"]),
        ("d/a[1]+(x).*", ["d/a[1]+(x).tsv"], ["d/a1.tsv"]),
        ("*train*", ["train", "my-train.tsv"], [".train"]),
    ],
)
def test_what_fits_a_pattern(pattern: str, fitting: list[str], others: list[str]) -> None:
    assert [name for name in (*fitting, *others) if fits(pattern, name)] == fitting


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 60 + "b", "a" * 200), ("**/" * 60 + "x", "a/" * 90 + "y"), ("?*" * 60 + "/b", "a" * 200)],
)
def test_no_pattern_takes_more_than_a_moment(pattern: str, path: str) -> None:
    begin = time.perf_counter()
    assert not fits(pattern, path)
    assert time.perf_counter() - begin < 10


def test_a_file_belongs_to_its_own_entry_and_else_to_the_pattern() -> None:
    files = of(
        {"path": "d/*.tsv", "split": "train"},
        {"path": "d/dev.tsv", "split": "dev"},
        {"path": "d/*.ann", "split": None},
    ).files
    found = members(files, ["d/b.tsv", "d/dev.tsv", "d/a.tsv", "d/a.ann", "README"])
    assert {name: file.split for name, file in found.items()} == {
        "d/a.ann": None, "d/a.tsv": "train", "d/b.tsv": "train", "d/dev.tsv": "dev",
    }  # fmt: skip


def test_files_of_a_folder_take_the_place_of_their_pattern(tmp_path: Path) -> None:
    expect = {"files": 2, "sentences": 2, "tokens": 4, "types": {"PER": 2}, "origin": "independent"}
    files = {"path": "train/", "split": "train", "expect": expect}, {"path": "test.tsv", "split": "test"}
    card = of(*files, counted_by="wc FILE")
    here = folder(tmp_path, "train/b/2.tsv", "train/1.tsv", "test.tsv", "notes.txt")
    assert [(file.path, file.split, file.pattern, file.expect) for file in present(card, here)] == [
        ("train/1.tsv", "train", False, None), ("train/b/2.tsv", "train", False, None), ("test.tsv", "test", False, None),
    ]  # fmt: skip
    folder(tmp_path, "train/3.tsv")
    with pytest.raises(
        OpenNERError, match=r"card tiny: 3 files fit 'train/', and the card expects 2\. Correct the path"
    ):
        present(card, here)


def test_a_pattern_that_fits_nothing_stands_for_itself(tmp_path: Path) -> None:
    (file,) = present(of({"path": "*.tsv", "split": "train"}), tmp_path)
    assert file.path == "*.tsv"


def test_a_file_that_fits_two_patterns_is_refused(tmp_path: Path) -> None:
    card = of({"path": "*.tsv", "split": "train"}, {"path": "t*", "split": "test"})
    with pytest.raises(
        OpenNERError, match=r"card tiny: the file test.tsv fits '\*.tsv' and 't\*'. Correct these paths"
    ):
        present(card, folder(tmp_path, "test.tsv"))


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ({"path": "*.tsv"}, {"repository": "https://example.org/a"}, "name the archive that holds these files"),
        ({"path": "*.tsv", "expect": {"sentences": 1, "tokens": 2, "origin": "independent"}}, {"repository": "samples"}, "expect tells `files`"),
        ({"path": "a.tsv", "expect": {"files": 1, "sentences": 1, "tokens": 2, "origin": "independent"}}, {"repository": "samples"}, "and only there"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_checked_or_fetched_is_refused(
    file: dict[str, Any], source: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        of(file | {"split": "train"}, source=source)


def test_a_patch_goes_over_all_files_of_a_pattern(tmp_path: Path) -> None:
    here = folder(tmp_path, "a/1.tsv", "a/2.tsv")
    (here / "a/2.tsv").write_text("Ada\tI-PER\n")
    assert patch(of({"path": "a/", "split": "train"}), tmp_path).changed == {"a/2.tsv": {"conlleval": 1}}
