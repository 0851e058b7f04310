"""A third party's predictions beside the systems of a run: matched by sentence, judged by the run's own tests."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from openner_utils.api.comparing import compare
from openner_utils.cli import main as cli
from openner_utils.core.artifacts import CORE_RELEASE, Folder
from openner_utils.core.columns import Columns
from openner_utils.core.encoding import BIOES, IOB2, recode
from openner_utils.core.releases import columns_of, select
from openner_utils.exports import conll, predictions
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256
from openner_utils.support.paths import Place
from tests import places


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run of two systems: ``exact``, and ``half``."""
    return places.run_of_two(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def gold(place: Place) -> Columns:
    """The test sentences, as the release has them."""
    table = Folder(place.artifacts).get(CORE_RELEASE, {"corpus": "habari"})
    return columns_of(select(table, split="test"), file="habari")


def openner(place: Place, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], obj=place)


def test_the_gold_labels_are_ahead_of_half_of_them_and_equal_to_a_system_that_is_right(
    place: Place, gold: Columns, tmp_path: Path
) -> None:
    shuffled = gold.pick(np.arange(gold.n_sentences)[::-1].astype(np.int32))
    conll.write(tmp_path / "theirs.txt", shuffled)
    table = compare([tmp_path / "theirs.txt"], place=place).table.set_index("system")
    assert table.loc["exact", ["f1", "f1_theirs", "difference"]].tolist() == [100, 100, 0]
    assert not table.loc["exact", "clear"]
    assert (
        table.loc["half", "f1"] < 90 and table.loc["half", "f1_theirs"] == 100 and table.loc["half", "clear"]
    )
    assert set(table["sentences"]) == {gold.n_sentences}


def test_any_format_and_encoding_gives_the_same_table(place: Place, gold: Columns, tmp_path: Path) -> None:
    conll.write(tmp_path / "plain.txt", gold)
    conll.write(tmp_path / "bioes.txt", recode(gold, IOB2, BIOES))
    rows = [json.dumps({"tokens": tokens, "labels": labels}) for tokens, labels in gold.rows()]
    (tmp_path / "lines.jsonl").write_text("\n".join(rows) + "\n")
    names = ("plain.txt", "bioes.txt", "lines.jsonl")
    tables = [compare([tmp_path / name], place=place).table for name in names]
    assert all(table.equals(tables[0]) for table in tables)


def test_what_does_not_match_is_named_with_its_line(place: Place, gold: Columns, tmp_path: Path) -> None:
    sentences = list(gold.rows())
    words, labels = sentences[0]
    glued = [(words[0] + words[1], *words[2:]), (labels[0], *labels[2:])]
    rows = [tuple(glued), *sentences[2:], (("Nobody", "wrote", "this"), ("B-PER", "O", "O"))]
    text = "\n\n".join("\n".join(map("\t".join, zip(*row, strict=True))) for row in rows)
    path = tmp_path / "theirs.tsv"
    path.write_text(text + "\n")
    done = openner(place, "compare", path, "--name", "Tagger", "--json")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    (file,) = found["files"]
    last = text.count("\n") - 1
    test = "habari/test.txt" if "test.txt" in file["missing"][0] else file["missing"][0].rpartition(":")[0]
    assert file["other_tokens"] == [{"at": f"{path}:1", "test": f"{test}:{gold.lines[0]}"}]
    assert file["unknown"] == [f"{path}:{last}"]
    assert file["missing"] == [f"{test}:{gold.lines[gold.sentences[1]]}"]
    assert {row["sentences"] for row in found["table"]} == {gold.n_sentences - 1}
    assert f"{path}:1: other tokens than at {test}:{gold.lines[0]}, compared by characters" in done.stderr
    assert f"{path}:{last}: no test sentence of this run" in done.stderr


def test_mentions_in_other_tokens_are_compared_by_characters(
    place: Place, gold: Columns, tmp_path: Path
) -> None:
    rows = []
    for words, labels in gold.rows():  # every character a token of its own
        inside = [("I" + label[1:] if label != "O" else "O") for label in labels]
        rows.append(
            [
                (sign, label if first == 0 else more)
                for word, label, more in zip(words, labels, inside, strict=True)
                for first, sign in enumerate(word)
            ]
        )
    text = "\n\n".join("\n".join("\t".join(each) for each in row) for row in rows)
    (tmp_path / "signs.tsv").write_text(text + "\n")
    found = compare([tmp_path / "signs.tsv"], place=place)
    assert set(found.table["f1_theirs"]) == {100} and set(found.table["sentences"]) == {gold.n_sentences}
    assert len(found.files[0][1].retokenized) > gold.n_sentences / 2


def test_several_files_are_seeds_of_one_system(place: Place, gold: Columns, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        conll.write(tmp_path / name, gold)
    table = compare([tmp_path / "a.txt", tmp_path / "b.txt"], place=place).table
    assert set(table["seeds"]) == {"2"} and table["over"].str.endswith("seeds").all()


def test_types_are_brought_to_core_types_or_asked_for(place: Place, gold: Columns, tmp_path: Path) -> None:
    def written(name: str, old: str, new: str) -> Path:
        conll.write(tmp_path / name, gold.rename([each.replace(old, new) for each in gold.names]))
        return tmp_path / name

    best = compare([written("gpe.txt", "LOC", "GPE")], place=place)
    assert best.types["GPE"] == "LOC" and set(best.table["f1_theirs"]) == {100}
    lost = compare([written("date.txt", "LOC", "DATE")], place=place)
    assert "DATE" not in lost.types and (lost.table["f1_theirs"] < 100).all()
    with pytest.raises(OpenNERError, match="--map spot=NAME"):
        compare([written("spot.txt", "LOC", "spot")], place=place)
    said = compare([tmp_path / "spot.txt"], types={"spot": "LOC"}, place=place)
    assert set(said.table["f1_theirs"]) == {100}


def test_a_file_of_other_sentences_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("Ada B-PER\nran O\n")
    with pytest.raises(OpenNERError, match="none of its sentences is a test sentence") as error:
        compare([tmp_path / "other.txt"], place=place)
    assert "other.txt:1: no test sentence has this text" in error.value.details[0]


def test_the_bank_holds_every_prediction_with_its_key_and_can_be_compared(
    place: Place, tmp_path: Path
) -> None:
    done = openner(place, "predictions", "-o", tmp_path / "bank")
    assert done.exit_code == 0, done.exception
    with open(tmp_path / "bank" / predictions.RUNS) as file:
        rows = list(csv.DictReader(file))
    assert {(row["system"], row["seed"], row["corpus"]) for row in rows} == {
        (system, seed, "habari") for system in ("exact", "half") for seed in ("1", "2")
    }
    for row in rows:
        assert row["sha256"] == sha256(tmp_path / "bank" / row["file"])
    half = next(row["file"] for row in rows if row["system"] == "half")
    first = json.loads((tmp_path / "bank" / half).read_text().splitlines()[0])
    assert (first["system"], first["regime"], first["seed"], first["id"]) == (
        "half", "individual", 1, "habari-swa-test-0",
    )  # fmt: skip
    assert all(first["text"][start:end].strip() for start, end, _ in first["spans"])
    table = compare([tmp_path / "bank" / half], place=place).table.set_index("system")
    assert table.loc["half", "difference"] == 0 and table.loc["exact", "difference"] < 0
    (reference,) = (tmp_path / "bank" / "reference" / "core").iterdir()
    assert compare([reference], place=place).table.set_index("system").loc["exact", "difference"] == 0
