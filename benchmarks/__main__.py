"""Run the benchmarks, print one line per claim, and write benchmarks/results.json."""

import argparse
import sys
from importlib import import_module

import benchmarks
from benchmarks import Claim, NeededError, known, record
from openner_utils.support.errors import OpenNERError, unknown


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line, or all; the results of others stay in the file.

    Where all are run, one that needs a package which is not there is left out, and said.
    """
    names = known()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; default: all")
    asked = parser.parse_args(arguments).names
    try:
        for name in asked or names:
            if name not in names:
                raise unknown("benchmark", name, names)
            try:
                _run(name)
            except NeededError as error:
                if asked:
                    raise
                print(f"left out: {name}: {error}", file=sys.stderr)
    except OpenNERError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(name: str) -> None:
    claims: list[Claim] = []
    for claim in import_module(f"benchmarks.{name}").run():
        print(claim, flush=True)
        claims.append(claim)
        record(name, claims, complete=False)
    record(name, claims)


if __name__ == "__main__":
    sys.exit(main())
