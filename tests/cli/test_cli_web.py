"""The commands `openner web`."""

from pathlib import Path

from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.support.paths import Place
from openner_utils.web import filtering, passages
from tests.web.made import json_lines, prose


def openner(place: Path, *words: object) -> Result:
    return CliRunner().invoke(cli.app, ["web", *map(str, words)], obj=Place(place))


def test_from_shards_to_kept_passages(tmp_path: Path) -> None:
    records = [{"url": f"https://example.org/{number}", "text": prose("swa", number)} for number in range(9)]
    shard = json_lines(tmp_path / "a.jsonl", [*records, "{broken"])
    done = openner(
        tmp_path, "passages", shard, "-o", tmp_path / "p.parquet", "--language", "swh", "--words", 100
    )
    assert done.exit_code == 0, done.output
    assert "a.jsonl:10: record that cannot be read" in done.stderr
    assert "passage: 9" in done.output and "9 passages of 1 shard" in done.output
    assert {each.language for each in passages.read(tmp_path / "p.parquet")} == {"swh"}
    (tmp_path / "without").write_text("https://example.org/3\n", "utf-8")
    done = openner(
        tmp_path,
        "filter",
        tmp_path / "p.parquet",
        "-o",
        tmp_path / "f",
        "--per-language",
        5,
        "--without",
        tmp_path / "without",
    )
    assert done.exit_code == 0, done.output
    assert "taken out by request: 1" in done.output and "5 passages of 9 kept" in done.output
    assert len(list(passages.read(tmp_path / "f" / filtering.PASSAGES))) == 5


def test_errors_are_those_of_a_user(tmp_path: Path) -> None:
    shard = json_lines(tmp_path / "a.jsonl", [{"text": "x"}])
    for words, message in (
        (("passages", tmp_path / "lost.jsonl"), "no such file or folder"),
        (("passages", shard, "--language", "swahilian"), "is no language"),
        (("filter", shard), "are made of raw text by `openner web passages`"),
    ):
        done = openner(tmp_path, *words, "-o", tmp_path / "out")
        assert done.exit_code != 0 and message in str(done.exception), done.output
        assert not (tmp_path / "out").is_file()


def test_a_request_to_take_out_is_met_however_its_list_was_saved(tmp_path: Path) -> None:
    """A byte order mark, line ends of Windows or blanks around an address must not keep a document in."""
    records = [{"url": f"https://example.org/{number}", "text": prose("swa", number)} for number in range(3)]
    shard = json_lines(tmp_path / "a.jsonl", records)
    assert openner(tmp_path, "passages", shard, "-o", tmp_path / "p.parquet").exit_code == 0
    (tmp_path / "without").write_bytes(b"\xef\xbb\xbfhttps://example.org/1 \r\nhttps://example.org/lost\r\n")
    words = ("filter", tmp_path / "p.parquet", "-o", tmp_path / "f", "--without", tmp_path / "without")
    done = openner(tmp_path, *words)
    assert done.exit_code == 0, done.output
    assert "2 documents to take out; taken out by request: 1" in done.output
    assert "language not known: say it" in done.output


def test_help_lists_commands_in_the_order_of_work(tmp_path: Path) -> None:
    listed = openner(tmp_path, "--help").output
    order = [
        listed.index(f" {name} ")
        for name in ("passages", "filter", "rate", "score", "annotate", "merge", "judge", "truth")
    ]
    assert order == sorted(order)
