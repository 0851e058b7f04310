"""What is pushed to the Hub is the model alone; what is refused is named, without the token."""

import json
import os
import subprocess
import sys

import huggingface_hub.constants
import pytest

from openner_utils.api.pushing import plan, push
from openner_utils.api.tagging import load
from openner_utils.api.training import train
from openner_utils.support.errors import OpenNERError
from tests.api.fake_hub import FakeHub
from tests.planted import RECIPE, planted

TOKEN = "hf_" + "aB3" * 12
MODEL = {"README.md", "config.json", "model.safetensors", "openner.json"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "model"
    train(RECIPE, [planted(120, seed=1)], folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A model's folder into which somebody has put what is not for others."""
    target = tmp_path / "model"
    target.mkdir()
    for path in made.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    (target / ".env").write_text("PASSWORD=secret")
    (target / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    (target / "try.ipynb").write_text("{}")
    (target / "train.conll").write_text("Ada\tB-PER\n")
    (target / "runs").mkdir()
    (target / "vocab.txt").symlink_to("/etc/hostname")
    return target


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)  # `make test` is offline
    return FakeHub(TOKEN)


def test_only_the_files_of_the_model_are_planned(folder):
    found = plan(folder)
    assert set(found.pushed) == MODEL
    assert found.size == sum((folder / name).stat().st_size for name in MODEL)
    assert found.stay == {
        ".env": "no file of a saved model",
        "pytorch_model.bin": "no file of a saved model",
        "runs": "a folder",
        "train.conll": "no file of a saved model",
        "try.ipynb": "no file of a saved model",
        "vocab.txt": "a link",
    }


def test_what_is_pushed_comes_back_and_is_private(folder, hub, tmp_path):
    done = push(plan(folder), "lab/mine", endpoint=hub.url)
    assert done.address.startswith(f"{hub.url}/lab/mine/commit/") and done.before == ()
    private, files = hub.repositories["lab/mine"]
    assert private is True and set(files) == MODEL
    back = tmp_path / "back"
    back.mkdir()
    for name, content in files.items():
        (back / name).write_bytes(content)
    text = "we saw mr Adagor Bedlin in Orlund today"
    assert load(back).predict(text) == load(folder).predict(text)


def test_what_was_there_before_is_named(folder, hub):
    hub.repositories["lab/mine"] = [True, {"model.onnx": b"old", "README.md": b"old"}]
    assert push(plan(folder), "lab/mine", endpoint=hub.url).before == ("model.onnx",)
    assert hub.repositories["lab/mine"][1]["README.md"] == (folder / "README.md").read_bytes()


def test_a_public_repository_is_written_only_where_that_is_said(folder, hub):
    hub.repositories["lab/mine"] = [False, {}]
    with pytest.raises(OpenNERError, match="lab/mine is there and public"):
        push(plan(folder), "lab/mine", endpoint=hub.url)
    assert hub.repositories["lab/mine"] == [False, {}]
    push(plan(folder), "lab/mine", public=True, endpoint=hub.url)
    push(plan(folder), "lab/new", public=True, endpoint=hub.url)
    assert hub.repositories["lab/new"][0] is False and set(hub.repositories["lab/mine"][1]) == MODEL


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/models/lab/mine", 401, r"lab/mine \(401\): the Hub does not know the token"),
        ("/api/repos/create", 403, r"lab/mine \(403\): the token may not write there"),
        ("/api/models/lab/mine/preupload", 413, r"lab/mine \(413\): the Hub takes no files of this size"),
        ("/api/models/lab/mine/commit", 400, r"lab/mine \(400\): the Hub refused it"),
    ],
)
def test_what_the_hub_refuses_is_named_without_the_token(folder, hub, path, status, message):
    hub.refuse[path] = (status, {"error": f"you said {TOKEN}\x1b[31m"})
    with pytest.raises(OpenNERError, match=message) as caught:
        push(plan(folder), "lab/mine", endpoint=hub.url)
    assert TOKEN not in str(caught.value) and "\x1b" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not hub.repositories.get("lab/mine", [None, {}])[1]


def test_a_hub_that_is_not_there_is_named(folder, hub):
    hub.server.shutdown()
    hub.server.server_close()
    with pytest.raises(OpenNERError, match="the Hub cannot be reached, or broke off"):
        push(plan(folder), "lab/mine", endpoint=hub.url)


@pytest.mark.parametrize("name", ["mine/../other", "a/b/c", "", "-x/y", "lab/mine.git"])
def test_a_name_that_is_none_is_refused(folder, hub, name):
    with pytest.raises(OpenNERError, match="names no repository of the Hub"):
        push(plan(folder), name, endpoint=hub.url)
    assert hub.asked == []


def test_a_token_inside_the_model_and_a_part_that_is_missing_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"note": f"made with {TOKEN}"}))
    with pytest.raises(OpenNERError, match=r"config\.json: holds what looks like a token") as caught:
        plan(folder)
    assert TOKEN not in str(caught.value)
    (folder / "config.json").unlink()
    with pytest.raises(OpenNERError, match=r"config\.json is missing"):
        plan(folder)


def openner(*words, **environment):
    """Run the command in a process of its own, with settings and home of nobody."""
    return subprocess.run(
        [sys.executable, "-m", "openner_utils.cli", *map(str, words)],
        env={
            **{name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"},
            **environment,
        },
        capture_output=True,
        text=True,
    )


def test_the_command_says_what_it_would_do_and_does_it_when_told(folder, hub, tmp_path):
    place = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN": TOKEN,
        "OPENNER_ONLINE": "1",
    }
    said = openner("push", folder, "lab/mine", **place)
    assert said.returncode == 0, said.stderr
    assert f"{(folder / 'model.safetensors').stat().st_size:,} bytes  model.safetensors" in said.stdout
    assert ".env: no file of a saved model" in said.stdout and "Nothing was pushed" in said.stdout
    assert hub.asked == []
    done = openner("push", folder, "lab/mine", "--yes", **place)
    assert done.returncode == 0, done.stderr
    assert set(hub.repositories["lab/mine"][1]) == MODEL
    assert TOKEN not in done.stdout + done.stderr
    offline = openner("push", folder, "lab/mine", "--yes", **place | {"OPENNER_ONLINE": "0"})
    assert offline.returncode == 1 and "The Hub is closed" in offline.stderr
    nobody = openner("push", folder, "lab/mine", "--yes", **place | {"HF_TOKEN": ""})
    assert nobody.returncode == 1 and "There is no token of the Hub" in nobody.stderr
