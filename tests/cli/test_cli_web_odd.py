"""Odd and hostile input to `openner web`: each ends in one line that says what is wrong, or is counted, and nothing is lost."""

import os
import shutil
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from openner_utils.cli import main as cli
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.web import mentions, passages
from openner_utils.web.mentions import TextMention
from tests.web.made import json_lines, prose
from tests.web.marked import annotated, named, passage

TEXT = "we saw Ada in Oslo today"


def openner(place, *words):
    done = CliRunner().invoke(cli.app, ["web", *map(str, words)], obj=Place(place), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a shard, passages, annotated passages by two, ratings, and what may stand where a result is to be."""
    monkeypatch.chdir(tmp_path)
    json_lines(tmp_path / "a.jsonl", [{"url": f"u{n}", "text": prose("swa", n)} for n in range(3)])
    passages.write([passage(TEXT)], tmp_path / "p.parquet")
    one = named(TEXT, ("Ada", "person"), ("Oslo", "city"), language="swa")
    mentions.write([one], tmp_path / "m.parquet")
    mentions.write([one], tmp_path / "n.parquet")
    (tmp_path / "r.csv").write_text("rater,passage,score\nx,p,3\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "openner.json").write_text("{}")
    return tmp_path


COMMANDS = (
    ("passages", "a.jsonl"), ("annotate", "p.parquet", "--by", "model"), ("merge", "m.parquet", "n.parquet"),
    ("rate", "p.parquet", "--by", "tiny"), ("score", "p.parquet", "--ratings", "r.csv"), ("sentences", "m.parquet"),
    ("types", "m.parquet"), ("translate", "m.parquet", "--by", "tiny"),
)  # fmt: skip
"""Commands that write one file."""


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("out", "message"),
    [("-", "stream"), ("pipe", "device, pipe"), ("folder", "a folder"), ("input", "that (is|are) read")],
)
def test_a_result_takes_the_place_of_nothing_else(here, monkeypatch, words, out, message):
    monkeypatch.setattr("openner_utils.api.annotators.annotator", lambda *_: pytest.fail("asked in vain"))
    target = here / (words[1] if out == "input" else out)
    before = target.read_bytes() if target.is_file() else None
    with pytest.raises(OpenNERError, match=message):
        openner(here, *words, "-o", words[1] if out == "input" else out)
    assert before is None or target.read_bytes() == before
    assert (here / "pipe").is_fifo() and not (here / "-").exists()


@pytest.mark.parametrize(
    "words",
    [("variants", "m.parquet"), ("truth", "m.parquet", "--by", "x", "--by", "y")],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize(("out", "message"), [("-", "stream"), ("model", "holds a trained model")])
def test_a_folder_of_tables_takes_the_place_of_no_model(here, words, out, message):
    with pytest.raises(OpenNERError, match=message):
        openner(here, *words, "-o", out)
    assert (here / "model" / "openner.json").is_file()


def test_a_filter_does_not_write_over_what_it_reads(here):
    openner(here, "filter", "p.parquet", "-o", "f", "--words", 0)
    content = (here / "f" / "kept.parquet").read_bytes()
    with pytest.raises(OpenNERError, match="would be replaced"):
        openner(here, "filter", "f/kept.parquet", "-o", "f", "--words", 0)
    assert (here / "f" / "kept.parquet").read_bytes() == content


def rewritten(path, out, **columns):
    """Write a file of passages with other columns, as another library does: any value may be absent."""
    table = pq.read_table(path)
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, [values])
    pq.write_table(table, out)


LARGE = pa.large_string()
WIDE = pa.large_list(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("type", LARGE)]))
BOTH = [(7, 10, "person"), (14, 18, "city")]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"text": pa.array([TEXT], LARGE), "id": pa.array(["0"], LARGE)}, BOTH),
        ({"start": pa.array([0], pa.int32())}, BOTH),
        ({"mentions": pa.array([[{"start": 7, "end": 10, "type": "x"}]], WIDE)}, [(7, 10, "x")]),
        ({"mentions": pa.array([None], WIDE)}, []),
    ],
    ids=["large strings", "short numbers", "other lists, without scores", "absent list"],
)
def test_what_other_libraries_write_is_read(here, columns, found):
    rewritten(here / "m.parquet", here / "x.parquet", **columns)
    (read,) = mentions.read(here / "x.parquet")
    assert [(each.start, each.end, each.type) for each in read.mentions] == found


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": pa.array([None], pa.string())}, "1 empty values in the column 'text'"),
        ({"language": pa.array([None], pa.string())}, "1 empty values in the column 'language'"),
        ({"text": pa.array([3])}, "int64 in the column 'text'"),
        ({"mentions": pa.array(["Ada"])}, "no column of mentions"),
        ({"mentions": pa.array([[{"start": None, "end": 2, "type": "x"}]], WIDE)}, "without start, end"),
        ({"mentions": pa.array([[{"start": 0, "end": 99, "type": "x"}]], WIDE)}, "ends beyond"),
    ],
)
def test_rows_that_are_none_are_named(here, columns, message):
    rewritten(here / "m.parquet", here / "x.parquet", **columns)
    with pytest.raises(OpenNERError, match=message):
        openner(here, "sentences", "x.parquet", "-o", "s.jsonl")


@pytest.mark.parametrize("at", [0.02, 0.1, 0.3, 0.5])
def test_damage_anywhere_in_a_file_is_told_with_its_name(here, at):
    rows = [annotated(f"{TEXT} {n * n}", TextMention(7, 10, "person"), number=n) for n in range(500)]
    mentions.write(rows, here / "d.parquet")
    content = bytearray((here / "d.parquet").read_bytes())
    place = int(at * len(content))
    content[place : place + 200] = bytes(range(200))
    (here / "d.parquet").write_bytes(bytes(content))
    with pytest.raises(OpenNERError, match=r"d\.parquet: "):
        openner(here, "sentences", "d.parquet", "-o", "s.jsonl")


def test_a_file_that_is_not_there_is_named_as_such(here):
    with pytest.raises(OSError, match="No such file") as error:
        openner(here, "judge", "m.parquet", "no.parquet")
    assert error.value.filename == "no.parquet"


@pytest.mark.parametrize("code", ["kein Englisch!", "x" * 300, "zz", "x-a", "root", ""])
@pytest.mark.parametrize("identifier", ["script", "py3langid"])
def test_a_code_that_is_none_says_nothing_of_a_language(here, code, identifier):
    if identifier == "py3langid":
        pytest.importorskip("py3langid", reason="requirements-web.txt is not installed")
    passages.write([passage(prose("swa", 1))], here / "w.parquet")
    rewritten(here / "w.parquet", here / "w2.parquet", language=pa.array([code]))
    told = openner(here, "filter", "w2.parquet", "-o", "f", "--identifier", identifier).output
    assert ("language not known: 1" in told) == (identifier == "script"), told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("filter", "p.parquet", "-o", "f", "--least", 0.9), "no --scores are given"),
        (("filter", "p.parquet", "-o", "f", "--without", "latin"), "latin: not UTF-8"),
        (("filter", "p.parquet", "-o", "f", "--words", 0, "--scores", "numbers.parquet"), "score of none"),
        (("filter", "p.parquet", "-o", "f", "--words", 0, "--scores", "r.csv"), "no scores"),
        (("passages", "a.jsonl", "-o", "x.parquet", "--language", "sw,en"), "is no language"),
        (("passages", "empty.paths", "-o", "x.parquet"), "names no shard"),
        (("annotate", "p.parquet", "-o", "x.parquet", "--by", ""), "an empty name"),
        (("variants", "m.parquet", "-o", "v", "--names", "latin"), "latin: not UTF-8"),
        (("variants", "m.parquet", "-o", "v", "--names", "big.csv"), r"big\.csv:1: no CSV"),
        (("variants", "m.parquet", "-o", "v", "--names", "quote.csv"), r"quote\.csv:\d: no CSV"),
        (("score", "p.parquet", "-o", "s.parquet", "--ratings", "latin2"), "latin2: not UTF-8"),
        (("score", "p.parquet", "-o", "s.parquet", "--ratings", "two.csv"), r"two\.csv:3: another score"),
        (("score", "p.parquet", "-o", "s.parquet", "--ratings", "bom.csv"), "1 rated passage among these"),
    ],
)
def test_options_and_tables_that_are_none_are_named(here, monkeypatch, words, message):
    # Vectors of labels take a while, and are not what is looked at.
    monkeypatch.setattr("openner_utils.cli.web_variants._groups", lambda *_: [])
    id = passage(TEXT).id
    (here / "latin").write_bytes("language,label,name\nswa,person,m\xe4\n".encode("latin-1"))
    (here / "latin2").write_bytes("rater,passage,score,reason\nx,p,3,m\xe4\n".encode("latin-1"))
    (here / "empty.paths").write_text("\n")
    (here / "big.csv").write_text("language,label,name\nswa,person," + "m" * 200_000 + "\n")
    (here / "quote.csv").write_text('language,label,name\nswa,"person,m\n')
    (here / "two.csv").write_text(f"rater,passage,score\nx,{id},3\nx,{id},2\n")
    (here / "bom.csv").write_text(f"\ufeffrater,passage,score\nx,{id},3\n", "utf-8")
    pq.write_table(pa.table({"id": [1], "score": [0.5]}), here / "numbers.parquet")
    with pytest.raises(OpenNERError, match=message):
        openner(here, *words)


def test_a_shard_with_two_columns_of_one_name_is_counted_and_the_rest_goes_on(here):
    table = pa.Table.from_arrays([pa.array(["one"]), pa.array(["two"])], names=["text", "text"])
    pq.write_table(table, here / "twice.parquet")
    told = openner(here, "passages", "twice.parquet", "a.jsonl", "-o", "x.parquet").output
    assert "several columns of one name: text" in told and "passage: 3" in told


def test_an_error_names_the_result_and_not_the_hidden_folder_beside_it(here):
    with pytest.raises(OSError, match="Not a directory") as error:
        openner(here, "passages", "a.jsonl", "-o", "r.csv/x.parquet")
    assert error.value.filename == "r.csv/x.parquet"


def test_on_a_full_disk_nothing_half_written_is_left_and_the_same_command_goes_on(here):
    disk = here / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).returncode:
        pytest.skip("no disk of its own, small enough to fill, can be made here")
    try:
        records = [{"url": f"u{n}", "text": os.urandom(2000).hex()} for n in range(200)]
        json_lines(here / "b.jsonl", records)
        with pytest.raises((OpenNERError, OSError), match="space"):
            openner(here, "passages", "b.jsonl", "-o", disk / "x.parquet")
        assert not (disk / "x.parquet").exists()
        subprocess.run([mount, "-o", "remount,size=8m", disk], check=True)
        openner(here, "passages", "b.jsonl", "-o", disk / "x.parquet")
        assert len(list(passages.read(disk / "x.parquet"))) == len(records)
    finally:
        subprocess.run(["umount", disk], check=True)
