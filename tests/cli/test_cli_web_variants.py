"""`openner web types`, `translate` and `variants`: from annotated passages to twelve folders with their cards."""

import csv

import pytest
import yaml
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.web import mentions
from openner_utils.web.variants import CARD, DATA, VARIANTS
from tests.llm.fake_server import Fake, answer
from tests.web.marked import named

FOUND = [
    named("Ada saw Oslo.", ("Ada", "novelist"), ("Oslo", "city"), number=1),
    named("Ada alikuja Oslo.", ("Ada", "writer"), ("Oslo", "banana thing"), number=2, language="swa"),
]


def openner(place: Place, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, words)], obj=place, catch_exceptions=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = Place(tmp_path_factory.mktemp("variants"))
    mentions.write(FOUND, made.root / "a.parquet")
    return made


def test_labels_are_grouped_mapped_and_what_is_left_unmapped_is_counted(place):
    done = openner(place, "web", "types", place.root / "a.parquet", "-o", place.root / "types.csv")
    assert (
        done.exit_code == 0
        and "4 labels in 3 groups; 75.0% of mentions mean a type; 1 group with 1 mention left unmapped"
        in done.output
    )
    with open(place.root / "types.csv", encoding="utf-8", newline="") as file:
        rows = {row["label"]: row for row in csv.DictReader(file)}
    assert rows["novelist"]["type"] == rows["writer"]["type"] == "person -> writer"
    assert rows["banana thing"]["type"] == "" and rows["banana thing"]["nearest"]


def test_a_server_translates_and_the_table_names_the_variants(place):
    server = Fake(answer(content='{"writer": "mwandishi", "banana thing": ""}'))
    llm = {
        "backend": "server", "checkpoint": "m", "server": server.url, "shots": 0, "max_new_tokens": 50, "decoding": ["free"],
    }  # fmt: skip
    place.params.write_text(yaml.safe_dump({"llms": {"far": llm}}), encoding="utf-8")
    names = place.root / "names.csv"
    done = openner(place, "web", "translate", place.root / "a.parquet", "--by", "far", "-o", names)
    assert (
        "common noun of Swahili" in server.requests[0][1]["messages"][0]["content"]
        and len(server.requests) == 1
    )
    assert done.exit_code == 0 and "1 name for 2 labels in 1 language beside English" in done.output
    assert "1  no name of a few words on one line" in done.output
    assert names.read_text(encoding="utf-8").splitlines() == ["language,label,name", "swa,writer,mwandishi"]
    out = place.root / "out"
    done = openner(place, "web", "variants", place.root / "a.parquet", "-o", out, "--names", names)
    assert done.exit_code == 0, done.output
    assert (
        "translated-raw-passages: 2 passages, 4 mentions of 4 types, 0 left out, 1 with a translated name"
        in done.output
    )
    assert "english-mapped-passages: 1 passage, 2 mentions of 2 types, 1 left out" in done.output
    for variant in VARIANTS:
        assert list(mentions.read(out / variant.name / DATA)) is not None
        assert "names by names.csv" in (out / variant.name / CARD).read_text(encoding="utf-8")


def test_what_somebody_else_put_there_is_not_replaced(place, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OpenNERError, match=r"not written"):
        openner(place, "web", "variants", place.root / "a.parquet", "-o", tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "No table of names (--names): the six translated variants have the names of the English ones."),
        ("swa,writer,mwandishi\nswa,person -> writer,mwandishi\n", None),  # a label, and a type
        ("swa,city,mji\nfin,writer,kirjailija\n", "1 of 2 names fit no label"),  # a group's name; a language that is not there
        ("swa,riter,mwandishi\n", "1 of 1 name fit no label, group or type of a language of these passages, that of riter in swa"),
    ],
)  # fmt: skip
def test_names_that_do_nothing_are_told(place, tmp_path, rows, said):
    words = ["web", "variants", place.root / "a.parquet", "-o", tmp_path / "out"]
    if rows is not None:
        (tmp_path / "n.csv").write_text("language,label,name\n" + rows, encoding="utf-8")
        words += ["--names", tmp_path / "n.csv"]
    done = openner(place, *words)
    assert done.exit_code == 0
    if said is None:
        assert "fit no label" not in done.output and "--names" not in done.output
    else:
        assert said in done.output
