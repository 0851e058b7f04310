"""Does a run give the tables that are committed? Identical, within tolerance, or different.

Tables of counts must be identical everywhere. Trained numbers are the same on the same kind of processor; on
another, arithmetic rounds differently and training amplifies it, so they may differ by a stated tolerance.
"""

import io
import subprocess
from dataclasses import dataclass

import pandas as pd

from openner_utils import paths
from openner_utils.errors import OpenNERError

TOLERANCE = 15.0
"""Points of F1 (and of what is derived from it) by which a trained number may differ on another processor. The test sets
of the sample collection are small: one mention more or less moves a language's F1 by up to three points."""

EXACT = ("corpora", "repairs", "types", "leakage")
"""Tables that hold counts only, and so must be the same on every machine."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the tables of this run compare: cells that differ within tolerance, and faults beyond it."""

    within: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        if self.faults:
            return "different:\n  " + "\n  ".join(self.faults)
        return f"within tolerance ({self.within} cells differ)" if self.within else "identical"


def verify() -> Verdict:
    """Compare reports/tables with what the last commit holds."""
    within, faults = 0, []
    committed = _git("ls-tree", "--name-only", "-r", "HEAD", "reports/tables").splitlines()
    for name in sorted({*committed, *(paths.relative(path) for path in paths.TABLES.glob("*.csv"))}):
        path = paths.ROOT / name
        if name not in committed or not path.is_file():
            faults.append(f"{name}: {'not committed' if name not in committed else 'not made by this run'}")
            continue
        cells, fault = compare(
            _git("show", f"HEAD:{name}"), path.read_text(encoding="utf-8"), path.stem in EXACT
        )
        within += cells
        faults += [f"{name}: {fault}"] if fault else []
    return Verdict(within, tuple(faults))


def compare(expected: str, found: str, exact: bool) -> tuple[int, str]:
    """Return the number of cells of two CSV texts that differ within tolerance, and the first fault beyond it."""
    if expected == found:
        return 0, ""
    if exact:
        return 0, "a table of counts differs"
    a, b = (pd.read_csv(io.StringIO(text)) for text in (expected, found))
    if list(a.columns) != list(b.columns) or len(a) != len(b):
        return 0, f"other rows or columns ({len(a)} and {len(b)} rows)"
    cells = 0
    for column in a.columns:
        same = (a[column] == b[column]) | (a[column].isna() & b[column].isna())
        cells += int((~same).sum())
        if same.all() or pd.api.types.is_bool_dtype(
            a[column]
        ):  # a verdict follows from the numbers beside it
            continue
        if not (pd.api.types.is_numeric_dtype(a[column]) and pd.api.types.is_numeric_dtype(b[column])):
            return 0, f"column {column} differs"
        if pd.api.types.is_integer_dtype(a[column]) and pd.api.types.is_integer_dtype(b[column]):
            return 0, f"column {column} counts something else"
        worst = float((a[column] - b[column])[~same].abs().max(skipna=False))
        if not worst <= TOLERANCE:
            return 0, f"column {column} differs by up to {worst:g}, more than {TOLERANCE:g}"
    return cells, ""


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=paths.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OpenNERError(
            f"git {' '.join(words)}: {done.stderr.strip()}. Run this inside a clone of the compendium."
        )
    return done.stdout
