"""A corpus of one's own, which lies in a folder of this machine: copied, checked and built into data/ as any other."""

from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import Source, load_card
from openner_utils.sources import build
from openner_utils.sources.fetch import Outcome, fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Https, Mirror
from openner_utils.support.records import RecordError, parse
from tests import tiny
from tests.reading import raw
from tests.tiny import Tiny

FILES = {"a/train.txt": b"Ada B-PER\n", "a/te st%.txt": b"Oslo B-LOC\n"}


@pytest.fixture
def place(tmp_path: Path) -> Tiny:
    """A compendium with a card for files in a folder whose name has a blank."""
    place = tiny.under_dvc(tiny.compendium(tmp_path / "here"))
    folder = tmp_path / "my corpora"
    for name, content in FILES.items():
        tiny.write(folder / name, content)
    card = tiny.card(folder.as_uri(), [tiny.entry(name, content) for name, content in FILES.items()])
    (place.cards / "own.yaml").write_text(yaml.safe_dump(card))
    return place


def fetched(place: Tiny, transport: Https | Mirror) -> Outcome:
    (outcome,) = fetch([load_card("own", place.cards)], Store(place.root / "downloads"), transport)
    return outcome


@pytest.mark.parametrize("mirror", [False, True])
def test_files_are_copied_from_the_folder_and_built_into_data(place: Tiny, mirror: bool) -> None:
    outcome = fetched(place, Mirror(place.mirror) if mirror else Https())
    assert (outcome.failures, outcome.fetched) == ((), sum(map(len, FILES.values())))
    assert build.use(["own"], Store(place.root / "downloads"), place.place) == ("own",)
    assert {name: (place.root / "data" / "own" / name).read_bytes() for name in FILES} == FILES
    assert fetched(place, Https()).fetched == 0, "what is there is not copied again"


def test_tests_over_all_cards_find_its_files_where_they_lie(place: Tiny) -> None:
    card = load_card("own", place.cards)
    assert [raw(card, file).read_bytes() for file in card.files] == list(FILES.values())


def test_a_file_that_changed_or_is_gone_is_named(place: Tiny, tmp_path: Path) -> None:
    (tmp_path / "my corpora" / "a" / "train.txt").write_bytes(b"Eve B-PER\n")
    gone = tmp_path / "my corpora" / "a" / "te st%.txt"
    gone.unlink()
    failures = "\n".join(fetched(place, Mirror(place.mirror)).failures)
    assert "expected SHA-256" in failures and "train.txt" in failures
    assert f"{gone}: no such file. Correct the repository or the path on the card." in failures


def test_a_folder_without_hashes_is_recorded_as_any_unverified_file(place: Tiny) -> None:
    path = place.cards / "own.yaml"
    card = yaml.safe_load(path.read_text())
    card["files"] = [{"path": "a/train.txt", "language": "eng", "split": "train"}]
    path.write_text(yaml.safe_dump(card))
    assert fetched(place, Https()).recorded == (
        f"a/train.txt: bytes: 10, sha256: {tiny.sha(FILES['a/train.txt'])}",
    )


@pytest.mark.parametrize("address", ["file://host/a", "file://", "file:///a?b", "ftp://h/a"])
def test_what_is_no_folder_of_this_machine_is_refused(address: str) -> None:
    with pytest.raises(RecordError, match="a folder of this machine, file:///…"):
        parse(Source, {"repository": address}, "here")
    assert parse(Source, {"repository": "file:///home/me/my corpus"}, "here").commit is None
