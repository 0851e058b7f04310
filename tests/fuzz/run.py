"""Giving out cases: by their names, within limits of time and memory, in worker processes that are watched."""

import multiprocessing as mp
import os
import random
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import Empty
from types import FrameType
from typing import Any

from openner_utils.support import paths
from tests.fuzz import material
from tests.fuzz.targets import TARGETS, Case, Outcome

SECONDS = 5
"""Processor time of one case, at the most."""
MEGABYTES = 1500
"""Memory that a worker may take beyond what it has when it begins."""
PATIENCE = 30
"""Processor time of one case after which its worker is stopped, because it does not stop itself."""
SILENCE = 600
"""Seconds without a case done after which a worker is stopped, though it may only be waiting for its turn."""
WEIGHTS = {
    "readers": 8, "any_reader": 4, "guessing": 4, "own_files": 5, "commands": 1, "cards": 2, "archives": 2, "replies": 8,
    "constrained": 6,
}  # fmt: skip
"""How often the targets come, in turn."""
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Folder of temporary files that no disk is waited for, where there is one."""
TURNS = tuple(name for name, weight in WEIGHTS.items() for _ in range(weight))


class SlowError(BaseException):
    """A case that takes too long; no handler of errors takes it for one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that went wrong: its name, where in the code, and what was raised."""

    case: str
    place: str
    what: str

    @property
    def kind(self) -> tuple[str, str, str]:
        """What is the same for findings of one cause: target, place, and kind of error."""
        return self.case.partition(":")[0], self.place, self.what.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n  repeat: python -m tests.fuzz --case {self.case}"


@dataclass
class Tally:
    """What was done: cases by target and outcome, the slowest case of each target in seconds, and what was found."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many cases there were."""
        return self.outcomes.total()

    def add(self, other: "Tally") -> list[Finding]:
        """Add another tally, and return its findings of kinds that were not there."""
        self.outcomes.update(other.outcomes)
        for target, seconds in other.slowest.items():
            self.slowest[target] = max(seconds, self.slowest.get(target, 0.0))
        kinds = {finding.kind for finding in self.findings}
        new = [finding for finding in other.findings if finding.kind not in kinds]
        self.findings += new
        return new


def name_of(number: int, pools: tuple[str, ...]) -> str:
    """Return the name of a numbered case: targets come in turn, and so do the pools."""
    turn, target = divmod(number, len(TURNS))
    return f"{TURNS[target]}:{pools[turn % len(pools)]}:{number}"


def run_case(
    name: str, folder: Path, targets: Mapping[str, Any] = TARGETS, seconds: float = SECONDS
) -> Outcome:
    """Run one case in an empty folder inside ``folder``; what it raises is what was found."""
    target, pool, _ = name.split(":")
    place = folder / "case"
    place.mkdir(exist_ok=True)
    try:
        with _in_time(seconds):
            return targets[target](Case(random.Random(name), pool, place))
    finally:
        if any(place.iterdir()):
            shutil.rmtree(place)


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    """Raise `SlowError` when this process has used too much processor time."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SlowError(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def tried(
    name: str,
    folder: Path,
    tally: Tally,
    targets: Mapping[str, Any] = TARGETS,
    seconds: float = SECONDS,
) -> None:
    """Run one case and note what came of it."""
    target = name.partition(":")[0]
    began = time.process_time()
    outcome: str = "found"
    try:
        outcome = run_case(name, folder, targets, seconds)
    except (Exception, SlowError) as error:
        tally.findings.append(Finding(name, _place(error), f"{type(error).__name__}: {error!s:.300}"))
    tally.outcomes[target, outcome] += 1
    tally.slowest[target] = max(tally.slowest.get(target, 0.0), time.process_time() - began)


def _place(error: BaseException) -> str:
    """Return the last line of our code that an error came by."""
    ours = [
        f"{Path(frame.filename).relative_to(paths.ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith((f"{paths.PACKAGE}{os.sep}", f"{Path(__file__).parent}{os.sep}targets"))
    ]
    return ours[-1] if ours else "?"


def work(first: int, step: int, seconds: float, at: Any, queue: Any) -> None:
    """Take every ``step``-th case from ``first`` on for a time; ``at`` says which one is under way."""
    pools = material.pools()
    until = time.time() + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (MEGABYTES << 20), hard))
    with tempfile.TemporaryDirectory(prefix="openner-fuzz-", dir=FAST) as folder:
        tally, number, told = Tally(), first, time.monotonic()
        while time.time() < until:
            at.value = number
            tried(name_of(number, pools), Path(folder), tally)
            number += step
            if tally.findings or time.monotonic() - told > 2:
                queue.put(tally)
                tally, told = Tally(), time.monotonic()
        queue.put(tally)


@dataclass
class _Worker:
    process: SpawnProcess
    at: Any
    seen: int = -1
    since: float = field(default_factory=time.monotonic)
    used: float = 0.0

    def is_stuck(self) -> bool:
        """Note which case is under way, and return whether it takes too long."""
        case, used = self.at.value, _processor_time(self.process.pid)
        if case != self.seen:
            self.seen, self.since, self.used = case, time.monotonic(), used
        return used - self.used > PATIENCE or time.monotonic() - self.since > SILENCE


def _processor_time(process: int | None) -> float:
    """Return the processor time of a process so far, in seconds; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(seconds: float, processes: int, start: int, tell: Any = print) -> Tally:
    """Run cases from number ``start`` on in worker processes for a time; ``tell`` gets each finding of a new kind."""
    until = time.time() + seconds
    context, pools = mp.get_context("spawn"), material.pools()
    queue = context.Queue()

    def begin(first: int) -> _Worker:
        at = context.Value("q", first)
        process = context.Process(
            target=work, args=(first, processes, until - time.time(), at, queue), daemon=True
        )
        process.start()
        return _Worker(process, at)

    workers = [begin(start + number) for number in range(processes)]
    total = Tally()
    while workers or not queue.empty():
        try:
            for finding in total.add(queue.get(timeout=0.2)):
                tell(finding)
        except Empty:
            pass
        for worker in list(workers):
            stuck, case = worker.is_stuck(), worker.seen
            if worker.process.is_alive() and not stuck:
                continue
            worker.process.kill()
            worker.process.join()
            workers.remove(worker)
            if stuck or worker.process.exitcode:
                what = "Stuck: no answer" if stuck else f"Died: exit code {worker.process.exitcode}"
                died = Tally(findings=[Finding(name_of(case, pools), "?", what)])
                for finding in total.add(died):
                    tell(finding)
                if time.time() < until:
                    workers.append(begin(case + processes))
    return total
