"""Files of passages: what is written is read, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.support.errors import OpenNERError
from openner_utils.web import passages
from openner_utils.web.passages import Passage, passage_id


def passage(text: str, start: int = 0, document: str = "d", source: str = "s") -> Passage:
    end = start + len(text)
    return Passage(
        passage_id(source, document, start, end), text, "swh", "Latn", document, source, start, end, "unknown"
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.builds(passage, TEXTS, st.integers(0, 10**9), TEXTS, TEXTS)))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, given: list[Passage]) -> None:
    path = tmp_path_factory.mktemp("passages") / "p.parquet"
    assert passages.write(given, path) == len(given)
    assert list(passages.read(path)) == given


def test_many_batches_keep_their_order_and_equal_passages_give_equal_bytes(tmp_path: Path) -> None:
    many = [passage(str(number), number) for number in range(passages.GROUP + 1)]
    for name in ("a", "b"):
        passages.write(iter(many), tmp_path / name)
    assert list(passages.read(tmp_path / "a")) == many
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_how_tables_are_divided_does_not_count(tmp_path: Path) -> None:
    many = [passage(str(number), number) for number in range(100)]
    passages.write(many, tmp_path / "a")
    parts = (passages.table(many[start : start + 7]) for start in range(0, 100, 7))
    assert passages.write_tables(parts, tmp_path / "b") == 100
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_is_there_when_writing_fails(tmp_path: Path) -> None:
    def broken() -> Iterator[Passage]:
        yield passage("one")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        passages.write(broken(), tmp_path / "p.parquet")
    assert list(tmp_path.iterdir()) == []


def test_ids_differ_by_source_document_and_offsets() -> None:
    places = [("s", "d", 0, 1), ("t", "d", 0, 1), ("s", "e", 0, 1), ("s", "d", 1, 2), ("sd", "", 0, 1)]
    ids = {passage_id(*place) for place in places}
    assert len(ids) == len(places)
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in ids)


def test_a_foreign_file_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "foreign.parquet")
    with pytest.raises(OpenNERError, match=r"foreign\.parquet: no column 'id'"):
        list(passages.read(tmp_path / "foreign.parquet"))
    (tmp_path / "text.parquet").write_text("no parquet", encoding="utf-8")
    with pytest.raises(OpenNERError, match=r"text\.parquet: no readable Parquet"):
        list(passages.read(tmp_path / "text.parquet"))
