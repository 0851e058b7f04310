"""A compendium in a temporary folder, for tests of what moves files: two sample corpora, two real ones in a mirror."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from openner_utils.support.paths import Place

COMMIT = "c" * 40
FIRST = "https://github.com/press/first"
SAMPLES = {
    "news_a": {"train.txt": b"Ada B-PER\n"},
    "news_b": {"in/dev.txt": b"Oslo B-LOC\n", "test.txt": b"a O\n"},
}
REAL = {"data/train.txt": b"Real I-ORG\n" * 40, "data/te st.txt": b"b O\n" * 30}
PACKED = {"inner/train.txt": b"Packed B-LOC\n" * 20}
PARAMS = "# choices\ndata:\n  corpora: [old]  # which corpora\n\nrun: {workers: 2}  # not results\n"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tar_gz(members: dict[str, bytes]) -> bytes:
    """Return a tar.gz archive; equal members give equal bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def entry(path: str, content: bytes, archive: str | None = None) -> dict[str, object]:
    """Return a card's file entry for ``content``."""
    packed = {"archive": archive} if archive else {}
    return {
        "path": path,
        "language": "eng",
        "split": "train",
        "bytes": len(content),
        "sha256": sha(content),
        **packed,
    }


def card(repository: str, files: list[dict[str, object]]) -> dict[str, object]:
    """Return the content of a small valid card."""
    pinned = repository.startswith("https:")
    source = {"repository": repository} | ({"commit": COMMIT} if pinned else {})
    return {
        "name": "Tiny",
        "domain": "news",
        "description": "For tests.",
        "source": source,
        "licence": {"spdx": "CC0-1.0"},
        "citation": "none",
        "reader": "columns",
        "scheme": "IOB2",
        "types": {"PER": "PER"},
        "files": files,
    }


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@dataclass(frozen=True)
class Tiny:
    """The folders of the temporary compendium."""

    root: Path
    cards: Path
    mirror: Path

    @property
    def place(self) -> Place:
        """The same, as what works on it is handed it."""
        return Place(self.root, self.cards)

    def add_card(self, name: str, content: dict[str, object]) -> None:
        write(self.cards / f"{name}.yaml", yaml.safe_dump(content).encode())

    def view(self) -> dict[str, str]:
        """Return the SHA-256 of every file in data/."""
        return {
            path.relative_to(self.root / "data").as_posix(): sha(path.read_bytes())
            for path in (self.root / "data").rglob("*")
            if path.is_file()
        }


def compendium(folder: Path) -> Tiny:
    """Lay out a compendium under ``folder``."""
    tiny = Tiny(folder / "root", folder / "cards", folder / "mirror")
    for corpus, files in SAMPLES.items():
        for path, content in files.items():
            write(tiny.root / "samples" / corpus / path, content)
        tiny.add_card(corpus, card("samples", [entry(path, content) for path, content in files.items()]))
    write(tiny.root / "samples" / "LICENSE", b"CC BY 4.0\n")
    write(tiny.root / "params.yaml", PARAMS.encode())

    for path, content in REAL.items():
        write(tiny.mirror / f"github.com/press/first/{COMMIT}/{path}", content)
    tiny.add_card("first", card(FIRST, [entry(path, content) for path, content in REAL.items()]))
    packed = tar_gz(PACKED | {"inner/unwanted.txt": b"x"})
    write(tiny.mirror / "data.example.org/files/all.tar.gz", packed)
    members = [entry(path, packed, "all.tar.gz") for path in PACKED]
    tiny.add_card("second", card("https://data.example.org/files", members))
    return tiny


DVC = str(Path(sys.executable).with_name("dvc"))
PIPELINE = {
    "stages": {
        "copy": {
            "cmd": "LC_ALL=C sort -r $(find data -name train.txt) > out.txt",
            "deps": ["data"],
            "outs": ["out.txt"],
        }
    }
}


def run(*command: str, cwd: Path) -> str:
    """Run a command that must succeed and return what it says."""
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def commit(root: Path) -> None:
    run("git", "add", "--all", cwd=root)
    run(
        "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "t", cwd=root
    )


def under_dvc(tiny: Tiny, git: bool = True) -> Tiny:
    """Put a compendium under DVC, and git if wanted, with a pipeline of one stage; what `dvc init` writes takes it a second."""
    write(tiny.root / "dvc.yaml", yaml.safe_dump(PIPELINE).encode())
    write(tiny.root / ".gitignore", b"/data\n/downloads\n/.openner\n/out.txt\n")
    write(tiny.root / ".dvc/config", b"[core]\n    analytics = false\n    check_update = false\n")
    write(tiny.root / ".dvc/.gitignore", b"/config.local\n/tmp\n/cache\n")
    if git:
        run("git", "init", "--quiet", cwd=tiny.root)
    return tiny
