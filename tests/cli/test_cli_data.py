"""The commands `openner fetch` and `openner data`: what they print, and how they end."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils.cli import main as cli
from openner_utils.support.errors import OpenNERError
from tests import tiny
from tests.tiny import Tiny


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A tiny compendium."""
    monkeypatch.delenv("OPENNER_MIRROR", raising=False)
    return tiny.compendium(tmp_path)


def openner(place: Tiny, *words: str) -> Result:
    return CliRunner().invoke(cli.app, words, obj=place.place)


def test_fetch_from_a_mirror(place: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(map(len, tiny.REAL.values()))
    done = openner(place, "fetch", "first", "--mirror", str(place.mirror))
    assert (done.exit_code, done.stdout) == (0, f"first: 2 files, {size} bytes fetched, complete\n")
    monkeypatch.setenv("OPENNER_MIRROR", str(place.mirror))
    done = openner(place, "fetch", "--all")
    assert done.exit_code == 0
    assert "first: 2 files, 0 bytes fetched, complete\n" in done.stdout and "second: 1 files" in done.stdout
    assert "news_a" not in done.stdout, "there is nothing to fetch for samples"


def test_fetch_reports_each_failure_and_goes_on(place: Tiny) -> None:
    for gone in (place.mirror / "github.com").rglob("*.txt"):
        gone.unlink()
    done = openner(place, "fetch", "first", "second", "--mirror", str(place.mirror))
    assert done.exit_code == 1
    assert "first: 2 files, 0 bytes fetched, 2 failed\n" in done.stdout
    assert ", complete\n" in done.stdout
    failures = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(failures) == 2 and all(
        "first: https://github.com/press/first/raw/" in line for line in failures
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fetch"], "or give --all"),
        (["fetch", "first", "--all"], "or give --all"),
        (["fetch", "frist"], "Did you mean 'first'"),
        (["fetch", "first", "--mirror", "/nowhere"], "/nowhere: no such folder"),
        (["data", "use", "first"], "openner fetch first"),
    ],
)
def test_mistakes(words: list[str], message: str, place: Tiny) -> None:
    done = openner(place, *words)
    assert isinstance(done.exception, OpenNERError) and message in str(done.exception)


def test_use_and_show(place: Tiny) -> None:
    assert openner(tiny.under_dvc(place), "fetch", "second", "--mirror", str(place.mirror)).exit_code == 0
    done = openner(place, "data", "use", "second", "news_a")
    assert done.stdout.startswith("data/ now holds 2 corpora: second, news_a. ")
    assert openner(place, "data", "show").stdout.splitlines() == [
        "in use  corpus  languages  files  licence  where",
        "        first   eng        2      CC0-1.0  not fetched",
        "yes     news_a  eng        1      CC0-1.0  samples/",
        "        news_b  eng        2      CC0-1.0  samples/",
        "yes     second  eng        1      CC0-1.0  downloads/ (1 of 1 files)",
    ]


def test_an_error_ends_the_command_in_one_line(place: Tiny) -> None:
    tiny.write(place.root / "downloads", b"a file where a folder is wanted")
    for words, message in (
        (["fetch"], "error: Name the corpora to fetch"),
        (["fetch", "first"], f"error: {place.root}/downloads: File exists. "),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(words, place.place)
        assert str(ended.value).startswith(message) and "\n" not in str(ended.value)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from openner_utils.cli import main as cli\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'httpx', 'dvc', 'pydantic', 'torch', 'pyarrow'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]" and "fetch" in done.stdout
