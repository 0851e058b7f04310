"""What a search says of its best recipe: how good it was, and whether it learnt anything at all."""

import pytest
import yaml

from openner_utils.cli.search import _tell
from openner_utils.search.told import BEST, Row, write
from openner_utils.search.trials import Tried
from tests.planted import RECIPE

RECIPE_OF_TWO = RECIPE.model_copy(update={"epochs": 2})


def rows(loss):
    poor = Tried(RECIPE_OF_TWO, "finished", (0.0, 0.0), (2.0, 1.9), 0.5)
    good = Tried(RECIPE_OF_TWO, "finished", (0.1, 0.425), (1.0, loss), 0.5)
    return [Row(0, "", poor), Row(1, "", good)]


def test_the_best_recipe_carries_how_good_it_was(tmp_path):
    write(tmp_path, rows(0.2), "mine_found")
    text = (tmp_path / BEST).read_text(encoding="utf-8")
    assert text.startswith("# F1 on dev 42.5, with one seed: trial 1, the best of 2\n")
    assert yaml.safe_load(text)["encoders"]["mine_found"]["epochs"] == 2


@pytest.mark.parametrize(("loss", "named"), [(0.499, False), (0.5, True), (1.6, True)])
def test_a_best_recipe_that_learnt_nothing_is_named(loss, named, tmp_path, capsys):
    _tell(rows(loss), "mine_found", tmp_path)
    told = capsys.readouterr()
    assert "mine_found" in told.out
    assert ("learnt nothing from the text" in told.err) == named
