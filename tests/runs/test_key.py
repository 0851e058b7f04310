"""A run's key changes with everything that decides its result, and kept folders come back whole."""

import pytest

from openner_utils.runs import kept
from openner_utils.runs.key import digest, run_key


def test_equal_values_give_equal_keys_whatever_their_order():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})


def test_a_key_covers_values_code_and_data(tmp_path):
    data = tmp_path / "prompt.txt"
    data.write_text("Find names.")
    key = run_key({"seed": 1}, ["core/columns.py"], [data])
    assert key == run_key({"seed": 1}, ["core/columns.py"], [data])
    others = [
        run_key({"seed": 2}, ["core/columns.py"], [data]),
        run_key({"seed": 1}, ["core/columns.py", "core/repair.py"], [data]),
        run_key({"seed": 1}, ["core/columns.py"]),
    ]
    data.write_text("Find names!")
    assert len({key, *others, run_key({"seed": 1}, ["core/columns.py"], [data])}) == 5


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "made"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "weights").write_bytes(b"123")
    return folder


def test_a_kept_folder_comes_back_whole_and_replaces_what_was_there(tmp_path, made):
    place, target = tmp_path / "kept" / "model", tmp_path / "target"
    assert not kept.take(place, "k1", target)
    kept.keep(place, "k1", made)
    target.mkdir()
    (target / "old").write_text("old")
    assert kept.take(place, "k1", target)
    assert sorted(path.name for path in target.rglob("*")) == ["inner", "weights"]
    assert not kept.take(place, "k2", target)


def test_only_the_last_is_kept(tmp_path, made):
    place = tmp_path / "kept"
    for key in ("k1", "k2"):
        kept.keep(place, key, made)
    assert [path.name for path in place.iterdir()] == ["k2"]
