"""A folder that is being written is held by its writer, and whole or not there."""

import pytest
from safetensors import SafetensorError

from openner_utils.encoders import saved
from openner_utils.exports.folder import LIST, MODEL, refuse_foreign, replaced
from openner_utils.support.errors import OpenNERError


def test_of_two_writers_the_second_is_refused_and_the_first_goes_on(tmp_path):
    with replaced(tmp_path / "out") as first:
        (first / "a").write_text("a")
        with (
            pytest.raises(OpenNERError, match="another command is writing this folder"),
            replaced(tmp_path / "out"),
        ):
            pytest.fail("two hold it")
        assert (first / "a").read_text() == "a"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [LIST, "a"]
    with replaced(tmp_path / "out"):
        pass
    assert [path.name for path in (tmp_path / "out").iterdir()] == [LIST]


def test_a_full_disk_is_named_by_safetensors_too(tmp_path):
    with pytest.raises(OpenNERError, match="no space left"), replaced(tmp_path / "out"):
        raise SafetensorError("I/O error: No space left on device (os error 28)")
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_what_was_there_and_no_folder_that_was_not(tmp_path):
    for out in (tmp_path / "a" / "b" / "out", tmp_path / "out"):
        with pytest.raises(ValueError, match="on the way"), replaced(out) as made:
            (made / "half").write_text("")
            raise ValueError("on the way")
    assert list(tmp_path.iterdir()) == []


def test_a_trained_model_makes_way_for_another_model_alone(tmp_path):
    assert MODEL == saved.ABOUT
    with replaced(tmp_path / "out") as made:
        (made / MODEL).write_text("{}")
    with pytest.raises(OpenNERError, match="holds a trained model"):
        refuse_foreign(tmp_path / "out")
    refuse_foreign(tmp_path / "out", model=True)
