"""A folder that is being written is held by its writer, and whole or not there."""

import resource
from contextlib import contextmanager

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from openner_utils.encoders import saved
from openner_utils.exports.folder import LIST, MODEL, TAGGER, refuse_foreign, replaced
from openner_utils.opentypes import saved as saved_tagger
from openner_utils.support.errors import OpenNERError
from openner_utils.training.made import made_once


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


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (
            SafetensorError("I/O error: No space left on device (os error 28)"),
            "out: no space left .*Free some",
        ),
        (SafetensorError("I/O error: File too large (os error 27)"), "out: no space left .*File too large"),
        (Exception("Disk quota exceeded (os error 122)"), "out: no space left .*Disk quota exceeded"),
        (Exception("Read-only file system (os error 30)"), "out: Read-only file system. Correct this"),
    ],
)
def test_what_a_system_refuses_is_named_by_libraries_in_rust_too(tmp_path, raised, message):
    for place in (replaced(tmp_path / "out"), made_at(tmp_path / "out")):
        with pytest.raises(OpenNERError, match=message), place:
            raise raised
    assert list(tmp_path.iterdir()) == []


@contextmanager
def made_at(folder):
    """Run a block as what makes a checkpoint once."""

    def make(aside):
        aside.mkdir()
        raise raised

    raised = None
    try:
        yield
    except Exception as error:
        raised = error
        made_once(folder, make)


def test_a_limit_on_the_size_of_files_is_named_where_weights_are_written(tmp_path):
    def write():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with replaced(tmp_path / "out") as made:
            save_file({"a": np.zeros(1000)}, made / "model.safetensors")

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(OpenNERError, match="out: no space left"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_what_was_there_and_no_folder_that_was_not(tmp_path):
    for out in (tmp_path / "a" / "b" / "out", tmp_path / "out"):
        with pytest.raises(ValueError, match="on the way"), replaced(out) as made:
            (made / "half").write_text("")
            raise ValueError("on the way")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("about", "written"), [(MODEL, saved.ABOUT), (TAGGER, saved_tagger.ABOUT)])
def test_a_trained_model_makes_way_for_another_model_alone(tmp_path, about, written):
    assert about == written
    with replaced(tmp_path / "out") as made:
        (made / about).write_text("{}")
    with pytest.raises(OpenNERError, match="holds a trained model"):
        refuse_foreign(tmp_path / "out")
    refuse_foreign(tmp_path / "out", model=True)
