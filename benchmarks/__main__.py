"""Run the benchmarks, print one line per claim, and write benchmarks/results.json."""

import argparse
import pkgutil
import sys
from importlib import import_module

import benchmarks
from benchmarks import Claim, record
from openner_utils.support.errors import OpenNERError, unknown


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks named on the command line, or all; the results of others stay in the file."""
    known = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"
    )
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    chosen = parser.parse_args(arguments).names or known
    try:
        for name in chosen:
            if name not in known:
                raise unknown("benchmark", name, known)
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
