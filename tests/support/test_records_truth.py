"""True, false, infinity and NaN are no numbers in a record; everything else stays as pydantic takes it."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from openner_utils.support.records import Record, RecordError, parse


class Inner(Record):
    number: int = 0


class Outer(Record):
    whole: int = 0
    share: float | None = None
    by_name: dict[str, int] = {}
    several: int | tuple[int, ...] | None = None
    bounded: Annotated[int, Field(ge=0)] | None = None
    chosen: Literal[0, 1] = 0
    column: int | str = 0
    inner: dict[str, Inner] = {}
    truth: bool = False
    either: bool | int = False
    anything: Any = None
    options: dict[str, Any] = {}


@pytest.mark.parametrize(
    "value",
    [
        {"whole": True},
        {"share": False},
        {"by_name": {"a": True}},
        {"several": True},
        {"several": [1, True]},
        {"bounded": False},
        {"chosen": True},
        {"column": False},
        {"inner": {"a": {"number": True}}},
    ],
)
def test_truth_is_no_number(value: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="true and false are no numbers"):
        parse(Outer, value, "here")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), "inf", "nan"])
def test_a_number_is_finite(value: float | str) -> None:
    with pytest.raises(RecordError, match="share: Input should be a finite number"):
        parse(Outer, {"share": value}, "here")


@pytest.mark.parametrize(
    "value",
    [
        {"truth": True},
        {"either": True},
        {"anything": True},
        {"options": {"header": True}},
        {"whole": 1, "share": 0.5, "several": [1, 2], "column": "a", "inner": {"a": {"number": 1}}},
    ],
)
def test_truth_stays_where_it_is_meant(value: dict[str, Any]) -> None:
    found = parse(Outer, value, "here").model_dump(exclude_unset=True)
    assert found == {key: tuple(each) if isinstance(each, list) else each for key, each in value.items()}
