"""Standard input and output, devices, pipes, links, modes and packed files."""

import errno
import gzip
import os
import shlex
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openner_utils.cli import main as cli
from openner_utils.ownfiles.drafting import draft
from openner_utils.readers.layout import RawFile
from openner_utils.support.errors import OpenNERError
from tests.reading import FIXTURES

FLAWED = b"Ada\tI-PER\nran\tO\n\nPort\tB-LOC\n"
REPAIRED = b"Ada\tB-PER\nran\tO\n\nPort\tB-LOC\n"


def openner(*words: object, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "openner_utils.cli", *map(str, words)]
    return subprocess.run(command, input=data, capture_output=True, check=False)


AS_IOB2 = ("--scheme", "IOB2")


def test_labels_go_from_standard_input_to_standard_output() -> None:
    done = openner("repair", "-", "-o", "-", *AS_IOB2, data=FLAWED)
    assert (done.returncode, done.stdout) == (0, REPAIRED), done.stderr
    assert b"1 label repaired" in done.stderr
    done = openner("convert", "-", "-o", "-", "--to", "BIOES", data=REPAIRED)
    assert done.stdout == REPAIRED.replace(b"B-", b"S-")
    assert openner("standardize", "-", "-o", "-", data=REPAIRED).stdout == REPAIRED


def test_what_is_wrong_with_standard_input_is_said() -> None:
    done = openner("validate", "-", *AS_IOB2, data=FLAWED)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "-:1: invalid transition O → I-PER at token 'Ada'", "-: 2 sentences, 3 tokens, 1 problem",
    ]  # fmt: skip
    assert b"2 mentions" in openner("count", "-", data=REPAIRED).stdout


def test_standard_input_is_scored_and_undone(tmp_path: Path) -> None:
    gold, out, ledger = (tmp_path / name for name in ("gold.tsv", "out.tsv", "ledger.csv"))
    gold.write_bytes(REPAIRED)
    assert b"100.00" in openner("score", gold, "-", data=REPAIRED).stdout
    (tmp_path / "in.tsv").write_bytes(FLAWED)
    assert openner("repair", tmp_path / "in.tsv", "-o", out, *AS_IOB2, "--ledger", ledger).returncode == 0
    assert openner("undo", out, ledger, "-o", "-").stdout == FLAWED


def test_bad_input_writes_nothing_to_standard_output() -> None:
    done = openner("repair", "-", "-o", "-", data=b"Ada\tB-PER\nran\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"-:2: missing label" in done.stderr


def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_bytes(FLAWED)
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    done = openner("repair", tmp_path / "in.tsv", "-o", pipe, *AS_IOB2)
    reader.join()
    assert done.returncode == 0, done.stderr
    assert got == [REPAIRED] and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_one(tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_bytes(FLAWED)
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    try:
        written = device.open("wb").close() or True
    except PermissionError:
        written = False  # devices are off in this folder
    done = openner("repair", tmp_path / "in.tsv", "-o", device, *AS_IOB2)
    assert done.returncode == (0 if written else 1)
    assert stat.S_ISCHR(device.stat().st_mode)


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    blob, link = tmp_path / "blob", tmp_path / "link.tsv"
    blob.write_bytes(FLAWED)
    link.symlink_to("blob")
    assert openner("repair", link, "-o", link, *AS_IOB2).returncode == 0
    assert link.is_symlink() and blob.read_bytes() == REPAIRED


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_the_mode_of_a_file_that_is_replaced_stays(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_bytes(FLAWED)
    path.chmod(mode)
    assert openner("repair", path, "-o", path, *AS_IOB2).returncode == 0
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (mode, REPAIRED)


def test_packed_files_are_read_and_a_name_in_gz_is_packed(tmp_path: Path) -> None:
    packed, archive = tmp_path / "in.tsv.gz", tmp_path / "in.zip"
    packed.write_bytes(gzip.compress(FLAWED))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in.tsv", FLAWED)
    for path in (packed, archive):
        assert b"2 sentences, 3 tokens, 1 problem" in openner("validate", path, *AS_IOB2).stdout
        assert openner("repair", path, "-o", tmp_path / "out.tsv", *AS_IOB2).returncode == 0
        assert (tmp_path / "out.tsv").read_bytes() == REPAIRED
    assert openner("repair", packed, "-o", packed, *AS_IOB2).returncode == 0
    assert gzip.decompress(packed.read_bytes()) == REPAIRED


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x1f\x8bnothing", b"a damaged gzip file"),
        (b"PK\x03\x04nothing", b"a damaged or encrypted zip file"),
        (gzip.compress(FLAWED, mtime=0)[:-9], b"a damaged gzip file"),
    ],
)
def test_a_damaged_packed_file_is_a_named_error(content: bytes, what: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_bytes(content)
    done = openner("repair", path, "-o", tmp_path / "out")
    assert done.returncode == 1 and what in done.stderr and not (tmp_path / "out").exists()


def test_a_document_of_an_office_program_is_named(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")
    done = openner("count", path)
    assert (
        done.returncode == 1
        and b"a document of an office program, which is not read. Save it as CSV" in done.stderr
    )


def test_an_archive_is_not_replaced_by_text(tmp_path: Path) -> None:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in.tsv", FLAWED)
    before = archive.read_bytes()
    done = openner("repair", archive, "-o", archive, *AS_IOB2)
    assert done.returncode == 1 and b"zip archives are read, not written" in done.stderr
    assert archive.read_bytes() == before


def read_all(pipe: Path, got: list[bytes]) -> threading.Thread:
    """Make a pipe, and read it in a thread."""
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    return reader


def test_a_ledger_goes_into_a_pipe_through_a_link_and_keeps_a_mode(tmp_path: Path) -> None:
    source, out, plain, pipe, link = (tmp_path / name for name in ("in.tsv", "out", "plain", "pipe", "link"))
    source.write_bytes(FLAWED)
    plain.write_bytes(b"old")
    plain.chmod(0o640)
    link.symlink_to("plain")
    assert openner("repair", source, "-o", out, *AS_IOB2, "--ledger", link).returncode == 0
    assert link.is_symlink() and stat.S_IMODE(plain.stat().st_mode) == 0o640
    got: list[bytes] = []
    reader = read_all(pipe, got)
    done = openner("repair", source, "-o", out, *AS_IOB2, "--ledger", pipe)
    reader.join()
    assert done.returncode == 0, done.stderr
    assert got == [plain.read_bytes()] and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_packed_ledger_is_undone_from(tmp_path: Path) -> None:
    source, out, ledger = (tmp_path / name for name in ("in.tsv", "out", "ledger.csv.gz"))
    source.write_bytes(FLAWED)
    assert openner("repair", source, "-o", out, *AS_IOB2, "--ledger", ledger).returncode == 0
    assert gzip.decompress(ledger.read_bytes()).startswith(b"file,line")
    assert openner("undo", out, ledger, "-o", "-").stdout == FLAWED


@pytest.mark.parametrize("kind", ["folder", "under a file", "/dev/null/below"])
def test_a_ledger_that_cannot_be_written_leaves_the_labels(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "in.tsv"
    source.write_bytes(FLAWED)
    ledger = {"folder": tmp_path, "under a file": source / "ledger"}.get(kind, Path(kind))
    for out in (source, tmp_path / "out", "-"):
        done = openner("repair", source, "-o", out, *AS_IOB2, "--ledger", ledger)
        assert (done.returncode, done.stdout) == (1, b"") and b"Traceback" not in done.stderr
        assert str(ledger if kind == "folder" else ledger.parent).encode() in done.stderr
    assert source.read_bytes() == FLAWED and [path.name for path in tmp_path.iterdir()] == ["in.tsv"]


def test_a_reader_of_the_ledger_that_goes_away_leaves_the_labels(tmp_path: Path) -> None:
    source, pipe = tmp_path / "in.tsv", tmp_path / "pipe"
    flawed = FLAWED * 20000  # more than a pipe holds
    source.write_bytes(flawed)
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: pipe.open("rb").close())
    reader.start()
    done = openner("repair", source, "-o", source, *AS_IOB2, "--ledger", pipe)
    reader.join()
    assert done.returncode == 1 and b"pipe: Broken pipe. Name another place" in done.stderr
    assert source.read_bytes() == flawed and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_name_that_is_not_utf8_is_a_named_error_where_it_would_be_written(tmp_path: Path) -> None:
    source, out = tmp_path / os.fsdecode(b"bad\xff.tsv"), tmp_path / "out"
    source.write_bytes(FLAWED)
    for words, said in (
        (("repair", source, "-o", out, "--ledger", tmp_path / "ledger"), b"not valid UTF-8, near"),
        (("card", "new", source), b"holds characters that cannot be shown"),
    ):
        done = openner(*words, *AS_IOB2)
        assert done.returncode == 1 and said in done.stderr
        assert b"Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [source]
    again = openner("repair", source, "-o", source, *AS_IOB2)
    assert again.returncode == 0 and source.read_bytes() == REPAIRED, again.stderr
    assert b"bad<U+DCFF>.tsv" in again.stdout


def test_a_ledger_goes_to_standard_output_and_is_read_from_standard_input(tmp_path: Path) -> None:
    source, out = tmp_path / "in.tsv", tmp_path / "out"
    source.write_bytes(FLAWED)
    done = openner("repair", source, "-o", out, *AS_IOB2, "--ledger", "-")
    assert done.returncode == 0 and out.read_bytes() == REPAIRED
    assert done.stdout.startswith(b"file,line,") and len(done.stdout.splitlines()) == 2
    assert openner("undo", out, "-", "-o", "-", data=done.stdout).stdout == FLAWED
    assert not Path("-").exists()


def test_standard_input_has_no_name_in_a_folder(tmp_path: Path) -> None:
    for words in (("repair", "-"), ("undo", "-", tmp_path / "ledger.csv")):
        done = openner(*words, "-o", tmp_path, data=FLAWED)
        assert done.returncode == 1 and not list(tmp_path.iterdir())
        assert f"Give -o a file: -o {tmp_path / 'NAME'}".encode() in done.stderr


FOLDERS = {
    "repair": ["repair", "folder", "-o", "-"],
    "card new": ["card", "new", "own.tsv", "-o", "-"],
    "train": ["train", "own.tsv", "-o", "-"],
    "prune": ["prune", "own.tsv", "--out", "-"],
    "conflicts": ["conflicts", "own.tsv", "folder", "--out", "-"],
    "export": ["export", "conll", "--out", "-"],
    "predictions": ["predictions", "--out", "-"],
    "paper": ["paper", "--out", "-"],
    "report": ["report", "corpus", "habari", "-o", "-"],
    "search": ["search", "own.tsv", "--dev", "own.tsv", "-o", "-"],
}
"""Commands that write a folder → their arguments, with standard output for it."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own.tsv").write_bytes(REPAIRED)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "own.tsv").write_bytes(REPAIRED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", FOLDERS)
def test_standard_output_is_no_folder(command: str, here: Path) -> None:
    done = openner(*FOLDERS[command])
    assert done.returncode == 1 and done.stderr.startswith(b"error: -: standard output is"), done.stderr
    assert sorted(path.name for path in here.iterdir()) == ["folder", "own.tsv"]


def test_a_folder_called_like_a_stream_takes_nothing_of_it(here: Path) -> None:
    (here / "-").mkdir()
    (here / "-" / "other.tsv").write_bytes(FLAWED)
    done = openner("convert", "own.tsv", "-o", "-", "--to", "BIOES")
    assert (done.returncode, done.stdout) == (0, REPAIRED.replace(b"B-", b"S-"))
    assert (
        openner("count", "-", data=REPAIRED).stdout
        == b"-: 2 sentences, 3 tokens, 2 mentions (LOC 1, PER 1)\n"
    )
    assert [path.name for path in (here / "-").iterdir()] == ["other.tsv"]


@pytest.mark.parametrize("command", ["validate", "count"])
def test_standard_input_is_read_once(command: str) -> None:
    done = openner(command, "-", "-", data=REPAIRED)
    assert done.returncode == 1 and b"error: -: standard input is one stream" in done.stderr


@pytest.mark.parametrize(
    ("redirected", "what"),
    [
        ("count - <&-", "-: standard input is closed. Send a file there, or name one."),
        (
            "repair own.tsv -o - >&-",
            "standard output is closed. Send it to /dev/null where nothing is to be told.",
        ),
        ("count own.tsv >&-", "standard output is closed. Send it to /dev/null where nothing is to be told."),
    ],
)
def test_a_stream_that_is_closed_is_named(redirected: str, what: str, here: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m openner_utils.cli {redirected}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"error: {what}\n")


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_read(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "folder" / "closed").mkdir()
    as_ever = os.scandir

    def listed(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return as_ever(path)

    monkeypatch.setattr(os, "scandir", listed)
    done = CliRunner().invoke(cli.app, ["count", "folder"])
    assert "folder/own.tsv: 2 sentences, 3 tokens" in done.stdout
    assert "error: folder/closed: a folder that cannot be listed" in done.stderr and done.exit_code == 1
    with pytest.raises(OpenNERError, match="folder/closed: a folder that cannot be listed"):
        draft(Path("folder"))


def test_an_archive_of_the_finder_holds_one_file(tmp_path: Path) -> None:
    path = tmp_path / "own.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("own.tsv", REPAIRED)
        archive.writestr("__MACOSX/._own.tsv", b"\0\5\x16\7")
        archive.writestr(".DS_Store", b"\0\0\0\1Bud1")
    assert RawFile.open(path).content == REPAIRED


def test_an_archive_of_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(OpenNERError, match="a zip archive of 0 files"):
        RawFile.open(path)


@pytest.mark.parametrize("packed", ["gz", "zip"])
def test_a_disk_that_fills_while_a_file_is_unpacked_is_no_damage(
    packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"own.{packed}"
    if packed == "gz":
        path.write_bytes(gzip.compress(REPAIRED))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("own.tsv", REPAIRED)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("openner_utils.readers.stored.shutil.copyfileobj", full)
    with pytest.raises(OpenNERError, match=r"unpacked below .*: no space left on the disk"):
        RawFile.open(path, most=1)


def test_lack_of_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("openner_utils.ownfiles.opening.open_file", too_much)
    with pytest.raises(SystemExit, match=r"^error: out of memory\. Name fewer or smaller files"):
        cli.main(["count", str(FIXTURES / "crlf.tsv")])


def test_annotations_without_their_text_are_named(here: Path) -> None:
    (here / "folder" / "a.txt").write_text("Ada ran.\n")
    (here / "folder" / "a.ann").write_text("T1\tPER 0 3\tAda\n")
    (here / "folder" / "b.ann").write_text("T1\tPER 0 3\tAda\n")
    done = openner("count", "folder")
    assert b"folder/a.txt: 1 sentence, 3 tokens, 1 mention (PER 1)" in done.stdout
    assert done.returncode == 1 and b"error: folder/b.txt: No such file" in done.stderr
