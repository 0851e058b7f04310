"""A model trained and asked on the command line."""

import json
import re

import pytest
from typer.testing import CliRunner, Result

from openner_utils.api.training import train
from openner_utils.cli import main as cli
from openner_utils.config.params import Encoders, load
from openner_utils.exports import conll
from tests.planted import RECIPE, planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models")
    conll.write(place / "train.conll", planted(120, seed=1))
    conll.write(place / "dev.conll", planted(20, seed=2))
    conll.write(place / "test.conll", planted(20, seed=3))
    return place


def openner(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


@pytest.fixture(scope="module")
def trained(folder):
    words = ("train", folder / "train.conll", "-o", folder / "model", "--encoder", "characters")
    told = ("--language", "eng", "--licence", "CC0-1.0")
    done = openner(*words, "--dev", folder / "dev.conll", "--test", folder / "test.conll", *told)
    assert done.exit_code == 0, done.output
    return done


def test_training_tells_what_each_epoch_came_to(trained, folder):
    epochs = re.findall(r"^epoch (\d+): 15 steps, loss (\S+), F1 on dev (\S+)$", trained.stdout, re.MULTILINE)
    meant = load(Encoders).encoders["characters"].epochs
    assert [int(number) for number, _, _ in epochs] == list(range(1, meant + 1))
    assert float(epochs[-1][2]) > 85
    assert re.search(r"^120 sentences, mentions: LOC \d+, PER \d+ → ", trained.stdout, re.MULTILINE)
    assert (folder / "model" / "openner.json").is_file()


def test_a_training_that_learns_nothing_is_named(folder, monkeypatch):
    recipe = load(Encoders).encoders["characters"].model_copy(update={"learning_rate": 1e-9, "epochs": 1})
    monkeypatch.setattr(
        "openner_utils.config.params.load", lambda kind: kind(encoders={"characters": recipe})
    )
    words = ("train", folder / "train.conll", "-o", folder / "failed", "--encoder", "characters")
    done = openner(*words)
    assert done.exit_code == 0, done.output
    assert re.search(
        r"^The training learnt nothing from the text: its loss \(\S+\) .*", done.stderr, re.MULTILINE
    )
    assert "Do not use it" in (folder / "failed" / "README.md").read_text(encoding="utf-8")


def test_the_card_says_what_was_told_and_how_well_the_model_does(trained, folder):
    card = (folder / "model" / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^\| train.conll \| English \(eng\) \| 120 \| .* \| CC0-1.0 \|$", card, re.MULTILINE)
    shown = re.findall(r"^F1 on (dev|test), (\S+): (\S+) \((\S+) to (\S+)\)$", trained.stdout, re.MULTILINE)
    assert [(split, file) for split, file, *_ in shown] == [("dev", "dev.conll"), ("test", "test.conll")]
    for split, file, f1, low, high in shown:
        assert re.search(
            rf"^\| {file} \| English \(eng\) \| {split} \| .* \| {f1} \({low} to {high}\) \|$",
            card,
            re.MULTILINE,
        )


def test_mentions_of_a_text_are_json_lines(trained, folder):
    (folder / "text.txt").write_text("we saw mr Adagor Bedlin\n\nin Orlund\n", encoding="utf-8")
    done = openner("predict", folder / "model", folder / "text.txt", "-o", folder / "out.jsonl")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == ["we saw mr Adagor Bedlin", "", "in Orlund"]
    assert [[m["text"] for m in row["mentions"]] for row in rows] == [["Adagor Bedlin"], [], ["Orlund"]]
    assert rows[2]["mentions"][0] | {"score": 1} == {
        "start": 3, "end": 9, "type": "LOC", "text": "Orlund", "score": 1,
    }  # fmt: skip


def test_a_line_of_text_is_a_line_of_output_whatever_it_holds(trained, folder):
    lines = ["Ada\x0cin\x0bOslo", "", "in\x85Orlund\u2028today", "end"]
    (folder / "odd.txt").write_bytes("\r\n".join(lines).encode())
    done = openner("predict", folder / "model", folder / "odd.txt", "-o", folder / "odd.jsonl")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (folder / "odd.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [row["text"] for row in rows] == lines
    assert all(row["text"][m["start"] : m["end"]] == m["text"] for row in rows for m in row["mentions"])


def test_tokens_get_labels_that_can_be_scored(trained, folder):
    out = folder / "predicted.conll"
    assert openner("predict", folder / "model", folder / "dev.conll", "--tokens", "-o", out).exit_code == 0
    done = openner("score", folder / "dev.conll", out)
    assert done.exit_code == 0 and "conlleval" in done.stdout
    assert [line.split("\t")[0] for line in out.read_text().splitlines()] == [
        line.split("\t")[0] for line in (folder / "dev.conll").read_text().splitlines()
    ]


def test_labels_that_continue_nothing_are_counted(trained, folder, tmp_path):
    untaught = RECIPE.model_copy(update={"epochs": 1, "learning_rate": 1e-9, "decoding": "free"})
    train(untaught, [planted(8, seed=1)], tmp_path / "model")
    out = tmp_path / "predicted.conll"
    done = openner("predict", tmp_path / "model", folder / "dev.conll", "--tokens", "-o", out)
    found = openner("validate", out)
    said = int(re.search(r"continue no mention of their type: ([\d,]+)", done.stderr)[1].replace(",", ""))
    assert f"{said} problem" in found.stdout


@pytest.mark.parametrize("out", ["text.txt", "link.txt", "model/openner.json", "model/new.json"])
def test_nothing_that_is_read_is_written_over(trained, folder, out):
    (folder / "text.txt").write_text("we saw mr Adagor in Orlund")
    if not (folder / "link.txt").exists():
        (folder / "link.txt").symlink_to(folder / "text.txt")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = openner("predict", folder / "model", folder / "text.txt", "-o", folder / out)
    assert done.exit_code == 1 and str(folder / out) in str(done.exception)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "train.conll", "-o", "m", "--encoder", "minlm"), "Did you mean 'minilm'"),
        (
            ("train", "flawed.conll", "-o", "m"),
            "flawed.conll:2: invalid transition B-X → I-Y. Repair it",
        ),
        (("train", "train.conll", "-o", "m", "--language", "english"), "Unknown language (ISO 639-3)"),
        (("model", "export", "nope", "-o", "m"), "nope: no trained model lies there"),
        (("model", "export", "model", "-o", "m", "--to", "coreml"), "Unknown form of a model 'coreml'"),
        (("push", ".", "lab/mine"), "no trained model lies there"),
        (("push", "model", "mine"), "'mine' names no repository of the Hub. Say OWNER/NAME"),
        (("predict", ".", "train.conll"), "no trained model lies there"),
        (("predict", "model", "latin.txt"), "latin.txt:2: not UTF-8"),
    ],
)
def test_errors_say_what_to_do(trained, folder, monkeypatch, words, message):
    monkeypatch.chdir(folder)
    (folder / "flawed.conll").write_text("Ada\tB-X\nran\tI-Y\n")
    (folder / "latin.txt").write_bytes(b"in Oslo\nin K\xf8benhavn\n")
    done = openner(*words)
    assert done.exit_code == 1
    assert message in str(done.exception)
    assert not (folder / "m").exists()
