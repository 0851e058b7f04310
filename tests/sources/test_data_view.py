"""data/ as a view: built beside and swapped in, pinned for plain `dvc repro`, never at the cost of foreign files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openner_utils.catalog import load_cards
from openner_utils.config import profiles
from openner_utils.sources import build, pin
from openner_utils.sources.fetch import fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.support import files, paths
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
        (["samples", "first"], "openner fetch first"),
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


def test_two_at_once_take_turns(place: Tiny, kept: Store) -> None:
    build.use(["news_a"], kept, place.place)
    before = state(place)
    others = (
        lambda: build.use(["news_b"], kept, place.place),
        lambda: fetch(load_cards(("first",), place.cards).values(), kept, Mirror(place.mirror)),
        lambda: profiles.use("sample", place.place),
    )
    (place.root / "profiles").mkdir()
    shutil.copy(paths.PARAMS, place.root / "profiles/sample.yaml")
    with files.exclusive(place.root / "downloads"):
        for other in others:
            with pytest.raises(OpenNERError, match=r"is at work\. Wait until it ends"):
                other()
    assert state(place) == before


def test_a_file_that_comes_while_data_is_built_is_put_back_with_it(place: Tiny, kept: Store) -> None:
    build.use(["news_a"], kept, place.place)
    seen = build.refuse_foreign(place.place.data, kept, place.place)
    before = state(place)
    fresh = place.place.resume / "data/new"
    tiny.write(fresh / "news_b/test.txt", b"a O\n")
    tiny.write(place.root / "data/notes.txt", b"mine")
    with (
        pytest.raises(build.ForeignFilesError, match=r"data/notes\.txt"),
        build.swapped(fresh, kept, place.place, seen),
    ):
        pytest.fail("it is looked at before anything is built on it")
    (place.root / "data/notes.txt").unlink()
    shutil.rmtree(fresh.parent)
    assert state(place) == before


def test_a_killed_run_loses_nothing_of_ones_own(place: Tiny, kept: Store) -> None:
    build.use(["news_a"], kept, place.place)
    aside = place.place.resume / "data/old"
    tiny.write(place.root / "data/notes.txt", b"mine")
    aside.parent.mkdir(parents=True)
    (place.root / "data").rename(aside)
    with pytest.raises(build.ForeignFilesError, match=r": data/notes\.txt"):
        build.use(["news_b"], kept, place.place)
    assert (place.root / "data/notes.txt").read_bytes() == b"mine", "it was put back first"
    (place.root / "data").rename(aside)
    tiny.write(place.root / "data/news_a/train.txt", b"Ada B-PER\n")
    with pytest.raises(build.ForeignFilesError, match=r"resume/data/old/notes\.txt"):
        build.use(["news_b"], kept, place.place)
    assert (aside / "notes.txt").read_bytes() == b"mine"


def test_a_file_named_data_is_left_alone(place: Tiny, kept: Store) -> None:
    (place.root / "data").write_bytes(b"mine")
    with pytest.raises(build.ForeignFilesError, match="data is a file, where a folder is to be built"):
        build.use(["samples"], kept, place.place)
    assert (place.root / "data").read_bytes() == b"mine"


@pytest.mark.parametrize("id", ["/abs", "../../up", "a/b", "a b", "A", "a" * 65, "a\n", "con.x"])
def test_a_card_writes_nothing_outside_its_folder(id: str, place: Tiny, kept: Store) -> None:
    content = tiny.card("samples", [tiny.entry("train.txt", b"Ada B-PER\n")])
    place.add_card("evil", {**content, "id": id})
    build.use(["news_a"], kept, place.place)
    before = state(place)
    for names in (["evil"], [id], ["samples"]):
        with pytest.raises(OpenNERError):
            build.use(names, kept, place.place)
    assert state(place) == before


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "a\\b", "a\nb", "NUL", "b" * 300])
@pytest.mark.parametrize("key", ["path", "archive"])
def test_a_cards_paths_are_plain(key: str, path: str, place: Tiny) -> None:
    file = tiny.entry("train.txt", b"Ada B-PER\n") | {key: path}
    place.add_card("evil", tiny.card("samples", [file]))
    with pytest.raises(OpenNERError, match=r"evil\.yaml:\d+: files\.0: .* the path "):
        load_cards(("evil",), place.cards)


def test_two_files_of_a_card_that_are_one_elsewhere(place: Tiny, kept: Store) -> None:
    for name in ("a.txt", "A.txt"):
        tiny.write(place.root / "samples/twins" / name, b"Ada B-PER\n")
    place.add_card(
        "twins", tiny.card("samples", [tiny.entry(name, b"Ada B-PER\n") for name in ("a.txt", "A.txt")])
    )
    with pytest.raises(OpenNERError, match=r"card twins: 'a\.txt' and 'A\.txt' are one file on many systems"):
        build.use(["twins"], kept, place.place)


def test_a_card_that_is_a_folder_is_no_corpus(place: Tiny, kept: Store) -> None:
    (place.cards / "zz.yaml").mkdir()
    with pytest.raises(OpenNERError) as refused:
        build.use(["zz"], kept, place.place)
    assert str(refused.value).startswith("Unknown corpus 'zz'. ") and "Did you mean 'zz'" not in str(
        refused.value
    )


def test_a_link_inside_a_sample_leads_nowhere(place: Tiny, kept: Store, tmp_path: Path) -> None:
    tiny.write(tmp_path / "secret/in/dev.txt", b"Oslo B-LOC\n")
    shutil.rmtree(place.root / "samples/news_b/in")
    (place.root / "samples/news_b/in").symlink_to(tmp_path / "secret/in")
    with pytest.raises(OpenNERError, match="leads out of its folder by a link"):
        build.use(["news_b"], kept, place.place)


def test_a_copy_without_git_works(tmp_path: Path) -> None:
    place = tiny.under_dvc(tiny.compendium(tmp_path), git=False)
    build.use(["samples"], Store(place.root / "downloads"), place.place)
    run(DVC, "repro", cwd=place.root)
    assert place.view() == SAMPLE_VIEW and (place.root / "out.txt").is_file()
