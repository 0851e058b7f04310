"""Run the benchmarks, print one line per claim, and write benchmarks/results.json."""

import argparse
import sys
from importlib import import_module

import benchmarks
from benchmarks import Claim, known, record
from openner_utils.support.errors import OpenNERError, unknown


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line, or all; the results of others stay in the file."""
    names = known()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; default: all")
    chosen = parser.parse_args(arguments).names or names
    try:
        for name in chosen:
            if name not in names:
                raise unknown("benchmark", name, names)
            claims: list[Claim] = import_module(f"benchmarks.{name}").run()
            for claim in claims:
                print(claim, flush=True)
            record(name, claims)
    except OpenNERError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
