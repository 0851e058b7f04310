"""Addresses, the store, transfers over http and from a mirror, archives, and fetching many files."""

import bz2
import errno
import gzip
import io
import lzma
import os
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from openner_utils.catalog import Card, File
from openner_utils.sources import address, archives, fetch, store, transfer
from openner_utils.sources.address import mirrored
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Https, Mirror
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests import tiny
from tests.publisher import BODY, Publisher


def leftovers(kept: Store) -> list[str]:
    """Return what lies in the store besides complete objects."""
    return [path.name for path in kept.root.rglob("*") if path.is_file() and len(path.name) != 64]


# --- addresses


def test_address_of_a_file_and_of_its_mirror() -> None:
    content = tiny.card(tiny.FIRST, [tiny.entry("data/te st.txt", b"x")])
    card = parse(Card, {"id": "first", **content}, "test")
    url = address.url(card, card.files[0])
    assert url == f"https://github.com/press/first/raw/{tiny.COMMIT}/data/te%20st.txt"
    assert address.mirrored(url) == f"github.com/press/first/{tiny.COMMIT}/data/te st.txt"
    assert address.mirrored("https://data.example.org/files/a.zip") == "data.example.org/files/a.zip"


def test_a_url_cannot_lead_out_of_the_mirror() -> None:
    with pytest.raises(OpenNERError, match="plain and relative"):
        address.mirrored("https://github.com/%2e%2e/%2e%2e/secret")


@pytest.mark.parametrize(
    "url", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "//host/x"]
)
def test_only_https_leaves_this_machine(url: str) -> None:
    with pytest.raises(OpenNERError, match="https only"), Https(pause=0.0).open(url, 0):
        pass


# --- the store


def test_an_object_is_read_only_and_a_damaged_one_is_dropped(kept: Store) -> None:
    digest = kept.add(io.BytesIO(BODY))
    assert digest == tiny.sha(BODY) and kept.verify(digest)
    assert not kept.path(digest).stat().st_mode & stat.S_IWUSR
    kept.path(digest).chmod(0o644)
    kept.path(digest).write_bytes(b"changed")
    assert not kept.verify(digest) and not kept.has(digest)


def test_a_second_writer_is_told_to_wait(kept: Store) -> None:
    with kept.exclusive(), pytest.raises(OpenNERError, match="another fetch"), kept.exclusive():
        pass


# --- transfers


def bring(url: str, kept: Store, transport: transfer.Transport, body: bytes = BODY) -> list[int]:
    positions: list[int] = []
    transfer.download(url, tiny.sha(body), len(body), kept, transport, positions.append)
    assert kept.path(tiny.sha(body)).read_bytes() == body
    assert leftovers(kept) == []
    return positions


@pytest.mark.parametrize(
    ("faults", "ranges"),
    [
        (["none"], [None]),
        (["500", "429", "none"], [None, None, None]),
        (["cut", "none"], [None, "bytes=524288-"]),
        (["cut", "no ranges"], [None, "bytes=524288-"]),
        (["cut", "416", "none"], [None, "bytes=524288-", None]),
        (["cut", "cut", "cut", "none"], [None, "bytes=524288-", "bytes=786432-", "bytes=917504-"]),
    ],
)
def test_broken_transfers_continue(
    faults: list[str], ranges: list[str | None], publisher: Publisher, kept: Store
) -> None:
    publisher.content["/a"], publisher.faults["/a"] = BODY, list(faults)
    assert bring(publisher.url("/a"), kept, Https(pause=0.0))[-1] == len(BODY)
    assert publisher.ranges == ranges


def test_a_redirect_is_followed_but_not_to_plain_http_elsewhere(publisher: Publisher, kept: Store) -> None:
    publisher.content |= {"/a": BODY, "/b": BODY}
    publisher.faults["/a"] = [f"to {publisher.url('/b')}", "to http://example.org/b"]
    bring(publisher.url("/a"), kept, Https(pause=0.0))
    with pytest.raises(OpenNERError, match="https only"):
        transfer.download(publisher.url("/a"), "0" * 64, 1, kept, Https(pause=0.0), lambda _: None)


@pytest.mark.parametrize(
    ("body", "fault", "error", "message", "left"),
    [
        (BODY, "404", transfer.UnavailableError, "answered 404", False),
        (BODY, "416", transfer.UnavailableError, "answered 416, as if a part had been asked for", False),
        (BODY, "503", transfer.TransferError, "answered 503", False),
        (BODY[:-1], "none", transfer.TransferError, "1,048,575 of 1,048,576", True),
        (
            BODY[:-1] + b"x",
            "none",
            transfer.WrongContentError,
            "expected SHA-256 [0-9a-f]{64} .* found",
            False,
        ),
        (BODY + b"x", "none", transfer.WrongContentError, "more than 1,048,576 bytes", False),
    ],
)
def test_a_failure_says_what_to_do_and_leaves_no_object(
    body: bytes,
    fault: str,
    error: type[OpenNERError],
    message: str,
    left: bool,
    publisher: Publisher,
    kept: Store,
) -> None:
    publisher.content["/a"], publisher.faults["/a"] = body, [fault]
    url, digest = publisher.url("/a"), tiny.sha(BODY)
    with pytest.raises(error, match=message) as caught:
        transfer.download(url, digest, len(BODY), kept, Https(pause=0.0), lambda _: None)
    assert url in str(caught.value) and not kept.has(digest)
    assert leftovers(kept) == [f"{digest}.part"] * left
    publisher.content["/a"], publisher.faults["/a"] = BODY, ["none"]
    bring(url, kept, Https(pause=0.0))


def test_no_server_at_all(kept: Store, publisher: Publisher) -> None:
    url = publisher.url("/a")
    publisher.server_close()
    with pytest.raises(transfer.TransferError, match="Check the network"):
        transfer.download(url, "0" * 64, 1, kept, Https(pause=0.0), lambda _: None)


@pytest.mark.parametrize("left", [b"", BODY[:1000], b"wrong" * 100, BODY, BODY + b"too long"])
def test_what_an_earlier_run_left_is_used_or_replaced(left: bytes, tmp_path: Path, kept: Store) -> None:
    tiny.write(tmp_path / "mirror/h/a", BODY)
    tiny.write(kept.partial(tiny.sha(BODY)), left)
    bring("https://h/a", kept, Mirror(tmp_path / "mirror"))


def test_mirror_errors_name_the_place(tmp_path: Path, kept: Store) -> None:
    with pytest.raises(OpenNERError, match="no such folder"):
        Mirror(tmp_path / "absent")
    with pytest.raises(transfer.UnavailableError, match=r"the mirror has no .*/h/a"):
        transfer.download("https://h/a", "0" * 64, 1, kept, Mirror(tmp_path), lambda _: None)


def test_a_full_disk_keeps_what_came(tmp_path: Path, kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "mirror/h/a", BODY)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer.os, "fsync", full)
        with pytest.raises(OpenNERError, match=r"no space left .* Free some space"):
            bring("https://h/a", kept, Mirror(tmp_path / "mirror"))
    assert leftovers(kept) == [f"{tiny.sha(BODY)}.part"]
    bring("https://h/a", kept, Mirror(tmp_path / "mirror"))


# --- archives


def zip_of(members: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, content)
    return raw.getvalue()


def tar_with(kind: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    return raw.getvalue()


def symlink(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


TWO = {"a.txt": b"alpha", "in/b.txt": b"beta"}


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("x.zip", zip_of(TWO | {"../evil": b"!", "/etc/evil": b"!"})),
        ("x.tar.gz", tiny.tar_gz(TWO | {"../evil": b"!"})),
        ("x.tgz", tiny.tar_gz({f"./{name}": content for name, content in TWO.items()})),
        ("x.tar", gzip.decompress(tiny.tar_gz(TWO))),
        ("x.tar.bz2", bz2.compress(gzip.decompress(tiny.tar_gz(TWO)))),
        ("x.txz", lzma.compress(gzip.decompress(tiny.tar_gz(TWO)))),
    ],
)
def test_only_named_members_are_unpacked(name: str, packed: bytes, tmp_path: Path, kept: Store) -> None:
    (tmp_path / "packed").write_bytes(packed)
    for wanted in (["in/b.txt"], ["a.txt", "in/b.txt"]):
        found = archives.unpack(tmp_path / "packed", name, wanted, kept)
        assert found == {member: tiny.sha(TWO[member]) for member in wanted}
    assert {path.name for path in kept.root.rglob("*") if path.is_file()} == {
        tiny.sha(content) for content in TWO.values()
    }


def test_members_are_listed_without_being_unpacked(tmp_path: Path) -> None:
    for name, packed in (("x.zip", zip_of(TWO)), ("x.tar.gz", tiny.tar_gz(TWO))):
        (tmp_path / name).write_bytes(packed)
        assert archives.members(tmp_path / name) == list(TWO)
    (tmp_path / "x.tar").write_bytes(b"no tar")
    with pytest.raises(OpenNERError, match=r"x\.tar: damaged or cut short"):
        archives.members(tmp_path / "x.tar")
    (tmp_path / "x.rar").write_bytes(b"Rar!")
    with pytest.raises(OpenNERError, match=r"x\.rar: no archive"):
        archives.members(tmp_path / "x.rar")


def test_a_plain_gz_holds_one_member(tmp_path: Path, kept: Store) -> None:
    (tmp_path / "packed").write_bytes(gzip.compress(BODY))
    assert archives.unpack(tmp_path / "packed", "a.tsv.gz", ["a.tsv"], kept) == {"a.tsv": tiny.sha(BODY)}


BOMB = bytes(3 << 20)


@pytest.mark.parametrize(
    ("name", "packed", "member", "error", "message"),
    [
        ("x.zip", zip_of({"a.txt": BOMB}), "a.txt", archives.UnsafeArchiveError, "archive bomb"),
        (
            "x.tar.gz",
            tiny.tar_gz({"big": BOMB, "a.txt": b""}),
            "a.txt",
            archives.UnsafeArchiveError,
            "archive bomb",
        ),
        ("x.gz", gzip.compress(BOMB), "a.txt", archives.UnsafeArchiveError, "archive bomb"),
        ("x.zip", zip_of({"a.txt": b"/etc"}, symlink), "a.txt", archives.UnsafeArchiveError, "is a link"),
        ("x.tar", tar_with(tarfile.SYMTYPE), "a.txt", archives.UnsafeArchiveError, "is a link"),
        ("x.tar", tar_with(tarfile.LNKTYPE), "a.txt", archives.UnsafeArchiveError, "is a link"),
        ("x.tar", tar_with(tarfile.CHRTYPE), "a.txt", archives.UnsafeArchiveError, "device"),
        ("x.zip", zip_of({"../a": b"x"}), "../a", OpenNERError, "plain and relative"),
        ("x.tar", gzip.decompress(tiny.tar_gz({"/a": b"x"})), "/a", OpenNERError, "plain and relative"),
        ("x.zip", zip_of(TWO), "in/c.txt", OpenNERError, "Did you mean 'in/b.txt'"),
        ("x.tar.gz", tiny.tar_gz(TWO), "in/c.txt", OpenNERError, "Did you mean 'in/b.txt'"),
        ("x.rar", b"", "a.txt", OpenNERError, "not a zip, tar"),
        ("x.zip", zip_of(TWO)[:60], "a.txt", archives.DamagedArchiveError, "damaged or cut short"),
        (
            "x.tar.gz",
            tiny.tar_gz({"a.txt": os.urandom(9999)})[:5000],
            "a.txt",
            archives.DamagedArchiveError,
            "cut",
        ),
        ("x.tar.gz", b"no archive", "a.txt", archives.DamagedArchiveError, "damaged or cut short"),
        ("x.gz", gzip.compress(BODY)[:-9], "a.txt", archives.DamagedArchiveError, "damaged or cut short"),
    ],
)
def test_bad_archives_are_refused_by_name(
    name: str,
    packed: bytes,
    member: str,
    error: type[OpenNERError],
    message: str,
    tmp_path: Path,
    kept: Store,
) -> None:
    (tmp_path / "packed").write_bytes(packed)
    with pytest.raises(error, match=message):
        archives.unpack(tmp_path / "packed", name, [member], kept)
    assert leftovers(kept) == []


# --- fetching


def corpus(name: str, publisher: Publisher, bodies: dict[str, bytes]) -> Card:
    publisher.content |= {f"/{name}/{path}": body for path, body in bodies.items()}
    files = [tiny.entry(path, body) for path, body in bodies.items()]
    return parse(Card, {"id": name, **tiny.card(publisher.url(f"/{name}"), files)}, "test")


def test_one_failing_corpus_stops_no_other(publisher: Publisher, kept: Store) -> None:
    good = corpus("good", publisher, {f"{n}.txt": bytes([n]) * 1000 for n in range(20)})
    bad = corpus("bad", publisher, {"here.txt": b"here", "gone.txt": b"gone"})
    publisher.faults["/bad/gone.txt"] = ["404"]
    outcomes = {outcome.corpus: outcome for outcome in fetch.fetch([bad, good], kept, Https(pause=0.0))}
    assert (outcomes["good"].fetched, outcomes["good"].failures) == (20_000, ())
    assert outcomes["bad"].fetched == 4 and "answered 404" in outcomes["bad"].failures[0]
    publisher.faults.clear()
    publisher.ranges.clear()
    again = {outcome.corpus: outcome for outcome in fetch.fetch([bad, good], kept, Https(pause=0.0))}
    assert [(again[name].fetched, again[name].failures) for name in ("good", "bad")] == [(0, ()), (4, ())]
    assert len(publisher.ranges) == 1, "what is there and right is not fetched again"


def unverified(publisher: Publisher, **source: str) -> Card:
    content = tiny.card(publisher.url("/u"), [{"path": "a.txt", "language": "eng", "split": "train"}])
    content["source"] |= source
    return parse(Card, {"id": "u", **content}, "test")


def test_an_unverified_file_is_recorded_and_later_changes_are_noticed(
    publisher: Publisher, kept: Store
) -> None:
    of = unverified(publisher)
    publisher.content["/u/a.txt"] = BODY
    (first,) = fetch.fetch([of], kept, Https(pause=0.0))
    assert first.failures == () and first.fetched == len(BODY)
    assert first.recorded == (f"a.txt: bytes: {len(BODY)}, sha256: {tiny.sha(BODY)}",)
    (second,) = fetch.fetch([of], kept, Https(pause=0.0))
    assert second.fetched == 0 and len(publisher.ranges) == 1
    assert kept.content(of.files[0], publisher.url("/u/a.txt")) == {"a.txt": tiny.sha(BODY)}
    kept.path(tiny.sha(BODY)).unlink()
    publisher.content["/u/a.txt"] = b"changed"
    (third,) = fetch.fetch([of], kept, Https(pause=0.0))
    assert f"was {tiny.sha(BODY)}, now it is {tiny.sha(b'changed')}" in third.failures[0]


def test_a_mirror_may_lack_an_unverified_file_but_the_network_may_not(
    publisher: Publisher, kept: Store, tmp_path: Path
) -> None:
    (outcome,) = fetch.fetch([unverified(publisher)], kept, Mirror(tmp_path))
    assert (outcome.failures, outcome.absent) == ((), ("a.txt",))
    publisher.faults["/u/a.txt"] = ["404"]
    (outcome,) = fetch.fetch([unverified(publisher)], kept, Https(pause=0.0))
    assert "answered 404" in outcome.failures[0] and outcome.absent == ()


def test_a_restricted_corpus_is_never_asked_for_but_taken_from_a_folder(
    publisher: Publisher, kept: Store, tmp_path: Path
) -> None:
    of = unverified(publisher, instructions="Sign the agreement.")
    (outcome,) = fetch.fetch([of], kept, Https(pause=0.0))
    assert "Sign the agreement. Lay the files under" in outcome.restricted[0]
    assert publisher.ranges == [] and outcome.failures == ()
    place = tmp_path / mirrored(publisher.url("/u/a.txt"))
    place.parent.mkdir(parents=True)
    place.write_bytes(BODY)
    (outcome,) = fetch.fetch([of], kept, Mirror(tmp_path))
    assert outcome.failures == () and outcome.fetched == len(BODY)


def test_two_corpora_may_share_a_file(publisher: Publisher, kept: Store) -> None:
    cards = [corpus(name, publisher, {"same.txt": BODY, "twin.txt": BODY}) for name in ("one", "two")]
    outcomes = fetch.fetch(cards, kept, Https(pause=0.0))
    assert [outcome.failures for outcome in outcomes] == [(), ()] and len(publisher.ranges) == 1


def test_an_empty_file_is_fetched_as_any_other(publisher: Publisher, kept: Store) -> None:
    card = corpus("c", publisher, {"a.ann": b"", "a.txt": b"text"})
    (outcome,) = fetch.fetch([card], kept, Https(pause=0.0))
    assert (outcome.fetched, outcome.failures, outcome.recorded) == (4, (), ())
    assert kept.path(tiny.sha(b"")).read_bytes() == b""


def test_members_of_an_archive_become_objects_once(publisher: Publisher, kept: Store) -> None:
    packed = tiny.tar_gz(TWO)
    publisher.content["/c/all.tar.gz"] = packed

    def content(*members: str) -> Card:
        files = [tiny.entry(member, packed, "all.tar.gz") for member in members]
        return parse(Card, {"id": "c", **tiny.card(publisher.url("/c"), files)}, "test")

    file = File.model_validate(tiny.entry("in/b.txt", packed, "all.tar.gz"))
    fetch.fetch([content("a.txt")], kept, Https(pause=0.0))
    address = publisher.url("/c/all.tar.gz")
    assert kept.content(file, address) == {}
    fetch.fetch([content("a.txt", "in/b.txt")], kept, Https(pause=0.0))
    assert (
        kept.content(file, address) == {"in/b.txt": tiny.sha(TWO["in/b.txt"])} and len(publisher.ranges) == 1
    )


def test_a_killed_fetch_continues(publisher: Publisher, tmp_path: Path) -> None:
    place = tiny.compendium(tmp_path)
    publisher.content["/big"], publisher.faults["/big"] = BODY, ["slow", "none"]
    place.add_card("big", tiny.card(publisher.url(""), [tiny.entry("big", BODY)]))
    program = (
        "import sys; from pathlib import Path; from openner_utils.cli.main import app\n"
        "from openner_utils.support.paths import Place\n"
        "app(obj=Place(*map(Path, (sys.argv.pop(1), sys.argv.pop(1)))))"
    )
    command = [sys.executable, "-c", program, str(place.root), str(place.cards), "fetch", "big"]
    environment = {name: value for name, value in os.environ.items() if name != "OPENNER_MIRROR"}
    kept = Store(place.root / "downloads")
    part = kept.partial(tiny.sha(BODY))
    first = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline and first.poll() is None, "the fetch never began"
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    had = part.stat().st_size
    assert 0 < had < len(BODY) and not kept.has(tiny.sha(BODY))
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert kept.verify(tiny.sha(BODY)) and publisher.ranges == [None, f"bytes={had}-"]


def test_store_errors_other_than_a_full_disk_pass_through(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), store.full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "denied")
