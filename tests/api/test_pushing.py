"""What is pushed to the Hub is the model alone; what is refused is named, without the token."""

import json
import os
import subprocess
import sys

import huggingface_hub.constants
import pytest
from typer.testing import CliRunner

from openner_utils.api.pushing import plan, push, refuse_name
from openner_utils.api.tagging import load
from openner_utils.api.training import train
from openner_utils.cli import main as cli
from openner_utils.encoders import saved
from openner_utils.exports.folder import LIST
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256, write_json
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
    write_json(target / LIST, {name: sha256(target / name) for name in MODEL})
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
        LIST: "the list of what was written here",
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


def test_a_file_that_was_not_written_with_the_model_stays_though_its_name_is_that_of_one(folder):
    (folder / "tokenizer.json").write_text('{"secret": 1}')
    (folder / "crf.safetensors").write_bytes(b"secret")
    (folder / "model-00001-of-00002.safetensors").write_bytes(b"secret")
    found = plan(folder)
    assert set(found.pushed) == MODEL
    for name in ("tokenizer.json", "crf.safetensors", "model-00001-of-00002.safetensors"):
        assert found.stay[name] == "no file that was written with the model"


def test_a_card_that_was_edited_is_pushed(folder):
    (folder / "README.md").write_text("Mine.")
    assert plan(folder).pushed["README.md"] == 5


@pytest.mark.parametrize("name", sorted({*MODEL} - {"README.md"}))
def test_a_file_that_was_changed_since_the_model_was_written_is_not_pushed(folder, name):
    with open(folder / name, "ab") as file:
        file.write(b"\n")
    with pytest.raises(OpenNERError, match=f"{name} stays here, being a file that was changed since"):
        plan(folder)


def test_a_file_of_the_list_that_is_gone_and_a_list_that_is_none_are_refused(folder):
    write_json(folder / LIST, {name: sha256(folder / name) for name in MODEL} | {"tokenizer.json": "0" * 64})
    with pytest.raises(OpenNERError, match=r"tokenizer\.json is missing"):
        plan(folder)
    (folder / LIST).write_text("[]")
    with pytest.raises(OpenNERError, match="no list of files"):
        plan(folder)


def test_in_a_folder_of_an_earlier_version_names_decide(folder):
    (folder / LIST).unlink()
    (folder / "merges.txt").write_text("a b\n")
    (folder / "README.md").write_text("edited")
    assert set(plan(folder).pushed) == MODEL | {"merges.txt"}


def _junk(whole):
    return b"junk"


def _cut(whole):
    return whole[:-1]


def _without_weights(whole):
    return (2).to_bytes(8, "little") + b"{}"


@pytest.mark.parametrize("damage", [_junk, _cut, _without_weights])
def test_weights_that_are_none_are_refused_before_anything_is_said_to_be_pushed(folder, damage):
    (folder / LIST).unlink()
    path = folder / "model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        OpenNERError, match=r"model\.safetensors: (no weights in safetensors|holds no weights)"
    ):
        plan(folder)


def test_parts_of_weights_that_an_index_names_are_all_there(folder):
    (folder / LIST).unlink()
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict(zip("ab", parts, strict=True))}))
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").unlink()
    (folder / parts[0]).write_bytes(content)
    with pytest.raises(OpenNERError, match=f"{parts[1]} is missing"):
        plan(folder)
    (folder / parts[1]).write_bytes(content)
    assert set(parts) < set(plan(folder).pushed)
    index.write_text("{}")
    with pytest.raises(OpenNERError, match=r"index\.json: names no weights"):
        plan(folder)


def test_a_model_that_has_a_field_is_not_pushed_without_it(folder):
    (folder / LIST).unlink()
    path = folder / saved.ABOUT
    about = json.loads(path.read_text(encoding="utf-8"))
    about["encoder"]["head"] = "crf"
    path.write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(OpenNERError, match=r"crf\.safetensors is missing"):
        plan(folder)


NO_NAMES = [
    "mine/../other",
    "a/b/c",
    "",
    "x",
    "../..",
    "a b/c",
    "/x",
    "-x/y",
    "lab/mine.git",
    "a/" + "b" * 97,
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_is_none_is_refused(folder, hub, name):
    with pytest.raises(OpenNERError, match="names no repository of the Hub"):
        push(plan(folder), name, endpoint=hub.url)
    said = CliRunner().invoke(cli.app, ["push", str(folder), "--", name])
    assert said.exit_code == 1 and "names no repository of the Hub" in str(said.exception)
    assert hub.asked == []


@pytest.mark.parametrize("name", ["lab/mine", "L-a.b/m_1.0"])
def test_a_name_of_a_repository_is_let_through(name):
    refuse_name(name)


def test_a_token_inside_the_model_and_a_part_that_is_missing_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"note": f"made with {TOKEN}"}))
    with pytest.raises(OpenNERError, match=r"config\.json: holds what looks like a token") as caught:
        plan(folder)
    assert TOKEN not in str(caught.value)
    (folder / "config.json").unlink()
    with pytest.raises(OpenNERError, match=r"config\.json is missing"):
        plan(folder)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("secret", ["api_org_" + "Q" * 34, f"above\n{TOKEN}", "an odd one"])
def test_tokens_of_organisations_of_a_new_line_and_of_any_look_are_refused(
    folder, monkeypatch, secret, listed
):
    monkeypatch.setenv("HF_TOKEN", "an odd one")
    if not listed:
        (folder / LIST).unlink()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"note": secret}))
    with pytest.raises(OpenNERError, match=r"config\.json: holds (what looks like a|your) token") as caught:
        plan(folder)
    assert secret.split("\n")[-1] not in str(caught.value)


def test_the_token_of_a_login_is_refused_too(folder, monkeypatch, tmp_path):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    assert set(plan(folder).pushed) == MODEL
    (tmp_path / "token").write_text("CharacterModel\n")  # stands in config.json
    with pytest.raises(OpenNERError, match=r"config\.json: holds your token"):
        plan(folder)


def test_the_command_says_what_it_would_do_and_asks_nobody(folder, hub):
    said = CliRunner().invoke(cli.app, ["push", str(folder), "lab/mine"])
    assert said.exit_code == 0, said.output
    assert f"{(folder / 'model.safetensors').stat().st_size:,} bytes  model.safetensors" in said.stdout
    assert ".env: no file of a saved model" in said.stdout and "Nothing was pushed" in said.stdout
    assert hub.asked == []


def test_the_command_pushes_in_a_process_of_its_own(folder, hub, tmp_path):
    inherited = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "OPENNER_ONLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "openner_utils.cli", "push", folder, "lab/mine", "--yes"],
        env=inherited | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert set(hub.repositories["lab/mine"][1]) == MODEL
    assert TOKEN not in done.stdout + done.stderr


def test_without_a_token_or_with_the_hub_closed_nothing_is_pushed(folder, hub, monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(OpenNERError, match=r"The Hub is closed, so nothing was pushed. Set OPENNER_ONLINE=1"):
        push(plan(folder), "lab/mine", endpoint=hub.url)
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(OpenNERError, match="There is no token of the Hub"):
        push(plan(folder), "lab/mine", endpoint=hub.url)
    assert hub.asked == []
