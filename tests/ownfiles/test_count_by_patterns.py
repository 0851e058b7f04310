"""`openner card count` by a card whose paths are patterns: each file, and all of them together."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from openner_utils.ownfiles.card_count import count
from openner_utils.support.errors import OpenNERError
from tests import tiny


def told(tmp_path: Path, sentences: int = 3, files: int = 2) -> list[tuple[str, bool]]:
    expect = {
        "files": files,
        "sentences": sentences,
        "tokens": 9,
        "types": {"PER": 3},
        "origin": "independent",
    }
    entries: list[dict[str, Any]] = [
        {"path": "train/", "language": "eng", "split": "train", "expect": expect},
        {"path": "dev/*.tsv", "language": "eng", "split": "dev"},
    ]
    card = tiny.card("samples", entries) | {"reader": "delimited", "longest": 3, "counted_by": "wc FILE"}
    tiny.write(tmp_path / "card.yaml", yaml.safe_dump(card).encode())
    content = b"Ada\tB-PER\nran\tO\n.\tO\n"
    tiny.write(tmp_path / "train/a.tsv", 2 * content)
    tiny.write(tmp_path / "train/more/b.tsv", content)
    return [(row.told, row.failed) for row in count(tmp_path / "card.yaml", tmp_path)]


def test_each_file_and_all_together(tmp_path: Path) -> None:
    assert told(tmp_path)[:3] == [
        ("train/a.tsv: 2 sentences, 6 tokens, 2 mentions (PER 2); changed: sentence cut 1", False),
        ("train/more/b.tsv: 1 sentence, 3 tokens, 1 mention (PER 1)", False),
        ("train/: 2 files, 3 sentences, 9 tokens, 3 mentions (PER 3); as expected", False),
    ]


def test_a_pattern_that_fits_no_file_is_told(tmp_path: Path) -> None:
    row, failed = told(tmp_path)[3]
    assert failed and row.startswith("dev/*.tsv: No such file")


def test_what_is_not_as_expected_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, sentences=4)[2] == (
        "train/: 2 files, 3 sentences, 9 tokens, 3 mentions (PER 3); expected: sentences 4", True,
    )  # fmt: skip
    assert told(tmp_path, files=3)[2][0].endswith("expected: files 3")


def test_a_broken_file_leaves_the_others_their_turn(tmp_path: Path) -> None:
    tiny.write(tmp_path / "dev/a.tsv", b"Ada\n")
    tiny.write(tmp_path / "dev/b.tsv", b"Ada\tO\n")
    rows = told(tmp_path)[3:]
    assert [failed for _, failed in rows] == [True, False, False] and rows[0][0].startswith("dev/a.tsv: ")


def test_a_division_that_leaves_nothing_to_train_on_is_named_by_its_line(tmp_path: Path) -> None:
    entry = {"path": "a.tsv", "language": "eng", "split": "all"}
    division = {"by": "block", "dev": 0.6, "test": 0.5}
    card = tiny.card("samples", [entry]) | {"reader": "delimited", "division": division}
    tiny.write(tmp_path / "card.yaml", yaml.safe_dump(card, sort_keys=False).encode())
    tiny.write(tmp_path / "a.tsv", b"Ada\tB-PER\n")
    with pytest.raises(OpenNERError, match=r"card\.yaml:\d+: division: dev 0\.6 and test 0\.5 are all"):
        list(count(tmp_path / "card.yaml", tmp_path))


def test_a_complete_card_is_checked_as_where_it_is_loaded_and_a_draft_is_not(tmp_path: Path) -> None:
    card = tiny.card("samples", [{"path": "a.tsv", "language": "eng", "split": "train"}])
    card |= {"reader": "delimited", "types": {"PER": "FIRM"}}
    tiny.write(tmp_path / "a.tsv", b"Ada\tB-PER\n")
    for text, of_card in (("", card), ("# a draft\n", card | {"description": "TODO"})):
        tiny.write(tmp_path / "card.yaml", (text + yaml.safe_dump(of_card, sort_keys=False)).encode())
        if text:
            assert [row.failed for row in count(tmp_path / "card.yaml", tmp_path)] == [False]
        else:
            with pytest.raises(OpenNERError, match="FIRM"):
                list(count(tmp_path / "card.yaml", tmp_path))
