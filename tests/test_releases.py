"""Release tables: what goes in comes out, in the order and with the numbers that the columns promise."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from openner_utils import releases
from openner_utils.columns import from_rows
from openner_utils.encoding import IOB2
from openner_utils.errors import OpenNERError
from openner_utils.files import sha256
from openner_utils.releases import RELEASE, columns_of, release_table
from openner_utils.repair import repair
from tests.reading import card, fixture
from tests.strategies import label_rows, with_tokens


def part(corpus: str, language: str, split: str, *rows: list[str]) -> pa.Table:
    made = from_rows(with_tokens(list(rows)), f"{split}.txt")
    return release_table(corpus, language, split, made, repair(made))


TABLE = pa.concat_tables(
    [
        part("b", "fin", "test", ["O"]),
        part("a", "swa", "train", ["B-PER", "I-LOC"], ["O"], ["O", "O"]),
        part("a", "swa", "test", ["I-PER"]),
        part("a", "eng", "dev", ["B-ORG"]),
    ]
)


@given(rows=label_rows(IOB2))
def test_columns_come_back(rows) -> None:
    made = from_rows(with_tokens(rows), "x.txt")
    table = release_table("c", "eng", "test", made, repair(made))
    assert table.schema == RELEASE
    assert list(columns_of(table, "published").rows()) == list(made.rows())
    back = columns_of(table, file="x.txt")
    assert list(back.rows()) == list(repair(made).rows())
    assert (back.lines.tolist(), back.file, back.starts) == (made.lines.tolist(), "x.txt", None)


def test_documents_and_character_offsets_come_back() -> None:
    of = card("json_spans", {"document": "doc"}, scheme="spans")
    made = fixture("documents.jsonl", of).columns
    back = columns_of(release_table("c", "eng", "test", made, made))
    assert back.documents.tolist() == made.documents.tolist() == [0, 2, 3]
    assert back.starts is not None and back.ends is not None
    assert (back.starts.tolist(), back.ends.tolist()) == ([0, 0, 0], [3, 3, 4])


def test_parts_are_sorted_and_complete() -> None:
    found = list(releases.parts(TABLE))
    assert [part.key for part in found] == [
        ("a", "eng", "dev"),
        ("a", "swa", "train"),
        ("a", "swa", "test"),
        ("b", "fin", "test"),
    ]
    assert sum(len(part.table) for part in found) == len(TABLE)


def test_documents_of_neighbouring_parts_stay_apart() -> None:
    assert columns_of(TABLE).documents.tolist() == [0, 1, 4, 5, 6]


def test_select() -> None:
    assert len(releases.select(TABLE, corpus="a", language="swa")) == 4
    assert len(releases.select(TABLE, corpus="c")) == 0
    assert releases.select(TABLE) is TABLE
    assert list(columns_of(releases.select(TABLE, corpus="c")).rows()) == []


def test_limits_take_the_first_sentences_of_each_part() -> None:
    kept = releases.limited(TABLE, train=2, dev=None, test=1)
    assert kept.select(["corpus", "split", "sentence"]).to_pydict() == {
        "corpus": ["a", "a", "a", "a", "b"],
        "split": ["dev", "train", "train", "test", "test"],
        "sentence": [0, 0, 1, 0, 0],
    }


def test_predictions_take_the_place_of_labels() -> None:
    reference = columns_of(releases.select(TABLE, corpus="a", split="train"))
    made = releases.with_labels(reference, pa.chunked_array([[["O", "B-X"]], [["O"], ["O", "O"]]]))
    assert [labels for _, labels in made.rows()] == [("O", "B-X"), ("O",), ("O", "O")]
    with pytest.raises(OpenNERError, match="other sentences or tokens than its reference"):
        releases.with_labels(reference, pa.chunked_array([[["O"], ["O"], ["O", "O"]]]))


def test_prediction_rows() -> None:
    run = {"system": "s", "regime": "r", "labels_from": "published", "variant": "", "seed": 3}
    table = releases.prediction_table(run, ("a", "swa", "test"), [0, 1], [["O"], ["B-PER", "O"]])
    assert table.schema == releases.PREDICTIONS
    assert table.to_pylist()[1] == run | {
        "corpus": "a",
        "language": "swa",
        "split": "test",
        "sentence": 1,
        "labels": ["B-PER", "O"],
    }


def test_equal_tables_are_equal_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        releases.write_table(tmp_path / name, TABLE)
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    assert releases.read_table(tmp_path / "a").equals(TABLE)
    releases.write_table(tmp_path / "c.parquet", TABLE.slice(0, 1))
    assert len(releases.read_releases(tmp_path, ["c", "c"])) == 2


def test_a_missing_table_names_the_command(tmp_path) -> None:
    with pytest.raises(OpenNERError, match=r"x\.parquet: missing.*dvc repro"):
        releases.read_table(tmp_path / "x.parquet")


def test_lists_hold_one_value_per_token() -> None:
    made = from_rows([(["a", "b"], ["O", "O"]), (["c"], ["O"])])
    assert releases.lists_of(made, pa.array(np.arange(3))).to_pylist() == [[0, 1], [2]]
