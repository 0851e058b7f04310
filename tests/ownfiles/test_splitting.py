"""Own files divided into splits: every sentence once, with its labels, the same whatever the order of files, and a record of each."""

import csv
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.ownfiles.opening import open_file
from openner_utils.ownfiles.splitting import divided
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)], obj=HERE)


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sentences(*paths: Path) -> Counter[str]:
    """The blocks of lines of files, document marks left out."""
    blocks = (block.strip() for path in paths for block in path.read_text(encoding="utf-8").split("\n\n"))
    return Counter(block for block in blocks if block and not block.startswith("-DOCSTART-"))


def text(numbers: list[int], name: str) -> str:
    """Sentences, of which equal numbers are equal, under one document mark for every four."""
    blocks = []
    for at, number in enumerate(numbers):
        blocks += ["-DOCSTART-\tO\n"] if at % 4 == 0 else []
        words = "\n".join(f"w{number}{letter}\tO" for letter in "abcd")
        blocks.append(f"{name}{number % 7}\tB-PER\n{words}\n")
    return "\n".join(blocks)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files in which a sentence is repeated in the other, and names are shared by sevens."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/train.tsv").write_text(text(list(range(80)), "Ada"), encoding="utf-8")
    (tmp_path / "in/test.tsv").write_text(text([3, 3, *range(80, 118)], "Ada"), encoding="utf-8")
    return tmp_path / "in"


def test_every_sentence_is_written_once_and_its_place_is_told(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = openner("split", folder, "-o", out, "--dev", 0.1, "--test", 0.2)
    assert done.exit_code == 0, done.output
    files = {path.stem: path for path in out.glob("*.conll")}
    assert set(files) == {"train", "dev", "test"}
    assert sentences(*files.values()) == sentences(*folder.glob("*.tsv"))
    record = rows(out / "sentences.csv")
    assert len(record) == 120 and Counter(row["split"] for row in record) == {
        name: sum(sentences(path).values()) for name, path in files.items()
    }
    for row in record:
        lines = (folder / row["file"]).read_text(encoding="utf-8").split("\n")
        block = lines[int(row["line"]) - 1 :]
        assert "\n".join(block[: block.index("")]) in sentences(files[row["split"]])
    cluster = [row for row in record if row["cluster"]]
    assert [(row["file"], row["cluster"]) for row in cluster] == [("test.tsv", "1"), ("test.tsv", "1"), ("train.tsv", "1")]  # fmt: skip
    assert len({row["split"] for row in cluster}) == 1
    shared = {row["splits"]: row for row in rows(out / "shared.csv")}
    assert (shared["as given"]["clusters"], shared["as given"]["contaminated"]) == ("1", "2")
    assert (shared["cut"]["clusters"], shared["cut"]["contaminated"]) == ("0", "0")
    assert int(shared["cut"]["mentions"]) <= int(shared["by hash"]["mentions"])
    assert "cut: 84 train, 12 dev, 24 test; 0 clusters of near-duplicates" in done.output
    assert openner("split", folder, "-o", out).exit_code == 0, "its own folder may be written again"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 30), max_size=30).map(lambda more: [*range(31), *more]), st.integers(0, 99))
def test_neither_the_order_of_files_nor_their_folder_matters(tmp_path_factory, numbers, seed) -> None:
    there, here = (tmp_path_factory.mktemp("files") for _ in range(2))
    for folder in (there, here):
        for number in range(3):
            (folder / f"{number}.tsv").write_text(text(numbers[number::3], "Ada"), encoding="utf-8")
    files = sorted(here.glob("*.tsv"))
    random.Random(seed).shuffle(files)
    one = divided([open_file(path) for path in sorted(there.glob("*.tsv"))], 0.1, 0.2)
    other = divided([open_file(path) for path in files], 0.1, 0.2)
    assert one.splits.tolist() == other.splits.tolist() and one.files == other.files
    assert one.columns.tokens.equals(other.columns.tokens) and one.compared == other.compared
    assert one.compared["cut"].clusters == one.compared["cut"].contaminated == 0
    assert sum(one.compared["cut"].sizes) == len(numbers)


def test_labels_stay_as_they_are_and_mentions_are_read_as_repair_does(tmp_path: Path) -> None:
    file = tmp_path / "all.tsv"
    file.write_text("\n".join(f"it\tO\nAda{n // 2}\tI-PER\nrains\tO\n" for n in range(40)), encoding="utf-8")
    assert openner("split", file, "-o", tmp_path / "out", "--test", 0.5).exit_code == 0
    assert sentences(*(tmp_path / "out").glob("*.conll")) == sentences(file)
    cut = rows(tmp_path / "out/shared.csv")[-1]
    assert (cut["splits"], cut["mentions"], cut["unseen_test"], cut["documents"]) == (
        "cut",
        "0",
        "1.0000",
        "0",
    )


def test_what_cannot_be_divided_is_refused_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tsv"
    other.write_text("\n".join("Ada\tS-PER\nleft\tO\nfor\tO\nSanta\tB-LOC\nFe\tE-LOC\n" for _ in range(9)), encoding="utf-8")  # fmt: skip
    cases = (
        ([folder / "test.tsv", other], "Convert one: openner convert"),
        ([other], "Nothing is left for"),
        ([folder / "test.tsv", folder], "test.tsv: named twice"),
        (["-"], "standard input has no name"),
        ([folder, "--dev", 0.5, "--test", 0.5], "cannot be: each is 0 or more"),
    )
    for named, message in cases:
        done = CliRunner().invoke(cli.app, ["split", *map(str, named), "-o", str(tmp_path / "out")], obj=HERE, input="Ada\tB-PER\n")  # fmt: skip
        assert isinstance(done.exception, OpenNERError) and message in str(done.exception), (
            message,
            done.output,
        )
        assert not (tmp_path / "out").exists()
