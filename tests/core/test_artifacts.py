"""Artifacts: what was put comes back in its types, and nothing goes in or out that a stage does not name."""

import pandas as pd
import pyarrow as pa
import pytest

from openner_utils.core.artifacts import Artifact, Folder, Inputs, Memory, Outputs
from openner_utils.support.errors import OpenNERError

TABLE = Artifact("some/{unit}/table.parquet", pa.schema([("name", pa.string()), ("count", pa.int64())]))
OPEN = Artifact("some/{unit}/{table}.parquet")
VALUE = Artifact("some/value.json")
FRAME = pd.DataFrame({"name": ["NA", "nan", "", None], "count": pd.array([1, None, 3, 4], "Int64")})


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path):
    return Folder(tmp_path) if request.param == "folder" else Memory()


def both(store) -> tuple[Inputs, Outputs]:
    named = (TABLE, OPEN, VALUE)
    return Inputs(store, named), Outputs(store, named, {"unit": "a"})


def test_a_table_comes_back_as_it_was_put(store) -> None:
    inputs, outputs = both(store)
    outputs.put(TABLE, FRAME)
    back = inputs.frame(TABLE, unit="a")
    assert back["name"].isna().tolist() == [False, False, False, True]
    assert back["name"].tolist()[:3] == ["NA", "nan", ""]
    pd.testing.assert_series_equal(back["count"], FRAME["count"])
    assert inputs.table(TABLE, ["count"], unit="a").column_names == ["count"]
    outputs.put(OPEN, FRAME, table="other")
    assert inputs.table(OPEN, unit="a", table="other").num_rows == 4
    outputs.put(VALUE, {"a": [1]})
    assert inputs.value(VALUE) == {"a": [1]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (FRAME[["name"]], "columns name, where name, count are wanted"),
        (FRAME.assign(more=1), "columns name, count, more, where"),
        (pa.table({"name": ["a"], "count": pa.array([1], pa.int32())}), "its columns should be"),
    ],
)
def test_a_table_of_another_form_is_refused(store, wrong, said: str) -> None:
    with pytest.raises(ValueError, match=f"some/.unit./table.parquet: {said}"):
        both(store)[1].put(TABLE, wrong)


def test_what_a_stage_does_not_name_it_neither_reads_nor_makes(store) -> None:
    with pytest.raises(ValueError, match=r"some/value.json is none of the stage's some/.unit./table.parquet"):
        Inputs(store, (TABLE,)).value(VALUE)
    with pytest.raises(ValueError, match=r"some/value.json is none of the stage's artifacts"):
        Outputs(store, ()).put(VALUE, 1)


def test_a_missing_artifact_names_the_stage_to_run(store) -> None:
    with pytest.raises(OpenNERError, match=r"table\.parquet: missing\. Run the stage some: dvc repro some"):
        both(store)[0].table(TABLE, unit="b")
