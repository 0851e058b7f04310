"""Benchmarks: what is claimed about speed and memory, measured against a peer on the same input.

Each module has one function ``run() -> Iterable[Claim]``; ``python -m benchmarks [NAME…]`` runs all or some of them, and records
each claim as soon as it is there.
A goal that is missed is reported as missed.
"""

import json
import os
import pkgutil
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openner_utils.support import paths
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_json

RESULTS = paths.BENCHMARKS / "results.json"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: both figures in ``unit``, and how many times better ours must be.

    ``less_is_better`` tells which way the ratio is taken; ``note`` says what was measured on what.
    """

    claim: str
    unit: str
    ours: float
    peer: float
    goal: float
    note: str
    less_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better ours is than the peer's."""
        return self.peer / self.ours if self.less_is_better else self.ours / self.peer

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return (
            f"{self.claim}: ours {self.ours:,.4g} {self.unit}, peer {self.peer:,.4g} {self.unit}, "
            f"ratio {self.ratio:.1f}, goal {self.goal:g}, {verdict}"
        )


class NeededError(OpenNERError):
    """A package is not there that one benchmark alone uses; where all are run, this one is left out."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used: wall time and processor time in seconds, and peak resident memory in MB."""

    seconds: float
    megabytes: float
    processor: float


_MEASURE = """
import json, os, sys, time
begin = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, 1, 2)])
_, status, used = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - begin, used.ru_maxrss, used.ru_utime + used.ru_stime]))
"""


def measure(
    command: Sequence[str | Path], allowed: Sequence[int] = (0,), environment: Mapping[str, str] | None = None
) -> Usage:
    """Run a command as a process of its own, with ``environment`` beside what this process has, and return what it used.

    It is started from a small process: Linux counts the memory of the one that starts it into its peak.
    Raises `OpenNERError` for an exit code that is not ``allowed``.
    """
    arguments = [sys.executable, "-I", "-S", "-c", _MEASURE, *map(str, command)]
    variables = os.environ | dict(environment or {})
    done = subprocess.run(arguments, check=True, capture_output=True, text=True, env=variables)
    code, seconds, kilobytes, processor = json.loads(done.stdout)
    if code not in allowed:
        shown = " ".join(map(str, command))
        raise OpenNERError(f"{shown}: exit code {code}. Run it by itself to see why.")
    return Usage(seconds, kilobytes * 1024 / 1e6, processor)


def of_parts(parts: Iterable[Callable[[], Iterable[Claim]]]) -> Iterator[Claim]:
    """Yield the claims of the parts of a benchmark, one part after the other; one that fails does not keep others from their turn.

    Raises `OpenNERError` at the end, with what each part that failed said.
    """
    failed = []
    for part in parts:
        try:
            yield from part()
        except OpenNERError as error:
            failed.append(str(error))
    if failed:
        failed.append("All else is recorded; claims on these that the record may hold are of an earlier run.")
        raise OpenNERError("\n".join(failed))


def record(name: str, claims: Sequence[Claim], *, complete: bool = True) -> None:
    """Write the claims of one benchmark into benchmarks/results.json; what others have claimed stays.

    Unless the claims are ``complete``, what the same benchmark claimed earlier, on the same machine, of other things (a claim is of
    what stands before its colon) stays too.
    """
    results = read_json(RESULTS)["benchmarks"] if RESULTS.is_file() else {}
    kept = []
    if not complete and results.get(name, {}).get("machine") == _machine():
        of = {_thing(claim.claim) for claim in claims}
        kept = [entry for entry in results[name]["claims"] if _thing(entry["claim"]) not in of]
    results[name] = {"machine": _machine(), "claims": [*kept, *map(_entry, claims)]}
    write_json(RESULTS, {"benchmarks": {each: results[each] for each in sorted(results) if each in known()}})


def known() -> list[str]:
    """Return the names of all benchmarks."""
    modules = pkgutil.iter_modules(__path__)
    return sorted(module.name for module in modules if not module.ispkg and module.name != "__main__")


def _thing(claim: str) -> str:
    return claim.partition(":")[0]


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"


def _entry(claim: Claim) -> dict[str, object]:
    return {
        "claim": claim.claim,
        "unit": claim.unit,
        "ours": float(f"{claim.ours:.4g}"),
        "peer": float(f"{claim.peer:.4g}"),
        "ratio": round(claim.ratio, 2),
        "goal": claim.goal,
        "met": claim.met,
        "note": claim.note,
    }


def mirror() -> Path | None:
    """Return the local tree of publishers' files, if there is one."""
    tree = Path(os.environ.get("OPENNER_MIRROR") or paths.ROOT.parent / "shared" / "mirror")
    return tree if tree.is_dir() else None
