"""A corpus of one's own from files to a page and to data/: nothing is trained, and no card is written by hand."""

import errno
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openner_utils.api import corpora
from openner_utils.catalog import load_card
from openner_utils.cli import main as cli
from openner_utils.sources import build
from openner_utils.sources.fetch import Outcome
from openner_utils.sources.store import Store
from openner_utils.support.errors import OpenNERError
from tests import tiny
from tests.broken import broken
from tests.live import live_parts
from tests.tiny import Tiny

SHARED = "Ada B-PER\nvio O\nVigo B-GPE\ny O\nluego O\nvolvió O\na O\ncasa O\ncon O\nella O\n\n"
TRAIN = SHARED + "Eva I-PER\n<script> B-club\n\n" * 6
TEST = SHARED + "Lugo B-GPE\n\n"
PARAMS = "data:\n  corpora: [old]\nclean: {repair: conlleval}\nstandardize: {}\n"


@pytest.fixture
def place(tmp_path: Path) -> Tiny:
    """A compendium with choices, beside a folder of files that no card knows."""
    place = tiny.compendium(tmp_path / "here")
    tiny.write(place.root / "params.yaml", PARAMS.encode())
    tiny.write(tmp_path / "my files" / "train.txt", TRAIN.encode())
    tiny.write(tmp_path / "my files" / "test.txt", TEST.encode())
    return place


def openner(place: Tiny, *words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], obj=place.place)


def test_files_become_a_corpus_with_a_page(place: Tiny, tmp_path: Path) -> None:
    done = openner(place, "corpus", "add", tmp_path / "my files", "--language", "spa", "--id", "own")
    assert done.exit_code == 0, done.output
    assert "club: no standardized name is certain, so it is MISC" in done.stderr
    card = load_card("own", place.cards)
    assert card.types == {"GPE": "GPE", "PER": "PER", "club": "MISC"}
    assert {file.path: (file.split, file.language) for file in card.files} == {
        "test.txt": ("test", "spa"),
        "train.txt": ("train", "spa"),
    }
    done = openner(place, "report", "corpus", "own", "-o", tmp_path / "pages")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == [
        "corpora.html", "corpus-own.html", "data", "ledger-own.csv",
    ]  # fmt: skip
    assert broken(tmp_path / "pages") == []
    page = (tmp_path / "pages" / "corpus-own.html").read_text()
    assert "6 labels were repaired" in page, "the I-PER after nothing, six times"
    assert "&lt;script&gt;" in page and live_parts(page) == []
    assert "Test sentences in training data" in page and "own, version file, licence unclear" in page
    assert not (place.root / "data").exists() and not (place.root / "artifacts").exists()


def test_it_is_used_beside_the_samples_and_alone(place: Tiny, tmp_path: Path) -> None:
    corpora.add(tmp_path / "my files", "spa", "own", {"club": "ORG"}, place=place.place)
    assert load_card("own", place.cards).types["club"] == "ORG"
    tiny.under_dvc(place, git=False)
    store = Store(place.place.downloads)
    held = build.use(["samples", "own"], store, place.place)
    assert set(held) == {*tiny.SAMPLES, "own"}
    assert place.view()["own/test.txt"] == tiny.sha(TEST.encode())
    assert build.use(["own"], store, place.place) == ("own",)
    assert set(place.view()) == {"own/test.txt", "own/train.txt"}


def test_test_sentences_in_training_data_are_said(place: Tiny, tmp_path: Path) -> None:
    rows = [f"w{n} B-PER\n" + f"x{n} O\n" * 5 for n in range(40)]
    for name, some in {"test": rows[:9], "train": rows}.items():
        tiny.write(tmp_path / "leaky" / f"{name}.txt", "\n".join(some).encode())
    done = openner(place, "corpus", "add", tmp_path / "leaky", "--language", "spa", "--id", "own")
    assert "own.yaml: test.txt: 100% of its sentences stand in train.txt, too" in done.stderr


def test_a_changed_folder_is_added_anew_only_if_asked(place: Tiny, tmp_path: Path) -> None:
    corpora.add(tmp_path / "my files", "spa", "own", place=place.place)
    (tmp_path / "my files" / "test.txt").write_text("Lugo B-GPE\n")
    with pytest.raises(OpenNERError, match="added before"):
        corpora.add(tmp_path / "my files", "spa", "own", place=place.place)
    corpora.add(tmp_path / "my files", "spa", "own", replace=True, place=place.place)
    assert tiny.sha(b"Lugo B-GPE\n") in {file.sha256 for file in load_card("own", place.cards).files}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no path tells the language. Say it"),
        (["--language", "xyz"], "xyz"),
        (["--language", "spa", "--id", "first"], "the catalog has a corpus of this id"),
        (["--language", "spa", "--type", "club=ORGG"], "Did you mean 'ORG'"),
        (["--language", "spa", "--type", "clubs=ORG"], "Did you mean 'club'"),
        (["--language", "spa", "--type", "club"], "expected RAW=NAME"),
    ],
)
def test_what_cannot_be_added_leaves_everything_as_it_was(
    place: Tiny, tmp_path: Path, words: list[str], message: str
) -> None:
    before = sorted(place.cards.iterdir())
    done = openner(place, "corpus", "add", tmp_path / "my files", *words)
    assert done.exit_code == 1 and message in str(done.exception)
    assert sorted(place.cards.iterdir()) == before and not place.place.downloads.exists()


def test_files_that_find_no_room_are_named_a_line_each(
    place: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> list[Outcome]:
        return [Outcome("own", 2, 0, ("a: no space left on the disk.", "b: no space left on the disk."))]

    monkeypatch.setattr(corpora, "fetch", full)
    with pytest.raises(OpenNERError) as caught:
        corpora.add(tmp_path / "my files", "spa", "own", place=place.place)
    assert (caught.value.said, caught.value.details) == (
        "a: no space left on the disk.", ("b: no space left on the disk.",),
    )  # fmt: skip
    assert not (place.cards / "own.yaml").exists()


def test_a_page_that_finds_no_room_is_named_by_its_place_and_left_out(
    place: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora.add(tmp_path / "my files", "spa", "own", place=place.place)
    (tmp_path / "pages").mkdir()
    as_ever = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.parent == tmp_path / "pages":
            as_ever(path, content[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return as_ever(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        OpenNERError, match=f"^{re.escape(str(tmp_path / 'pages'))}/.*: no space left on the disk"
    ):
        corpora.report(["own"], tmp_path / "pages", place.place)
    assert list((tmp_path / "pages").iterdir()) == []


def test_a_flaw_stops_the_card_until_it_is_allowed(place: Tiny, tmp_path: Path) -> None:
    (tmp_path / "my files" / "train.txt").write_text(TRAIN + "Ada B-PER\nran Q-PER\nto O\n")
    with pytest.raises(OpenNERError, match="--allow"):
        corpora.add(tmp_path / "my files", "spa", "own", place=place.place)
    done = openner(
        place, "corpus", "add", tmp_path / "my files", "--language", "spa", "--allow", "unknown-label"
    )
    assert done.exit_code == 0, done.output


def test_files_that_the_corpus_is_without_are_told(place: Tiny, tmp_path: Path) -> None:
    """An option that fits one format of a folder sets the others apart: nobody should overlook that."""
    (tmp_path / "my files" / "dev.csv").write_text("sentence,token,tag\n1,Ada,B-PER\n1,ran,O\n2,Bo,B-PER\n")
    words = ("--language", "spa", "--id", "own", "--option", "comment=%%")
    done = openner(place, "corpus", "add", tmp_path / "my files", *words)
    assert done.exit_code == 0, done.output
    assert "set apart: dev.csv" in done.stderr and "own: without the files that are set apart" in done.stderr
