"""Every place that writes: its path is proved to lie in its folder, or it is known why none has to be."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from openner_utils.support import paths
from tests import tiny

CALLS = {
    "atomic", "copytree", "copyfile", "copy2", "delivery", "hardlink_to", "link_to", "makedirs", "mkdir", "mkdtemp", "mkstemp",
    "save_file", "save_pretrained", "savefig", "symlink_to", "touch", "unlink", "rmtree", "write_bytes", "write_json",
    "write_table", "write_text",
}  # fmt: skip
"""What makes, changes or removes a file or a folder."""

HANDED = "is handed the path, by what has proved it"
NAMED = "the user names the file on the command line"
FIXED = "the name stands in the code"
PROVED = "within"
WRITERS = {
    "api/corpora.py": PROVED,
    "api/exporting.py": NAMED,
    "app/file.py": PROVED,
    "cli/exports.py": NAMED,
    "cli/models.py": NAMED,
    "cli/web_rating.py": NAMED,
    "cli/web_variants.py": NAMED,
    "config/profiles.py": PROVED,
    "core/artifacts.py": PROVED,
    "core/releases.py": HANDED,
    "encoders/grid.py": HANDED,
    "encoders/models.py": HANDED,
    "encoders/saved.py": HANDED,
    "exports/conflicts.py": FIXED,
    "exports/conll.py": HANDED,
    "exports/folder.py": NAMED,
    "exports/instructions.py": FIXED,
    "exports/jsonl.py": HANDED,
    "exports/parquet.py": HANDED,
    "exports/pruned.py": PROVED,
    "exports/releases.py": PROVED,
    "exports/tables.py": HANDED,
    "exports/transfer.py": FIXED,
    "llm/asking.py": HANDED,
    "llm/tuning/split.py": FIXED,
    "llm/store.py": HANDED,
    "llm/tiny/learner.py": HANDED,
    "llm/tuning/asked.py": HANDED,
    "llm/tuning/causal.py": HANDED,
    "llm/tuning/jobs.py": HANDED,
    "llm/tuning/loop.py": HANDED,
    "opentypes/saved.py": HANDED,
    "ownfiles/drafting/__init__.py": NAMED,
    "ownfiles/drafting/gather.py": PROVED,
    "ownfiles/undoing.py": NAMED,
    "ownfiles/writing.py": NAMED,
    "pages/browse/export.py": NAMED,
    "pages/figures.py": HANDED,
    "pages/logbook.py": FIXED,
    "pages/paper.py": NAMED,
    "pages/readme.py": FIXED,
    "pages/report.py": HANDED,
    "pages/takeaway.py": PROVED,
    "pages/tables.py": HANDED,
    "pages/verify.py": FIXED,
    "pipeline/deps.py": FIXED,
    "pipeline/notebooks.py": FIXED,
    "pipeline/repro.py": FIXED,
    "pipeline/runner.py": PROVED,
    "runs/kept.py": HANDED,
    "runs/manifest.py": HANDED,
    "runs/slurm.py": HANDED,
    "search/told.py": NAMED,
    "search/trials.py": HANDED,
    "sources/build.py": PROVED,
    "sources/pin.py": FIXED,
    "sources/store.py": PROVED,
    "sources/transfer.py": HANDED,
    "support/files.py": HANDED,
    "support/process.py": FIXED,
    "support/progress.py": FIXED,
    "training/gguf_files.py": FIXED,
    "training/made.py": HANDED,
    "training/multilingual_e5.py": HANDED,
    "stages/web.py": FIXED,
    "unify/transfer.py": HANDED,
    "unify/vectors.py": HANDED,
    "web/collecting.py": NAMED,
    "web/filtering.py": NAMED,
    "web/labelled.py": HANDED,
    "web/mentions.py": HANDED,
    "web/looking.py": HANDED,
    "web/passages.py": HANDED,
    "web/sentences.py": HANDED,
    "web/working.py": HANDED,
}
"""Each module that writes, and why its paths lie where they should. A new one proves it with `support.within`."""
PROVERS = {"pages/corpora/links.py", "stages/__init__.py", "stages/report.py"}
"""Modules that write nothing themselves and prove the paths that they hand on."""


def written(tree: ast.AST) -> Iterator[str]:
    """Yield the calls that write, ``open`` in a mode for writing among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = [
                each.value
                for each in [*node.args, *(word.value for word in node.keywords)]
                if isinstance(each, ast.Constant)
            ]
            opened = name == "open" and any(
                isinstance(mode, str) and set(mode) & set("wax+") and len(mode) < 4 for mode in modes
            )
            if name in CALLS or opened:
                yield name


def imports_the_proof(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "openner_utils.support.within"
        and any(alias.name == "within" for alias in node.names)
        for node in ast.walk(tree)
    )


def test_every_module_that_writes_proves_its_paths_or_says_why_not() -> None:
    trees = {
        path.relative_to(paths.PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths.PACKAGE.rglob("*.py")
    }
    writing = {name for name, tree in trees.items() if any(written(tree))}
    assert len(writing) > 20, "they are seen at all"
    new = {name for name in writing - set(WRITERS) if not imports_the_proof(trees[name])}
    assert new == set(), "prove the path with openner_utils.support.within, or say here why it need not be"
    assert {name for name, why in WRITERS.items() if why == PROVED} | PROVERS <= {
        name for name, tree in trees.items() if imports_the_proof(tree)
    }
    assert {name for name in WRITERS if name in trees} - writing == set(), "these write no longer"


ATTACK = """
import os, sys, json
from pathlib import Path
root, home = Path(sys.argv[1]), Path(sys.argv[2])
wrote = []
def hear(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        wrote.append(os.fsdecode(given[0]))
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.chmod"):
        if not isinstance(given[0], int) and given[-1] == -1:  # below a folder that is removed names are told without it
            wrote.append(os.fsdecode(given[0]))
    elif event in ("os.rename", "os.link", "os.symlink"):
        wrote.append(os.fsdecode(given[1]))

from openner_utils.catalog import load_card, corpora
from openner_utils.config import profiles
from openner_utils.core import artifacts
from openner_utils.exports import releases
from openner_utils.ownfiles.drafting import gather
from openner_utils.pipeline import runner
from openner_utils.sources import build, fetch
from openner_utils.sources.store import Store
from openner_utils.sources.transfer import Mirror
from openner_utils.stages import train, work
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

place, store = Place(root, root / "cards"), Store(root / "downloads")
names = json.loads((home / "names.json").read_text())
refused = done = 0
def tried(act):
    global refused, done
    try:
        act()
        done += 1
    except (OpenNERError, ValueError):
        refused += 1

sys.addaudithook(hear)
for name in names:
    tried(lambda: build.use([name], store, place))
    tried(lambda: profiles.use(name, place))
    tried(lambda: releases.export("jsonl", root / "out", [name], place=place))
    for artifact, unit in ((artifacts.CLEANED, "corpus"), (artifacts.MODEL, "model"), (artifacts.SUMMARY, "question")):
        tried(lambda: artifacts.Folder(place.artifacts).put(artifacts.Artifact(artifact.name + ".json"), {}, {unit: name}))
    tried(lambda: work(train, place, artifacts.Folder(place.artifacts), encoder=name, regime="x").resume.mkdir(parents=True))
    tried(lambda: store.record(name, {}, []))
    tried(lambda: store.partial(name).parent.mkdir(parents=True, exist_ok=True))
    tried(lambda: gather.unpack(home / "hostile.tar.gz", [name], root / "room"))
    os.environ["DVC_STAGE"] = f"train@{name}-x".replace("\\0", "0")
    tried(lambda: runner.main([str(home / "nothing.py"), str(root / "artifacts/train"), "--unit", "encoder-regime"], place))
for corpus in corpora(place.cards):
    tried(lambda: fetch.fetch([load_card(corpus, place.cards)], store, Mirror(home / "mirror")))
    tried(lambda: build.use([corpus], store, place))
outside = sorted({path for path in wrote if path and not Path(path).resolve().is_relative_to(root)
                  and not path.startswith(("/dev/", "/proc/")) and "__pycache__" not in path})
print(json.dumps({"outside": outside, "inside": len(wrote), "refused": refused, "done": done}))
"""


def test_hostile_names_write_nothing_outside(tmp_path: Path) -> None:
    """Every command that makes a path of a name is tried with hostile ones, and what the interpreter writes is listened to."""
    place = tiny.compendium(tmp_path)
    home = tmp_path / "home"
    names = [
        "/tmp/abs",
        "../up",
        "../../up",
        "a/../../up",
        "link/x",
        "..",
        ".",
        "",
        "a\0b",
        "a\nb",
        "NUL",
        "n" * 300,
        str(home / "x"),
    ]
    tiny.write(home / "names.json", json.dumps(names).encode())
    tiny.write(home / "hostile.tar.gz", tiny.tar_gz({"../up": b"x", "/tmp/abs": b"x", "link/x": b"x"}))
    for number, name in enumerate(names):
        file = tiny.entry("train.txt", b"Ada B-PER\n")
        evil = tiny.card("https://h.example", [file | {"path": name}, file])
        place.add_card(f"evil{number}", evil | {"openner": name, "name": name})
        place.add_card(f"worse{number}", tiny.card("samples", [file | {"path": name}]) | {"id": name})
    (place.root / "cards").symlink_to(place.cards)
    (place.root / "room").mkdir()
    (place.root / "room/link").symlink_to(home)
    (place.root / "artifacts").mkdir()
    (place.root / "artifacts/link").symlink_to(home)
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, str(place.root.resolve()), str(home)],
        env=os.environ | {"PYTHONPATH": str(paths.ROOT), "TMPDIR": str(place.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["outside"] == []
    assert told["inside"] > 0 and told["refused"] > 100, "the hook hears of files, and the names are refused"
