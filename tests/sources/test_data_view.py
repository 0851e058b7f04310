"""data/ as a view: built beside and swapped in, pinned for plain `dvc repro`, never at the cost of foreign files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import load_cards
from openner_utils.sources import build, pin
from openner_utils.sources.fetch import fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.support import files
from openner_utils.support.documents import read_yaml
from openner_utils.support.errors import OpenNERError
from tests import tiny
from tests.tiny import DVC, Tiny, commit, run, sha


@pytest.fixture
def place(tmp_path: Path) -> Tiny:
    """A tiny compendium under git and DVC, with nothing in data/ yet."""
    return tiny.under_dvc(tiny.compendium(tmp_path))


@pytest.fixture
def kept(place: Tiny) -> Store:
    return Store(place.root / "downloads")


def fetched(place: Tiny, kept: Store) -> None:
    outcomes = fetch(load_cards(("first", "second"), place.cards).values(), kept, Mirror(place.mirror))
    assert [outcome.failures for outcome in outcomes] == [(), ()]


SAMPLE_VIEW = {
    f"{corpus}/{path}": sha(content)
    for corpus, contents in tiny.SAMPLES.items()
    for path, content in contents.items()
} | {"LICENSE": sha(b"CC BY 4.0\n")}
REAL_VIEW = {f"first/{path}": sha(content) for path, content in tiny.REAL.items()} | {
    f"second/{path}": sha(content) for path, content in tiny.PACKED.items()
}


def test_samples_to_real_and_back_with_plain_repro_between(place: Tiny, kept: Store, tmp_path: Path) -> None:
    assert build.use(["samples"], kept, place.place) == ("news_a", "news_b")
    run(DVC, "repro", cwd=place.root)
    commit(place.root)
    sample_pin, sample_lock = (place.root / "data.dvc").read_bytes(), (place.root / "dvc.lock").read_bytes()
    sample_params = (place.root / "params.yaml").read_text()
    assert place.view() == SAMPLE_VIEW

    fetched(place, kept)
    assert build.use(["first", "second"], kept, place.place) == ("first", "second")
    assert place.view() == REAL_VIEW
    assert "corpora: [first, second]  # which corpora" in (place.root / "params.yaml").read_text()
    for _ in range(2):
        real_pin = (place.root / "data.dvc").read_bytes()
        output = run(DVC, "repro", cwd=place.root)
        assert "Importing" not in output and place.view() == REAL_VIEW
        assert (place.root / "data.dvc").read_bytes() == real_pin
        assert b"Packed" in (place.root / "out.txt").read_bytes()
    assert "up to date" in output

    build.use(["samples"], kept, place.place)
    run(DVC, "repro", cwd=place.root)
    assert place.view() == SAMPLE_VIEW
    assert (place.root / "data.dvc").read_bytes() == sample_pin
    assert (place.root / "dvc.lock").read_bytes() == sample_lock
    assert (place.root / "params.yaml").read_text() == sample_params
    assert run("git", "status", "--porcelain", cwd=place.root) == ""

    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", str(place.root), str(clone), cwd=tmp_path)
    run(DVC, "repro", cwd=clone)
    assert Tiny(clone, place.cards, place.mirror).view() == SAMPLE_VIEW
    assert run("git", "status", "--porcelain", cwd=clone) == "", "data.dvc and dvc.lock came out as committed"


def test_the_pin_of_samples_is_what_dvc_itself_writes(place: Tiny, kept: Store) -> None:
    build.use(["samples"], kept, place.place)
    ours = (place.root / "data.dvc").read_text()
    (place.root / "data.dvc").unlink()
    shutil.rmtree(place.root / "data")
    run(DVC, "import-url", "--quiet", "samples", "data", cwd=place.root)
    run(DVC, "unfreeze", "--quiet", "data.dvc", cwd=place.root)
    assert (place.root / "data.dvc").read_text() == ours


def test_foreign_files_are_named_and_kept(place: Tiny, kept: Store) -> None:
    fetched(place, kept)
    build.use(["first"], kept, place.place)
    tiny.write(place.root / "data/first/notes.txt", b"mine")
    (place.root / "data/link").symlink_to(place.root / "samples/LICENSE")
    (place.root / "data/copy of a sample.txt").write_bytes(b"Oslo B-LOC\n")
    with pytest.raises(
        build.ForeignFilesError, match=r"downloads/ .2.: data/first/notes.txt, data/link\. .* move them"
    ):
        build.use(["samples"], kept, place.place)
    assert (place.root / "data/first/notes.txt").read_bytes() == b"mine"
    (place.root / "data/first/notes.txt").unlink()
    (place.root / "data/link").unlink()
    build.use(["samples"], kept, place.place)
    assert place.view() == SAMPLE_VIEW


def test_a_linked_data_folder_is_refused(place: Tiny, kept: Store, tmp_path: Path) -> None:
    (place.root / "data").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(build.ForeignFilesError, match="is a link"):
        build.use(["samples"], kept, place.place)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["first"], "Run `openner fetch first`"),
        (["news_c"], "Did you mean 'news_b'"),
        (["samples", "first"], "means the whole collection"),
        ([], "No corpus to use"),
    ],
)
def test_what_cannot_be_used_changes_nothing(
    names: list[str], message: str, place: Tiny, kept: Store
) -> None:
    build.use(["news_a"], kept, place.place)
    before = state(place)
    with pytest.raises(OpenNERError, match=message):
        build.use(names, kept, place.place)
    assert state(place) == before


def state(place: Tiny) -> tuple[dict[str, str], bytes, bytes, bool]:
    pinned, params = (place.root / "data.dvc").read_bytes(), (place.root / "params.yaml").read_bytes()
    return place.view(), pinned, params, (place.root / ".openner/resume/data").exists()


def change_sample(place: Tiny, kept: Store) -> None:
    (place.root / "samples/news_b/test.txt").write_bytes(b"changed O\n")


def lose_sample(place: Tiny, kept: Store) -> None:
    (place.root / "samples/news_b/test.txt").unlink()


def twice(place: Tiny, kept: Store) -> None:
    entry = tiny.entry("test.txt", b"a O\n")
    place.add_card("news_b", tiny.card("samples", [entry, entry]))


def damage_store(place: Tiny, kept: Store) -> None:
    fetched(place, kept)
    place.add_card("news_b", {**read_yaml(place.cards / "first.yaml")})
    for content in tiny.REAL.values():
        kept.path(sha(content)).chmod(0o644)
        kept.path(sha(content)).write_bytes(b"damaged")


def no_list(place: Tiny, kept: Store) -> None:
    (place.root / "params.yaml").write_text("data: {}\n")


def no_dvc(place: Tiny, kept: Store) -> None:
    shutil.rmtree(place.root / ".dvc")


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (change_sample, "samples/news_b/test.txt: expected SHA-256 .* found .* its card"),
        (lose_sample, "samples/news_b/test.txt: no such file"),
        (twice, "test.txt is listed twice"),
        (damage_store, "downloads/sha256/.* expected SHA-256"),
        (no_list, "there is no list data.corpora"),
        (no_dvc, "DVC could not pin data/"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_failed_build_leaves_everything_as_it_was(
    trouble: Callable[[Tiny, Store], None], message: str, place: Tiny, kept: Store
) -> None:
    build.use(["news_a"], kept, place.place)
    trouble(place, kept)
    before = state(place)
    with pytest.raises(OpenNERError, match=message):
        build.use(["news_b"], kept, place.place)
    assert state(place) == before


def test_a_kill_between_the_steps_is_mended_by_the_next_run(place: Tiny, kept: Store) -> None:
    build.use(["news_a"], kept, place.place)
    half = place.place.resume / "data/new/news_b" / "half.txt"
    tiny.write(half, b"half")
    (place.root / "data").replace(place.place.resume / "data" / "old")
    (place.root / "data.dvc").write_text("outs:\n")
    build.use(["samples"], kept, place.place)
    assert place.view() == SAMPLE_VIEW and not (place.place.resume / "data").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("data: {corpora: []}\n", "data: {corpora: [b, c]}\n"),
        ("data:\n  corpora: [a, a2]  # why\nx: 1\n", "data:\n  corpora: [b, c]  # why\nx: 1\n"),
        (
            "data:\n  corpora:  # why\n    - a\n\n# next\nx: 1\n",
            "data:\n  corpora:  # why\n    - b\n    - c\n\n# next\nx: 1\n",
        ),
        (
            "x: {corpora: [a]}\ndata:\n  corpora:\n  - a\n  - a2\n",
            "x: {corpora: [a]}\ndata:\n  corpora:\n  - b\n  - c\n",
        ),
    ],
)
def test_only_the_list_changes_in_params(before: str, after: str) -> None:
    assert pin.with_corpora(before, ["b", "c"]) == after


def test_a_long_list_is_wrapped() -> None:
    names = [f"corpus_number_{n}" for n in range(12)]
    text = pin.with_corpora("data:\n  corpora: [a]  # why\n", names)
    assert yaml.safe_load(text) == {"data": {"corpora": names}}
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize(
    "text", ["", "data:\n", "data: []\n", "data: {corpora: }\n", "data: {corpora: a}\n", "other: 1\n"]
)
def test_params_without_the_list_are_an_error(text: str) -> None:
    with pytest.raises(OpenNERError, match=r"no list data\.corpora"):
        pin.with_corpora(text, ["a"])


def test_use_outside_a_compendium(place: Tiny, kept: Store) -> None:
    (place.root / "params.yaml").unlink()
    with pytest.raises(OpenNERError, match="inside the compendium"):
        build.use(["samples"], kept, place.place)


def test_the_view_does_not_share_bytes_with_the_store(place: Tiny, kept: Store) -> None:
    fetched(place, kept)
    build.use(["first"], kept, place.place)
    edited = place.root / "data/first/data/train.txt"
    edited.chmod(0o644)
    edited.write_bytes(b"edited")
    assert files.sha256(kept.path(sha(tiny.REAL["data/train.txt"]))) == sha(tiny.REAL["data/train.txt"])
