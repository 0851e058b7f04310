"""Run the benchmarks, print one line per claim, and write benchmarks/results.json."""

import argparse
import os
import pkgutil
import platform
import sys
from importlib import import_module

import benchmarks
from benchmarks import Claim
from openner_utils.support import paths
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import write_json

RESULTS = paths.BENCHMARKS / "results.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line, or all; the results of others stay in the file."""
    known = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"
    )
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    chosen = parser.parse_args(arguments).names or known
    results = read_json(RESULTS)["benchmarks"] if RESULTS.is_file() else {}
    results = {name: entry for name, entry in results.items() if name in known}
    try:
        for name in chosen:
            if name not in known:
                raise unknown("benchmark", name, known)
            claims: list[Claim] = import_module(f"benchmarks.{name}").run()
            for claim in claims:
                print(claim, flush=True)
            results[name] = {"machine": _machine(), "claims": [_entry(claim) for claim in claims]}
            write_json(RESULTS, {"benchmarks": dict(sorted(results.items()))})
    except OpenNERError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
