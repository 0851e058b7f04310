"""Files are written whole or not at all."""

import errno
import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openner_utils.support import files
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "kept.txt").write_text("old")
    return tmp_path / "kept.txt"


def test_content_is_replaced_and_nothing_else_is_left(path) -> None:
    files.write_text(path, "né\n")
    assert path.read_bytes() == b"n\xc3\xa9\n"
    assert [p.name for p in path.parent.iterdir()] == ["kept.txt"]


def test_folders_are_made(tmp_path) -> None:
    files.write_json(tmp_path / "a" / "b.json", {"ö": [1]})
    assert (tmp_path / "a" / "b.json").read_text("utf-8") == '{\n "ö": [\n  1\n ]\n}\n'
    assert read_json(tmp_path / "a" / "b.json") == {"ö": [1]}


def test_an_exception_leaves_the_old_content(path) -> None:
    with pytest.raises(RuntimeError, match="half-way"), files.atomic(path) as beside:
        beside.write_text("ne")
        raise RuntimeError("half-way")
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_full_disk_says_so(path, monkeypatch, where) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*_: object) -> None:
        raise full

    if where == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    with (
        pytest.raises(OpenNERError, match=r"kept\.txt: no space left.*run the same command again"),
        files.atomic(path) as beside,
    ):
        beside.write_text("new")
        if where == "write":
            fail()
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["kept.txt"]


def test_another_error_of_the_machine_is_not_called_a_full_disk(path) -> None:
    with pytest.raises(PermissionError), files.atomic(path):
        raise PermissionError(errno.EACCES, "denied")
    assert path.read_text() == "old"


def test_an_error_names_the_file_and_not_what_is_written_first(path) -> None:
    long = path.with_name("n" * 255)
    with pytest.raises(OSError, match="too long") as raised:
        files.write_text(long, "new")
    assert raised.value.filename == str(long)


def test_a_kill_leaves_the_old_content_and_the_next_run_completes(path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from openner_utils.support import files\n"
        "with files.atomic(Path(sys.argv[1])) as beside:\n"
        "    beside.write_text('ne'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert len(list(path.parent.iterdir())) == 2
    files.write_text(path, "new")
    assert path.read_text() == "new"
    assert [p.name for p in path.parent.iterdir()] == ["kept.txt"]


def test_what_another_process_is_writing_stays(path) -> None:
    program = (
        "import sys; from pathlib import Path; from openner_utils.support import files\n"
        "with files.atomic(Path(sys.argv[1])) as beside:\n"
        "    beside.write_text('other'); print('half', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "half\n"
        files.write_text(path, "new")
        assert path.read_text() == "new"
        other.communicate("")
    assert other.returncode == 0
    assert path.read_text() == "other"
    assert [p.name for p in path.parent.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize(
    "name", [".kept.txt.12.part.txt", ".kept.txt.x.part", ".other.12.part", "kept.txt.12.part"]
)
def test_files_of_other_names_stay(path, name) -> None:
    (path.parent / name).write_text("mine")
    files.write_text(path, "new")
    assert (path.parent / name).read_text() == "mine"


def test_sha256(tmp_path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert files.sha256(tmp_path / "x").startswith("ba7816bf8f01cfea")


def test_folders_that_were_made_go_with_an_exception_and_others_stay(path) -> None:
    with pytest.raises(RuntimeError), files.atomic(path.parent / "a" / "b" / "new"):
        raise RuntimeError
    with pytest.raises(RuntimeError), files.atomic(path.parent / "a" / "b" / "new"):
        (path.parent / "a" / "other").touch()
        raise RuntimeError
    assert sorted(p.name for p in path.parent.rglob("*")) == ["a", "kept.txt", "other"]


def test_what_is_packed_as_it_comes_is_what_is_packed_at_once(tmp_path) -> None:
    pieces = [bytes([number % 7, number % 31]) * (number * 37 % 5000) for number in range(300)]
    out, plain = tmp_path / "out.gz", tmp_path / "plain"
    with files.delivery(out, plain) as (packed, write):
        for piece in pieces:
            packed(memoryview(piece))
            write(piece)
        assert not out.exists() and not plain.exists()
    assert out.read_bytes() == gzip.compress(b"".join(pieces), mtime=0)
    assert plain.read_bytes() == b"".join(pieces)


def test_outputs_are_put_in_place_together_or_not_at_all(path, tmp_path, capfdbinary) -> None:
    with pytest.raises(RuntimeError), files.delivery(path, files.STANDARD, tmp_path / "new") as sinks:
        for write in sinks:
            write(b"half")
        raise RuntimeError
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
    assert capfdbinary.readouterr().out == b""


def test_a_device_or_a_pipe_is_never_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OpenNERError, match="device, pipe or socket"), files.atomic(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo() and len(list(tmp_path.iterdir())) == 1
