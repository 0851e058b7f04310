"""Annotated passages: what they refuse, and the file that carries them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openner_utils.support.errors import OpenNERError
from openner_utils.web import mentions, passages
from openner_utils.web.mentions import TextMention
from tests.web.marked import annotated, named, passage


def test_files_come_back_as_they_were_written(tmp_path):
    given = [
        annotated("Ada saw Bo.", TextMention(8, 10, "person", 0.25), TextMention(0, 3, "person")),
        annotated("ไม่มี", number=1, language="tha"),
    ]
    assert mentions.write(given, tmp_path / "a.parquet") == 2
    assert list(mentions.read(tmp_path / "a.parquet")) == given
    assert list(passages.read(tmp_path / "a.parquet")) == [each.passage for each in given]


@pytest.mark.parametrize("values", [(3, 3, "a"), (4, 3, "a"), (-1, 3, "a"), (0, 3, ""), (0, 3, "a", 1.5)])
def test_mentions_that_are_none_are_refused(values):
    with pytest.raises(ValueError, match=r"mention|score"):
        TextMention(*values)


def test_mentions_that_overlap_or_end_beyond_the_text_are_refused():
    with pytest.raises(ValueError, match="overlaps"):
        annotated("Ada saw Bo.", TextMention(0, 3, "a"), TextMention(2, 7, "a"))
    with pytest.raises(ValueError, match="ends beyond its 3"):
        annotated("Ada", TextMention(0, 4, "a"))


def test_a_file_whose_mentions_do_not_fit_is_named(tmp_path):
    path = tmp_path / "a.parquet"
    columns = passages.table([passage("Ada")]).columns
    wrong = pa.array(
        [[{"start": 0, "end": 9, "type": "a", "score": None}]], mentions.SCHEMA.field("mentions").type
    )
    pq.write_table(pa.table([*columns, wrong], schema=mentions.SCHEMA), path)
    with pytest.raises(OpenNERError, match=r"a\.parquet: Passage .* ends beyond"):
        list(mentions.read(path))


def test_passages_without_mentions_are_no_annotations(tmp_path):
    passages.write([passage("Ada")], tmp_path / "a.parquet")
    with pytest.raises(OpenNERError, match="no column of mentions"):
        list(mentions.read(tmp_path / "a.parquet"))
    (tmp_path / "b.parquet").write_bytes(b"nothing")
    with pytest.raises(OpenNERError, match="no readable Parquet"):
        list(mentions.read(tmp_path / "b.parquet"))


def test_files_are_put_side_by_side_whatever_their_order(tmp_path):
    one, other = named("Ada", ("Ada", "a"), number=1), named("Bo", ("Bo", "b"), number=2)
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    mentions.write([one, other], paths[0])
    mentions.write([other.with_mentions([]), one], paths[1])
    assert mentions.together(paths) == [(one, one), (other, other.with_mentions([]))]


def test_files_with_other_passages_or_one_twice_are_refused(tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    mentions.write([named("Ada", number=1)], paths[0])
    mentions.write([named("Ada", number=2)], paths[1])
    with pytest.raises(OpenNERError, match=r"b\.parquet: 2 passages"):
        mentions.together(paths)
    mentions.write([named("Ada", number=1)] * 2, paths[1])
    with pytest.raises(OpenNERError, match="twice"):
        mentions.together(paths)
