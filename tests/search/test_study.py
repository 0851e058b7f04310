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

TRIALS = 12
SENTENCES = Sentences.of(planted(40, seed=1), planted(10, seed=2))
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


def test_a_second_call_tries_nothing(searched):
    folder, tried = searched
    content = (folder / study.STUDY).read_bytes()
    assert study.search(folder, TRIALS - 2, SPACE, SENTENCES, seed=3, workers=1) == tried[:-2]
    assert (folder / study.STUDY).read_bytes().startswith(content)


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


def test_an_entry_that_was_half_written_is_taken_for_none(searched, tmp_path):
    """As a process leaves it that is killed, or a disk that is full."""
    folder, tried = searched
    content = (folder / study.STUDY).read_bytes()
    last = content[:-1].rindex(b"\n") + 1
    (tmp_path / study.STUDY).write_bytes(content[: (last + len(content)) // 2])
    assert study.search(tmp_path, TRIALS, SPACE, SENTENCES, seed=3, workers=1) == tried


@pytest.mark.parametrize("left", [b"{", b'{"op_code":6', b'{"op_code":6,"worker_id":"\xc3'])
@pytest.mark.parametrize("before", [b"", b'{"op_code":0}\n', b'{"op_code":0}\n{"op_code":2}\n'])
def test_no_more_than_the_half_of_an_entry_is_removed(tmp_path, before, left):
    journal = tmp_path / study.STUDY
    for content in (before + left, before):
        journal.write_bytes(content)
        study._refuse_damaged(journal)
        assert journal.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"junk\n", 1), (b"[]\n", 1), (b"{}\n", 1), (b"\x00\xff", 1), (b'{"op_code":0}\n\xff\xfe\n{"', 2)],
)
def test_a_file_that_is_no_study_is_left_as_it_is(tmp_path, content, line):
    (tmp_path / study.STUDY).write_bytes(content)
    with pytest.raises(OpenNERError, match=f"{study.STUDY}:{line}: no entry of a search.*remove the file"):
        study.search(tmp_path, 1, SPACE, SENTENCES, seed=3, workers=1)
    assert (tmp_path / study.STUDY).read_bytes() == content
