"""Run cases for a time, or one of them again: ``python -m tests.fuzz --seconds 60``."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from openner_utils.support import paths
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_json
from tests import fuzz
from tests.fuzz.run import Tally, run, run_case
from tests.fuzz.targets import TARGETS

RECORD = paths.BENCHMARKS / "fuzz.json"


def main() -> int:
    """Return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=fuzz.__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long (default: 600)")
    parser.add_argument("--processes", type=int, default=2, help="worker processes (default: 2)")
    parser.add_argument("--start", type=int, help="number of the first case (default: another one each time)")
    parser.add_argument("--case", help="run this one case, with its traceback")
    parser.add_argument("--record", action="store_true", help="add what was done to benchmarks/fuzz.json")
    asked = parser.parse_args()
    if asked.case:
        with tempfile.TemporaryDirectory(prefix="openner-fuzz-") as folder:
            print(f"{asked.case}: {run_case(asked.case, Path(folder))}")
        return 0
    start = int(time.time()) * 1000 if asked.start is None else asked.start
    print(f"cases from number {start} on", flush=True)
    total = run(asked.seconds, asked.processes, start, lambda finding: print(finding, flush=True))
    print(_table(total))
    if asked.record:
        _record(total)
    return 1 if total.findings else 0


def _table(total: Tally) -> str:
    rows = [f"{'target':<12} {'read':>10} {'refused':>10} {'found':>7} {'slowest':>9}"]
    for target in TARGETS:
        read, refused, found = (total.outcomes[target, outcome] for outcome in ("read", "refused", "found"))
        rows.append(
            f"{target:<12} {read:>10,} {refused:>10,} {found:>7,} {total.slowest.get(target, 0):>7.2f} s"
        )
    return "\n".join((*rows, f"{total.inputs:,} inputs, {len(total.findings)} kinds of findings"))


def _record(total: Tally) -> None:
    """Add to the record of all runs: inputs by target and outcome, and the slowest case of each target in seconds.

    What was found and mended stands there, too, written by hand.
    """
    record = read_json(RECORD) if RECORD.is_file() else {"inputs": 0, "targets": {}, "mended": []}
    for target in TARGETS:
        before = record["targets"].get(target, {})
        row = {
            outcome: before.get(outcome, 0) + total.outcomes[target, outcome]
            for outcome in ("read", "refused", "found")
        }
        slowest = max(before.get("slowest seconds", 0.0), round(total.slowest.get(target, 0.0), 2))
        record["targets"][target] = row | {"slowest seconds": slowest}
    write_json(RECORD, record | {"inputs": record["inputs"] + total.inputs})


if __name__ == "__main__":
    sys.exit(main())
