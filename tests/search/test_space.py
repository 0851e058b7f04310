"""What is tried around a recipe."""

import pytest

from openner_utils.config.params import Encoder, Search
from openner_utils.search.space import Space
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests.planted import RECIPE


def test_the_space_lies_around_the_recipe_and_holds_it():
    space = Space.around(RECIPE, Search())
    assert space.learning_rate == pytest.approx((2e-3, 5e-2))
    assert (space.batch_size, space.epochs, space.head) == ((8, 16), (3, 6, 12), ("linear", "crf"))
    assert space.crf_learning_rate == (1e-2, 1.0)
    narrow = Search(learning_rate=(1e-3, 2e-3), batch_size=(4,), epochs=(2,), head=("crf",))
    space = Space.around(RECIPE, narrow)
    assert space.learning_rate == (1e-3, 1e-2)
    assert (space.batch_size, space.epochs, space.head) == ((4, 8), (2, 6), ("crf", "linear"))


def test_a_grid_holds_the_recipe_first_and_each_combination_once():
    grid = Space.around(RECIPE, Search()).grid()
    assert grid[0] == RECIPE
    found = [(one.learning_rate, one.batch_size, one.head, one.crf_learning_rate) for one in grid]
    assert len(set(found)) == len(found) == 3 * 2 * (1 + 2)
    assert {one.epochs for one in grid} == {RECIPE.epochs}
    assert {one.crf_learning_rate for one in grid if one.head == "linear"} == {None}


def test_rates_are_such_as_can_be_written_down():
    space = Space.around(RECIPE, Search())
    found = space.chosen({"learning_rate": 0.0123456, "head": "crf", "crf_learning_rate": 0.98765})
    assert (found.learning_rate, found.crf_learning_rate) == (0.0123, 0.988)


def test_a_field_takes_the_loss_of_first_sub_tokens():
    every = RECIPE.model_copy(update={"loss_on": "every"})
    assert {one.loss_on for one in Space.around(every, Search()).grid() if one.head == "crf"} == {"first"}


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (Search, {"learning_rate": [1e-2, 1e-3]}, "the lowest comes first"),
        (Search, {"epochs": []}, "epochs"),
        (Search, {"heads": ["crf"]}, "Did you mean 'head'"),
        (Encoder, RECIPE.model_dump() | {"crf_learning_rate": 0.1}, "crf_learning_rate is that of a field: head: crf"),
    ],
)  # fmt: skip
def test_slips_are_named(kind, content, message):
    with pytest.raises(OpenNERError, match=message):
        parse(kind, content, "params.yaml")
