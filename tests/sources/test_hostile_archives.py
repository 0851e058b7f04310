"""Archives in forms that nobody can unpack, or that ask for more than a corpus needs: each refused by its name, in a line."""

import bz2
import gzip
import io
import lzma
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from openner_utils.catalog import Card
from openner_utils.sources import archives, fetch
from openner_utils.sources.archives import DamagedArchiveError, UnsafeArchiveError
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.support.errors import OpenNERError
from openner_utils.support.records import parse
from tests import tiny

TEXT = b"Ada B-PER\n" * 50


def zipped(
    method: int = zipfile.ZIP_DEFLATED, names: tuple[str, ...] = ("a.txt",), content: bytes = TEXT
) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return raw.getvalue()


def with_header(packed: bytes, offset: int, value: int) -> bytes:
    """Return a zip of one member in both of whose headers two bytes are ``value``; ``offset`` as in the local one."""
    changed, central = bytearray(packed), packed.index(b"PK\x01\x02")
    for at in (offset, central + offset + 2):
        changed[at : at + 2] = struct.pack("<H", value)
    return bytes(changed)


def with_body(packed: bytes, content: bytes = b"\xff" * 6) -> bytes:
    """Return a zip whose first member's packed bytes are not what they were."""
    return packed[:40] + content + packed[40 + len(content) :]


def not_utf8() -> bytes:
    packed = zipped(names=("ä.txt",))
    return packed.replace("ä".encode(), b"\xff\xfe")


def tar_of(*entries: tuple[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def with_checksum(header: bytes) -> bytes:
    """Return a tar header with the checksum that it should have."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def of_holes(size: int) -> bytes:
    """Return a tar whose one member is ``size`` bytes long and holds a single byte, at its end."""
    header = bytearray(tar_of(("a.txt", b"x"))[:512])
    header[156:157] = b"S"  # GNU's sparse file
    header[386:398], header[398:410] = b"%011o\0" % (size - 1), b"%011o\0" % 1
    header[483:495] = b"%011o\0" % size
    return with_checksum(bytes(header)) + b"x".ljust(512, b"\0") + bytes(1024)


def of_negative_size() -> bytes:
    header = bytearray(tar_of(("a.txt", TEXT))[:512])
    header[124:136] = b"\xff" * 12  # minus one, in base 256
    return with_checksum(bytes(header)) + TEXT.ljust(1024, b"\0") + bytes(1024)


HOSTILE = {
    "Deflate64": ("x.zip", with_header(zipped(), 8, 9), UnsafeArchiveError, "is packed by Deflate64"),
    "AES": ("x.zip", with_header(zipped(), 8, 99), UnsafeArchiveError, "is encrypted"),
    "encrypted": ("x.zip", with_header(zipped(), 6, 1), UnsafeArchiveError, "is encrypted"),
    "strong encryption": ("x.zip", with_header(zipped(), 6, 0x40), UnsafeArchiveError, "is encrypted"),
    "patched data": (
        "x.zip",
        with_header(zipped(), 6, 0x20),
        UnsafeArchiveError,
        "is a patch of another file",
    ),
    "a newer version": (
        "x.zip",
        with_header(zipped(), 4, 99),
        UnsafeArchiveError,
        "zip file version 9.9, which cannot be unpacked here",
    ),
    "an unknown method": (
        "x.zip",
        with_header(zipped(), 8, 50),
        UnsafeArchiveError,
        "is packed by method 50",
    ),
    "corrupt deflate": ("x.zip", with_body(zipped()), DamagedArchiveError, "damaged or cut short"),
    "corrupt bz2": (
        "x.zip",
        with_body(zipped(zipfile.ZIP_BZIP2)),
        DamagedArchiveError,
        "damaged or cut short",
    ),
    "corrupt lzma": (
        "x.zip",
        with_body(zipped(zipfile.ZIP_LZMA)),
        DamagedArchiveError,
        "damaged or cut short",
    ),
    "corrupt stored": ("x.zip", with_body(zipped(zipfile.ZIP_STORED)), DamagedArchiveError, "Bad CRC"),
    "names that are not UTF-8": ("x.zip", not_utf8(), DamagedArchiveError, "not valid UTF-8"),
    "a member twice in a zip": (
        "x.zip",
        zipped(names=("a.txt", "a.txt")),
        UnsafeArchiveError,
        "stands there twice",
    ),
    "a member twice in a tar": (
        "x.tar",
        tar_of(("a.txt", b"1"), ("./a.txt", b"2")),
        UnsafeArchiveError,
        "stands there twice",
    ),
    "holes": ("x.tar", of_holes(1 << 30), UnsafeArchiveError, "archive bomb"),
    "packed holes": ("x.tar.gz", gzip.compress(of_holes(322 << 20)), UnsafeArchiveError, "archive bomb"),
    "a negative size": ("x.tar", of_negative_size(), OpenNERError, "x.tar: "),
    "a gz of nothing": ("x.gz", gzip.compress(b""), DamagedArchiveError, "packs nothing"),
    "a corrupt tar.bz2": (
        "x.tar.bz2",
        bz2.compress(tar_of(("a.txt", TEXT)))[:-9],
        DamagedArchiveError,
        "damaged",
    ),
    "a corrupt tar.xz": (
        "x.tar.xz",
        lzma.compress(tar_of(("a.txt", TEXT)))[:-9],
        DamagedArchiveError,
        "damaged",
    ),
    "no tar.xz": ("x.tar.xz", b"something else", DamagedArchiveError, "damaged"),
}
"""What is wrong → the archive's name, its bytes, and how it is refused."""


@pytest.mark.parametrize("trouble", HOSTILE)
def test_an_archive_is_refused_by_name(trouble: str, tmp_path: Path, kept: Store) -> None:
    name, packed, error, message = HOSTILE[trouble]
    (tmp_path / "packed").write_bytes(packed)
    with pytest.raises(error, match=message) as refused:
        archives.unpack(tmp_path / "packed", name, ["a.txt"], kept)
    assert str(refused.value).startswith(f"{name}: ") and len(str(refused.value)) < 500
    assert not re.search("card|--mirror|publisher", str(refused.value))
    assert sum(path.stat().st_size for path in kept.root.rglob("*") if path.is_file()) < 1000


GREEDY = """
import resource, sys
from pathlib import Path
from openner_utils.readers.layout import RawFile
from openner_utils.sources import archives
from openner_utils.sources.store import Store
from openner_utils.support.errors import OpenNERError

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (512 << 20), resource.RLIM_INFINITY))
packed = Path(sys.argv[1])
for attempt in (
    lambda: archives.unpack(packed, packed.name, ["a.txt"], Store(Path("kept"))),
    lambda: packed.suffix == ".zip" and RawFile.open(packed),
):
    try:
        attempt()
    except OpenNERError as error:
        print(error)
"""


@pytest.mark.parametrize("name", ["x.zip", "x.tar.xz"])
def test_a_window_of_three_gibibytes_is_refused_where_there_is_less_memory(name: str, tmp_path: Path) -> None:
    window = (3 << 30).to_bytes(4, "little")
    if name == "x.zip":
        packed = bytearray(zipped(zipfile.ZIP_LZMA))
        begin = packed.index(b"a.txt") + len("a.txt") + 5  # behind the version, the size and lc, lp, pb
    else:
        packed, begin = bytearray(lzma.compress(tar_of(("a.txt", TEXT)), lzma.FORMAT_ALONE)), 1
    packed[begin : begin + 4] = window
    (tmp_path / name).write_bytes(packed)
    done = subprocess.run(
        [sys.executable, "-c", GREEDY, name], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()
    assert len(said) == 1 + (name == "x.zip"), done.stdout
    assert all(line.startswith(name) and "more memory than there is" in line for line in said), done.stdout


def test_holes_within_reason_are_written_out(tmp_path: Path, kept: Store) -> None:
    (tmp_path / "packed").write_bytes(of_holes(5000))
    assert archives.unpack(tmp_path / "packed", "x.tar", ["a.txt"], kept) == {
        "a.txt": tiny.sha(bytes(4999) + b"x")
    }


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_member_that_is_missing_among_many_is_a_short_error(kind: str, tmp_path: Path, kept: Store) -> None:
    names = tuple(f"folder/part{n % 100}/{n:06}.txt" for n in range(20_000))
    packed = (
        zipped(zipfile.ZIP_STORED, names, b"") if kind == "zip" else tar_of(*((name, b"") for name in names))
    )
    (tmp_path / "packed").write_bytes(packed)
    with pytest.raises(OpenNERError, match="Unknown member") as refused:
        archives.unpack(tmp_path / "packed", f"x.{kind}", ["other/part7/000107.txt"], kept)
    assert "Did you mean 'folder/part7/000107.txt'?" in str(refused.value) and "and 19,960 more" in str(
        refused.value
    )
    assert len(str(refused.value)) < 2000


def test_one_odd_archive_is_that_ones_fault_and_an_empty_member_is_said(tmp_path: Path, kept: Store) -> None:
    """Bytes may be just what the card pins, and still be no archive that anyone can unpack."""

    def card(name: str, packed: bytes) -> Card:
        tiny.write(tmp_path / f"mirror/h/{name}/x.zip", packed)
        files = [tiny.entry("a.txt", packed, "x.zip")]
        return parse(Card, {"id": name, **tiny.card(f"https://h/{name}", files)}, "test")

    cards = [
        card("odd", HOSTILE["Deflate64"][1]),
        card("bad", HOSTILE["corrupt lzma"][1]),
        card("nothing", zipped(content=b"")),
    ]
    odd, bad, nothing = fetch.fetch([*cards], kept, Mirror(tmp_path / "mirror"))
    assert "Deflate64" in odd.failures[0] and "damaged" in bad.failures[0]
    for each in (odd, bad):  # who fetches has a card, and who opens an archive of their own has none
        assert "fetched with --mirror, once the card has its size" in each.failures[0]
    assert (nothing.failures, nothing.empty) == ((), ("x.zip: a.txt",))


def test_what_is_known_of_members_is_the_same_after_an_interrupted_fetch(tmp_path: Path) -> None:
    packed = tiny.tar_gz({f"{n}.txt": bytes([n]) for n in range(20)})
    (tmp_path / "packed").write_bytes(packed)
    known = []
    for order in (range(20), reversed(range(20))):
        store = Store(tmp_path / f"store{len(known)}")
        for n in order:
            members = {f"{n}.txt"}
            store.record("0" * 64, archives.unpack(tmp_path / "packed", "x.tar.gz", members, store), members)
        known.append((store.root / "members" / f"{'0' * 64}.json").read_bytes())
    assert known[0] == known[1]


@pytest.mark.parametrize("content", ["[]", '{"a": "../../x"}', '{"a": 1}', "{", "[" * 5000])
def test_what_the_store_has_noted_is_read_with_distrust(content: str, kept: Store) -> None:
    tiny.write(kept.root / "recorded.json", content.encode())
    with pytest.raises(OpenNERError, match=r"recorded\.json"):
        kept.record_digest("https://h/a", "0" * 64)
    assert (kept.root / "recorded.json").read_text() == content
