"""Recipes drawn with Optuna: the same again with one worker and a seed, also where a search was killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openner_utils.config.params import Search
from openner_utils.search import study
from openner_utils.search.space import Space
from openner_utils.search.trials import Sentences, Tried
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE, planted

pytest.importorskip("optuna", reason="needs requirements-grids.txt")

TRIALS = 14
SENTENCES = Sentences.of(planted(60, seed=1), planted(20, seed=2))
SPACE = Space.around(
    RECIPE.model_copy(update={"epochs": 4}),
    Search(learning_rate=(1e-6, 5e-2), epochs=(2, 4), batch_size=(8,)),
)


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> tuple[Path, list[Tried]]:
    folder = tmp_path_factory.mktemp("search")
    return folder, study.search(folder, TRIALS, SPACE, SENTENCES, seed=3, workers=1)


def test_the_recipe_itself_is_tried_first_and_hopeless_ones_are_broken_off(searched):
    _, tried = searched
    assert tried[0].recipe == SPACE.recipe and tried[0].state == "finished"
    stopped = [one for one in tried if one.state == "stopped"]
    assert stopped and all(1 <= len(one.dev_f1) < one.recipe.epochs for one in stopped)
    assert max(one.f1 for one in stopped) < max(one.f1 for one in tried)
    assert {one.recipe.head for one in tried} == {"linear", "crf"}
    assert all((one.recipe.crf_learning_rate is None) == (one.recipe.head == "linear") for one in tried)
    assert len({one.recipe.learning_rate for one in tried}) == TRIALS


def test_a_second_call_tries_nothing_and_more_trials_go_on(searched, tmp_path):
    folder, tried = searched
    content = (folder / study.STUDY).read_bytes()
    assert study.search(folder, TRIALS - 2, SPACE, SENTENCES, seed=3, workers=1) == tried[:-2]
    assert (folder / study.STUDY).read_bytes().startswith(content)
    short = study.search(tmp_path, 3, SPACE, SENTENCES, seed=3, workers=1)
    assert short == tried[:3]
    assert study.search(tmp_path, 5, SPACE, SENTENCES, seed=3, workers=1) == tried[:5]


def test_another_seed_draws_others(searched, tmp_path):
    others = study.search(tmp_path, 2, SPACE, SENTENCES, seed=4, workers=1)
    assert others[1].recipe != searched[1][1].recipe


@pytest.mark.parametrize(
    ("sentences", "seed"), [(Sentences.of(planted(61, seed=1), planted(20, seed=2)), 3), (SENTENCES, 4)]
)
def test_a_folder_with_another_search_is_refused(searched, sentences, seed):
    with pytest.raises(OpenNERError, match="holds a search with other sentences"):
        study.search(searched[0], TRIALS, SPACE, sentences, seed=seed, workers=1)


def test_two_workers_share_a_study(tmp_path):
    tried = study.search(tmp_path, 4, SPACE, SENTENCES, seed=3, workers=2)
    assert len(tried) == 4 and tried[0].recipe == SPACE.recipe


SCRIPT = """
import sys
from pathlib import Path
from openner_utils.search import study
from tests.search.test_study import SENTENCES, SPACE, TRIALS
if __name__ == "__main__":
    study.search(Path(sys.argv[1]), TRIALS, SPACE, SENTENCES, seed=3, workers=1)
"""


def test_a_killed_search_comes_to_the_same(searched, tmp_path):
    """It is killed after a random number of lines of its journal, which are written while it trains."""
    whole = len((searched[0] / study.STUDY).read_bytes().splitlines())
    after = random.randrange(8, whole * 2 // 3)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parent.parent.parent
    journal = tmp_path / "search" / study.STUDY
    process = subprocess.Popen(
        [sys.executable, str(script), str(journal.parent)], env={**os.environ, "PYTHONPATH": str(root)}
    )
    while not journal.exists() or len(journal.read_bytes().splitlines()) < after:
        assert process.poll() is None, f"over before line {after}"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert study.search(journal.parent, TRIALS, SPACE, SENTENCES, seed=3, workers=1) == searched[1], after
