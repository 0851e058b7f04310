"""Kill commands at random moments, run them again, and compare bytes with a run that nobody disturbed.

Each operation is a process of its own in a small compendium: fetching, building data/, stages from data to prompts, an export,
and the repair of a file over itself. It is killed between its beginning and its end, by one of four ways (`WAYS`), and run
again. What it made must then be what it makes undisturbed, byte for byte and file for file, and no process may be left.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from benchmarks import Claim, record
from openner_utils.support import paths

KILLS = 100
PATIENCE = 20.0
"""Seconds after a kill in which every process has to be gone."""
BEGUN = "begun"
"""Said by an operation when its code is loaded: what is killed before has done nothing yet."""
CORPUS, FETCHED, COMMIT = "habari", "killed", "c" * 40


@dataclass(frozen=True, slots=True)
class Way:
    """A way to be killed: a signal, to the process alone or to all that it has started."""

    signal: signal.Signals
    everybody: bool

    def __str__(self) -> str:
        return f"{self.signal.name} to {'all' if self.everybody else 'one'}"


WAYS = (
    Way(signal.SIGKILL, everybody=False),
    Way(signal.SIGKILL, everybody=True),
    Way(signal.SIGTERM, everybody=True),
    Way(signal.SIGINT, everybody=True),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done in a compendium: ``code`` after ``imports``, and the files and folders that it makes.

    ``share``: how often it is killed in `KILLS` kills, five times that number; what takes long is killed less often.
    """

    name: str
    imports: str
    code: str
    made: tuple[str, ...]
    share: int

    def command(self) -> list[str]:
        """Return the command that does it."""
        return [sys.executable, "-c", f"{self.imports}\nprint({BEGUN!r}, flush=True)\n{self.code}"]


def _cli(name: str, words: str, *made: str) -> Operation:
    return Operation(name, "from openner_utils.cli.main import main", f"main({words.split()!r})", made, 3)


def _stage(name: str, share: int, **unit: str) -> Operation:
    imports = f"from openner_utils.stages import {name}, main"
    given = "".join(f", {key}={value!r}" for key, value in unit.items())
    return Operation(name, imports, f"main({name}{given})", (f"artifacts/{name}",), share)


OPERATIONS = (
    _cli("fetch", f"fetch {FETCHED} --mirror mirror", "downloads"),
    _cli("data use", f"data use {FETCHED} {CORPUS}", "data", "data.dvc", "params.yaml"),
    _stage("clean", 2),
    _stage("standardize", 2),
    _stage("audit", 2),
    _stage("train", 1, encoder="characters", regime="individual"),
    _stage("prompt", 1, llm="served", format="json"),
    _cli("export", f"export jsonl --out out {CORPUS}", "out"),
    _cli("repair", "repair own.txt -o own.txt --ledger own.tsv", "own.txt", "own.tsv"),
)
"""In an order in which each finds what it needs."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of one kill: ``differs`` names files that the second run left otherwise, ``left`` processes that lived on."""

    operation: str
    way: Way
    after: float
    differs: tuple[str, ...]
    left: int
    error: str = ""

    @property
    def harmless(self) -> bool:
        """Whether the same command, run again, made the same."""
        return not (self.differs or self.left or self.error)

    def __str__(self) -> str:
        verdict = "same" if self.harmless else f"DIFFERS {self.differs} left {self.left} {self.error}"
        return f"{self.operation}, {self.way} after {self.after:.2f} s: {verdict}"


def kills(
    number: int,
    seed: int,
    operations: Sequence[Operation] = OPERATIONS,
    ways: Sequence[Way] = WAYS,
    patience: float = PATIENCE,
) -> Iterator[Kill]:
    """Yield what came of ``number`` kills, of the operations in turn; processes have ``patience`` seconds to be gone."""
    # What a shell starts in the background ignores Ctrl-C, and so would all that is started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="openner-kill-") as folder, _server() as address:
        begin, whole = Path(folder, "begin"), Path(folder, "whole")
        compendium(begin, address)
        took: dict[str, float] = {}
        for operation in operations:
            # What the operations before it have made is where each begins.
            shutil.rmtree(whole, ignore_errors=True)
            shutil.copytree(begin, whole, symlinks=True)
            took[operation.name] = _undisturbed(operation, whole)
            shutil.copytree(begin, Path(folder, "before", operation.name), symlinks=True)
            shutil.rmtree(begin)
            shutil.copytree(whole, begin, symlinks=True)
        turns = [each for turn in range(3) for each in operations if turn < each.share]
        done = 0
        while done < number:
            operation = turns[done % len(turns)]
            place = Path(folder, "killed")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(Path(folder, "before", operation.name), place, symlinks=True)
            after = draw.uniform(0, took[operation.name])
            wanted = _hashes(begin, operation.made)
            kill = _killed(operation, place, draw.choice(ways), after, wanted, patience)
            if kill is None:  # it was over before
                took[operation.name] *= 0.9
                continue
            done += 1
            yield kill


def _killed(
    operation: Operation, place: Path, way: Way, after: float, wanted: dict[str, str], patience: float
) -> Kill | None:
    """Return what comes of a kill; None if the operation ended before."""
    process = _start(operation, place)
    _wait_until_begun(process)
    time.sleep(after)
    if process.poll() is not None:
        return None
    (os.killpg if way.everybody else os.kill)(process.pid, way.signal)
    if process.wait() == 0:  # waited for no longer: what outlives it holds its output open
        return None
    left = _left(process.pid, patience)
    again = subprocess.run(
        operation.command(), cwd=place, env=_environment(place), capture_output=True, text=True, check=False
    )
    error = again.stderr.strip()[-300:] if again.returncode else ""
    found = _hashes(place, operation.made)
    differs = tuple(sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name)))
    return Kill(operation.name, way, after, differs, left, error)


def _undisturbed(operation: Operation, place: Path) -> float:
    """Do it, and return the seconds that it took once it had begun."""
    process = _start(operation, place)
    _wait_until_begun(process)
    began = time.perf_counter()
    said, error = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{operation.name} fails undisturbed: {said}{error}")
    return time.perf_counter() - began


def _start(operation: Operation, place: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        operation.command(), cwd=place, env=_environment(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


def _wait_until_begun(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    while (line := process.stdout.readline()) and line.strip() != BEGUN:
        pass


def _environment(place: Path) -> dict[str, str]:
    offline = {"HF_HUB_OFFLINE": "1", "DVC_NO_ANALYTICS": "1", "PYTHONHASHSEED": "0"}
    return os.environ | offline | {"PYTHONPATH": str(place), "OPENNER_ROOT": str(place)}


def _left(session: int, patience: float) -> int:
    """Return how many processes of a session live when ``patience`` seconds are over, and end them."""
    until = time.monotonic() + patience
    while (alive := _of_session(session)) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    return len(alive)


def _of_session(session: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = status.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has ended meanwhile
        if int(its_session) == session and state != "Z":
            found.append(int(status.parent.name))
    return found


def _hashes(place: Path, made: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of every file that an operation makes."""
    files = [path for name in made for path in (place / name, *(place / name).rglob("*")) if path.is_file()]
    return {
        path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


# --- the compendium ------------------------------------------------------------------------------------------


def compendium(root: Path, server: str) -> None:
    """Lay out a compendium with one sample corpus and one to be fetched, and choices that take seconds."""
    code = root / paths.PACKAGE.name
    shutil.copytree(paths.PACKAGE, code, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(paths.SAMPLES / CORPUS, root / "samples" / CORPUS)
    for name in ("LICENSE", "README.md"):
        shutil.copy(paths.SAMPLES / name, root / "samples")
    (root / "notebooks").mkdir()
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text(
        "[core]\n    no_scm = true\n    analytics = false\n", encoding="utf-8"
    )
    (root / "params.yaml").write_text(yaml.safe_dump(_choices(server)), encoding="utf-8")
    _published(root)
    lines = [f"word{n}\t{'I-PER' if n % 3 == 0 else 'O'}\n" + "\n" * (n % 7 == 0) for n in range(200_000)]
    (root / "own.txt").write_text("".join(lines) + "\n", encoding="utf-8")


def _choices(server: str) -> dict[str, object]:
    """Return params.yaml: that of the compendium, made small."""
    values = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    asked = values["llms"]["tiny"] | {
        "backend": "server", "checkpoint": "made-up", "server": server, "control": False, "decoding": ["free"],
        "languages": ["swa"],
    }  # fmt: skip
    return values | {
        "data": {"corpora": [CORPUS]},
        "limits": {"train_sentences": 20, "dev_sentences": 5, "test_sentences": 40},
        "encoders": {"characters": values["encoders"]["characters"] | {"epochs": 1}},
        "train": {"seeds": [1], "regimes": {"individual": {"together": False, "languages": ["swa"]}}},
        "ablations": {},
        "tune": {},
        "llms": {"served": asked},
        "run": {"workers": 2},
    }


def _published(root: Path) -> None:
    """Lay out a mirror with a corpus of several files, and its card."""
    files = []
    repository = "https://github.com/press/killed"
    for number, split in enumerate(("train", "dev", "test")):
        content = "".join(
            f"w{number}{n} {'B-PER' if n % 5 == 0 else 'O'}\n\n" for n in range(20_000)
        ).encode()
        path = root / "mirror" / repository.removeprefix("https://") / COMMIT / f"{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        files.append(
            {"path": f"{split}.txt", "language": "swa", "split": split, "bytes": len(content),
             "sha256": hashlib.sha256(content).hexdigest()}
        )  # fmt: skip
    card = yaml.safe_load((paths.CARDS / f"{CORPUS}.yaml").read_text(encoding="utf-8"))
    card |= {"name": "Killed", "source": {"repository": repository, "commit": COMMIT}, "files": files}
    card.pop("counted_by", None)  # nothing is expected of these files
    text = yaml.safe_dump(card)
    (root / "openner_utils" / "catalog" / "cards" / f"{FETCHED}.yaml").write_text(text, encoding="utf-8")


@contextmanager
def _server() -> Iterator[str]:
    """Yield the address of a model server that takes its time, and answers every question with an empty list."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            time.sleep(0.05)
            choice = {"message": {"content": "[]"}, "finish_reason": "stop"}
            content = json.dumps({"choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


# --- the claim -----------------------------------------------------------------------------------------------


def claim(found: Sequence[Kill]) -> Claim:
    """Return how many of the kills did no harm."""
    of_each = Counter(kill.operation for kill in found)
    ways = Counter(str(kill.way) for kill in found)
    note = (
        ", ".join(f"{name} {count}" for name, count in of_each.items())
        + "; "
        + ", ".join(f"{name} {count}" for name, count in ways.items())
    )
    return Claim(
        "commands killed at random moments that, run again, made the same bytes and left no process",
        "kills", sum(kill.harmless for kill in found), len(found), 1, note,
    )  # fmt: skip


def run() -> list[Claim]:
    """Return the claim on `KILLS` kills."""
    return [claim(list(kills(KILLS, seed=1)))]


def main() -> int:
    """Kill as often as the command line says, tell each kill, and write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which moments (default: %(default)s)")
    given = parser.parse_args()
    found = []
    try:
        for kill in kills(given.kills, given.seed):
            print(kill, flush=True)
            found.append(kill)
    except KeyboardInterrupt:
        print("Interrupted; what was tried so far counts.", flush=True)
    if not found:
        return 1
    result = claim(found)
    print(result)
    record("kill", [result])
    return 0 if result.met else 1


if __name__ == "__main__":
    sys.exit(main())
