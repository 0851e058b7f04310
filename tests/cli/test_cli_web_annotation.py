"""`openner web` from passages to truth: small models trained here, and a language model behind a server."""

import csv
import json

import pytest
import yaml
from typer.testing import CliRunner, Result

from openner_utils.api.training import train
from openner_utils.cli import main as cli
from openner_utils.config.params import Encoders, load
from openner_utils.exports import conll
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.web import mentions, passages
from tests.llm.fake_server import Fake, send
from tests.planted import planted
from tests.web.marked import passage

TEXTS = ("we saw mr Adagor Bedlin in Orlund today", "nobody was there")


def openner(place: Place, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)], obj=place, catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two models that were trained on other sentences, a labelled file, and passages."""
    folder = tmp_path_factory.mktemp("annotators")
    recipe = load(Encoders).encoders["characters"]
    for name, count, seed in (("one", 120, 1), ("other", 60, 2)):
        train(recipe, [planted(count, seed=seed)], folder / name, seed=seed)
    conll.write(folder / "gold.conll", planted(150, seed=9))
    passages.write([passage(text, number) for number, text in enumerate(TEXTS)], folder / "p.parquet")
    return folder


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_passages_are_annotated_merged_and_judged(made, place, tmp_path):
    for name in ("one", "other"):
        done = openner(
            place,
            "web",
            "annotate",
            made / "p.parquet",
            "--by",
            made / name,
            "-o",
            tmp_path / f"{name}.parquet",
        )
        assert done.exit_code == 0, done.output
        assert "2 passages" in done.output
    found = list(mentions.read(tmp_path / "one.parquet"))
    assert [each.passage for each in found] == list(passages.read(made / "p.parquet"))
    assert [(each.type, found[0].text_of(each)) for each in found[0].mentions] == [
        ("PER", "Adagor Bedlin"),
        ("LOC", "Orlund"),
    ]

    done = openner(
        place,
        "web",
        "merge",
        tmp_path / "one.parquet",
        tmp_path / "other.parquet",
        "-o",
        tmp_path / "m.parquet",
    )
    assert done.exit_code == 0, done.output
    sides = sum(
        len(each.mentions)
        for name in ("one", "other")
        for each in mentions.read(tmp_path / f"{name}.parquet")
    )
    counts = [line.split()[0] for line in done.output.splitlines() if line[:1] == " "]
    assert sum(map(int, counts)) == sides
    assert "eng: F1 of one against the other" in done.output

    done = openner(place, "web", "judge", tmp_path / "m.parquet", tmp_path / "one.parquet", "--json")
    verdicts = json.loads(done.output)
    assert [each["text"] for each in verdicts] == list(TEXTS)
    assert {"right", "wrong", "extra", "missing"} <= verdicts[0].keys()
    done = openner(place, "web", "judge", tmp_path / "one.parquet", tmp_path / "one.parquet")
    assert "1.000  faithfulness, mean of 1 passage" in done.output


def test_truth_is_told_and_written(made, place, tmp_path):
    words = ("--by", made / "one", "--by", made / "other", "--target", 0.5, "-o", tmp_path / "box")
    done = openner(place, "web", "truth", made / "gold.conll", *words)
    assert done.exit_code == 0, done.output
    with open(tmp_path / "box" / "stages.csv", encoding="utf-8", newline="") as file:
        rows = {row["stage"]: row for row in csv.DictReader(file)}
    assert list(rows) == [
        "one",
        "other",
        "merged, drop",
        "merged, longer",
        "merged, surer",
        "mapped",
        "accepted",
    ]
    assert float(rows["one"]["f1"]) > 0.5
    assert float(rows["accepted"]["precision"]) >= 0.5
    assert {row["language"] for row in rows.values()} == {"und"}


def test_a_language_model_behind_a_server_is_asked_once(made, place, tmp_path):
    def behave(handler, body):
        choice = {"message": {"content": '[{"text": "Orlund", "type": "town"}]'}, "finish_reason": "stop"}
        send(handler, 200, json.dumps({"choices": [choice]}).encode())

    server = Fake(behave)
    content = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    content["llms"] = {
        "served": {"backend": "server", "checkpoint": "m", "server": server.url, "shots": 0, "max_new_tokens": 32, "decoding": ["free"]}
    }  # fmt: skip
    place.params.write_text(yaml.safe_dump(content), encoding="utf-8")
    for _ in range(2):
        done = openner(
            place,
            "web",
            "annotate",
            made / "p.parquet",
            "--by",
            "served",
            "--free",
            "-o",
            tmp_path / "s.parquet",
        )
        assert done.exit_code == 0, done.output
    assert len(server.requests) == 2
    assert "1  grounded" in done.output
    assert "1  absent from text" in done.output
    found = list(mentions.read(tmp_path / "s.parquet"))
    assert [[each.type for each in one.mentions] for one in found] == [["town"], []]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("annotate", "p.parquet", "--by", "nobody", "-o", "x"),
            "neither a folder with a trained model nor a language model",
        ),
        (("merge", "p.parquet", "p.parquet", "-o", "x"), "no column of mentions"),
        (("truth", "gold.conll", "--by", "one", "-o", "x"), "give --by twice, not 1 time"),
        (("truth", "gold.conll", "--by", "one", "--by", "one", "-o", "x"), "Both annotators are called one"),
        (
            ("truth", "gold.conll", "--by", "one", "--by", "other", "--clash", "best", "-o", "x"),
            "choice for unlike labels",
        ),
        (
            ("truth", "gold.conll", "--by", "one", "--by", "other", "--language", "swa", "-o", "x"),
            "language of these",
        ),
        (("annotate", "p.parquet", "--by", "tiny", "--prompt", "xml", "-o", "x"), "prompt format"),
        (
            ("annotate", "p.parquet", "--by", "tiny", "--prompt", "inline", "--free", "-o", "x"),
            "in JSON alone",
        ),
        (("annotate", "p.parquet", "--by", "tiny", "-o", "x"), "dvc repro tune"),
    ],
)
def test_errors_say_what_to_do(made, place, monkeypatch, words, message):
    monkeypatch.chdir(made)
    place.params.write_text(paths.PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(OpenNERError, match=message):
        openner(place, "web", *words)
    assert not (made / "x").exists()
