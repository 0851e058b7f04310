"""Checkpoints that are broken or hostile: refused by name by encoders and language models alike; nothing runs, nobody is asked."""

import json
import pickle
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from openner_utils.encoders import models
from openner_utils.llm.local import LocalBackend
from openner_utils.support.errors import OpenNERError
from openner_utils.training.checkpoints import Checkpoint
from openner_utils.training.loading import tokenizer_of
from tests.llm.micro import micro

LOADERS = {
    "encoder": lambda folder: models.load(str(folder), None, ("O", "B-PER", "I-PER"), seed=1),
    "language model": LocalBackend,
}
AUTO = {
    "AutoConfig": "own.X", "AutoModelForCausalLM": "own.X", "AutoModelForTokenClassification": "own.X",
    "AutoTokenizer": ["own.X", "own.X"],
}  # fmt: skip


class Runs:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return open, (self.mark, "w")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "whole"
    micro(folder)
    return folder


@pytest.fixture
def place(whole, tmp_path, monkeypatch):
    """A copy of the model, with code and pickled weights beside it that leave a mark if they run; who asks gets a failure."""
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    mark = tmp_path / "ran"
    (folder / "own.py").write_text(f"open({str(mark)!r}, 'w')\nclass X: pass\n", encoding="utf-8")
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Runs(mark)))

    def asked(*_):
        pytest.fail("somebody is asked")

    monkeypatch.setattr("builtins.input", asked)
    yield folder
    assert not mark.exists()


def edited(name, **values):
    """Change a file of JSON."""

    def change(folder):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def written(name, content):
    def change(folder):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return change


def without(*names):
    def change(folder):
        for name in names:
            (folder / name).unlink()

    return change


def indexed(part):
    """Name the weights of an index in place of model.safetensors."""

    def change(folder):
        (folder / "model.safetensors").rename(folder / "other.safetensors")
        index = {"metadata": {}, "weight_map": {"model.embed_tokens.weight": part}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    return change


def renamed_weights(folder):
    path = folder / "model.safetensors"
    save_file({f"x.{name}": value for name, value in load_file(path).items()}, path, {"format": "pt"})


def numbered_anew(folder):
    """Give a sub-token a number for which the table has no row."""
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    words = told["model"]["vocab"]
    words[max(words, key=words.get)] = 10**6
    path.write_text(json.dumps(told))


def truncated(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


def a_folder_for_a_file(folder: Path):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()


CONFIG, TOKENIZER = "config.json", "tokenizer_config.json"
TROUBLES = {
    "an unknown kind with code": (edited(CONFIG, model_type="own", auto_map=AUTO), "auto_map"),
    "a known kind with code": (edited(CONFIG, auto_map=AUTO), "auto_map"),
    "code of another repository": (
        edited(CONFIG, model_type="own", auto_map={"AutoConfig": "a/b--own.X"}), "auto_map",
    ),
    "a kernel of the hub": (edited(CONFIG, _attn_implementation="own/kernel"), "names the kernel 'own/kernel' of the hub"),
    "a kernel for a part": (edited(CONFIG, attn_implementation={"text_config": "own/kernel:f"}), "names the kernel"),
    "a kernel in a part": (edited(CONFIG, text_config={"attn_implementation": "paged|own/kernel"}), "names the kernel"),
    "a tokenizer with code": (edited(TOKENIZER, auto_map=AUTO, tokenizer_class="Own"), "auto_map"),
    "a tokenizer of an unknown class": (edited(TOKENIZER, tokenizer_class="Own"), "'Own', which Transformers does not know"),
    "a tokenizer class that is no text": (edited(TOKENIZER, tokenizer_class=["Own"]), "cannot be loaded"),
    "pickled weights": (without("model.safetensors"), "no safetensors weights"),
    "pickled weights called safetensors": (
        written("model.safetensors", pickle.dumps(Runs("/nowhere"))), "SafetensorError",
    ),
    "an index of pickled weights": (indexed("pytorch_model.bin"), "names 'pytorch_model.bin'"),
    "an index of weights outside": (indexed("../x.safetensors"), "names '../x.safetensors'"),
    "an index of numbers": (indexed(5), "cannot be loaded"),
    "an adapter": (written("adapter_config.json", "{}"), "it is an adapter"),
    "no config": (without(CONFIG), "model_type"),
    "a folder for a config": (a_folder_for_a_file, "config.json"),
    "an empty config": (written(CONFIG, ""), r"config\.json:1: "),
    "a list for a config": (written(CONFIG, "[]"), "config.json holds no JSON object"),
    "a number for a config": (written(CONFIG, "5"), "config.json holds no JSON object"),
    "a config nested deeply": (written(CONFIG, "[" * 100_000), r"config\.json: nested too deeply"),
    "a config that is no text": (written(CONFIG, b"\xff\xfe{}"), r"config\.json: "),
    "a kind that is a list": (edited(CONFIG, model_type=["llama"]), "cannot be loaded"),
    "a size in words": (edited(CONFIG, hidden_size="16"), "expected int, got str"),
    "a size below zero": (edited(CONFIG, hidden_size=-16), "hidden_size is -16"),
    "another size": (edited(CONFIG, hidden_size=32), "weights do not fit config.json"),
    "a size beyond all memory": (edited(CONFIG, hidden_size=10**9), "weights do not fit config.json"),
    "no head": (edited(CONFIG, num_attention_heads=0), "cannot be loaded"),
    "one layer more": (edited(CONFIG, num_hidden_layers=3), "9 weights are absent, first model.layers.2"),
    "layers without end": (edited(CONFIG, num_hidden_layers=10**9), "num_hidden_layers is 1,000,000,000"),
    "layers below zero": (edited(CONFIG, num_hidden_layers=-1), "num_hidden_layers is -1"),
    "no room": (edited(CONFIG, max_position_embeddings=0), "max_position_embeddings is 0"),
    "an unknown function": (edited(CONFIG, hidden_act="own"), "cannot be loaded"),
    "an unknown number type": (edited(CONFIG, dtype="own"), "cannot be loaded"),
    "fewer words": (edited(CONFIG, vocab_size=10), "config.json has vocab_size 10"),
    "a sub-token beyond the table": (numbered_anew, "numbers the sub-token .* 1000000, and config.json has vocab_size"),
    "no tokenizer": (without("tokenizer.json", TOKENIZER), "tokenizer"),
    "half a tokenizer": (written("tokenizer.json", "{"), "JSONDecodeError"),
    "a list for a tokenizer": (written("tokenizer.json", "[]"), "cannot be loaded"),
    "a number for a tokenizer's config": (written(TOKENIZER, "5"), "tokenizer_config.json holds no JSON object"),
    "truncated weights": (truncated, "SafetensorError"),
    "empty weights": (written("model.safetensors", ""), "SafetensorError"),
    "weights of another model": (renamed_weights, "weights are absent"),
    "control characters": (edited(CONFIG, model_type="\x1b[2J"), "model_type|not recognize"),
}  # fmt: skip


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_checkpoint_with_trouble_is_refused_by_name(place, loader, trouble):
    spoil, message = TROUBLES[trouble]
    spoil(place)
    with pytest.raises(OpenNERError, match=message) as error:
        LOADERS[loader](place)
    assert str(place) in str(error.value) and len(str(error.value)) < 1000
    assert str(error.value).isprintable()


TEMPLATES = {
    "a template that reaches for Python": ("{{ ''.__class__.__mro__ }}", "SecurityError"),
    "a broken template": ("{% if %}", "TemplateSyntaxError"),
}


@pytest.mark.parametrize("trouble", TEMPLATES)
def test_a_chat_template_that_cannot_be_filled_is_told_before_anything_is_asked(place, trouble):
    template, message = TEMPLATES[trouble]
    (place / "chat_template.jinja").write_text(template, encoding="utf-8")
    with pytest.raises(OpenNERError, match=message):
        LocalBackend(place)


def test_a_checkpoints_habits_do_not_change_greedy_replies(place):
    (plain,) = LocalBackend(place).generate(["Ann in Paris"], 8)
    edited("generation_config.json", num_beams=4, repetition_penalty=50.0, do_sample=True, temperature=9.0)(
        place
    )
    (again,) = LocalBackend(place).generate(["Ann in Paris"], 8)
    assert again == plain


@pytest.mark.parametrize("loader", LOADERS)
def test_the_whole_checkpoint_is_loaded(place, loader):
    LOADERS[loader](place)


def test_a_tokenizer_that_is_not_there_is_not_made_up(tmp_path):
    (tmp_path / CONFIG).write_text(json.dumps({"model_type": "bert"}))
    checkpoint = Checkpoint(str(tmp_path), tmp_path, {"local_files_only": True})
    with pytest.raises(OpenNERError, match="Checkpoint own cannot be loaded: its tokenizer knows no word"):
        tokenizer_of("own", checkpoint)
