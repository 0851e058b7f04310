"""Release tables: what goes in comes out, in the order and with the numbers that the columns promise."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.core import releases
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.core.releases import RELEASE, columns_of, release_table
from openner_utils.core.repair import repair
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256
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


def test_a_part_is_found_wherever_its_rows_lie_and_is_no_copy_where_they_lie_together() -> None:
    together, apart = (
        sentences(40),
        pa.concat_tables([sentences(40).slice(20), TABLE, sentences(40).slice(0, 20)]),
    )
    for table in (together, pa.concat_tables([TABLE, together, sentences(3, "d")]), apart):
        (found,) = (part.table for part in releases.parts(table) if part.corpus == "c")
        assert found.equals(together)
    first = next(releases.parts(together)).table
    assert first["tokens"].chunk(0).buffers()[1].address == together["tokens"].chunk(0).buffers()[1].address


def test_a_split_of_another_name_is_an_error_that_names_it() -> None:
    table = pa.concat_tables([TABLE, part("a", "swa", "validation", ["O"])])
    with pytest.raises(OpenNERError, match="a/swa: the split 'validation' is none of train, dev, test"):
        list(releases.parts(table))


def test_documents_of_neighbouring_parts_stay_apart() -> None:
    assert columns_of(TABLE).documents.tolist() == [0, 1, 4, 5, 6]


def test_select() -> None:
    assert len(releases.select(TABLE, corpus="a", language="swa")) == 4
    assert len(releases.select(TABLE, corpus="c")) == 0
    assert releases.select(TABLE) is TABLE
    assert list(columns_of(releases.select(TABLE, corpus="c")).rows()) == []


def sentences(count: int, corpus: str = "c", split: str = "train") -> pa.Table:
    return part(corpus, "eng", split, *[["O"]] * count)


def numbers(table: pa.Table, **values: str) -> list[int]:
    return releases.select(table, **values)["sentence"].to_pylist()


def test_limits_take_so_many_of_each_part_and_the_rest_whole() -> None:
    kept = releases.limited(TABLE, train=2, dev=None, test=1)
    assert [(*part.key, len(part.table)) for part in releases.parts(kept)] == [
        ("a", "eng", "dev", 1),
        ("a", "swa", "train", 2),
        ("a", "swa", "test", 1),
        ("b", "fin", "test", 1),
    ]
    assert releases.limited(TABLE, None, None, None).num_rows == len(TABLE)
    assert len(releases.limited(TABLE, 0, 0, 0)) == 0
    assert releases.limited(TABLE.slice(0, 0), 1, 1, 1).num_rows == 0


def test_limits_choose_by_place_alike_on_every_machine() -> None:
    # Worked out once, by BLAKE2b of "c\neng\ntrain\n<number>"; any other outcome changes what results stand on.
    by_hand = sorted(range(40), key=lambda n: blake2b(f"c\neng\ntrain\n{n}".encode(), digest_size=8).digest())
    kept = numbers(releases.limited(sentences(40), 6, 6, 6))
    assert kept == sorted(by_hand[:6]) == [1, 16, 23, 28, 30, 38]
    assert kept != numbers(releases.limited(sentences(40, corpus="d"), 6, 6, 6))
    assert kept != numbers(releases.limited(sentences(40, split="test"), 6, 6, 6))
    mixed = pa.concat_tables([sentences(40, "d"), sentences(40).slice(20), sentences(40).slice(0, 20)])
    assert numbers(releases.limited(mixed, 6, 6, 6), corpus="c") == kept


@given(size=st.integers(1, 60), some=st.integers(0, 70), more=st.integers(0, 70))
def test_a_smaller_limit_chooses_among_the_sentences_of_a_larger_one(size, some, more) -> None:
    some, more = sorted((some, more))
    table = sentences(size)
    few, many = (numbers(releases.limited(table, most, None, None)) for most in (some, more))
    assert (len(few), len(many)) == (min(some, size), min(more, size))
    assert set(few) <= set(many)
    assert few == sorted(few)
    assert few == numbers(releases.limited(releases.limited(table, more, None, None), some, None, None))


def test_limits_take_from_the_whole_file_and_not_from_its_beginning() -> None:
    kept = numbers(releases.limited(sentences(4000), 400, None, None))
    in_tenths = np.bincount(np.array(kept) // 400, minlength=10)
    assert in_tenths.min() >= 20 and in_tenths.max() <= 60  # 40 expected, 3 deviations


def test_predictions_take_the_place_of_labels() -> None:
    reference = columns_of(releases.select(TABLE, corpus="a", split="train"))
    made = releases.with_labels(reference, pa.chunked_array([[["O", "B-X"]], [["O"], ["O", "O"]]]))
    assert [labels for _, labels in made.rows()] == [("O", "B-X"), ("O",), ("O", "O")]
    with pytest.raises(OpenNERError, match="other sentences or tokens than its reference"):
        releases.with_labels(reference, pa.chunked_array([[["O"], ["O"], ["O", "O"]]]))


RUN = {
    "system": "s", "regime": "r", "labels_from": "published", "format": "", "decoding": "", "policy": "",
    "control": False, "seed": 3,
}  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), [(None, 0), ([4, 5], 5)])
def test_prediction_rows(given, kept) -> None:
    table = releases.prediction_table(
        RUN, ("a", "swa", "test"), [0, 1], pa.array([["O"], ["B-PER", "O"]]), given
    )
    assert table.schema == releases.PREDICTIONS
    assert table.to_pylist()[1] == RUN | {
        "corpus": "a",
        "language": "swa",
        "split": "test",
        "sentence": 1,
        "labels": ["B-PER", "O"],
        "ungrounded": kept,
    }


def test_prediction_rows_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 sentences, 1 lists of labels"):
        releases.prediction_table(RUN, ("a", "swa", "test"), [0, 1], pa.array([["O"]]))


def test_equal_tables_are_equal_bytes(tmp_path) -> None:
    for name in ("a", "b"):
        releases.write_table(tmp_path / name, TABLE)
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    assert releases.read_table(tmp_path / "a").equals(TABLE)


def test_a_missing_table_names_the_command(tmp_path) -> None:
    with pytest.raises(OpenNERError, match=r"x\.parquet: missing.*dvc repro"):
        releases.read_table(tmp_path / "x.parquet")


def test_lists_hold_one_value_per_token() -> None:
    made = from_rows([(["a", "b"], ["O", "O"]), (["c"], ["O"])])
    assert releases.lists_of(made, pa.array(np.arange(3))).to_pylist() == [[0, 1], [2]]
